"""Customers, orders, products, collections: searchable lists, and one record with everything that was imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response

from mooring.domain.decisions import Choice, offered
from mooring.domain.edits import EDITABLE
from mooring.domain.kinds import Kind
from mooring.domain.mapping import SyncKind
from mooring.domain.review_words import explained, place_of
from mooring.domain.sync_words import FIELDS as FIELD_LABELS
from mooring.domain.tabs import Tab
from mooring.errors import MooringError, NotFound
from mooring.usecases import browse, browse_record, edits, items, order_standing
from mooring.usecases.browse import FILTERS, Asked
from mooring.usecases.context import App
from mooring.usecases.order_standing import Standing
from mooring.usecases.who import Who
from mooring.web.pages.entry import Form
from mooring.web.render import go, page
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit

SAID = {
    "sync": "Sync started. The status shows how far it is.",
    "decided": "Decided",
    "unlinked": "Unlinked. Both records stay as they are.",
    "partly": "Started. Not every store could join in; its Odoo page says why.",
}
"""What is said after something was done here, by the word in the address."""
CHOICES = {
    Choice.CREATE: "Create a new one",
    Choice.TAKE: "Take Shopify’s values",
    Choice.KEEP: "Keep Odoo’s values",
    Choice.IGNORE: "Ignore",
    Choice.RESET: "Reset and sync",
    Choice.CREDIT: "Make a credit note",
}
"""What the buttons say."""
_SEVERAL = CHOICES | {Choice.CREATE: "Create new ones", Choice.CREDIT: "Make credit notes"}


def _list(kind: Kind) -> Any:
    @get(f"/projects/{{project_id:str}}/{kind}", role="viewer", name=f"list-{kind}")
    def listed(
        request: Request[Any, Any, Any],
        app: Given[App],
        who: Given[Who],
        visit: Given[Visit],
        project_id: FromPath[str],
    ) -> Response[str]:
        """What is looked for stands in the address, so that it can be kept and shared."""
        query = request.query_params
        return list_page(app, who, visit, project_id, kind, query, toast=SAID.get(query.get("said", "")))

    return listed


def list_page(
    app: App, who: Who, visit: Visit, project_id: str, kind: Kind, query: Mapping[str, str], *, status: int = 200,
    **facts: Any,
) -> Response[str]:  # fmt: skip
    """The hub's own list; with an Odoo connected, the same records as items of the sync."""
    asked = _asked(kind, query)
    cause = query.get("cause", "")
    items_found = _items(app, who, project_id, kind, asked, query.get("tab", ""), cause)
    found = items_found or browse.page(app, who, project_id, kind, asked)
    known: dict[str, Any] = {"wrong": None, "kind": kind, "found": found, "asked": asked, "filters": FILTERS[kind]}
    tab, here = str(items_found.tab) if items_found else "", f"/projects/{project_id}/{kind}"
    known |= {"here": here, "nav": str(kind), "tab": tab, "base": f"{here}?{_kept(asked, tab, cause)}", "cause": cause}
    known |= {"names": {store.id: store.name for store in found.stores}, "query": urlencode(dict(query))}
    known |= {"base_of": {one: _kept(asked, one).removesuffix("&") for one in Tab}, "place_of": place_of}
    causes = [one.cause for one in items_found.causes] if items_found else []
    known |= {"base_for": {one: _kept(asked, tab, one).removesuffix("&") for one in causes}, "choices": _SEVERAL}
    known |= {"offered": offered([cause] if cause else causes), "explained": explained}
    template = "items.html" if items_found else "records.html"
    return page(app, visit, template, project_id=project_id, status=status, **known | facts)


def _items(app: App, who: Who, project_id: str, kind: Kind, asked: Asked, tab: str, cause: str) -> items.Page | None:
    """None for what is never synced, and as long as no Odoo is connected."""
    if kind not in list(SyncKind):
        return None
    chosen = Tab(tab) if tab in list(Tab) else Tab.ALL
    wanted = items.Asked(chosen, asked.text, asked.store_id, asked.filters, asked.older, asked.newer, cause)
    return items.while_connected(app, who, project_id, SyncKind(kind), wanted)


