"""Operations: list, look, cancel."""

from __future__ import annotations

from mooring.usecases import activity, operations
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import OperationOut, Page, operation_out
from mooring.web.routing import FromPath, FromQuery, Given, get, post


@get("/projects/{project_id:str}/operations", role="viewer", summary="Operations of a project, newest first")
def listed(
    app: Given[App],
    who: Given[Who],
    project_id: FromPath[str],
    store_id: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[OperationOut]:
    found, following = activity.operations_of(app, who, project_id, store_id=store_id, cursor=cursor)
    return Page(items=[operation_out(one) for one in found], next=following)


@get("/operations/{operation_id:str}", role="viewer", summary="One operation: progress, or its receipt")
def shown(app: Given[App], who: Given[Who], operation_id: FromPath[str]) -> OperationOut:
    return operation_out(operations.show(app, who, operation_id))


@post("/operations/{operation_id:str}/cancel", role="editor", status_code=202, summary="Stop at the next checkpoint")
def cancelled(app: Given[App], who: Given[Who], operation_id: FromPath[str]) -> OperationOut:
    """What was written so far stays."""
    return operation_out(operations.cancel(app, who, operation_id))


ROUTES = [listed, shown, cancelled]
