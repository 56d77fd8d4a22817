"""Rows of `hub_edits` and `engagement`: what was changed here of a customer, and how far each change has got."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, literal_column, select, update

from mooring.db.tables import hub_edits
from mooring.domain.edits import EditState

_OPEN = hub_edits.c.state.in_((literal_column("'pending'"), literal_column("'waiting'")))
"""Spelled out, not bound: SQLite matches the condition of a partial index by its text."""


@dataclass(frozen=True, slots=True)
class Edit:
    id: int
    store_id: str
    customer_id: int
    field: str
    value: str | None
    state: EditState
    error: str | None
    attempts: int
    not_before: datetime | None
    made_by: str
    made_at: datetime
    settled_at: datetime | None


def _of(row: Row[Any]) -> Edit:
    facts: dict[str, Any] = dict(row._mapping) | {"state": EditState(row.state)}
    return Edit(**facts)


# -- making --------------------------------------------------------------------------------------------------------


def add(
    connection: Connection, store_id: str, customer_id: int, field: str, value: str, state: EditState, *, by: str,
    at: datetime,
) -> None:  # fmt: skip
    """The newest word on a field. Whatever was not sent before is superseded."""
    supersede(connection, store_id, customer_id, [field], at=at)
    connection.execute(
        insert(hub_edits).values(
            store_id=store_id, customer_id=customer_id, field=field, value=value, state=state, made_by=by, made_at=at
        )
    )


def supersede(connection: Connection, store_id: str, customer_id: int, fields: Collection[str], *, at: datetime) -> int:
    row = hub_edits.c
    done = connection.execute(
        update(hub_edits)
        .where(row.store_id == store_id, row.customer_id == customer_id, row.field.in_(fields))
        .where(row.state.in_(("pending", "waiting", "failed", "kept")))
        .values(state="superseded", settled_at=at, error=None)
    )
    return done.rowcount


# -- looking -------------------------------------------------------------------------------------------------------


def of_customer(connection: Connection, store_id: str, customer_id: int) -> list[Edit]:
    """The newest of each field, in the order they were made; superseded ones are history."""
    row = hub_edits.c
    mine = (row.store_id == store_id, row.customer_id == customer_id)
    newest = select(func.max(row.id)).where(*mine, row.state != "superseded").group_by(row.field)
    query = select(hub_edits).where(row.store_id == store_id, row.id.in_(newest)).order_by(row.id)
    return [_of(one) for one in connection.execute(query)]


def of_store(connection: Connection, store_id: str, *, state: str | None, before: int | None, limit: int) -> list[Edit]:
    """Newest first; `before` is the id the page before ended with."""
    row = hub_edits.c
    query = select(hub_edits).where(row.store_id == store_id)
    if state is not None:
        query = query.where(row.state == state)
    if before is not None:
        query = query.where(row.id < before)
    return [_of(one) for one in connection.execute(query.order_by(row.id.desc()).limit(limit))]


def counts(connection: Connection, store_id: str) -> dict[str, int]:
    row = hub_edits.c
    query = select(row.state, func.count()).where(row.store_id == store_id).group_by(row.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def stores_with_open(connection: Connection) -> list[str]:
    """Where something is on its way. One look into the index per store, however much waits there."""
    found, last = list[str](), ""
    while True:
        after = select(func.min(hub_edits.c.store_id)).where(_OPEN, hub_edits.c.store_id > last)
        store_id = connection.execute(after).scalar()
        if store_id is None:
            return found
        found.append(store_id)
        last = store_id


# -- sending -------------------------------------------------------------------------------------------------------


def due(connection: Connection, store_id: str, *, limit: int) -> list[Edit]:
    """The oldest that may be sent."""
    row = hub_edits.c
    query = select(hub_edits).where(row.store_id == store_id, row.state == literal_column("'pending'"))
    return [_of(one) for one in connection.execute(query.order_by(row.id).limit(limit))]


def any_due(connection: Connection, store_id: str) -> bool:
    return bool(due(connection, store_id, limit=1))


def settle(
    connection: Connection, store_id: str, ids: Iterable[int], state: EditState, *, at: datetime,
    sentence: str | None = None,
) -> int:  # fmt: skip
    """Only what still was to be sent: a newer word may have come meanwhile."""
    row = hub_edits.c
    done = connection.execute(
        update(hub_edits)
        .where(row.store_id == store_id, row.id.in_(list(ids)), row.state == "pending")
        .values(state=state, error=sentence, settled_at=at, attempts=row.attempts + 1)
    )
    return done.rowcount


def arrange(connection: Connection, store_id: str, ready: Collection[str]) -> None:
    """Edits of these fields may be sent, the others wait."""
    row = hub_edits.c
    for before, after, which in (
        ("waiting", "pending", row.field.in_(ready)),
        ("pending", "waiting", row.field.not_in(ready)),
    ):
        moved = update(hub_edits).where(row.store_id == store_id, row.state == literal_column(f"'{before}'"), which)
        connection.execute(moved.values(state=after))


def retry(connection: Connection, store_id: str, edit_id: int | None) -> int:
    """Failed ones are to be sent again: one, or all of the store."""
    row = hub_edits.c
    failed = update(hub_edits).where(row.store_id == store_id, row.state == "failed")
    if edit_id is not None:
        failed = failed.where(row.id == edit_id)
    return connection.execute(failed.values(state="pending", error=None, settled_at=None)).rowcount
