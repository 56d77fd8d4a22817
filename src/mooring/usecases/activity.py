"""What happened in a project: the audit trail with people and stores by name, and the list of operations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mooring.db import audit, operations, people, stores
from mooring.db.operations import Operation
from mooring.domain.rules import Role
from mooring.errors import NotFound
from mooring.usecases import paging
from mooring.usecases.context import App
from mooring.usecases.who import CLI, SYSTEM, Who

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done. `actor` is a name for people; `detail` holds counts and names of things."""

    id: int
    at: datetime
    actor: str
    actor_id: str
    event: str
    store_id: str | None
    store_name: str | None
    from_state: str | None
    to_state: str | None
    detail: dict[str, Any]


def page(
    app: App, who: Who, project_id: str, *, store_id: str | None = None, cursor: str | None = None
) -> tuple[list[Entry], str | None]:
    """Newest first, and the cursor of what is older."""
    who.require(project_id, Role.VIEWER)
    before = paging.decode(cursor, int)[0] if cursor else None
    if before is not None:
        before = max(0, min(before, _LARGEST))
    with app.db.read() as connection:
        rows = audit.of_project(connection, project_id, store_id=store_id, before=before, limit=paging.LIMIT + 1)
        shown = rows[: paging.LIMIT]
        names, cards = _names(connection, {r["actor"] for r in shown}), _cards(connection, shown)
    entries = [_entry(row, names, cards) for row in shown]
    return entries, paging.encode(entries[-1].id) if len(rows) > paging.LIMIT else None


def _entry(row: dict[str, Any], names: dict[str, str], cards: dict[str, str]) -> Entry:
    return Entry(
        id=row["id"],
        at=row["at"],
        actor=names[row["actor"]],
        actor_id=row["actor"],
        event=row["event"],
        store_id=row["store_id"],
        store_name=cards.get(row["store_id"]),
        from_state=row["from_state"],
        to_state=row["to_state"],
        detail=row["detail"],
    )


def _names(connection: Connection, actors: set[str]) -> dict[str, str]:
    return {actor: name_of(connection, actor) for actor in actors}


def name_of(connection: Connection, actor: str) -> str:
    """How pages call whoever did something."""
    for known in (SYSTEM, CLI):
        if actor == known.id:
            return known.name
    try:
        return people.load(connection, actor).name
    except NotFound:
        return "Somebody who has left"


def _cards(connection: Connection, rows: list[dict[str, Any]]) -> dict[str, str]:
    ids = {row["store_id"] for row in rows if row["store_id"]}
    return {store_id: stores.load(connection, store_id).name for store_id in ids}


def operations_of(
    app: App, who: Who, project_id: str, *, store_id: str | None = None, cursor: str | None = None
) -> tuple[list[Operation], str | None]:
    """Newest first, and the cursor of what is older."""
    who.require(project_id, Role.VIEWER)
    before = paging.decode(cursor, str)[0] if cursor else None
    with app.db.read() as connection:
        found = operations.of_project(connection, project_id, store_id=store_id, before=before, limit=paging.LIMIT + 1)
    shown = found[: paging.LIMIT]
    return shown, paging.encode(shown[-1].id) if len(found) > paging.LIMIT else None
