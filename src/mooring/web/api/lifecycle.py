"""Disconnect: what it would do, and doing it. Reconnect and check health are in `stores`, delete is in `deletion`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from mooring.usecases import disconnect, overview, store_details
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, OperationOut, Out, operation_out
from mooring.web.api.shapes_stores import DetailsOut, OutlookOut, details_out
from mooring.web.routing import FromPath, Given, JSONBody, get, post


class ChoiceOut(Out):
    """One of the three ways out: when to take it, and what it does."""

    action: str
    title: str
    wish: str
    data: str
    status_after: str
    reversible: str


class DisconnectPreviewOut(Out):
    """`stops`, `stays` and `parked` are sentences. `clean_up` says until when Delete and Clear could clean up at
    Shopify afterwards. `help` tells disconnect, reconnect and delete apart."""

    prompt: str
    generation: int
    stops: tuple[str, ...]
    stays: tuple[str, ...]
    parked: tuple[str, ...]
    clean_up: OutlookOut
    help: list[ChoiceOut]


@get("/stores/{store_id:str}/disconnect", role="admin", summary="What a disconnect would do")
def previewed(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> DisconnectPreviewOut:
    shown = disconnect.preview(app, who, store_id)
    return DisconnectPreviewOut(
        prompt=shown.prompt,
        generation=shown.store.generation,
        stops=shown.stops,
        stays=shown.stays,
        parked=shown.parked,
        clean_up=OutlookOut(**asdict(shown.clean_up)),
        help=[ChoiceOut(**asdict(one)) for one in overview.HELP],
    )


class DisconnectIn(In):
    generation: Annotated[
        int | None, Meta(description="Of the preview; refused if the store has moved on since. Not needed.")
    ] = None


class DisconnectedOut(Out):
    """`parked` counts operations that wait for a reconnect. `clean_up` removes webhooks at Shopify; nobody waits."""

    store: DetailsOut
    parked: int
    clean_up: OperationOut | None
    at: datetime


@post("/stores/{store_id:str}/disconnect", role="admin", status_code=200, summary="Disconnect: pause, reversibly")
def disconnected(
    app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[DisconnectIn | None] = None
) -> DisconnectedOut:
    done = disconnect.request(app, who, store_id, generation=data.generation if data else None)
    return DisconnectedOut(
        store=details_out(store_details.show(app, who, store_id)),
        parked=done.parked,
        clean_up=operation_out(done.clean_up) if done.clean_up else None,
        at=done.store.state_since,
    )


ROUTES = [previewed, disconnected]
