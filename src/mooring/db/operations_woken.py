"""An operation that pauses, called before its time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from mooring.db.tables import operations


def wake(connection: Connection, operation_id: str, *, at: datetime) -> None:
    """Its pause is over: what it waits for is there. Whoever holds it looks for this mark (`not_before`) while it
    pauses; where nobody does, it is due."""
    row = operations.c
    running = (row.id == operation_id, row.state == "running")
    connection.execute(update(operations).where(*running).values(not_before=at))


def is_woken(connection: Connection, operation_id: str) -> bool:
    row = operations.c
    return connection.execute(select(row.not_before).where(row.id == operation_id)).scalar() is not None


def take_wake(connection: Connection, operation_id: str) -> None:
    row = operations.c
    connection.execute(update(operations).where(row.id == operation_id).values(not_before=None))
