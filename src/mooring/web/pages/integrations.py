"""The Integrations page: cards, live, and the sync settings drawer over them."""

from __future__ import annotations

from typing import Any

from litestar import Response

from mooring.domain.kinds import Kind
from mooring.domain.rules import Role
from mooring.errors import ConfirmationMissing, NotFound
from mooring.usecases import holds, import_store, overview, store_settings
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.pages import dialogs
from mooring.web.pages.entry import Form
from mooring.web.render import go, page, part
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit

_SAID = {
    "disconnected": "Disconnected. Everything imported is still here.",
    "kept": "Kept as they are",
    "marked": "Being marked as deleted",
}


@get("/projects/{project_id:str}", role="viewer")
def project(project_id: FromPath[str]) -> Response[str]:
    return go(f"/projects/{project_id}/integrations")


@get("/projects/{project_id:str}/integrations", role="viewer")
def index(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    project_id: FromPath[str],
    settings: FromQuery[str] = "",
    connected: FromQuery[str] = "",
    disconnect: FromQuery[str] = "",
    delete: FromQuery[str] = "",
    said: FromQuery[str] = "",
) -> Response[str]:
    """With `settings`, `disconnect` or `delete` the drawer or dialog of that store is open; `connected` greets one
    that just came back."""
    drawer = _drawer(app, who, project_id, settings) if settings else None
    dialog = dialogs.asked_for(app, who, pause=disconnect, remove=delete)
    facts = {"drawer": drawer, "connected": connected, "toast": _SAID.get(said)} | dialog
    return _index(app, who, visit, project_id, **facts)


@get("/projects/{project_id:str}/integrations/cards", role="viewer")
def cards(app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    """The live region."""
    shown = overview.show(app, who, project_id)
    return part(app, visit, "cards.html", project_id=project_id, overview=shown, project={"id": project_id}, oob=True)


@post("/stores/{store_id:str}/sync", role="editor")
def sync(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> Response[str]:
    """Re-sync all kinds."""
    import_store.request(app, who, store_id)
    return go(f"/stores/{store_id}?said=rerun")


@post("/stores/{store_id:str}/kinds/{kind:str}/retry", role="editor")
def retry(app: Given[App], who: Given[Who], store_id: FromPath[str], kind: FromPath[str]) -> Response[str]:
    if kind not in list(Kind):
        raise NotFound("There is no such kind of record.")
    import_store.request(app, who, store_id, [Kind(kind)])
    return go(f"/stores/{store_id}")


@post("/stores/{store_id:str}/holds/{hold_id:str}", role="editor")
def decided(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], hold_id: FromPath[str], data: Form
) -> Response[str]:
    """The answer to a mass deletion that is held."""
    project_id = store_settings.store_of(app, who, store_id, Role.EDITOR).project_id
    decision = "delete" if data.get("decision") == "delete" else "keep"
    try:
        holds.decide(app, who, hold_id, decision, token=data.get("token"))
    except ConfirmationMissing as changed:
        return _index(app, who, visit, project_id, toast=changed.sentence, status=409)
    return go(f"/projects/{project_id}/integrations?said={'marked' if decision == 'delete' else 'kept'}")


def with_drawer(app: App, who: Who, visit: Visit, store_id: str, *, wrong: str) -> Response[str]:
    """The page again with the drawer open and what was wrong in it."""
    drawer = store_settings.show(app, who, store_id)
    return _index(app, who, visit, drawer.store.project_id, drawer=drawer, wrong=wrong, status=422)


def with_dialog(app: App, who: Who, visit: Visit, project_id: str, *, status: int = 200, **facts: Any) -> Response[str]:
    """The page with a dialog over it, and what was wrong in it."""
    return _index(app, who, visit, project_id, status=status, **facts)


def _drawer(app: App, who: Who, project_id: str, store_id: str) -> store_settings.SettingsView:
    view = store_settings.show(app, who, store_id)
    if view.store.project_id != project_id:
        raise NotFound("There is no such store.")
    return view


def _index(app: App, who: Who, visit: Visit, project_id: str, **facts: Any) -> Response[str]:
    shown = overview.show(app, who, project_id)
    questions = holds.open_holds(app, who, project_id)
    known = {"connected": "", "wrong": None, "drawer": None, "pausing": None, "deleting": None, "holds": questions}
    known |= {"help": overview.HELP}
    return page(
        app, visit, "integrations.html", project_id=project_id, nav="integrations", overview=shown, **known | facts
    )


ROUTES = [project, index, cards, sync, retry, decided]
