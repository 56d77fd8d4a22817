"""Projects, and whoever is asking."""

from __future__ import annotations

from mooring.usecases import people
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, Name, Out, Page, ProjectOut
from mooring.web.routing import Given, JSONBody, get, post


class ProjectIn(In):
    name: Name


class WhoOut(Out):
    """`id` is a person's id, or `cli` for the command line."""

    id: str
    name: str
    installation_admin: bool
    projects: list[ProjectOut]


@get("/me", role="signed_in", summary="Who is asking, and what they may do")
def me(app: Given[App], who: Given[Who]) -> WhoOut:
    return WhoOut(id=who.id, name=who.name, installation_admin=who.installation_admin, projects=_projects(app, who))


@get("/projects", role="signed_in", summary="The projects this caller may see")
def listed(app: Given[App], who: Given[Who]) -> Page[ProjectOut]:
    return Page(items=_projects(app, who))


@post("/projects", role="installation_admin", summary="A new project")
def created(app: Given[App], who: Given[Who], data: JSONBody[ProjectIn]) -> ProjectOut:
    project_id = people.create_project(app, who, data.name)
    return next(one for one in _projects(app, who) if one.id == project_id)


def _projects(app: App, who: Who) -> list[ProjectOut]:
    return [ProjectOut(id=p["id"], name=p["name"], role=who.role(p["id"])) for p in people.projects(app, who)]


ROUTES = [me, listed, created]
