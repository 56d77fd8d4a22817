"""Records of a store by what they are called, word for word but for capitals."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from mooring.db.tables import collections, customers, orders, products, variants
from mooring.domain.kinds import Kind
from mooring.domain.records import email_key

_TABLES: dict[Kind, Table] = {
    Kind.CUSTOMERS: customers,
    Kind.ORDERS: orders,
    Kind.PRODUCTS: products,
    Kind.COLLECTIONS: collections,
}


def named(connection: Connection, store_id: str, kind: Kind, text: str, *, limit: int) -> list[tuple[int, str]]:
    """(Shopify id, what it is called), living or marked as deleted."""
    table = _TABLES[kind]
    label = customers.c.email if kind is Kind.CUSTOMERS else table.c["name" if kind is Kind.ORDERS else "title"]
    query = select(table.c.shopify_id, func.coalesce(label, "")).where(
        table.c.store_id == store_id, _is_called(store_id, kind, text)
    )
    rows = connection.execute(query.order_by(table.c.shopify_id).limit(limit))
    return [(row[0], row[1] or str(row[0])) for row in rows]


def _is_called(store_id: str, kind: Kind, text: str) -> ColumnElement[bool]:
    wanted = text.lower()
    match kind:
        case Kind.CUSTOMERS:
            first, last = (func.coalesce(customers.c[name], "") for name in ("first_name", "last_name"))
            return or_(customers.c.email_key == email_key(text), func.lower(first + " " + last) == wanted)
        case Kind.ORDERS:
            return orders.c.name.in_({text, f"#{text}"})
        case Kind.PRODUCTS:
            by_sku = select(variants.c.product_id).where(variants.c.store_id == store_id, variants.c.sku == text)
            title = func.lower(products.c.title) == wanted
            return or_(title, products.c.handle == wanted, products.c.shopify_id.in_(by_sku))
        case Kind.COLLECTIONS:
            return or_(func.lower(collections.c.title) == wanted, collections.c.handle == wanted)
