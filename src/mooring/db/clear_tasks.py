"""Rows of `clear_tasks` and `clear_rows`: sides that a clear could not reach, and the external ids it owes Odoo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mooring.db.tables import clear_rows, clear_tasks
from mooring.domain.mapping import SyncKind
from mooring.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class ClearTask:
    """`side`: `shopify` or `odoo`. `count`: external ids left to unlink. `state`: `open`, `done` or `dismissed`."""

    id: str
    project_id: str
    store_id: str
    operation_id: str
    side: str
    kinds: tuple[SyncKind, ...]
    fingerprint: str | None
    state: str
    count: int
    attempts: int
    next_at: datetime | None
    error: str | None
    created_at: datetime
    settled_at: datetime | None
    settled_by: str | None


def _of(row: Row[Any]) -> ClearTask:
    facts: dict[str, Any] = {name: value for name, value in row._mapping.items() if name != "kinds"}
    return ClearTask(kinds=tuple(SyncKind(one) for one in msgspec.json.decode(row.kinds)), **facts)


def load(connection: Connection, task_id: str) -> ClearTask:
    row = connection.execute(select(clear_tasks).where(clear_tasks.c.id == task_id)).first()
    if row is None:
        raise NotFound("There is no such open task.")
    return _of(row)


def open_of_store(connection: Connection, store_id: str) -> list[ClearTask]:
    row = clear_tasks.c
    query = select(clear_tasks).where(row.store_id == store_id, row.state == "open").order_by(row.created_at, row.id)
    return [_of(one) for one in connection.execute(query)]


def open_of_project(connection: Connection, project_id: str) -> list[ClearTask]:
    row = clear_tasks.c
    query = select(clear_tasks).where(row.project_id == project_id, row.state == "open")
    return [_of(one) for one in connection.execute(query.order_by(row.created_at, row.id))]


def left_in_odoo(connection: Connection, store_id: str) -> list[str]:
    """Fingerprints of where a clear left external ids behind: still to be removed, or let go."""
    row = clear_tasks.c
    owed = (row.store_id == store_id, row.side == "odoo", row.state != "done", row.fingerprint.is_not(None))
    return list(connection.execute(select(row.fingerprint).where(*owed).distinct()).scalars())


def due(connection: Connection, *, at: datetime) -> list[ClearTask]:
    row = clear_tasks.c
    query = select(clear_tasks).where(row.state == "open", row.next_at <= at).order_by(row.next_at)
    return [_of(one) for one in connection.execute(query)]


def create(
    connection: Connection, *, id: str, project_id: str, store_id: str, operation_id: str, side: str,
    kinds: Iterable[SyncKind], fingerprint: str | None, error: str, at: datetime, next_at: datetime,
) -> None:  # fmt: skip
    listed = msgspec.json.encode([str(one) for one in kinds]).decode()
    connection.execute(
        insert(clear_tasks).values(
            id=id, project_id=project_id, store_id=store_id, operation_id=operation_id, side=side, kinds=listed,
            fingerprint=fingerprint, state="open", count=0, attempts=0, next_at=next_at, error=error, created_at=at,
        )
    )  # fmt: skip


def change(connection: Connection, task_id: str, **facts: Any) -> None:
    """Only while it is open. Raises `Conflict` when it was settled meanwhile."""
    row = clear_tasks.c
    done = connection.execute(update(clear_tasks).where(row.id == task_id, row.state == "open").values(**facts))
    if done.rowcount != 1:
        raise Conflict("This task was settled meanwhile.", code="task_settled")


def settle(connection: Connection, task_id: str, state: str, *, by: str, at: datetime) -> None:
    """`done` or `dismissed`. What it had listed is not needed any more."""
    change(connection, task_id, state=state, settled_at=at, settled_by=by, next_at=None)
    connection.execute(delete(clear_rows).where(clear_rows.c.task_id == task_id))


# -- what a task owes ----------------------------------------------------------------------------------------------


def list_rows(connection: Connection, task_id: str, rows: Sequence[tuple[str, str, int]]) -> None:
    """Name, model, Odoo id each. Listing twice is harmless."""
    if not rows:
        return
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    values = [{"task_id": task_id, "name": name, "model": model, "odoo_id": id_} for name, model, id_ in rows]
    connection.execute(ours(clear_rows).on_conflict_do_nothing(), values)


def rows(connection: Connection, task_id: str, *, limit: int) -> dict[str, tuple[str, int]]:
    """External ids that are still owed: name -> (model, Odoo id)."""
    row = clear_rows.c
    query = select(row.name, row.model, row.odoo_id).where(row.task_id == task_id).order_by(row.name).limit(limit)
    return {one.name: (one.model, one.odoo_id) for one in connection.execute(query)}


def drop_rows(connection: Connection, task_id: str, names: Sequence[str]) -> None:
    row = clear_rows.c
    connection.execute(delete(clear_rows).where(row.task_id == task_id, row.name.in_(names)))


def count_rows(connection: Connection, task_id: str) -> int:
    query = select(func.count()).select_from(clear_rows).where(clear_rows.c.task_id == task_id)
    return connection.execute(query).scalar_one()


def drop_store(connection: Connection, store_id: str) -> None:
    """A store that is deleted owes nothing any more: its delete takes back what it can itself."""
    mine = select(clear_tasks.c.id).where(clear_tasks.c.store_id == store_id)
    connection.execute(delete(clear_rows).where(clear_rows.c.task_id.in_(mine)))
    connection.execute(delete(clear_tasks).where(clear_tasks.c.store_id == store_id))
