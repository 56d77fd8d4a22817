"""The audit trail: append-only, kept after a delete, without personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, or_, select

from mooring.db.tables import audit


def write(
    connection: Connection,
    *,
    at: datetime,
    actor: str,
    event: str,
    project_id: str | None = None,
    store_id: str | None = None,
    from_state: str | None = None,
    to_state: str | None = None,
    generation: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """`actor` is a person's id, or `system`, or `cli`. `detail` holds counts and names of things, never of people."""
    connection.execute(
        insert(audit).values(
            at=at,
            project_id=project_id,
            store_id=store_id,
            actor=actor,
            event=event,
            from_state=from_state,
            to_state=to_state,
            generation=generation,
            detail=msgspec.json.encode(detail or {}).decode(),
        )
    )


def of_project(
    connection: Connection,
    project_id: str,
    *,
    store_id: str | None = None,
    actor: str | None = None,
    begins: tuple[str, ...] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Newest first; `before` is the id the page before ended with. `begins`: first words of events; `until` is not
    included."""
    row, query = audit.c, select(audit).where(audit.c.project_id == project_id)
    if store_id is not None:
        query = query.where(row.store_id == store_id)
    if actor is not None:
        query = query.where(row.actor == actor)
    if begins:
        query = query.where(or_(*(row.event.startswith(f"{word}.", autoescape=True) for word in begins)))
    if since is not None:
        query = query.where(row.at >= since)
    if until is not None:
        query = query.where(row.at < until)
    if before is not None:
        query = query.where(row.id < before)
    found = connection.execute(query.order_by(row.id.desc()).limit(limit))
    return [dict(one._mapping) | {"detail": msgspec.json.decode(one.detail)} for one in found]
