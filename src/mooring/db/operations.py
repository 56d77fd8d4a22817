"""Rows of `operations`. Every change of a running one is fenced by (epoch, seq): an older worker changes 0 rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, exists, insert, or_, select, update

from mooring.db.people import HELD_FACT
from mooring.db.tables import installation, operations
from mooring.domain.rules import BY_ITSELF, Work
from mooring.errors import NotFound, Stale

_NOT_HELD = ~exists().where(installation.c.name == HELD_FACT)
UNFINISHED = ("pending", "running", "parked")
LEASE = timedelta(seconds=30)
"""How long a worker may be silent before another one takes the operation over."""


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    project_id: str
    store_id: str | None
    kind: Work
    state: str
    generation: int | None
    arguments: dict[str, Any]
    cursor: dict[str, Any]
    counts: dict[str, Any]
    seq: int
    epoch: int
    worker: str | None
    lease_until: datetime | None
    not_before: datetime | None
    attempts: int
    restarts: int
    cancel_requested: bool
    error: str | None
    receipt: dict[str, Any] | None = field(default=None)
    created_by: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def finished(self) -> bool:
        return self.state not in UNFINISHED


def operation_of(row: Row[Any]) -> Operation:
    facts = dict(row._mapping) | {
        "kind": Work(row.kind),
        "arguments": msgspec.json.decode(row.arguments),
        "cursor": msgspec.json.decode(row.cursor),
        "counts": msgspec.json.decode(row.counts),
        "receipt": msgspec.json.decode(row.receipt) if row.receipt else None,
    }
    return Operation(**facts)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


_BY_ID = select(operations).where(operations.c.id == bindparam("of_id"))
_SAVE = (
    update(operations)
    .where(operations.c.id == bindparam("of_id"), operations.c.epoch == bindparam("of_epoch"))
    .where(operations.c.seq == bindparam("of_seq"), operations.c.state == "running")
    .returning(operations)
)
_UNFINISHED = (
    select(operations)
    .where(operations.c.store_id == bindparam("of_store"), operations.c.state.in_(UNFINISHED))
    .order_by(operations.c.created_at)
)
"""At every slice and with every write; making these anew took longer than executing them."""


def load(connection: Connection, operation_id: str) -> Operation:
    row = connection.execute(_BY_ID, {"of_id": operation_id}).first()
    if row is None:
        raise NotFound("There is no such operation.")
    return operation_of(row)


def create(
    connection: Connection,
    *,
    id: str,
    project_id: str,
    store_id: str | None,
    kind: Work,
    generation: int | None,
    arguments: dict[str, Any],
    created_by: str,
    at: datetime,
) -> Operation:
    """Pending; in the caller's transaction, so that the work exists exactly if its reason does."""
    connection.execute(
        insert(operations).values(
            id=id,
            project_id=project_id,
            store_id=store_id,
            kind=kind,
            state="pending",
            generation=generation,
            arguments=_json(arguments),
            created_by=created_by,
            created_at=at,
        )
    )
    return load(connection, id)


def unfinished(connection: Connection, store_id: str) -> list[Operation]:
    return [operation_of(row) for row in connection.execute(_UNFINISHED, {"of_store": store_id})]


def newest(connection: Connection, store_id: str, kind: Work) -> Operation | None:
    """The last one of this kind, finished or not."""
    query = select(operations).where(operations.c.store_id == store_id, operations.c.kind == kind)
    row = connection.execute(query.order_by(operations.c.id.desc()).limit(1)).first()
    return operation_of(row) if row else None


def are_of(connection: Connection, store_id: str, ids: Iterable[str]) -> bool:
    """Whether any of these operations is this store's."""
    row = operations.c
    return connection.execute(select(row.id).where(row.store_id == store_id, row.id.in_(list(ids)))).first() is not None


def finished_since(connection: Connection, store_id: str, kind: Work, at: datetime) -> list[Operation]:
    row = operations.c
    mine = (row.store_id == store_id, row.kind == kind, row.finished_at >= at)
    return [operation_of(found) for found in connection.execute(select(operations).where(*mine).order_by(row.id))]


