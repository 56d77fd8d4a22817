"""Rows of `holds`: mass deletions that wait for a person, and what was decided. At most one is open per cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from mooring.db.tables import deliveries, holds
from mooring.domain.kinds import Kind
from mooring.errors import NotFound


@dataclass(frozen=True, slots=True)
class Hold:
    """`cause`: `sweep` or `webhooks`. `decision`: `delete`, `keep`, or None while a person is waited for."""

    id: str
    store_id: str
    kind: Kind
    cause: str
    count: int
    total: int
    made_at: datetime
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    operation_id: str | None


def _of(row: Row[Any]) -> Hold:
    facts: dict[str, Any] = dict(row._mapping) | {"kind": Kind(row.kind)}
    return Hold(**facts)


def load(connection: Connection, hold_id: str) -> Hold:
    row = connection.execute(select(holds).where(holds.c.id == hold_id)).first()
    if row is None:
        raise NotFound("There is no such question.")
    return _of(row)


def _about(store_id: str, kind: Kind, cause: str) -> Select[Any]:
    row = holds.c
    return select(holds).where(row.store_id == store_id, row.kind == kind, row.cause == cause)


def open_one(connection: Connection, store_id: str, kind: Kind, cause: str) -> Hold | None:
    found = connection.execute(_about(store_id, kind, cause).where(holds.c.decision.is_(None))).first()
    return _of(found) if found else None


def last_decided(connection: Connection, store_id: str, kind: Kind, cause: str) -> Hold | None:
    query = _about(store_id, kind, cause).where(holds.c.decision.is_not(None))
    found = connection.execute(query.order_by(holds.c.decided_at.desc(), holds.c.id.desc()).limit(1)).first()
    return _of(found) if found else None


def open_in(connection: Connection, store_ids: list[str]) -> list[Hold]:
    """Oldest first."""
    query = select(holds).where(holds.c.store_id.in_(store_ids), holds.c.decision.is_(None))
    return [_of(row) for row in connection.execute(query.order_by(holds.c.made_at, holds.c.id))]


def add(connection: Connection, *, id: str, store_id: str, kind: Kind, cause: str, count: int, total: int,
        at: datetime) -> Hold:  # fmt: skip
    connection.execute(
        insert(holds).values(
            id=id, store_id=store_id, kind=kind, cause=cause, count=count, total=total, made_at=at
        )
    )  # fmt: skip
    return load(connection, id)


def resize(connection: Connection, hold_id: str, *, count: int, total: int) -> Hold:
    """An open one grows or shrinks with what would be marked."""
    row = holds.c
    connection.execute(update(holds).where(row.id == hold_id, row.decision.is_(None)).values(count=count, total=total))
    return load(connection, hold_id)


def decide(connection: Connection, hold_id: str, decision: str, *, by: str, at: datetime) -> bool:
    """False when somebody else was first."""
    row = holds.c
    done = connection.execute(
        update(holds)
        .where(row.id == hold_id, row.decision.is_(None))
        .values(decision=decision, decided_by=by, decided_at=at)
    )
    return done.rowcount == 1


def use(connection: Connection, store_id: str, kind: Kind, cause: str, operation_id: str) -> None:
    """What was decided so far is carried out by this operation, or has become superfluous: it permits nothing more."""
    row = holds.c
    connection.execute(
        update(holds)
        .where(row.store_id == store_id, row.kind == kind, row.cause == cause)
        .where(row.decision.is_not(None), row.operation_id.is_(None))
        .values(operation_id=operation_id)
    )


def take_back(connection: Connection, store_id: str, kind: Kind, cause: str, *, at: datetime) -> str | None:
    """An open question whose cause is gone: nothing (0) is kept, and nobody decided it. Returns its id."""
    found = open_one(connection, store_id, kind, cause)
    if found is not None:
        resize(connection, found.id, count=0, total=found.total)
        decide(connection, found.id, "keep", by="system", at=at)
    return found.id if found else None


# -- the deliveries a hold keeps back ------------------------------------------------------------------------------


def release_deliveries(connection: Connection, store_id: str, hold_id: str) -> int:
    """They may be worked off; that they carry the hold's id says that a person agreed."""
    row = deliveries.c
    held = (row.store_id == store_id, row.hold_id == hold_id, row.state == "held")
    return connection.execute(update(deliveries).where(*held).values(state="new", not_before=None)).rowcount


def drop_deliveries(connection: Connection, store_id: str, hold_id: str, *, reason: str, at: datetime) -> int:
    row = deliveries.c
    held = (row.store_id == store_id, row.hold_id == hold_id, row.state == "held")
    done = connection.execute(update(deliveries).where(*held).values(state="dropped", reason=reason, settled_at=at))
    return done.rowcount
