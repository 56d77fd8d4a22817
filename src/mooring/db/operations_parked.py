"""Rows of `operations`: work of a store that stops where it stands, goes on, or ends with the store's way of life."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update

from mooring.db.operations import UNFINISHED
from mooring.db.tables import kind_states, operations
from mooring.domain.rules import NEVER_PARKED, Work


def park_all(connection: Connection, store_id: str, *, at: datetime, but: frozenset[Work] = frozenset()) -> int:
    """Stop a store's unfinished work where it stands; the raised epoch fences whoever holds it."""
    row, going_on = operations.c, NEVER_PARKED | but
    done = connection.execute(
        update(operations)
        .where(row.store_id == store_id, row.state.in_(("pending", "running")), row.kind.not_in(going_on))
        .values(state="parked", epoch=row.epoch + 1, worker=None, lease_until=None, not_before=None)
    )
    _pause_kinds(connection, store_id)
    return done.rowcount


def carry_over(connection: Connection, store_id: str, *, generation: int) -> None:
    """What is never parked belongs to the new generation; whoever was at it finds itself fenced and begins again."""
    row = operations.c
    connection.execute(
        update(operations)
        .where(row.store_id == store_id, row.state.in_(("pending", "running")), row.kind.in_(NEVER_PARKED))
        .values(generation=generation, epoch=row.epoch + 1, worker=None, lease_until=None)
    )


def _pause_kinds(connection: Connection, store_id: str) -> None:
    """No kind says Syncing while its import is parked."""
    row = kind_states.c
    connection.execute(
        update(kind_states)
        .where(row.store_id == store_id, row.state == "syncing", row.operation_id.in_(_parked(store_id)))
        .values(state="pending", rate=None)
    )


def _resume_kinds(connection: Connection, store_id: str) -> None:
    """What was paused goes on; a kind that waits for a permission says so in its error and goes on waiting."""
    row = kind_states.c
    connection.execute(
        update(kind_states)
        .where(row.store_id == store_id, row.state == "pending", row.error.is_(None))
        .where(row.operation_id.in_(_parked(store_id)))
        .values(state="syncing", rate=None)
    )


def _parked(store_id: str) -> Select[Any]:
    return select(operations.c.id).where(operations.c.store_id == store_id, operations.c.state == "parked")


def end_all(
    connection: Connection,
    store_id: str,
    kinds: frozenset[Work],
    *,
    at: datetime,
    sentence: str,
    parked_only: bool = False,
) -> list[str]:
    """End a store's unfinished operations of these kinds as cancelled; whoever holds one can commit nothing more."""
    row, states = operations.c, ("parked",) if parked_only else UNFINISHED
    found = select(row.id).where(row.store_id == store_id, row.state.in_(states), row.kind.in_(kinds))
    ids = list(connection.execute(found).scalars())
    connection.execute(
        update(operations)
        .where(row.id.in_(ids))
        .values(
            state="cancelled", error=sentence, finished_at=at, epoch=row.epoch + 1, worker=None, lease_until=None,
            not_before=None,
        )
    )  # fmt: skip
    return ids


def issue_again(connection: Connection, store_id: str, *, generation: int) -> list[str]:
    """Parked operations of a store go on from their cursor under the new generation. Returns their ids."""
    ids = list(connection.execute(_parked(store_id)).scalars())
    _resume_kinds(connection, store_id)
    connection.execute(
        update(operations)
        .where(operations.c.id.in_(ids))
        .values(state="pending", generation=generation, error=None, restarts=0, epoch=operations.c.epoch + 1)
    )
    return ids
