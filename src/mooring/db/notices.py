"""Rows of `notices` and of what is sent on about them (`notice_posts`, the outbox)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mooring.db.tables import notice_hooks, notice_posts, notice_reads, notices, stores


@dataclass(frozen=True, slots=True)
class Notice:
    """`settled_at`: since when its cause is gone. `address`: the page it is about, without scheme and host."""

    id: int
    project_id: str
    store_id: str | None
    store_name: str | None
    kind: str
    key: str
    sentence: str
    address: str | None
    urgent: bool
    at: datetime
    settled_at: datetime | None


_NOTICES = select(notices, stores.c.name.label("store_name")).outerjoin(stores, stores.c.id == notices.c.store_id)


def _of(row: Row[Any]) -> Notice:
    return Notice(**row._mapping)


def add(connection: Connection, *, at: datetime, project_id: str, kind: str, key: str, **facts: Any) -> int | None:
    """The new notice's id; None when there is one of this key already. The unique index is the judge."""
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    values = {"at": at, "project_id": project_id, "kind": kind, "key": key, **facts}
    made = ours(notices).values(**values).on_conflict_do_nothing().returning(notices.c.id)
    return connection.execute(made).scalar()


def settle(connection: Connection, project_id: str, key: str, *, at: datetime) -> bool:
    row = notices.c
    done = connection.execute(
        update(notices)
        .where(row.project_id == project_id, row.key == key, row.settled_at.is_(None))
        .values(settled_at=at)
    )
    return done.rowcount == 1


def queue(connection: Connection, notice_id: int, way: str) -> None:
    connection.execute(insert(notice_posts).values(notice_id=notice_id, way=way))


def load(connection: Connection, notice_id: int) -> Notice:
    return _of(connection.execute(_NOTICES.where(notices.c.id == notice_id)).one())


def of_project(connection: Connection, project_id: str, *, before: int | None = None, limit: int = 50) -> list[Notice]:
    """Newest first; `before` is the id the page before ended with."""
    query = _NOTICES.where(notices.c.project_id == project_id)
    if before is not None:
        query = query.where(notices.c.id < before)
    return [_of(row) for row in connection.execute(query.order_by(notices.c.id.desc()).limit(limit))]


# -- who has read what ---------------------------------------------------------------------------------------------


def last_read(connection: Connection, project_id: str, person_id: str) -> int:
    row = notice_reads.c
    query = select(row.last_id).where(row.project_id == project_id, row.person_id == person_id)
    return connection.execute(query).scalar() or 0


def unread(connection: Connection, project_id: str, person_id: str) -> int:
    since = last_read(connection, project_id, person_id)
    query = select(func.count()).where(notices.c.project_id == project_id, notices.c.id > since)
    return connection.execute(query).scalar_one()


def newest(connection: Connection, project_id: str) -> int:
    query = select(func.max(notices.c.id)).where(notices.c.project_id == project_id)
    return connection.execute(query).scalar() or 0


def read_up_to(connection: Connection, project_id: str, person_id: str, notice_id: int) -> None:
    """Never backwards: a slow tab does not make read notices unread again."""
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    made = ours(notice_reads).values(project_id=project_id, person_id=person_id, last_id=notice_id)
    connection.execute(
        made.on_conflict_do_update(
            index_elements=["project_id", "person_id"],
            set_={"last_id": made.excluded.last_id},
            where=notice_reads.c.last_id < made.excluded.last_id,
        )
    )


# -- a project's own address ---------------------------------------------------------------------------------------


def has_hook(connection: Connection, project_id: str) -> bool:
    query = select(notice_hooks.c.project_id).where(notice_hooks.c.project_id == project_id)
    return connection.execute(query).first() is not None


# -- whose cause is gone -------------------------------------------------------------------------------------------


def of_stores_not_in(connection: Connection, kind: str, state: str) -> list[Notice]:
    """Unsettled notices of this kind whose store is in another state now."""
    row = notices.c
    query = _NOTICES.where(row.kind == kind, row.settled_at.is_(None), stores.c.state != state)
    return [_of(found) for found in connection.execute(query)]
