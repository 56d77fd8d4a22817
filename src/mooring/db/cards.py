"""What a store's card counts: its rows in the hub, kind by kind."""

from __future__ import annotations

from sqlalchemy import Connection, func, literal_column, select

from mooring.db import tables
from mooring.domain.kinds import Kind

_ROOTS = {
    Kind.CUSTOMERS: tables.customers,
    Kind.ORDERS: tables.orders,
    Kind.PRODUCTS: tables.products,
    Kind.COLLECTIONS: tables.collections,
}


def counts(connection: Connection, store_id: str) -> dict[Kind, int]:
    """Imported records that are not marked deleted."""
    return {
        kind: connection.execute(
            select(func.count()).where(table.c.store_id == store_id, table.c.deleted_at.is_(None))
        ).scalar_one()
        for kind, table in _ROOTS.items()
    }


def failed_edits(connection: Connection, store_id: str) -> int:
    """Changes made here that Shopify did not take. Spelled out, not bound: SQLite matches the condition of a partial
    index by its text."""
    row = tables.hub_edits.c
    query = select(func.count()).where(row.store_id == store_id, row.state == literal_column("'failed'"))
    return connection.execute(query).scalar_one()
