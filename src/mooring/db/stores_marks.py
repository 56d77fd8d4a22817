"""What a store is marked with beside its state: its error, since when its app is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, true, update

from mooring.db.stores import Store, change
from mooring.db.tables import stores

HEALTH = "health"


def mark_error(connection: Connection, store: Store, sentence: str, *, by: str, **more: Any) -> None:
    """The badge Error, until what failed succeeds: `by` is a kind of operation, or `health`."""
    change(connection, store.id, error=sentence, error_by=by, **more)


def clear_error(connection: Connection, store_id: str, *, by: str) -> None:
    """This succeeded: its own error is over, nobody else's. A health check that passed answers for all of them."""
    mine = stores.c.error_by == by if by != HEALTH else true()
    connection.execute(update(stores).where(stores.c.id == store_id, mine).values(error=None, error_by=None))


def note_rejected(connection: Connection, store_id: str, *, at: datetime | None) -> None:
    """Since when the token endpoint refuses the app for this store; None: it accepts it."""
    row = stores.c
    changed = row.app_rejected_at.is_not(None) if at is None else row.app_rejected_at.is_(None)
    connection.execute(update(stores).where(row.id == store_id, changed).values(app_rejected_at=at))


def take_check(connection: Connection, store: Store, *, following: datetime) -> bool:
    """Whether this process is the one that sees to the health check which is due."""
    row = stores.c
    done = connection.execute(
        update(stores)
        .where(row.id == store.id, row.check_due_at.is_not_distinct_from(store.check_due_at))
        .values(check_due_at=following)
    )
    return done.rowcount == 1
