"""Operations: asked for, looked at, cancelled. Driving them is `operations_drive`'s.

A kind of work is one function `advance(app, run) -> Next` that does a bounded slice, saves its place with
`run.checkpoint()` and says what is next (`operations_run`). The engine calls `Runner.advance` until the operation
rests; whatever is lost on the way (process, engine, machine), the operation's own row says where to go on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mooring.db import audit, operations, operations_parked, operations_stalled, people
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.rules import BESIDE_PARKED, BY_ITSELF, Role, Work, excluded_by, stops
from mooring.errors import Refused
from mooring.usecases import held
from mooring.usecases.context import App
from mooring.usecases.who import SYSTEM, Who

_WHILE_HELD = frozenset({Work.DELETE, Work.CLEAN_UP, Work.REDACT})
"""What may be asked for while a restored installation is held: its first part happens here, the rest waits."""


def issue(app: App, connection: Connection, who: Who, store: Store, work: Work, arguments: dict[str, Any]) -> Operation:
    """The operation row, in the transaction of its reason. Raises `Refused` naming what runs and who started it.

    Start it with `app.engine.start(id)` after the commit; if that is lost, the sweeper starts it.
    """
    if work not in _WHILE_HELD:
        held.refuse_in(connection)
    running = [one for one in operations.unfinished(connection, store.id) if _stands_in_the_way(one, work)]
    blocking = excluded_by(work, frozenset(o.kind for o in running))
    if blocking:
        first = next(o for o in running if o.kind in blocking)
        raise Refused(_busy_sentence(connection, first), code="busy", operation_id=first.id, work=first.kind)
    if stopped := stops(work):
        operations_parked.end_all(
            connection, store.id, stopped, at=app.clock.now(), sentence=f"{DOING[work]} ended this."
        )
    operation = operations.create(
        connection,
        id=app.ids.new(),
        project_id=store.project_id,
        store_id=store.id,
        kind=work,
        generation=store.generation,
        arguments=arguments,
        created_by=who.id,
        at=app.clock.now(),
    )
    if not (who == SYSTEM and work in BY_ITSELF):
        _log_issue(app, connection, operation)
    return operation


def _stands_in_the_way(unfinished: Operation, new: Work) -> bool:
    """The verify that a Keep starts only marks what is missing, and no sync has to wait for that."""
    if new is Work.SYNC_ODOO and unfinished.kind is Work.VERIFY_MAPPING and unfinished.arguments.get("kept"):
        return False
    return not (unfinished.state == "parked" and new in BESIDE_PARKED)


def _log_issue(app: App, connection: Connection, operation: Operation) -> None:
    audit.write(
        connection,
        at=app.clock.now(),
        project_id=operation.project_id,
        store_id=operation.store_id,
        actor=operation.created_by,
        event=f"operation.{operation.kind}",
        detail={"operation": operation.id, **operation.arguments},
    )


DOING: dict[Work, str] = {
    Work.IMPORT: "An import",
    Work.CATCH_UP: "A catch-up",
    Work.PULL: "A pull",
    Work.SWEEP: "A sweep",
    Work.RECOVER: "A recovery of one record",
    Work.HEALTH_CHECK: "A health check",
    Work.CLEAN_UP: "A clean-up at Shopify",
    Work.SUBSCRIBE: "A look at the webhook subscriptions",
    Work.DELETE: "A delete",
    Work.REDACT: "An erasure somebody has a right to",
    Work.WRITE_BACK: "A write-back",
    Work.SYNC_ODOO: "A sync to Odoo",
    Work.VERIFY_MAPPING: "A check of the mapping",
    Work.CLEAR_MAPPING: "Clear sync data",
    Work.REBUILD_MAPPING: "A rebuild of the mapping",
}


def _busy_sentence(connection: Connection, operation: Operation) -> str:
    by = people.name_of(connection, operation.created_by)
    state = "is parked" if operation.state == "parked" else running_since(operation)
    return f"{DOING[operation.kind]} of this store {state}, started by {by}. Wait for it, or cancel it."


def running_since(operation: Operation) -> str:
    return f"has been running since {operation.created_at:%H:%M} UTC" if operation.created_at else "is running"


def show(app: App, who: Who, operation_id: str) -> Operation:
    with app.db.read() as connection:
        operation = operations.load(connection, operation_id)
    who.require(operation.project_id, Role.VIEWER)
    return operation


def cancel(app: App, who: Who, operation_id: str) -> Operation:
    """Ask for a stop at the next checkpoint. What was written stays. A parked one ends at once."""
    with app.db.write() as connection:
        operation = operations.load(connection, operation_id)
        who.require(operation.project_id, Role.EDITOR)
        if operation.finished:
            raise Refused("This operation has already finished.", code="already_finished")
        if operation.kind is Work.DELETE:
            raise Refused("A delete cannot be cancelled once it has begun.", code="not_cancellable")
        if operation.kind is Work.CLEAR_MAPPING:
            raise Refused("Clear sync data cannot be cancelled once it has begun.", code="not_cancellable")
        if operation.kind is Work.REDACT:
            raise Refused("An erasure somebody asked for cannot be cancelled.", code="not_cancellable")
        operations.request_cancel(connection, operation_id, at=app.clock.now())
        audit.write(
            connection,
            at=app.clock.now(),
            project_id=operation.project_id,
            store_id=operation.store_id,
            actor=who.id,
            event="operation.cancel",
            detail={"operation": operation_id},
        )
    app.engine.start(operation_id)
    return show(app, who, operation_id)


def forget_routine(app: App) -> None:
    """A job of the schedule, once a day: what the schedule itself did weeks ago goes."""
    now = app.clock.now()
    with app.db.read() as connection:
        last = people.fact(connection, _FORGOTTEN)
    if last is not None and now - datetime.fromisoformat(last) < timedelta(days=1):
        return
    with app.db.write() as connection:
        operations_stalled.forget_routine(connection, finished_before=now - _REMEMBERED)
        people.set_fact(connection, _FORGOTTEN, now.isoformat())


_FORGOTTEN = "routine_forgotten_at"
_REMEMBERED = timedelta(days=14)
