"""One operation: live while it runs, its receipt afterwards."""

from __future__ import annotations

from typing import Any

from litestar import Response

from mooring.usecases import operations, receipts, steps
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.render import go, page, part
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit


@get("/operations/{operation_id:str}", role="viewer")
def shown(app: Given[App], who: Given[Who], visit: Given[Visit], operation_id: FromPath[str]) -> Response[str]:
    facts = _facts(app, who, operation_id)
    project_id = facts["view"].operation.project_id
    return page(app, visit, "operation.html", project_id=project_id, nav="integrations", **facts)


@get("/operations/{operation_id:str}/live", role="viewer")
def live(app: Given[App], who: Given[Who], visit: Given[Visit], operation_id: FromPath[str]) -> Response[str]:
    """The live region."""
    facts = _facts(app, who, operation_id)
    project_id = facts["view"].operation.project_id
    return part(app, visit, "operation_live.html", project_id=project_id, project={"id": project_id}, **facts)


def _facts(app: App, who: Who, operation_id: str) -> dict[str, Any]:
    view = steps.show(app, who, operation_id)
    receipt = receipts.show(app, who, operation_id) if view.operation.finished and view.operation.receipt else None
    return {"view": view, "receipt": receipt}


@get("/projects/{project_id:str}/receipts", role="viewer")
def listed(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    project_id: FromPath[str],
    older: FromQuery[str] = "",
    all: FromQuery[str] = "",
) -> Response[str]:
    shown = receipts.page(app, who, project_id, cursor=older or None, all=bool(all))
    facts = {"nav": "activity", "tab": "receipts", "shown": shown, "all": bool(all)}
    return page(app, visit, "receipts.html", project_id=project_id, **facts)


@post("/operations/{operation_id:str}/cancel", role="editor")
def cancel(app: Given[App], who: Given[Who], operation_id: FromPath[str]) -> Response[str]:
    operations.cancel(app, who, operation_id)
    return go(f"/operations/{operation_id}")


ROUTES = [shown, live, listed, cancel]
