"""Notices of a project: the list behind the bell, and where they go besides."""

from __future__ import annotations

from litestar import Response

from mooring.errors import MooringError
from mooring.usecases import notice_hooks, notice_posts, notices
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.pages.entry import Form
from mooring.web.pages.settings import SECTIONS
from mooring.web.render import go, page
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit


@get("/projects/{project_id:str}/notices", role="viewer")
def index(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], older: FromQuery[str] = ""
) -> Response[str]:
    shown = notices.page(app, who, project_id, cursor=older or None)
    return page(app, visit, "notices.html", project_id=project_id, nav="notices", shown=shown)


@post("/projects/{project_id:str}/notices", role="viewer")
def read(app: Given[App], who: Given[Who], project_id: FromPath[str], data: Form) -> Response[str]:
    """Up to what was on the page; one that came meanwhile stays unread."""
    up_to = data.get("up_to", "")
    notices.mark_read(app, who, project_id, int(up_to) if up_to.isascii() and up_to.isdecimal() else 0)
    return go(f"/projects/{project_id}/notices")


# -- where they go -------------------------------------------------------------------------------------------------


@get("/projects/{project_id:str}/settings/notices", role="admin")
def ways(app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    return _ways(app, who, visit, project_id)


@post("/projects/{project_id:str}/settings/notices", role="admin")
def choose(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], data: Form
) -> Response[str]:
    """One form, four buttons. The secret of a new address is shown on this one page and never again."""
    try:
        match data.get("act"):
            case "remove":
                notice_hooks.remove(app, who, project_id)
                return go(f"/projects/{project_id}/settings/notices")
            case "try_email" | "try_webhook":
                tried = notice_posts.try_out(app, who, project_id, data["act"].removeprefix("try_"))
                return _ways(app, who, visit, project_id, tried=tried)
            case _:
                secret = notice_hooks.choose(app, who, project_id, data.get("url", ""))
                return _ways(app, who, visit, project_id, secret=secret)
    except MooringError as refused:
        return _ways(app, who, visit, project_id, errors={"url": refused.sentence}, typed=data, status=422)


def _ways(app: App, who: Who, visit: Visit, project_id: str, *, status: int = 200, **facts: object) -> Response[str]:
    known = {"errors": {}, "typed": {}, "tried": None, "secret": None, "ways": notice_hooks.show(app, who, project_id)}
    return page(
        app, visit, "settings_notices.html", project_id=project_id, nav="settings", sections=SECTIONS,
        section="notices", status=status, **known | facts,
    )  # fmt: skip


ROUTES = [index, read, ways, choose]
