"""Customers, orders, products, collections: searchable lists, and one record with everything that was imported."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response

from mooring.domain.edits import EDITABLE
from mooring.domain.kinds import Kind
from mooring.errors import MooringError, NotFound
from mooring.usecases import browse, edits
from mooring.usecases.browse import FILTERS, Asked
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.pages.entry import Form
from mooring.web.render import go, page
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit


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
        asked = _asked(kind, request)
        found = browse.page(app, who, project_id, kind, asked)
        return page(
            app,
            visit,
            "records.html",
            project_id=project_id,
            nav=str(kind),
            kind=kind,
            found=found,
            asked=asked,
            filters=FILTERS[kind],
            base=f"/projects/{project_id}/{kind}?{_kept(asked)}",
            names={store.id: store.name for store in found.stores},
        )

    return listed


def _asked(kind: Kind, request: Request[Any, Any, Any]) -> Asked:
    query = request.query_params
    return Asked(
        text=query.get("q", ""),
        store_id=query.get("store") or None,
        filters={one.name: query[one.name] for one in FILTERS[kind] if query.get(one.name)},
        older=query.get("older") or None,
        newer=query.get("newer") or None,
    )


def _kept(asked: Asked) -> str:
    """The address without the page; a cursor can be put behind it."""
    kept = {"q": asked.text, "store": asked.store_id or "", **asked.filters}
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
    ) -> Response[str]:
        return _shown(app, who, visit, kind, int(request.path_params[_ID[kind]]), cursor=cursor)

    return shown


def _shown(
    app: App, who: Who, visit: Visit, kind: Kind, hub_id: int, *, cursor: str = "", status: int = 200, **facts: Any
) -> Response[str]:
    record = browse.show(app, who, kind, hub_id, cursor=cursor or None)
    known: dict[str, Any] = {"edit_error": None, "typed": {}, "nav": str(kind), "record": record, "row": record.row}
    known |= {"body": record.row["body"], "parts": record.parts, "store": record.store}
    return page(app, visit, f"record_{kind}.html", project_id=record.store.project_id, status=status, **known | facts)


@post("/customers/{customer_id:str}/edits", role="editor")
def edited(
    app: Given[App], who: Given[Who], visit: Given[Visit], customer_id: FromPath[str], data: Form
) -> Response[str]:
    """Empty fields are left as they are; all of the others change, or none does."""
    changes = {name: data[name] for name in EDITABLE if data.get(name, "").strip()}
    try:
        edits.change(app, who, int(customer_id), changes)
    except MooringError as refused:
        return _shown(
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
