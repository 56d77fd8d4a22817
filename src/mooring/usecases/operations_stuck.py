"""Operations that stand still: taken from whoever holds them without getting on, and begun afresh, or given up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from mooring.db import audit, operations, operations_stalled
from mooring.db.operations import Operation
from mooring.domain.timing import MOST_RESTARTS, STUCK_AFTER, stands_still, worth_a_restart
from mooring.usecases.context import App
from mooring.usecases.operations_end import Ends
from mooring.usecases.operations_run import KEPT
from mooring.usecases.who import SYSTEM


def free_stuck(app: App, ends: Ends, forget: Callable[[str], None]) -> int:
    """Begin them afresh from their cursor; one that stood still again and again is ended, said in words. `forget` drops
    what this process holds of one. Returns how many."""
    now = app.clock.now()
    with app.db.read() as connection:
        found = [one for one in operations_stalled.held(connection, at=now) if _stands_still(one, now)]
    return sum(_free(app, ends, forget, one) for one in found)


def _free(app: App, ends: Ends, forget: Callable[[str], None], operation: Operation) -> bool:
    again = worth_a_restart(operation.restarts)
    with app.db.write() as connection:
        freed = (
            operations_stalled.begin_afresh(connection, operation)
            if again
            else _give_up(app, ends, connection, operation)
        )
        if freed:
            _log(app, connection, operation, "restarted" if again else "given_up")
    if freed:
        forget(operation.id)
    if freed and again:
        app.engine.start(operation.id)
    return freed


def _give_up(app: App, ends: Ends, connection: Connection, operation: Operation) -> bool:
    ended = operations_stalled.give_up(connection, operation, _STUCK, at=app.clock.now())
    if ended:
        ends.put_straight(connection, operation, _STUCK)
    return ended


def _log(app: App, connection: Connection, operation: Operation, what: str) -> None:
    facts = {"operation": operation.id, "work": operation.kind, "restarts": operation.restarts}
    app.log.warning(f"stuck_operation_{what}", **facts)
    audit.write(
        connection,
        at=app.clock.now(),
        project_id=operation.project_id,
        store_id=operation.store_id,
        actor=SYSTEM.id,
        event=f"operation.{what}",
        detail=facts,
    )


def _stands_still(operation: Operation, now: datetime) -> bool:
    return stands_still(worker=operation.worker, lease_until=operation.lease_until, lease=operations.LEASE, at=now)


_STUCK = (
    f"This stood still for {STUCK_AFTER.seconds // 60} minutes, and after {MOST_RESTARTS} fresh starts as well. "
    f"{KEPT} The log says where it stands; start it again, or ask for support."
)
