"""Rows of `odoo_kinds`: what is set and held for a kind of a store on its way to Odoo. A missing row means defaults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mooring.db.tables import odoo_kinds
from mooring.domain.mapping import SyncKind


@dataclass(frozen=True, slots=True)
class OdooKind:
    store_id: str
    kind: SyncKind
    auto: bool = False
    master: bool | None = None
    accepted_at: datetime | None = None
    accepted_by: str | None = None
    epoch: int = 1
    held_since: datetime | None = None
    held_by: str | None = None
    held_reason: str | None = None
    definitions: str = "none"
    synced_at: datetime | None = None
    due_at: datetime | None = None


def _of(row: Row[Any]) -> OdooKind:
    facts: dict[str, Any] = {**row._mapping, "kind": SyncKind(row.kind)}
    return OdooKind(**facts)


def of_store(connection: Connection, store_id: str) -> dict[SyncKind, OdooKind]:
    found = {SyncKind(row.kind): _of(row) for row in connection.execute(_rows(store_id))}
    return {kind: found.get(kind) or OdooKind(store_id, kind) for kind in SyncKind}


def load(connection: Connection, store_id: str, kind: SyncKind) -> OdooKind:
    return of_store(connection, store_id)[kind]


def _rows(store_id: str) -> Any:
    return select(odoo_kinds).where(odoo_kinds.c.store_id == store_id)


def change(connection: Connection, store_id: str, kind: SyncKind, **facts: Any) -> None:
    be_there(connection, store_id, kind)
    row = odoo_kinds.c
    connection.execute(update(odoo_kinds).where(row.store_id == store_id, row.kind == kind).values(**facts))


def fenced(connection: Connection, store_id: str, kind: SyncKind) -> int:
    """The epoch, which on PostgreSQL stays what it is until the commit. The row has to be there (`change`)."""
    row = odoo_kinds.c
    query = select(row.epoch).where(row.store_id == store_id, row.kind == kind).with_for_update(read=True)
    return connection.execute(query).scalar_one()


def raise_epoch(connection: Connection, store_id: str, kind: SyncKind) -> int:
    """What an older epoch planned binds nothing from now on. The new epoch."""
    be_there(connection, store_id, kind)
    row = odoo_kinds.c
    raised = (
        update(odoo_kinds)
        .where(row.store_id == store_id, row.kind == kind)
        .values(epoch=row.epoch + 1)
        .returning(row.epoch)
    )
    return connection.execute(raised).scalar_one()


def be_there(connection: Connection, store_id: str, kind: SyncKind) -> None:
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    connection.execute(ours(odoo_kinds).values(store_id=store_id, kind=kind).on_conflict_do_nothing())
