"""Open tasks: what a clear could not reach is tried again until it is done, or until somebody dismisses it.

Meanwhile Sync and Rebuild of those stores and kinds are refused, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mooring.db import audit, clear_tasks, operations, operations_parked, stores
from mooring.db.clear_tasks import ClearTask
from mooring.db.operations import Operation
from mooring.domain.lifecycle import GOING
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role, Work, excluded_by, stops
from mooring.errors import NotFound, Refused
from mooring.usecases.context import App
from mooring.usecases.operations import issue
from mooring.usecases.who import SYSTEM, Who

_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=6)
_WHERE = {"shopify": "metafields at Shopify", "odoo": "external ids in Odoo"}


def next_try(at: datetime, attempts: int) -> datetime:
    return at + min(_LONGEST, _FIRST * 2 ** min(attempts, 10))


def sentence(task: ClearTask) -> str:
    """What is open, and what to do about it; or what became of it."""
    kinds = " and ".join(task.kinds) if len(task.kinds) < len(SyncKind) else "all kinds"
    what = f"the {_WHERE[task.side]} of {kinds}"
    if task.state == "done":
        return f"Clear sync data is finished there: {what} are removed."
    if task.state == "dismissed":
        return f"Dismissed: what is left of {what} stays, and the next sync links by it. Sync and Rebuild are possible."
    return (
        f"Clear sync data is not finished: {what} are still to be removed. {task.error} It is tried again by itself; "
        "you can also retry now, or dismiss the task: what is left then stays, and the next sync links by it."
    )


def require_none_open(connection: Connection, store_id: str, kinds: Iterable[SyncKind]) -> None:
    """For whatever syncs or rebuilds. Raises `Refused` (code `clear_open`)."""
    wanted = set(kinds)
    for task in clear_tasks.open_of_store(connection, store_id):
        if wanted & set(task.kinds):
            raise Refused(sentence(task), code="clear_open", task_id=task.id, side=task.side)


def show(app: App, who: Who, project_id: str) -> list[ClearTask]:
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        return clear_tasks.open_of_project(connection, project_id)


def dismiss(app: App, who: Who, task_id: str, *, project_id: str | None = None) -> ClearTask:
    """What is left there stays. At Shopify nothing is written under the keys all the same, until they are gone."""
    with app.db.write() as connection:
        task = _open(connection, who, task_id, project_id)
        _stop(app, connection, task)
        now = app.clock.now()
        clear_tasks.settle(connection, task.id, "dismissed", by=who.id, at=now)
        audit.write(
            connection, at=now, project_id=task.project_id, store_id=task.store_id, actor=who.id,
            event="mapping.task_dismissed", detail={"side": task.side, "kinds": list(task.kinds), "left": task.count},
        )  # fmt: skip
        return clear_tasks.load(connection, task_id)


def _open(connection: Connection, who: Who, task_id: str, project_id: str | None) -> ClearTask:
    task = clear_tasks.load(connection, task_id)
    if project_id not in (None, task.project_id):
        raise NotFound("There is no such open task.")
    who.require(task.project_id, Role.ADMIN)
    if task.state != "open":
        raise Refused("This task is settled already.", code="task_settled")
    return task


def _stop(app: App, connection: Connection, task: ClearTask) -> None:
    """Whoever is at it finds itself fenced."""
    mine = [one for one in operations.unfinished(connection, task.store_id) if one.arguments.get("task") == task.id]
    if mine:
        said, ended = "Its open task was dismissed.", frozenset({Work.CLEAR_MAPPING})
        operations_parked.end_all(connection, task.store_id, ended, at=app.clock.now(), sentence=said)


def retry(app: App, who: Who, task_id: str, *, project_id: str | None = None) -> Operation:
    """Now, instead of when its time comes."""
    with app.db.write() as connection:
        operation = _issue(app, connection, who, _open(connection, who, task_id, project_id))
    app.engine.start(operation.id)
    return operation


def scheduled(app: App) -> None:
    """A job of the schedule. A store that is at its mapping keeps its turn: a retry ends nobody's sync."""
    now = app.clock.now()
    with app.db.read() as connection:
        due = clear_tasks.due(connection, at=now)
    for task in due:
        if operation := _in_turn(app, task):
            app.engine.start(operation.id)


def _in_turn(app: App, task: ClearTask) -> Operation | None:
    with app.db.write() as connection:
        task = clear_tasks.load(connection, task.id)
        running = frozenset(one.kind for one in operations.unfinished(connection, task.store_id))
        busy = excluded_by(Work.CLEAR_MAPPING, running) or stops(Work.CLEAR_MAPPING) & running
        if task.state != "open" or busy:
            return None
        if stores.load(connection, task.store_id).state in GOING:
            return None
        return _issue(app, connection, SYSTEM, task)


def _issue(app: App, connection: Connection, who: Who, task: ClearTask) -> Operation:
    now = app.clock.now()
    store = stores.load(connection, task.store_id)
    clear_tasks.change(connection, task.id, next_at=next_try(now, task.attempts))
    arguments = {"kinds": [str(one) for one in task.kinds], "task": task.id, "side": task.side}
    return issue(app, connection, who, store, Work.CLEAR_MAPPING, arguments)


def failed(connection: Connection, task: ClearTask, said: str, *, at: datetime) -> None:
    """Not this time. The reason is shown, and the next try comes later than this one did."""
    attempts = task.attempts + 1
    clear_tasks.change(connection, task.id, attempts=attempts, error=said, next_at=next_try(at, attempts))
