"""The mapping between Shopify and Odoo: cleared, with what a clear could not reach. Nothing here deletes a customer, a
product or an order."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from mooring.db.clear_tasks import ClearTask
from mooring.domain.mapping import SyncKind
from mooring.usecases import clear_mapping, clear_mapping_tasks, mapping_view
from mooring.usecases.clear_mapping_preview import Preview
from mooring.usecases.context import App
from mooring.usecases.mapping_view import OfKind
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, OperationOut, Out, operation_out
from mooring.web.routing import FromPath, Given, JSONBody, get, post


class ChoiceIn(In):
    """Which stores (none named: all of the project) and which kinds (none named: all three)."""

    stores: tuple[str, ...] = ()
    kinds: tuple[SyncKind, ...] = ()


class ClearIn(In):
    """Both confirmations: the phrase as typed by a person, and the token of the preview they saw. Without a token, or
    with one that no longer fits, the answer is 428 with the preview and its token."""

    typed: Annotated[str, Meta(max_length=200)]
    token: Annotated[str, Meta(max_length=20_000)] = ""
    stores: tuple[str, ...] = ()
    kinds: tuple[SyncKind, ...] = ()


class ClearPreviewOut(Out):
    """`preview`: what goes, by store and kind, what it is needed for, what remains, what happens afterwards, when to
    use it. `token` confirms exactly this, for 15 minutes and for this person."""

    preview: dict[str, Any]
    token: str
    expires_at: datetime


class StartedOut(Out):
    """One operation per store."""

    operations: list[OperationOut]


class TaskOut(Out):
    """A side that a clear could not reach. `left`: external ids still to be unlinked. `sentence` says what to do."""

    id: str
    store_id: str
    side: str
    kinds: list[SyncKind]
    state: str
    left: int
    attempts: int
    next_at: datetime | None
    created_at: datetime
    sentence: str


class TasksOut(Out):
    items: list[TaskOut]


class KindOut(Out):
    """`mapped`: pairs of records people see; `inner`: of what lives inside them. `held`: why automatic sync waits."""

    store_id: str
    store: str
    kind: SyncKind
    mapped: int
    inner: int
    external_ids: int
    metafields: int
    held: str | None


class MappingOut(Out):
    """`homes`: where the mapping is written down, in words."""

    homes: dict[str, str]
    items: list[KindOut]


@get("/projects/{project_id:str}/mapping", role="viewer", summary="How much is mapped, and where that is kept")
def shown(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> MappingOut:
    found = mapping_view.show(app, who, project_id)
    return MappingOut(dict(found.homes), [_kind_out(one) for one in found.kinds])


def _kind_out(one: OfKind) -> KindOut:
    return KindOut(
        one.store.id, one.store.name, one.kind, one.mapped, one.inner, one.external_ids, one.metafields, one.held
    )


@post("/projects/{project_id:str}/mapping/clear/preview", role="admin", status_code=200,
      summary="What Clear sync data would take away")  # fmt: skip
def previewed(app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[ChoiceIn]) -> ClearPreviewOut:
    return _preview_out(clear_mapping.preview(app, who, project_id, data.stores, data.kinds))


def _preview_out(found: Preview) -> ClearPreviewOut:
    return ClearPreviewOut(found.facts, found.token, found.expires_at)


@post("/projects/{project_id:str}/mapping/clear", role="admin", status_code=202, summary="Clear sync data")
def cleared(app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[ClearIn]) -> StartedOut:
    started = clear_mapping.request(
        app, who, project_id, data.stores, data.kinds, token=data.token, typed=data.typed
    )  # fmt: skip
    return StartedOut([operation_out(one) for one in started])


@get("/projects/{project_id:str}/mapping/tasks", role="viewer", summary="What a clear could not reach yet")
def tasks(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> TasksOut:
    return TasksOut([_task_out(one) for one in clear_mapping_tasks.show(app, who, project_id)])


@post("/projects/{project_id:str}/mapping/tasks/{task_id:str}/retry", role="admin", status_code=202,
      summary="Try an open task now")  # fmt: skip
def retried(app: Given[App], who: Given[Who], project_id: FromPath[str], task_id: FromPath[str]) -> OperationOut:
    return operation_out(clear_mapping_tasks.retry(app, who, task_id, project_id=project_id))


@post("/projects/{project_id:str}/mapping/tasks/{task_id:str}/dismiss", role="admin", status_code=200,
      summary="Let an open task go: what is left there stays")  # fmt: skip
def dismissed(app: Given[App], who: Given[Who], project_id: FromPath[str], task_id: FromPath[str]) -> TaskOut:
    return _task_out(clear_mapping_tasks.dismiss(app, who, task_id, project_id=project_id))


def _task_out(task: ClearTask) -> TaskOut:
    return TaskOut(
        id=task.id, store_id=task.store_id, side=task.side, kinds=list(task.kinds), state=task.state, left=task.count,
        attempts=task.attempts, next_at=task.next_at, created_at=task.created_at,
        sentence=clear_mapping_tasks.sentence(task),
    )  # fmt: skip


ROUTES = [shown, previewed, cleared, tasks, retried, dismissed]