def _asked(kind: Kind, query: Mapping[str, str]) -> Asked:
    return Asked(
        text=query.get("q", ""),
        store_id=query.get("store") or None,
        filters={one.name: query[one.name] for one in FILTERS[kind] if query.get(one.name)},
        older=query.get("older") or None,
        newer=query.get("newer") or None,
    )


def _kept(asked: Asked, tab: str, cause: str = "") -> str:
    """The address without the page; a cursor can be put behind it."""
    kept = {"tab": "" if tab == Tab.ALL else tab, "q": asked.text, "store": asked.store_id or "", "cause": cause}
    kept |= asked.filters
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"{query}&" if query else ""


_ID = {kind: f"{kind.removesuffix('s')}_id" for kind in Kind}


def _record(kind: Kind) -> Any:
    @get(f"/{kind}/{{{_ID[kind]}:str}}", role="viewer", name=f"show-{kind}")
    def shown(
        request: Request[Any, Any, Any],
        app: Given[App],
        who: Given[Who],
        visit: Given[Visit],
        cursor: FromQuery[str] = "",
        said: FromQuery[str] = "",
    ) -> Response[str]:
        hub_id = int(request.path_params[_ID[kind]])
        return record_page(app, who, visit, kind, hub_id, cursor=cursor, toast=SAID.get(said))

    return shown


def record_page(
    app: App, who: Who, visit: Visit, kind: Kind, hub_id: int, *, cursor: str = "", status: int = 200, **facts: Any
) -> Response[str]:
    record = browse_record.show(app, who, kind, hub_id, cursor=cursor or None)
    known: dict[str, Any] = {"edit_error": None, "typed": {}, "nav": str(kind), "record": record, "row": record.row}
    known |= {"body": record.row["body"], "parts": record.parts, "store": record.store, "kind": str(kind)}
    known |= {"odoo": _in_odoo(app, who, kind, record), "odoo_error": None, "fields": FIELD_LABELS}
    known |= {"choices": CHOICES, "standing": _standing(app, who, kind, record)}
    return page(app, visit, f"record_{kind}.html", project_id=record.store.project_id, status=status, **known | facts)


def _in_odoo(app: App, who: Who, kind: Kind, record: browse_record.Record) -> items.OfRecord | None:
    if kind not in list(SyncKind):
        return None
    return items.of_record(app, who, SyncKind(kind), record.store.id, record.row["shopify_id"])


def _standing(app: App, who: Who, kind: Kind, record: browse_record.Record) -> Standing | None:
    if kind is not Kind.ORDERS:
        return None
    return order_standing.of_order(app, who, record.store.id, record.row["shopify_id"])


@post("/customers/{customer_id:str}/edits", role="editor")
def edited(
    app: Given[App], who: Given[Who], visit: Given[Visit], customer_id: FromPath[str], data: Form
) -> Response[str]:
    """Empty fields are left as they are; all of the others change, or none does."""
    changes = {name: data[name] for name in EDITABLE if data.get(name, "").strip()}
    try:
        edits.change(app, who, int(customer_id), changes)
    except MooringError as refused:
        return record_page(
            app, who, visit, Kind.CUSTOMERS, int(customer_id), status=422, edit_error=refused.sentence, typed=data
        )
    return go(f"/customers/{customer_id}#here")


@post("/customers/{customer_id:str}/edits/{edit_id:str}/retry", role="editor")
def sent_again(app: Given[App], who: Given[Who], customer_id: FromPath[str], edit_id: FromPath[str]) -> Response[str]:
    store_id, _ = edits.place_of(app, int(customer_id))
    if not (edit_id.isascii() and edit_id.isdecimal()):
        raise NotFound("There is no such change.")
    edits.retry(app, who, store_id, int(edit_id))
    return go(f"/customers/{customer_id}#here")


ROUTES = [*(_list(kind) for kind in Kind), *(_record(kind) for kind in Kind), edited, sent_again]
