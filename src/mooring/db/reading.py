"""What pages and API read of a store's records. Nothing here writes, and every statement names the store."""

from __future__ import annotations

from sqlalchemy import Connection, Table, select

from mooring.db import tables
from mooring.domain.kinds import Kind

ROOTS: dict[Kind, Table] = {
    Kind.CUSTOMERS: tables.customers,
    Kind.ORDERS: tables.orders,
    Kind.PRODUCTS: tables.products,
    Kind.COLLECTIONS: tables.collections,
}


def store_of(connection: Connection, kind: Kind, hub_id: int) -> str | None:
    """Which store a record was imported from."""
    table = ROOTS[kind]
    return connection.execute(select(table.c.store_id).where(table.c.hub_id == hub_id)).scalar()
