"""What is done with items of the sync: with several in a list, with one on its own page."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from litestar import Request, Response
from litestar.enums import RequestEncodingType
from litestar.params import Body

from mooring.domain.decisions import Choice
from mooring.domain.kinds import Kind
from mooring.domain.mapping import SyncKind
from mooring.errors import InvalidInput, MooringError, NotFound
from mooring.usecases import browse_record, items_bulk, sync_odoo_decide, sync_odoo_request, sync_odoo_unlink
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.pages.records import list_page, record_page
from mooring.web.render import go
from mooring.web.routing import FromPath, Given, post
from mooring.web.visit import Visit

Many = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
"""A form in which a field may stand several times."""
_IN_BULK = frozenset(Choice) - {Choice.LINK}
_DIGITS, _MOST_QUERY = 19, 20
_LARGEST = 2**63 - 1


# -- several -------------------------------------------------------------------------------------------------------


@post("/projects/{project_id:str}/odoo/items/{kind:str}", role="editor")
def selected(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    project_id: FromPath[str],
    kind: FromPath[str],
    data: Many,
) -> Response[str]:
    """Sync or decide on what is selected, or on the one whose button it was. `back` is the list's own query."""
    if kind not in list(SyncKind):
        raise NotFound("There is no such kind of record.")
    back = dict(parse_qsl(str(data.get("back", "")))[:_MOST_QUERY])
    back.pop("said", None)
    try:
        said = _do(app, who, project_id, SyncKind(kind), data)
    except MooringError as refused:
        return list_page(app, who, visit, project_id, Kind(kind), back, status=409, wrong=refused.sentence)
    return go(f"/projects/{project_id}/{kind}?{urlencode(back | {'said': said})}")


def _do(app: App, who: Who, project_id: str, kind: SyncKind, data: dict[str, Any]) -> str:
    """The word for what was done."""
    one, act = data.get("one"), data.get("act")
    picked = _picked([one] if one else _listed(data.get("pick")))
    if one or act == "sync":
        done = items_bulk.sync(app, who, project_id, kind, picked)
        return "partly" if done.refused else "sync"
    if act not in _IN_BULK:
        raise InvalidInput("Choose what to do with them.", field="act")
    done = items_bulk.decide(app, who, project_id, kind, picked, Choice(act))
    return "partly" if done.refused else "decided"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _picked(values: list[Any]) -> dict[str, list[int]]:
    """`store:id` each."""
    found: dict[str, list[int]] = {}
    for value in values:
        store_id, _, number = str(value).rpartition(":")
        found.setdefault(store_id, []).append(_number(number))
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS and int(text) <= _LARGEST):
        raise InvalidInput("This is no id of a record.", field="pick")
    return int(text)


# -- one -----------------------------------------------------------------------------------------------------------


def _one(kind: SyncKind) -> Any:
    name = f"{kind.removesuffix('s')}_id"

    @post(f"/{kind}/{{{name}:str}}/odoo", role="editor", name=f"odoo-{kind}")
    def done(
        request: Request[Any, Any, Any], app: Given[App], who: Given[Who], visit: Given[Visit], data: Many
    ) -> Response[str]:
        hub_id = int(request.path_params[name])
        store_id, shopify_id = browse_record.place_of(app, Kind(kind), hub_id)
        try:
            said = _with_one(app, who, store_id, kind, shopify_id, data)
        except MooringError as refused:
            return record_page(app, who, visit, Kind(kind), hub_id, status=409, odoo_error=refused.sentence)
        return go(f"/{kind}/{hub_id}?said={said}#odoo")

    return done


def _with_one(app: App, who: Who, store_id: str, kind: SyncKind, shopify_id: int, data: dict[str, Any]) -> str:
    match data.get("act"):
        case "sync":
            sync_odoo_request.request(app, who, store_id, ids={kind: [shopify_id]})
            return "sync"
        case "unlink":
            sync_odoo_unlink.unlink(app, who, store_id, kind, shopify_id)
            return "unlinked"
        case "link":
            odoo_id, record = _number(str(data.get("odoo_id", "")).strip()), str(data.get("record", "")) or None
            sync_odoo_decide.link(app, who, store_id, kind, shopify_id, odoo_id, record=record)
        case act if act in _IN_BULK:
            fields = [str(one) for one in _listed(data.get("field"))]
            sync_odoo_decide.decide(app, who, store_id, kind, [shopify_id], Choice(act), fields)
        case _:
            raise InvalidInput("Choose what to do with it.", field="act")
    return "decided"


ROUTES = [selected, *(_one(kind) for kind in SyncKind)]
