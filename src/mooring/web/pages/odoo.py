"""The Odoo of a project: what it is, whether it still is the one that was connected, another key, leaving it; and how
each store is synced to it."""

from __future__ import annotations

from typing import Any

from litestar import Response

from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, MooringError, NotFound
from mooring.usecases import (
    odoo_connect,
    odoo_disconnect,
    odoo_guard,
    odoo_keep,
    odoo_view,
    sync_odoo_request,
    sync_odoo_view,
)
from mooring.usecases.context import App
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who
from mooring.web.pages.entry import Form
from mooring.web.render import go, page
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit

_SAID = {
    "connected": "Connected. Nothing is written before you have seen a preview.",
    "key": "The key was replaced",
    "kept": "Kept. The sync goes on.",
    "disconnected": "Odoo is disconnected. Everything in it stays.",
    "clearing": "The mapping is being cleared; then the connection closes",
    "saved": "Saved",
}
_WAYS = {"verify": "settings/advanced", "rebuild": "settings/advanced", "clear": "settings/advanced/clear"}
"""Where what is offered for a held connection is done: for each store by itself, or for all."""
_MASTER = {"usual": None, "on": True, "off": False}


@get("/projects/{project_id:str}/odoo", role="viewer")
def shown(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    project_id: FromPath[str],
    disconnect: FromQuery[str] = "",
    said: FromQuery[str] = "",
) -> Response[str]:
    """With `disconnect` the dialog that asks is open."""
    facts: dict[str, Any] = {"toast": _SAID.get(said)}
    if disconnect:
        facts |= _dialog(app, who, project_id)
    return with_facts(app, who, visit, project_id, **facts)


def with_facts(app: App, who: Who, visit: Visit, project_id: str, *, status: int = 200, **facts: Any) -> Response[str]:
    view = odoo_view.show(app, who, project_id)
    known: dict[str, Any] = {"toast": None, "wrong": None, "key_errors": {}, "checked": None, "leaving": None}
    known |= {"ways": _WAYS}
    known |= {"view": view, "nav": "integrations", "stores": sync_odoo_view.of_project(app, who, project_id)}
    return page(app, visit, "odoo.html", project_id=project_id, status=status, **known | facts)


# -- the connection ------------------------------------------------------------------------------------------------


@post("/projects/{project_id:str}/odoo/check", role="editor")
def checked(app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    try:
        _, verdict = odoo_guard.check(app, who, project_id)
    except MooringError as unwell:
        return with_facts(app, who, visit, project_id, status=409, wrong=unwell.sentence)
    return with_facts(app, who, visit, project_id, checked=verdict)


@post("/projects/{project_id:str}/odoo/key", role="admin")
def key_replaced(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], data: Form
) -> Response[str]:
    try:
        odoo_connect.replace_key(app, who, project_id, data.get("key", ""), login=data.get("login") or None)
    except MooringError as refused:
        field = getattr(refused, "field", None)
        errors = {field if field in ("key", "login") else "key": refused.sentence}
        return with_facts(app, who, visit, project_id, status=422, key_errors=errors)
    return go(f"/projects/{project_id}/odoo?said=key")


@post("/projects/{project_id:str}/odoo/keep", role="admin")
def kept(app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    try:
        odoo_keep.request(app, who, project_id)
    except MooringError as refused:
        return with_facts(app, who, visit, project_id, status=409, wrong=refused.sentence)
    return go(f"/projects/{project_id}/odoo?said=kept")


@post("/projects/{project_id:str}/odoo/disconnect", role="admin")
def disconnected(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], data: Form
) -> Response[str]:
    """What is mistyped or has changed since is said in the dialog, which stays open."""
    choice, generation = "clear" if data.get("choice") == "clear" else "keep", data.get("generation", "")
    known = int(generation) if generation.isascii() and generation.isdecimal() and len(generation) < 10 else None
    try:
        done = odoo_disconnect.request(
            app, who, project_id, choice=choice, generation=known, typed=data.get("typed", "")
        )
    except MooringError as refused:
        facts = _dialog(app, who, project_id) | {"leaving_wrong": refused.sentence, "choice": choice}
        return with_facts(app, who, visit, project_id, status=422, **facts)
    return go(f"/projects/{project_id}/odoo?said={'clearing' if done.clearing else 'disconnected'}")


def _dialog(app: App, who: Who, project_id: str) -> dict[str, Any]:
    """What would happen; told in words where there is nothing to disconnect."""
    try:
        shown = odoo_disconnect.preview(app, who, project_id)
    except MooringError as refused:
        return {"toast": refused.sentence}
    return {"leaving": shown, "leaving_wrong": None, "choice": "keep"}


# -- how a store is synced -----------------------------------------------------------------------------------------


@post("/stores/{store_id:str}/odoo/kinds/{kind:str}", role="editor")
def changed(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    store_id: FromPath[str],
    kind: FromPath[str],
    data: Form,
) -> Response[str]:
    """One of the two settings of a kind."""
    project_id = store_of(app, who, store_id, Role.EDITOR).project_id
    if kind not in list(SyncKind):
        raise NotFound("There is no such kind of record.")
    try:
        _set(app, who, store_id, SyncKind(kind), data)
    except MooringError as refused:
        return with_facts(app, who, visit, project_id, status=409, wrong=refused.sentence)
    return go(f"/projects/{project_id}/odoo?said=saved#{kind}-{store_id}")


def _set(app: App, who: Who, store_id: str, kind: SyncKind, data: dict[str, str]) -> None:
    auto, master = data.get("auto"), data.get("master")
    if auto in ("on", "off"):
        sync_odoo_request.set_auto(app, who, store_id, kind, auto == "on")
    elif master in _MASTER:
        sync_odoo_request.set_master(app, who, store_id, kind, _MASTER[master])
    else:
        raise InvalidInput("Choose what is to change.")


ROUTES = [shown, checked, key_replaced, kept, disconnected, changed]
