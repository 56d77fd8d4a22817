"""Rows of `odoo_connections`: at most one per project. The key is sealed on the way in and opened by the gate alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from mooring.db.tables import clear_tasks, odoo_connections, operations
from mooring.domain.odoo_details import Details
from mooring.domain.rules import Work
from mooring.errors import Conflict, NotFound, Stale
from mooring.ports import OdooAccess, Vault

ConnectionState = Literal["connected", "held", "disconnected"]


@dataclass(frozen=True, slots=True)
class OdooConnection:
    """`has_key`: False once it was disconnected. `looks_like`: why it is held (`domain.odoo_guard.LooksLike`)."""

    project_id: str
    url: str
    database: str
    login: str
    protocol: str
    server_version: str
    user_id: int
    company_id: int
    details: Details
    fingerprint: str
    state: ConnectionState
    state_since: datetime
    reason: str | None
    looks_like: str | None
    error: str | None
    generation: int
    connected_at: datetime
    connected_by: str
    checked_at: datetime | None
    has_key: bool
    sealed: bytes | None = field(repr=False, compare=False, default=None)

    def access(self, vault: Vault) -> OdooAccess:
        """With the key opened: for one call, never kept."""
        if self.sealed is None:
            raise Stale("The Odoo connection has no key any more.", code="odoo_no_key")
        key = vault.open(self.sealed, table="odoo_connections", row=self.project_id, column="key")
        return OdooAccess(
            self.url, self.database, self.login, key, self.protocol, user_id=self.user_id, company_id=self.company_id
        )


def _of(row: Row[Any]) -> OdooConnection:
    facts = {name: value for name, value in row._mapping.items() if name in OdooConnection.__dataclass_fields__}
    details = msgspec.json.decode(row.details, type=Details)
    return OdooConnection(**facts | {"details": details, "has_key": row.key is not None, "sealed": row.key})


def sealed_key(vault: Vault, project_id: str, key: str) -> bytes:
    return vault.seal(key, table="odoo_connections", row=project_id, column="key")


_OF_PROJECT = select(odoo_connections).where(odoo_connections.c.project_id == bindparam("of_project"))
_FENCED = _OF_PROJECT.where(odoo_connections.c.generation == bindparam("of_generation")).with_for_update(key_share=True)


def find(connection: Connection, project_id: str) -> OdooConnection | None:
    row = connection.execute(_OF_PROJECT, {"of_project": project_id}).first()
    return _of(row) if row else None


def load(connection: Connection, project_id: str) -> OdooConnection:
    found = find(connection, project_id)
    if found is None:
        raise NotFound("This project is not connected to an Odoo.", code="odoo_not_connected")
    return found


def fence(connection: Connection, project_id: str, generation: int) -> OdooConnection:
    """The connection, if it still is of this generation. Raises `Stale`. On PostgreSQL the row stays locked until the
    commit, so that nothing is bound after a disconnect."""
    row = connection.execute(_FENCED, {"of_project": project_id, "of_generation": generation}).first()
    if row is None:
        raise Stale("The Odoo connection has changed since this work was started.", code="stale_generation")
    return _of(row)


def every(connection: Connection) -> list[OdooConnection]:
    """Of all projects, the disconnected ones included."""
    return [_of(row) for row in connection.execute(select(odoo_connections).order_by(odoo_connections.c.project_id))]


def put(connection: Connection, project_id: str, *, before: OdooConnection | None, **facts: Any) -> OdooConnection:
    """A new connection, or another one in the place of `before`; its generation is one higher."""
    if before is None:
        connection.execute(insert(odoo_connections).values(project_id=project_id, generation=1, **facts))
        return load(connection, project_id)
    return change(connection, before, generation=before.generation + 1, **facts)


def change(connection: Connection, before: OdooConnection, **facts: Any) -> OdooConnection:
    """Compare-and-set on state and generation. Raises `Conflict`: somebody else was first."""
    row = odoo_connections.c
    same = (row.project_id == before.project_id, row.state == before.state, row.generation == before.generation)
    done = connection.execute(update(odoo_connections).where(*same).values(**facts))
    if done.rowcount != 1:
        raise Conflict("The Odoo connection was changed by somebody else a moment ago. Look again.", code="odoo_moved")
    return load(connection, before.project_id)


def note_error(connection: Connection, project_id: str, generation: int, sentence: str | None) -> None:
    """What the last call met; None when it went well. Said of the generation that made the call and of no other."""
    row = odoo_connections.c
    same = (row.project_id == project_id, row.generation == generation)
    connection.execute(update(odoo_connections).where(*same).values(error=sentence))


def is_being_cleared(connection: Connection, project_id: str) -> bool:
    """Whether a Clear of one of the project's stores runs, or waits for Odoo with an open task."""
    work, task = operations.c, clear_tasks.c
    runs = select(work.id).where(
        work.project_id == project_id, work.kind == Work.CLEAR_MAPPING, work.finished_at.is_(None)
    )
    waits = select(task.id).where(task.project_id == project_id, task.side == "odoo", task.state == "open")
    return any(connection.execute(query.limit(1)).first() for query in (runs, waits))
