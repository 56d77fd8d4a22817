"""Stores that the schedule has something to do for, and whose turn it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, or_, select

from mooring.db.stores import Turn
from mooring.db.tables import credentials, stores
from mooring.domain.lifecycle import IMPORTING, Lost


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
        or_(row[turn].is_(None), row[turn] <= at),
    )
    return list(connection.execute(query.order_by(row.id)).scalars())
