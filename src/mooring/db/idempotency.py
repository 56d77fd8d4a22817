"""Rows of `idempotency_keys`: which request a key was used for, and what it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mooring.db.tables import idempotency_keys, members, people

LIFE = timedelta(hours=24)
IN_FLIGHT = timedelta(minutes=10)
"""A request that has no answer after so long was lost with its process; its key may be used again."""


@dataclass(frozen=True, slots=True)
class Known:
    """`answer` is sealed; `status` is None while the first request is under way."""

    request_hash: str
    status: int | None
    answer: str | None


def claim(connection: Connection, person_id: str, key: str, request_hash: str, *, at: datetime) -> Known | None:
    """None: the key is ours now. Otherwise who has it. Of two that come together the unique index lets one in."""
    row = idempotency_keys.c
    connection.execute(
        delete(idempotency_keys).where(
            (row.created_at <= at - LIFE) | (row.status.is_(None) & (row.created_at <= at - IN_FLIGHT))
        )
    )
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    values = {"person_id": person_id, "key": key, "request_hash": request_hash, "created_at": at}
    mine = insert(idempotency_keys).values(**values).on_conflict_do_nothing().returning(row.key)
    if connection.execute(mine).first() is not None:
        return None
    query = select(row.request_hash, row.status, row.answer).where(row.person_id == person_id, row.key == key)
    return Known(*connection.execute(query).one())


def keep(connection: Connection, person_id: str, key: str, *, status: int, answer: str) -> None:
    row = idempotency_keys.c
    connection.execute(
        update(idempotency_keys).where(row.person_id == person_id, row.key == key).values(status=status, answer=answer)
    )


def release(connection: Connection, person_id: str, key: str) -> None:
    row = idempotency_keys.c
    connection.execute(delete(idempotency_keys).where(row.person_id == person_id, row.key == key))


def forget_answers(connection: Connection, project_id: str, *, before: datetime, others: tuple[str, ...]) -> int:
    """What was answered before this moment to anybody who may see this project (and to `others`, who may see all): it
    may hold what was erased since. That the request was carried out stays known."""
    row = idempotency_keys.c
    of_project = select(members.c.person_id).where(members.c.project_id == project_id)
    of_all = select(people.c.id).where(people.c.installation_admin.is_(True))
    theirs = row.person_id.in_(of_project) | row.person_id.in_(of_all) | row.person_id.in_(others)
    done = connection.execute(
        update(idempotency_keys).where(theirs, row.answer.is_not(None), row.created_at < before).values(answer=None)
    )
    return done.rowcount
