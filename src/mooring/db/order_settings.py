"""Rows of `order_settings`: how the orders of a store are booked. A missing row means that nobody has chosen yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mooring.db.tables import order_settings
from mooring.domain.order_booking import Role
from mooring.domain.order_rules import OrderRule
from mooring.domain.order_settings import Books, Outcome


@dataclass(frozen=True, slots=True)
class OrderSettings:
    """`fingerprint`: whose ids these are. `pricelists` by currency, `journals` by gateway, `services` by role."""

    store_id: str
    fingerprint: str
    outcome: Outcome
    rule: OrderRule
    warehouse_id: int | None
    pricelists: dict[str, int]
    journals: dict[str, int]
    services: dict[Role, int]
    books: Books
    changed_at: datetime
    changed_by: str


def _of(row: Row[Any]) -> OrderSettings:
    return OrderSettings(
        store_id=row.store_id, fingerprint=row.fingerprint, outcome=Outcome(row.outcome),
        rule=msgspec.json.decode(row.rule, type=OrderRule), warehouse_id=row.warehouse_id,
        pricelists=msgspec.json.decode(row.pricelists, type=dict[str, int]),
        journals=msgspec.json.decode(row.journals, type=dict[str, int]),
        services=msgspec.json.decode(row.services, type=dict[Role, int]),
        books=msgspec.json.decode(row.terms, type=Books), changed_at=row.changed_at, changed_by=row.changed_by,
    )  # fmt: skip


def find(connection: Connection, store_id: str) -> OrderSettings | None:
    row = connection.execute(select(order_settings).where(order_settings.c.store_id == store_id)).first()
    return _of(row) if row else None


def others_services(connection: Connection, store_id: str, database: str) -> bool:
    """Whether another store, of whatever project, books orders on service products of this Odoo database."""
    row = order_settings.c
    here = row.fingerprint.startswith(f"{database}/", autoescape=True)
    query = select(row.store_id).where(row.store_id != store_id, here, row.services != _text({}))
    return connection.execute(query.limit(1)).first() is not None


def put(connection: Connection, settings: OrderSettings) -> None:
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    facts: dict[str, Any] = {
        "store_id": settings.store_id, "fingerprint": settings.fingerprint, "outcome": settings.outcome,
        "rule": _text(settings.rule), "warehouse_id": settings.warehouse_id,
        "pricelists": _text(settings.pricelists), "journals": _text(settings.journals),
        "services": _text(settings.services), "terms": _text(settings.books), "changed_at": settings.changed_at,
        "changed_by": settings.changed_by,
    }  # fmt: skip
    made = ours(order_settings).values(**facts)
    connection.execute(made.on_conflict_do_update(index_elements=["store_id"], set_=facts))


def note_books(connection: Connection, store_id: str, fingerprint: str, books: Books) -> None:
    """What Odoo says now; nobody has chosen anything."""
    row = order_settings.c
    mine = (row.store_id == store_id, row.fingerprint == fingerprint)
    connection.execute(update(order_settings).where(*mine).values(terms=_text(books)))


def _text(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
