"""What a sync reads of the hub: first only what tells whether a record changed, then the records themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import bulk
from mooring.domain.mapping import MappedKind, SyncKind


@dataclass(frozen=True, slots=True)
class Source:
    """Where a kind lies: its table, and the table of what lives inside it."""

    table: str
    inner: str
    parent: str
    kind: MappedKind
    inner_kind: MappedKind


SOURCES: dict[SyncKind, Source] = {
    SyncKind.CUSTOMERS: Source("customers", "addresses", "customer_id", MappedKind.CUSTOMER, MappedKind.ADDRESS),
    SyncKind.PRODUCTS: Source("products", "variants", "product_id", MappedKind.PRODUCT, MappedKind.VARIANT),
    SyncKind.ORDERS: Source("orders", "order_lines", "order_id", MappedKind.ORDER, MappedKind.ORDER_LINE),
}

Head = tuple[int, bytes, bool]
"""Shopify id, content hash, whether it was deleted in Shopify."""


ENDLESS = (1 << 63) - 1
"""Behind every id."""


def heads(
    connection: Connection, source: Source, store_id: str, *, after: int, limit: int, before: int = ENDLESS
) -> list[Head]:
    query = (
        f"SELECT shopify_id, content_hash, deleted_at IS NOT NULL FROM {source.table} "  # noqa: S608 - our own schema
        "WHERE store_id = ? AND shopify_id > ? AND shopify_id < ? ORDER BY shopify_id LIMIT ?"
    )
    return bulk.execute(connection, query, (store_id, after, before, limit)).fetchall()


def heads_of(connection: Connection, source: Source, store_id: str, ids: Iterable[int]) -> list[Head]:
    which, value = bulk.among(connection, ids)
    query = (
        f"SELECT shopify_id, content_hash, deleted_at IS NOT NULL FROM {source.table} "  # noqa: S608 - our own schema
        f"WHERE store_id = ? AND shopify_id {which} ORDER BY shopify_id"
    )
    return bulk.execute(connection, query, (store_id, value)).fetchall()


def inner_hashes(connection: Connection, source: Source, store_id: str, first: int, last: int) -> dict[int, bytes]:
    """The content hashes of what lives inside the records between two ids, one behind the other, by record."""
    query = (
        f"SELECT {source.parent}, content_hash FROM {source.inner} WHERE store_id = ? "  # noqa: S608 - our own schema
        f"AND {source.parent} BETWEEN ? AND ? ORDER BY {source.parent}, shopify_id"
    )
    found: dict[int, bytes] = {}
    for parent, content_hash in bulk.execute(connection, query, (store_id, first, last)):
        found[parent] = found.get(parent, b"") + content_hash
    return found


def inner_hashes_of(connection: Connection, source: Source, store_id: str, ids: Collection[int]) -> dict[int, bytes]:
    which, value = bulk.among(connection, ids)
    query = (
        f"SELECT {source.parent}, content_hash FROM {source.inner} WHERE store_id = ? "  # noqa: S608 - our own schema
        f"AND {source.parent} {which} ORDER BY {source.parent}, shopify_id"
    )
    found: dict[int, bytes] = {}
    for parent, content_hash in bulk.execute(connection, query, (store_id, value)):
        found[parent] = found.get(parent, b"") + content_hash
    return found


def bodies(connection: Connection, source: Source, store_id: str, ids: Collection[int]) -> list[tuple[int, str, bool]]:
    """(Shopify id, canonical form, deleted) of the records, in order."""
    which, value = bulk.among(connection, ids)
    query = (
        f"SELECT shopify_id, body, deleted_at IS NOT NULL FROM {source.table} "  # noqa: S608 - our own schema
        f"WHERE store_id = ? AND shopify_id {which} ORDER BY shopify_id"
    )
    return bulk.execute(connection, query, (store_id, value)).fetchall()


def inner_bodies(
    connection: Connection, source: Source, store_id: str, ids: Collection[int]
) -> dict[int, list[tuple[int, str]]]:
    """(Shopify id, canonical form) of what lives inside these records, by record."""
    which, value = bulk.among(connection, ids)
    query = (
        f"SELECT {source.parent}, shopify_id, body FROM {source.inner} "  # noqa: S608 - our own schema
        f"WHERE store_id = ? AND {source.parent} {which} ORDER BY {source.parent}, shopify_id"
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for parent, shopify_id, body in bulk.execute(connection, query, (store_id, value)):
        found.setdefault(parent, []).append((shopify_id, body))
    return found


def owners(connection: Connection, source: Source, store_id: str, inner: Collection[int]) -> dict[int, int]:
    """Which records these live inside, by their own ids."""
    which, value = bulk.among(connection, inner)
    query = (
        f"SELECT shopify_id, {source.parent} FROM {source.inner} "  # noqa: S608 - our own schema
        f"WHERE store_id = ? AND shopify_id {which}"
    )
    return dict(bulk.execute(connection, query, (store_id, value)).fetchall())


def twice(connection: Connection, store_id: str, column: str, values: Collection[str]) -> set[str]:
    """Those of these barcodes or SKUs that more than one variant of the store has. `column`: `barcode` or `sku`."""
    if not values:
        return set()
    marks: Any = list(values) if bulk.is_postgres(connection) else _texts(values)
    among = "= ANY(?)" if bulk.is_postgres(connection) else "IN (SELECT value FROM json_each(?))"
    query = (
        f"SELECT {column} FROM variants v WHERE store_id = ? AND {column} {among} AND NOT EXISTS ("  # noqa: S608
        "SELECT 1 FROM products p WHERE p.store_id = v.store_id AND p.shopify_id = v.product_id "
        f"AND p.deleted_at IS NOT NULL) GROUP BY {column} HAVING count(*) > 1"
    )
    return {row[0] for row in bulk.execute(connection, query, (store_id, marks))}


def _texts(values: Collection[str]) -> str:
    return msgspec.json.encode(sorted(values)).decode()
