"""Rows of the hub: written by what wins, completed with what is read by id, read back where an answer is partial."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, bindparam, select, update

from mooring.db import bulk, privacy
from mooring.db.bulk import Row, Upsert, Written
from mooring.db.tables import list_members, orders
from mooring.domain.redaction import incoming
from mooring.domain.translate_orders import REFUND
from mooring.domain.translate_rows import MEMBERSHIP, Shape

NOTHING = Written(0, 0, ())


def write_roots(connection: Connection, shape: Shape, store_id: str, rows: Sequence[Row]) -> Written:
    """Roots win if (updatedAt, fetched-at) is not older and their content differs, or they were marked as deleted."""
    return _write(connection, _roots(shape), shape, store_id, rows)


def _write(connection: Connection, upsert: Upsert, shape: Shape, store_id: str, rows: Sequence[Row]) -> Written:
    """The one way into the hub. Whom the store has to forget does not come back by it."""
    forgotten = privacy.forgotten(connection, store_id)
    written = bulk.write(connection, upsert, store_id, incoming(forgotten, shape, list(rows)) if forgotten else rows)
    return Written(len(rows), written.written, written.new)


@cache
def _roots(shape: Shape) -> Upsert:
    return Upsert(
        table=shape.table,
        columns=shape.columns,
        same=("content_hash",),
        kept=frozenset({"store_id", "shopify_id", "historic"}),
        wins="(excluded.updated_at, excluded.fetched_at) >= (old.updated_at, old.fetched_at)",
        revives=True,
    )


def write_children(
    connection: Connection, shape: Shape, parents: Shape, store_id: str, rows: Sequence[Row], fetched_at: str
) -> tuple[Written, int]:
    """Children win unless they, or the record they belong to, were fetched later than this answer.

    Also returns how many were passed over because their record is newer. A child whose record is not in the hub is
    written all the same: the two may stand anywhere in a file.
    """
    at = shape.columns.index(shape.parent or "")
    newer = _newer(connection, parents.table, store_id, {row[at] for row in rows}, fetched_at) if rows else frozenset()
    current = [row for row in rows if row[at] not in newer] if newer else rows
    write = _write_members if shape is MEMBERSHIP else _write_children
    written = write(connection, shape, store_id, current)
    return Written(len(rows), written.written, written.new), len(rows) - len(current)


def _newer(connection: Connection, table: str, store_id: str, ids: Iterable[int], fetched_at: str) -> frozenset[int]:
    """Which of these roots were fetched later than `fetched_at`."""
    which, value = bulk.among(connection, ids)
    query = (
        f"SELECT shopify_id FROM {table} "  # noqa: S608 -- a table's name out of our own schema
        f"WHERE store_id = ? AND shopify_id {which} AND fetched_at > ?"
    )
    return frozenset(row[0] for row in bulk.execute(connection, query, (store_id, value, fetched_at)))


def _write_children(connection: Connection, shape: Shape, store_id: str, rows: Sequence[Row]) -> Written:
    return _write(connection, _children(shape), shape, store_id, rows)


@cache
def _children(shape: Shape) -> Upsert:
    return Upsert(
        table=shape.table,
        columns=shape.columns,
        same=("content_hash", shape.parent or ""),
        kept=frozenset({"store_id", "shopify_id"}),
        wins="excluded.fetched_at >= old.fetched_at",
    )


def _write_members(connection: Connection, shape: Shape, store_id: str, rows: Sequence[Row]) -> Written:
    """A membership is its own content: it is there or it is not."""
    if not rows:
        return NOTHING
    statement = (
        f"INSERT INTO {shape.table} ({', '.join(shape.columns)}) "  # noqa: S608 -- names out of our own schema
        "VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
    )
    return Written(len(rows), bulk.execute_many(connection, statement, rows), ())


def join_list(connection: Connection, store_id: str, customers: Sequence[int], list_id: str) -> int:
    """Make newly imported customers (Shopify ids) members of a list."""
    which, value = bulk.among(connection, customers)
    statement = (
        f"INSERT INTO {list_members.name} (list_id, customer_hub_id, store_id) "  # noqa: S608
        f"SELECT ?, hub_id, store_id FROM customers WHERE store_id = ? AND shopify_id {which} ON CONFLICT DO NOTHING"
    )
    return bulk.execute(connection, statement, (list_id, store_id, value)).rowcount if customers else 0


def bodies(connection: Connection, shape: Shape, store_id: str, ids: Iterable[int]) -> dict[int, str]:
    """The stored canonical forms of these records, by Shopify id."""
    which, value = bulk.among(connection, ids)
    query = f"SELECT shopify_id, body FROM {shape.table} WHERE store_id = ? AND shopify_id {which}"  # noqa: S608
    return dict(bulk.execute(connection, query, (store_id, value)).fetchall())


# -- orders that have to be read by id too -------------------------------------------------------------------------


def details_due(connection: Connection, store_id: str, *, after: int, limit: int) -> list[int]:
    """The next orders, by Shopify id, whose details are owed."""
    query = select(orders.c.shopify_id).where(
        orders.c.store_id == store_id, orders.c.detail_due.is_(True), orders.c.shopify_id > after
    )
    return list(connection.execute(query.order_by(orders.c.shopify_id).limit(limit)).scalars())


def save_details(connection: Connection, store_id: str, details: dict[int, str], fetched_at: datetime) -> None:
    """Orders' details, as canonical JSON by Shopify id. An order fetched later than they were keeps owing them."""
    row = orders.c
    statement = (
        update(orders)
        .where(row.store_id == store_id, row.shopify_id == bindparam("order"), row.fetched_at <= fetched_at)
        .values(detail=bindparam("text"), detail_due=False)
    )
    if details:
        connection.execute(statement, [{"order": order, "text": text} for order, text in details.items()])


def write_refunds(connection: Connection, store_id: str, rows: Sequence[Row]) -> Written:
    return _write_children(connection, REFUND, store_id, rows)


def remove_refunds(connection: Connection, store_id: str, orders_read: Iterable[int], kept: Iterable[int]) -> int:
    """Refunds of orders just read by id that are no longer among those orders' refunds."""
    of_orders, order_ids = bulk.among(connection, orders_read)
    which, refund_ids = bulk.among(connection, kept)
    statement = (
        f"DELETE FROM refunds WHERE store_id = ? AND order_id {of_orders} "  # noqa: S608
        f"AND NOT shopify_id {which}"
    )
    return bulk.execute(connection, statement, (store_id, order_ids, refund_ids)).rowcount
