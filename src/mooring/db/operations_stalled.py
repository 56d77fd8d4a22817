"""Rows of `operations` that nobody works on any more: taken over, given up, or long forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from mooring.db.operations import UNFINISHED, Operation, operation_of
from mooring.db.tables import import_chunks, operations
from mooring.domain.rules import BY_ITSELF


def held(connection: Connection, *, at: datetime) -> list[Operation]:
    """Those that some worker took and whose lease has lapsed since."""
    row = operations.c
    query = select(operations).where(row.state == "running", row.worker.is_not(None), row.lease_until < at)
    return [operation_of(found) for found in connection.execute(query.order_by(row.created_at))]


def begin_afresh(connection: Connection, operation: Operation) -> bool:
    """Take it from whoever holds it, to be started from its cursor. False: it has moved after all."""
    row = operations.c
    done = connection.execute(
        update(operations)
        .where(row.id == operation.id, row.epoch == operation.epoch, row.seq == operation.seq, row.state == "running")
        .values(epoch=row.epoch + 1, restarts=row.restarts + 1, worker=None, lease_until=None, not_before=None)
    )
    return done.rowcount == 1


def give_up(connection: Connection, operation: Operation, sentence: str, *, at: datetime) -> bool:
    """End one that stands still as failed; whoever still holds it can commit nothing more."""
    row = operations.c
    done = connection.execute(
        update(operations)
        .where(row.id == operation.id, row.epoch == operation.epoch, row.seq == operation.seq, row.state == "running")
        .values(
            state="failed", error=sentence, finished_at=at, epoch=row.epoch + 1, worker=None, lease_until=None,
            not_before=None,
        )
    )  # fmt: skip
    return done.rowcount == 1


def release_all(connection: Connection) -> int:
    """Forget every lease. Only for a process that holds the data directory's lock: nobody else can be at work."""
    done = connection.execute(
        update(operations)
        .where(operations.c.state.in_(("pending", "running")))
        .values(lease_until=None, worker=None, epoch=operations.c.epoch + 1)
    )
    return done.rowcount


def raise_epoch(connection: Connection, operation_id: str, epoch: int) -> None:
    """Give an unfinished operation a new epoch if it still has this one, so that it can be started afresh."""
    row = operations.c
    connection.execute(
        update(operations)
        .where(row.id == operation_id, row.epoch == epoch, row.state.in_(("pending", "running")))
        .values(epoch=epoch + 1)
    )


def forget_routine(connection: Connection, *, finished_before: datetime) -> int:
    """Drop what the schedule did long ago and nobody will look up; receipts of what people started stay for ever."""
    row = operations.c
    old = (
        row.kind.in_(BY_ITSELF),
        row.created_by == "system",
        row.state.not_in(UNFINISHED),
        row.finished_at < finished_before,
    )
    connection.execute(delete(import_chunks).where(import_chunks.c.operation_id.in_(select(row.id).where(*old))))
    return connection.execute(delete(operations).where(*old)).rowcount
