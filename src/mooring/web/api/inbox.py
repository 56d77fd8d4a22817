"""The inbox: deliveries of webhooks by state, and dead letters to be replayed or let go."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from mooring.usecases import inbox
from mooring.usecases.context import App
from mooring.usecases.inbox import Letter, StoreInbox
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, Out, Page
from mooring.web.routing import FromPath, FromQuery, Given, JSONBody, get, post


class DeliveryOut(Out):
    """One received webhook: what it points at, never what it said. `state` is new, held, done, dropped or dead; only a
    dead one that is `replayable` points at something."""

    id: int
    webhook_id: str
    topic: str
    kind: str | None
    record_id: int | None
    other_id: int | None
    what: str
    state: str
    reason: str | None
    attempts: int
    triggered_at: str | None
    received_at: datetime
    settled_at: datetime | None
    replayable: bool


class InboxOut(Out):
    """`counts` by state. `dropped` counts for ever what came too late to be obeyed."""

    store_id: str
    store_name: str
    counts: dict[str, int]
    dropped: int


class DeliveriesOut(Out):
    inbox: InboxOut
    items: list[DeliveryOut]
    next: str | None = None


class ChosenIn(In):
    """Which dead letters; all of the store if left out."""

    ids: Annotated[list[Annotated[int, Meta(ge=1, le=2**63 - 1)]], Meta(min_length=1, max_length=inbox.MOST)] | None = (
        None
    )


class DecidedOut(Out):
    count: int


@get("/projects/{project_id:str}/inbox", role="viewer", summary="Deliveries of each store, counted by state")
def of_project(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> Page[InboxOut]:
    return Page(items=[_inbox(one) for one in inbox.of_project(app, who, project_id)])


@get("/stores/{store_id:str}/inbox", role="viewer", summary="Deliveries of a store in one state, newest first")
def shown(
    app: Given[App],
    who: Given[Who],
    store_id: FromPath[str],
    which: FromQuery[str] = "dead",
    cursor: FromQuery[str | None] = None,
) -> DeliveriesOut:
    """`which`: new, held, done, dropped or dead. Obeyed and dropped ones are kept for a week, dead letters until
    somebody decides."""
    found = inbox.show(app, who, store_id, state=which, cursor=cursor)
    return DeliveriesOut(_inbox(found.inbox), [_delivery(one) for one in found.letters], found.following)


@post("/stores/{store_id:str}/inbox/replay", role="editor", status_code=200, summary="Replay dead letters")
def replayed(
    app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[ChosenIn | None] = None
) -> DecidedOut:
    """They wait again like new ones. Those that point at nothing stay as they are."""
    return DecidedOut(inbox.replay(app, who, store_id, data.ids if data else None))


@post("/stores/{store_id:str}/inbox/drop", role="editor", status_code=200, summary="Let dead letters go")
def dropped(
    app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[ChosenIn | None] = None
) -> DecidedOut:
    """Pulls and sweeps see what they told of."""
    return DecidedOut(inbox.drop(app, who, store_id, data.ids if data else None))


def _inbox(one: StoreInbox) -> InboxOut:
    return InboxOut(one.store.id, one.store.name, one.counts, one.dropped)


def _delivery(letter: Letter) -> DeliveryOut:
    own: dict[str, Any] = {"what": letter.what, "replayable": letter.replayable}
    shared = {name: getattr(letter.delivery, name) for name in DeliveryOut.__struct_fields__ if name not in own}
    return DeliveryOut(**shared, **own)


ROUTES = [of_project, shown, replayed, dropped]
