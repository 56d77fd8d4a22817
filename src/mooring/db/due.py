"""Stores that the schedule has something to do for, and whose turn it is."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, exists, or_, select, update

from mooring.db.tables import credentials, stores
from mooring.domain.lifecycle import IMPORTING, Lost

Turn = Literal["pull_due_at", "sweep_due_at", "subscribe_due_at"]


def readable(connection: Connection, turn: Turn, at: datetime) -> list[str]:
    """Ids of the stores whose turn has come and that can be read: connected, or only a permission is missing; they have
    the claim and credentials, and their initial sync was started."""
    row = stores.c
    query = select(row.id).where(
        row.state.in_(IMPORTING),
        row.claim,
        or_(row.lost.is_(None), row.lost == Lost.SCOPES),
        row.initial_sync_started_at.is_not(None),
        exists().where(credentials.c.store_id == row.id),
        _has_come(turn, at),
    )
    return list(connection.execute(query.order_by(row.id)).scalars())


def take(connection: Connection, store_id: str, turn: Turn, *, at: datetime, following: datetime) -> bool:
    """Take this turn and set the next one. False when another process was quicker; on PostgreSQL the row stays locked
    until commit."""
    done = connection.execute(
        update(stores).where(stores.c.id == store_id, _has_come(turn, at)).values({turn: following})
    )
    return done.rowcount == 1


def _has_come(turn: Turn, at: datetime) -> ColumnElement[bool]:
    column = stores.c[turn]
    return or_(column.is_(None), column <= at)