def of_project(
    connection: Connection, project_id: str, *, store_id: str | None = None, before: str | None = None, limit: int = 50
) -> list[Operation]:
    """Newest first (ids grow with time); `before` is the id the page before ended with."""
    query = select(operations).where(operations.c.project_id == project_id)
    if store_id is not None:
        query = query.where(operations.c.store_id == store_id)
    if before is not None:
        query = query.where(operations.c.id < before)
    rows = connection.execute(query.order_by(operations.c.id.desc()).limit(limit))
    return [operation_of(row) for row in rows]


def with_receipts(
    connection: Connection,
    project_id: str,
    *,
    without: frozenset[Work],
    store_id: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[Operation]:
    """Finished ones that left a receipt, newest first; `without` these kinds."""
    row = operations.c
    query = select(operations).where(row.project_id == project_id, row.receipt.is_not(None), row.kind.not_in(without))
    query = query.where(row.finished_at.is_not(None))
    if without:
        query = query.where(or_(row.created_by != "system", row.kind.not_in(BY_ITSELF)))
    if store_id is not None:
        query = query.where(row.store_id == store_id)
    if before is not None:
        query = query.where(row.id < before)
    return [operation_of(row) for row in connection.execute(query.order_by(row.id.desc()).limit(limit))]


def due(connection: Connection, *, at: datetime) -> list[Operation]:
    """Unfinished, not parked, nobody's: the lease lapsed or was never taken, and no waiting time is left. Nothing is
    due while a restored installation is held."""
    query = select(operations).where(
        _NOT_HELD,
        operations.c.state.in_(("pending", "running")),
        or_(operations.c.lease_until.is_(None), operations.c.lease_until < at),
        or_(operations.c.not_before.is_(None), operations.c.not_before <= at),
    )
    return [operation_of(row) for row in connection.execute(query.order_by(operations.c.created_at))]


def take(connection: Connection, operation_id: str, *, worker: str, at: datetime) -> Operation | None:
    """Lease the operation to `worker` under a higher epoch. None if it is finished, parked or somebody else's."""
    row = operations.c
    done = connection.execute(
        update(operations)
        .where(row.id == operation_id, row.state.in_(("pending", "running")), _NOT_HELD)
        .where(or_(row.lease_until.is_(None), row.lease_until < at, row.worker == worker))
        .values(
            state="running", epoch=row.epoch + 1, worker=worker, lease_until=at + LEASE, not_before=None,
        )
    )  # fmt: skip
    if done.rowcount != 1:
        return None
    connection.execute(update(operations).where(row.id == operation_id, row.started_at.is_(None)).values(started_at=at))
    return load(connection, operation_id)


def save(connection: Connection, operation: Operation, *, at: datetime, **values: Any) -> Operation:
    """Write progress under the fence. Raises `Stale` when epoch or seq moved, or the operation is not running."""
    for name in ("cursor", "counts", "receipt"):
        if values.get(name) is not None:
            values[name] = _json(values[name])
    fence = {"of_id": operation.id, "of_epoch": operation.epoch, "of_seq": operation.seq}
    moved = {"seq": operation.seq + 1, "lease_until": at + LEASE}
    saved = connection.execute(_SAVE, fence | moved | values).first()
    if saved is None:
        raise Stale("This operation was taken over, stopped or finished meanwhile.", code="stale_epoch")
    return operation_of(saved)


def reopen(connection: Connection, operation_id: str) -> None:
    """A failed one goes on from its cursor, as if it had never stopped."""
    row = operations.c
    connection.execute(
        update(operations)
        .where(row.id == operation_id, row.state == "failed")
        .values(
            state="pending", error=None, attempts=0, restarts=0, epoch=row.epoch + 1, finished_at=None, worker=None,
            lease_until=None, not_before=None,
        )
    )  # fmt: skip


def request_cancel(connection: Connection, operation_id: str, *, at: datetime) -> None:
    """A running one stops at its next slice; one that nobody works on ends here and now."""
    row = operations.c
    connection.execute(update(operations).where(row.id == operation_id).values(cancel_requested=True))
    connection.execute(
        update(operations)
        .where(row.id == operation_id, row.state == "parked")
        .values(state="cancelled", finished_at=at, epoch=row.epoch + 1)
    )
