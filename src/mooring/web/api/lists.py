"""Customer lists of a project."""

from __future__ import annotations

from mooring.usecases import store_settings
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, Name, Out, Page
from mooring.web.routing import FromPath, Given, JSONBody, get, post


class ListIn(In):
    name: Name


class ListOut(Out):
    """`store_id` is the store that writes to it; null when it is free to be chosen."""

    id: str
    name: str
    store_id: str | None
    store_name: str | None
    members: int


@get("/projects/{project_id:str}/lists", role="viewer", summary="The customer lists of a project")
def listed(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> Page[ListOut]:
    return Page(items=_lists(app, who, project_id))


@post("/projects/{project_id:str}/lists", role="admin", summary="A new customer list")
def added(app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[ListIn]) -> ListOut:
    list_id = store_settings.add_list(app, who, project_id, data.name)
    return next(one for one in _lists(app, who, project_id) if one.id == list_id)


def _lists(app: App, who: Who, project_id: str) -> list[ListOut]:
    return [
        ListOut(**{name: getattr(one, name) for name in ListOut.__struct_fields__})
        for one in store_settings.lists_of(app, who, project_id)
    ]


ROUTES = [listed, added]
