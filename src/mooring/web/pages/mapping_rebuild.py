"""Rebuild mapping: searched, looked at, decided by hand where two may be meant, linked in bulk, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response

from mooring.domain.mapping import MAPPED, MappedKind, SyncKind
from mooring.errors import InvalidInput, MooringError
from mooring.usecases import rebuild_mapping, rebuild_mapping_view, steps
from mooring.usecases.context import App
from mooring.usecases.mapping_words import FOUND_BY, PLURAL, STATES
from mooring.usecases.who import Who
from mooring.web.pages.entry import Form
from mooring.web.render import go, page
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit

_LARGEST = 2**63 - 1


@get("/stores/{store_id:str}/mapping/rebuild", role="viewer")
def shown(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    store_id: FromPath[str],
    kind: FromQuery[str] = "",
    tab: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Response[str]:
    """What is looked at stands in the address."""
    return _page(app, who, visit, store_id, _place({"kind": kind, "tab": tab, "after": after}))


def _page(
    app: App, who: Who, visit: Visit, store_id: str, place: Mapping[str, Any], *, status: int = 200, wrong: str = ""
) -> Response[str]:
    found = rebuild_mapping_view.show(app, who, store_id, **place)
    running = found.operation if found.running else None
    facts: dict[str, Any] = {"found": found, "store": found.store, "wrong": wrong, "sync_kinds": list(SyncKind)}
    facts |= {"view": steps.show(app, who, running.id) if running else None, "mapping_news": None, "mapped": MAPPED}
    facts |= {"tabs": rebuild_mapping_view.TABS, "states": STATES, "plural": PLURAL, "found_by": FOUND_BY}
    return page(
        app, visit, "rebuild.html", project_id=found.store.project_id, nav="settings", status=status, **facts
    )  # fmt: skip


def _place(given: Mapping[str, str]) -> dict[str, Any]:
    """What the address, or the form on such a page, says is looked at; whatever it does not know is left open."""
    kind, after = given.get("kind", ""), given.get("after", "")
    return {
        "kind": MappedKind(kind) if kind in set(MappedKind) else None,
        "state": given.get("tab") or None,
        "after": _number(after) or 0,
    }


def _number(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
    return number if number is not None and number <= _LARGEST else None


def _kinds(data: Mapping[str, str]) -> list[SyncKind]:
    chosen = [kind for kind in SyncKind if f"kind_{kind}" in data]
    if not chosen:
        raise InvalidInput("Choose at least one kind.", field="kinds")
    return chosen


# -- doing ---------------------------------------------------------------------------------------------------------


@post("/stores/{store_id:str}/mapping/rebuild", role="admin")
def searched(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form
) -> Response[str]:
    try:
        rebuild_mapping.request(app, who, store_id, _kinds(data))
    except MooringError as refused:
        return _page(app, who, visit, store_id, {}, status=409, wrong=refused.sentence)
    return go(f"/stores/{store_id}/mapping/rebuild")


@post("/stores/{store_id:str}/mapping/rebuild/accept", role="admin")
def accepted(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form
) -> Response[str]:
    """All that is matched is linked; automatic sync goes on unless somebody wants it held still."""
    try:
        rebuild_mapping.accept(app, who, store_id, _kinds(data), resume="hold" not in data)
    except MooringError as refused:
        return _page(app, who, visit, store_id, {}, status=409, wrong=refused.sentence)
    return go(f"/stores/{store_id}/mapping/rebuild")


@post("/stores/{store_id:str}/mapping/rebuild/undo", role="admin")
def undone(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form) -> Response[str]:
    try:
        rebuild_mapping.undo(app, who, store_id, _kinds(data))
    except MooringError as refused:
        return _page(app, who, visit, store_id, {}, status=409, wrong=refused.sentence)
    return go(f"/stores/{store_id}/mapping/rebuild")


@post("/stores/{store_id:str}/mapping/rebuild/choose", role="editor")
def chosen(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form) -> Response[str]:
    """Which record of Odoo it is, or `none` of them. The same list comes again, without it."""
    place = _place(data)
    try:
        _choose(app, who, store_id, place["kind"], data)
    except MooringError as refused:
        return _page(app, who, visit, store_id, place, status=422, wrong=refused.sentence)
    return go(f"/stores/{store_id}/mapping/rebuild?kind={place['kind']}&tab={_tab(data)}&after={place['after']}")


def _choose(app: App, who: Who, store_id: str, kind: MappedKind | None, data: Mapping[str, str]) -> None:
    shopify_id, odoo_id = _number(data.get("id", "")), data.get("odoo_id", "")
    if kind is None or shopify_id is None:
        raise InvalidInput("The rebuild knows no such record.", field="id")
    if odoo_id != "none" and _number(odoo_id) is None:
        raise InvalidInput("Choose one of the records first, or None of these.", field="odoo_id")
    rebuild_mapping.choose(app, who, store_id, kind, shopify_id, None if odoo_id == "none" else _number(odoo_id))


def _tab(data: Mapping[str, str]) -> str:
    return data.get("tab", "") if data.get("tab") in rebuild_mapping_view.TABS else "ambiguous"


ROUTES = [shown, searched, accepted, undone, chosen]
