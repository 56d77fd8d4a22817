"""What a sync of orders reads of the hub besides orders and their lines."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from mooring.db import bulk
from mooring.db.sync_source import Source, inner_bodies
from mooring.db.tables import customers, orders, products, variants
from mooring.domain.mapping import MappedKind

_REFUNDS = Source("orders", "refunds", "order_id", MappedKind.ORDER, MappedKind.ORDER_LINE)


def refunds(connection: Connection, store_id: str, ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """(Shopify id, canonical form) of the refunds of these orders, by order."""
    return inner_bodies(connection, _REFUNDS, store_id, ids)


def details(connection: Connection, store_id: str, ids: Collection[int]) -> dict[int, str]:
    """What was read of these orders one by one, where it was."""
    row = orders.c
    query = select(row.shopify_id, row.detail).where(
        row.store_id == store_id, row.detail.is_not(None), bulk.within(connection, row.shopify_id, ids)
    )
    return {found.shopify_id: found.detail for found in connection.execute(query)}


def customers_there(connection: Connection, store_id: str, ids: Collection[int]) -> set[int]:
    """Those of these customers that are in the hub and not deleted in Shopify."""
    row = customers.c
    query = select(row.shopify_id).where(
        row.store_id == store_id, row.deleted_at.is_(None), bulk.within(connection, row.shopify_id, ids)
    )
    return set(connection.execute(query).scalars())


def products_of(connection: Connection, store_id: str, ids: Collection[int]) -> dict[int, int]:
    """The products of these variants, by variant, as far as they are in the hub and not deleted in Shopify."""
    variant, product = variants.c, products.c
    query = (
        select(variant.shopify_id, variant.product_id)
        .join(products, (product.store_id == variant.store_id) & (product.shopify_id == variant.product_id))
        .where(
            variant.store_id == store_id, product.deleted_at.is_(None),
            bulk.within(connection, variant.shopify_id, ids),
        )
    )  # fmt: skip
    return {found.shopify_id: found.product_id for found in connection.execute(query)}


_CUSTOMERS = (
    "SELECT DISTINCT c.shopify_id FROM orders o JOIN customers c ON c.store_id = o.store_id "
    "AND c.shopify_id = o.customer_id WHERE o.store_id = ? AND c.deleted_at IS NULL AND o.shopify_id {which} "
    "AND NOT EXISTS (SELECT 1 FROM mappings m WHERE m.store_id = o.store_id AND m.kind = 'customer' "
    "AND m.shopify_id = c.shopify_id)"
)
_PRODUCTS = (
    "SELECT DISTINCT p.shopify_id FROM order_lines l JOIN variants v ON v.store_id = l.store_id "
    "AND v.shopify_id = l.variant_id JOIN products p ON p.store_id = v.store_id AND p.shopify_id = v.product_id "
    "WHERE l.store_id = ? AND p.deleted_at IS NULL AND l.order_id {which} "
    "AND NOT EXISTS (SELECT 1 FROM mappings m WHERE m.store_id = l.store_id AND m.kind = 'variant' "
    "AND m.shopify_id = v.shopify_id)"
)


def needs(connection: Connection, store_id: str, ids: Collection[int]) -> tuple[list[int], list[int]]:
    """The customers and the products of these orders that are in the hub and not in Odoo."""
    which, value = bulk.among(connection, ids)
    lacking, goods = (
        [row[0] for row in bulk.execute(connection, query.format(which=which), (store_id, value)).fetchall()]
        for query in (_CUSTOMERS, _PRODUCTS)
    )
    return lacking, goods
