"""Stores: list, show, connect, reconnect, sync settings, sync, check health."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response
from msgspec import Meta

from mooring.domain.kinds import Kind
from mooring.domain.rules import TOGGLES, Role
from mooring.usecases import connect, health, import_store, overview, store_details, store_settings, tickets
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import Id, In, OperationOut, Out, Page, operation_out
from mooring.web.api.shapes_stores import (
    DetailsOut,
    SettingsIn,
    SettingsOut,
    StoreOut,
    details_out,
    settings_out,
    store_out,
)
from mooring.web.routing import FromPath, Given, JSONBody, get, post, put
from mooring.web.visit import Visit

# -- looking -------------------------------------------------------------------------------------------------------


@get("/projects/{project_id:str}/stores", role="viewer", summary="The stores of a project")
def listed(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> Page[StoreOut]:
    return Page(items=[store_out(card) for card in overview.show(app, who, project_id).cards])


@get("/stores/{store_id:str}", role="viewer", summary="A store: facts, permissions, readiness, kinds")
def shown(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> DetailsOut:
    return details_out(store_details.show(app, who, store_id))


# -- connecting ----------------------------------------------------------------------------------------------------


class ReconnectIn(In):
    """`client_credentials` is for stores of the app's own organisation: the app asks for itself, without consent."""

    client_credentials: bool = False
    app_id: Annotated[Id | None, Meta(description="Id of the Shopify app; the first one if left out.")] = None


class ConnectIn(ReconnectIn, kw_only=True):
    shop_domain: Annotated[str, Meta(max_length=200, description="`mystore` or `mystore.myshopify.com`.")]


class ConnectOut(Out):
    """One of three. `store`: it is connected (client credentials). `consent_url`: Shopify's consent page, for the
    browser whose session asked. `open_url`: for callers without a browser session, a one-time page of Mooring, good
    for ten minutes; opened in a browser where an admin of the project is signed in, it goes on to the consent page."""

    store: DetailsOut | None = None
    consent_url: str | None = None
    open_url: str | None = None


@post("/projects/{project_id:str}/stores", role="admin", summary="Connect a store")
def connected(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], data: JSONBody[ConnectIn]
) -> Response[ConnectOut]:
    """201 when it is connected; 202 when the merchant's consent is still to come."""
    return _connect(app, who, visit, project_id, data.shop_domain, data, None)


@post("/stores/{store_id:str}/reconnect", role="admin", status_code=201, summary="New credentials for a store")
def reconnected(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    store_id: FromPath[str],
    data: JSONBody[ReconnectIn | None] = None,
) -> Response[ConnectOut]:
    """The same answers as connecting. Settings, list, history and data stay."""
    store = store_settings.store_of(app, who, store_id, Role.ADMIN)
    wish = data or ReconnectIn()
    wish.app_id = wish.app_id or store.app_id
    return _connect(app, who, visit, store.project_id, store.shop_domain, wish, store_id)


def _connect(
    app: App, who: Who, visit: Visit, project_id: str, domain: str, data: ReconnectIn, store_id: str | None
) -> Response[ConnectOut]:
    if data.client_credentials:
        done = connect.request_client_credentials(app, who, project_id, domain, app_id=data.app_id, store_id=store_id)
        return Response(ConnectOut(store=details_out(store_details.show(app, who, done.store_id))), status_code=201)
    if visit.caller().by == "session" and visit.session is not None:
        session = visit.session.id
        url = connect.request(app, who, project_id, domain, session=session, app_id=data.app_id, store_id=store_id)
        return Response(ConnectOut(consent_url=url), status_code=202)
    url = tickets.issue(app, who, project_id, domain, app_id=data.app_id, store_id=store_id)
    return Response(ConnectOut(open_url=url), status_code=202)


# -- sync settings -------------------------------------------------------------------------------------------------


@get("/stores/{store_id:str}/settings", role="viewer", summary="Sync settings of a store")
def settings(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> SettingsOut:
    return settings_out(store_settings.show(app, who, store_id))


@put("/stores/{store_id:str}/settings", role="admin", summary="Change the sync settings")
def settings_saved(
    app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[SettingsIn]
) -> SettingsOut:
    store = store_settings.store_of(app, who, store_id, Role.ADMIN)
    chosen = {t.name: value for t in TOGGLES if (value := getattr(data, t.name)) is not None}
    store_settings.save(app, who, store_id, msgspec.structs.replace(store.settings, **chosen), data.list or "")
    return settings_out(store_settings.show(app, who, store_id))


# -- work ----------------------------------------------------------------------------------------------------------


class SyncIn(In):
    """`kinds`: only these; all that the toggles want if empty."""

    kinds: tuple[Kind, ...] = ()


class HealthOut(Out):
    """`health` is passed or failed; `reason` says what failed."""

    health: str
    reason: str | None
    store: DetailsOut


@post("/stores/{store_id:str}/sync", role="editor", status_code=202, summary="Start an import")
def synced(
    app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[SyncIn | None] = None
) -> OperationOut:
    return operation_out(import_store.request(app, who, store_id, data.kinds if data else ()))


@post("/stores/{store_id:str}/kinds/{kind:str}/retry", role="editor", status_code=202, summary="Import one kind again")
def retried(app: Given[App], who: Given[Who], store_id: FromPath[str], kind: FromPath[Kind]) -> OperationOut:
    return operation_out(import_store.request(app, who, store_id, [kind]))


@post("/stores/{store_id:str}/check-health", role="editor", status_code=200, summary="Check the connection now")
def checked(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> HealthOut:
    found = health.check(app, who, store_id)
    shown = details_out(store_details.show(app, who, store_id))
    return HealthOut(health="passed" if found.passed else "failed", reason=found.sentence, store=shown)


ROUTES = [listed, shown, connected, reconnected, settings, settings_saved, synced, retried, checked]
