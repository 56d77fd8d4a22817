"""Requests about personal data: what is open until when, the package to hand over, and what was done."""

from __future__ import annotations

from litestar import Response
from litestar.response import Stream

from mooring.usecases import privacy_package, privacy_requests
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.render import go, page
from mooring.web.routing import FromPath, Given, get, post
from mooring.web.visit import Visit


@get("/projects/{project_id:str}/privacy", role="admin")
def index(app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    shown = privacy_requests.show(app, who, project_id)
    return page(app, visit, "privacy.html", project_id=project_id, nav="activity", tab="privacy", shown=shown)


@get("/projects/{project_id:str}/privacy/{request_id:str}/package", role="admin")
def package(app: Given[App], who: Given[Who], project_id: FromPath[str], request_id: FromPath[str]) -> Stream:
    made = privacy_package.package(app, who, project_id, request_id)
    headers = {"content-disposition": f'attachment; filename="{made.filename}"'}
    return Stream(made.chunks, media_type="application/zip", headers=headers)


@post("/projects/{project_id:str}/privacy/{request_id:str}", role="admin")
def answered(app: Given[App], who: Given[Who], project_id: FromPath[str], request_id: FromPath[str]) -> Response[str]:
    privacy_requests.answer(app, who, project_id, request_id)
    return go(f"/projects/{project_id}/privacy")


ROUTES = [index, package, answered]
