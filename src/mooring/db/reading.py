"""What pages and API read of a store's records. Nothing here writes, and every statement names the store.

Lists go by Shopify's id, newest first: it grows with time and (store, id) is unique and indexed, so every page costs
the same, however deep. Text is looked for in the `search` column, which holds it folded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Table, false, or_, select

from mooring.db import tables
from mooring.domain.kinds import Kind

ROOTS: dict[Kind, Table] = {
    Kind.CUSTOMERS: tables.customers,
    Kind.ORDERS: tables.orders,
    Kind.PRODUCTS: tables.products,
    Kind.COLLECTIONS: tables.collections,
}
_UNSEEN = frozenset({"body", "content_hash", "search", "detail", "detail_due", "email_key", "phone_key"})
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`words` are folded and must all occur; `number` is a Shopify or hub id, `code` a SKU or barcode, each enough by
    itself. `equal` compares columns; None asks for an empty column, `...` for a filled one."""

    words: tuple[str, ...] = ()
    number: int | None = None
    code: str | None = None
    equal: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Span:
    """Which rows by Shopify's id, ends included; `up` reads from the low end."""

    low: int | None = None
    high: int | None = None
    up: bool = False


def store_of(connection: Connection, kind: Kind, hub_id: int) -> str | None:
    """Which store a record was imported from."""
    table = ROOTS[kind]
    return connection.execute(select(table.c.store_id).where(table.c.hub_id == hub_id)).scalar()


# -- lists ---------------------------------------------------------------------------------------------------------


def page(connection: Connection, kind: Kind, store_id: str, wanted: Wanted, span: Span, *, limit: int) -> list[Row]:
    table = ROOTS[kind]
    query = select(*_seen(table)).where(table.c.store_id == store_id, *_conditions(kind, store_id, wanted))
    if span.low is not None:
        query = query.where(table.c.shopify_id >= span.low)
    if span.high is not None:
        query = query.where(table.c.shopify_id <= span.high)
    order = table.c.shopify_id.asc() if span.up else table.c.shopify_id.desc()
    return [dict(row) for row in connection.execute(query.order_by(order).limit(limit)).mappings()]


def _seen(table: Table) -> list[ColumnElement[Any]]:
    return [column for column in table.c if column.name not in _UNSEEN]


def _conditions(kind: Kind, store_id: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    table = ROOTS[kind]
    found = [compared(table.c[name], value) for name, value in wanted.equal.items()]
    alone = by_identity(kind, store_id, wanted)
    if wanted.words:
        text = [table.c.search.contains(word, autoescape=True) for word in wanted.words]
        found.append(or_(alone, _all(text)))
    return found


def _all(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    whole = conditions[0]
    for one in conditions[1:]:
        whole = whole & one
    return whole


def compared(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    """As `Wanted.equal` asks."""
    if value is None:
        return column.is_(None)
    return column.is_not(None) if value is ... else column == value


def by_identity(kind: Kind, store_id: str, wanted: Wanted) -> ColumnElement[bool]:
    """By an id of Shopify's or the hub's, products by a SKU or barcode too."""
    table = ROOTS[kind]
    found: list[ColumnElement[bool]] = [false()]
    if wanted.number is not None:
        found += [table.c.shopify_id == wanted.number, table.c.hub_id == wanted.number]
    if kind is Kind.PRODUCTS and wanted.code:
        row = tables.variants.c
        known = select(row.product_id).where(
            row.store_id == store_id, or_(row.sku == wanted.code, row.barcode == wanted.code)
        )
        found.append(table.c.shopify_id.in_(known))
    return or_(*found)


# -- one record ----------------------------------------------------------------------------------------------------


def one(connection: Connection, kind: Kind, store_id: str, hub_id: int) -> Row | None:
    """A root with everything imported: its columns, and as `body` (orders: and `detail`) what has no column."""
    table = ROOTS[kind]
    query = select(table).where(table.c.store_id == store_id, table.c.hub_id == hub_id)
    row = connection.execute(query).mappings().first()
    return _opened(row) if row else None


def parts(
    connection: Connection, table: Table, store_id: str, parent: str, shopify_id: int, *, limit: int
) -> list[Row]:
    """What belongs to a record, oldest first: `table.parent = shopify_id`."""
    query = select(table).where(table.c.store_id == store_id, table.c[parent] == shopify_id)
    rows = connection.execute(query.order_by(table.c.shopify_id).limit(limit)).mappings()
    return [_opened(row) for row in rows]


def _opened(row: RowMapping) -> Row:
    known = {name: value for name, value in row.items() if name not in _UNSEEN}
    opened = {name: msgspec.json.decode(row[name]) for name in ("body", "detail") if row.get(name)}
    return known | {"body": {}} | opened


def orders_of(connection: Connection, store_id: str, customer_id: int, *, limit: int) -> list[Row]:
    """A customer's newest orders."""
    table = tables.orders
    query = select(*_seen(table)).where(table.c.store_id == store_id, table.c.customer_id == customer_id)
    return [dict(row) for row in connection.execute(query.order_by(table.c.shopify_id.desc()).limit(limit)).mappings()]


def hub_ids(connection: Connection, kind: Kind, store_id: str, shopify_ids: Collection[int]) -> dict[int, int]:
    """Where Shopify's ids lead to here, for those that were imported."""
    table = ROOTS[kind]
    query = select(table.c.shopify_id, table.c.hub_id).where(
        table.c.store_id == store_id, table.c.shopify_id.in_(shopify_ids)
    )
    return {row.shopify_id: row.hub_id for row in connection.execute(query)}


# -- collections ---------------------------------------------------------------------------------------------------


def members(connection: Connection, store_id: str, collection_id: int, *, after: int, limit: int) -> list[Row]:
    """Products in a collection, by Shopify's id."""
    table, link = tables.products, tables.collection_products.c
    query = (
        select(*_seen(table))
        .join(tables.collection_products, (link.store_id == table.c.store_id) & (link.product_id == table.c.shopify_id))
        .where(table.c.store_id == store_id, link.store_id == store_id)
        .where(link.collection_id == collection_id, link.product_id > after)
    )
    return [dict(row) for row in connection.execute(query.order_by(link.product_id).limit(limit)).mappings()]


def collections_with(connection: Connection, store_id: str, product_id: int, *, limit: int) -> list[Row]:
    table, link = tables.collections, tables.collection_products.c
    inside = select(link.collection_id).where(link.store_id == store_id, link.product_id == product_id)
    query = select(*_seen(table)).where(table.c.store_id == store_id, table.c.shopify_id.in_(inside))
    return [dict(row) for row in connection.execute(query.order_by(table.c.title).limit(limit)).mappings()]


# -- credentials, without what is secret in them -------------------------------------------------------------------


def grant(connection: Connection, store_id: str) -> Row | None:
    """Of which kind a store's credentials are, and until when they are good."""
    row = tables.credentials.c
    query = select(row.kind, row.access_expires_at, row.refresh_expires_at, row.obtained_at)
    found = connection.execute(query.where(row.store_id == store_id)).mappings().first()
    return dict(found) if found else None
