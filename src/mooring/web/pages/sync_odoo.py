"""A store's sync to Odoo: preview it, look at what was found, accept it, or sync at once."""

from __future__ import annotations

from litestar import Response

from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role
from mooring.errors import MooringError
from mooring.usecases import sync_odoo_preview, sync_odoo_request
from mooring.usecases.context import App
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who
from mooring.web.pages import odoo
from mooring.web.pages.entry import Form
from mooring.web.render import go, page
from mooring.web.routing import FromPath, Given, get, post
from mooring.web.visit import Visit


@post("/stores/{store_id:str}/odoo/preview", role="editor")
def previewed(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form
) -> Response[str]:
    try:
        operation = sync_odoo_request.preview(app, who, store_id, _kinds(data))
    except MooringError as refused:
        return _refused(app, who, visit, store_id, refused)
    return go(f"/operations/{operation.id}/preview")


@post("/stores/{store_id:str}/odoo/sync", role="editor")
def synced(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form) -> Response[str]:
    try:
        operation = sync_odoo_request.request(app, who, store_id, _kinds(data))
    except MooringError as refused:
        return _refused(app, who, visit, store_id, refused)
    return go(f"/operations/{operation.id}")


def _kinds(data: dict[str, str]) -> tuple[SyncKind, ...]:
    """One kind, or all."""
    kind = data.get("kind")
    return (SyncKind(kind),) if kind in list(SyncKind) else ()


def _refused(app: App, who: Who, visit: Visit, store_id: str, refused: MooringError) -> Response[str]:
    project_id = store_of(app, who, store_id, Role.EDITOR).project_id
    return odoo.with_facts(app, who, visit, project_id, status=409, wrong=refused.sentence)


@get("/operations/{operation_id:str}/preview", role="viewer")
def shown(app: Given[App], who: Given[Who], visit: Given[Visit], operation_id: FromPath[str]) -> Response[str]:
    """While it runs, the page looks again by itself."""
    found = sync_odoo_preview.show(app, who, operation_id)
    project_id = found.operation.project_id
    return page(app, visit, "sync_preview.html", project_id=project_id, nav="integrations", shown=found)


@post("/stores/{store_id:str}/odoo/accept", role="editor")
def accepted(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form
) -> Response[str]:
    preview_id = data.get("preview", "")
    try:
        operation = sync_odoo_request.accept(app, who, store_id, preview_id, auto="auto" in data)
    except MooringError as refused:
        return _refused(app, who, visit, store_id, refused)
    return go(f"/operations/{operation.id}")


ROUTES = [previewed, synced, shown, accepted]
