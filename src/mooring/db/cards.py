"""What a store's card counts: its rows in the hub, kind by kind."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

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
