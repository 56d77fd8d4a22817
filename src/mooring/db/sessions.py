"""Rows of `sessions`: browsers that are signed in, and one-time tickets. Only hashes of their secrets are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from mooring.db.tables import sessions


@dataclass(frozen=True, slots=True)
class Row:
    """A browser session has a person. A ticket has none; its `data` says what it is for."""

    person_id: str | None
    data: dict[str, Any]
    created_at: datetime
    expires_at: datetime


def create(
    connection: Connection,
    *,
    token_hash: str,
    person_id: str | None,
    at: datetime,
    expires_at: datetime,
    data: dict[str, Any] | None = None,
) -> None:
    """Remember one, and forget those that are over."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= at))
    connection.execute(
        insert(sessions).values(
            token_hash=token_hash,
            person_id=person_id,
            data=msgspec.json.encode(data or {}).decode(),
            created_at=at,
            expires_at=expires_at,
        )
    )


def find(connection: Connection, token_hash: str, *, at: datetime) -> Row | None:
    row = connection.execute(
        select(sessions).where(sessions.c.token_hash == token_hash, sessions.c.expires_at > at)
    ).first()
    return Row(row.person_id, msgspec.json.decode(row.data), row.created_at, row.expires_at) if row else None


def extend(connection: Connection, token_hash: str, *, expires_at: datetime) -> None:
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(expires_at=expires_at))


def end(connection: Connection, token_hash: str) -> bool:
    """Whether it was still there: of two who end it at the same time, one."""
    return connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash)).rowcount == 1


def end_of_person(connection: Connection, person_id: str) -> int:
    return connection.execute(delete(sessions).where(sessions.c.person_id == person_id)).rowcount
