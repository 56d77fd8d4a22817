"""Children that are in the hub but no longer in Shopify: found beside a proved file, and removed.

Rule 1: only children of records that stand in the file are judged; a record that is not there is left alone.
Rule 2: what was fetched later than the file, or belongs to a record fetched later, is left alone.
The hub's children are read in the order of their ids, a batch at a time, so memory does not grow with the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from mooring.db import bulk
from mooring.domain.proof import child_key, pair_key
from mooring.domain.translate_rows import MEMBERSHIP, Shape


@dataclass(frozen=True, slots=True)
class Child:
    """`place` is where to go on: (id, 0), or (parent, id) for memberships."""

    place: tuple[int, int]
    parent: int
    key: int


def count(connection: Connection, shape: Shape, store_id: str) -> int:
    query = f"SELECT count(*) FROM {shape.table} WHERE store_id = ?"  # noqa: S608
    return bulk.execute(connection, query, (store_id,)).fetchone()[0]


def batch(connection: Connection, shape: Shape, store_id: str, after: tuple[int, int], limit: int) -> list[Child]:
    """The next children of a store."""
    if shape is MEMBERSHIP:
        query = (
            f"SELECT collection_id, product_id FROM {shape.table} WHERE store_id = ? "  # noqa: S608
            "AND (collection_id, product_id) > (?, ?) ORDER BY collection_id, product_id LIMIT ?"
        )
        rows = bulk.execute(connection, query, (store_id, *after, limit)).fetchall()
        return [Child((parent, child), parent, pair_key(parent, child)) for parent, child in rows]
    query = (
        f"SELECT shopify_id, {shape.parent} FROM {shape.table} WHERE store_id = ? "  # noqa: S608
        "AND shopify_id > ? ORDER BY shopify_id LIMIT ?"
    )
    rows = bulk.execute(connection, query, (store_id, after[0], limit)).fetchall()
    return [Child((child, 0), parent, child_key(child)) for child, parent in rows]


def remove(
    connection: Connection, shape: Shape, parents: Shape, store_id: str, gone: Sequence[Child], fetched_at: str
) -> int:
    """Delete these children unless they or their records were fetched later. Returns how many went."""
    older = (
        f"EXISTS (SELECT 1 FROM {parents.table} p WHERE p.store_id = ? "  # noqa: S608
        f"AND p.shopify_id = {shape.table}.{shape.parent} AND p.fetched_at <= ?)"
    )
    if shape is MEMBERSHIP:
        which = "collection_id = ? AND product_id = ?"
        rows = [(store_id, *child.place, store_id, fetched_at) for child in gone]
    else:
        which = "shopify_id = ? AND fetched_at <= ?"
        rows = [(store_id, child.place[0], fetched_at, store_id, fetched_at) for child in gone]
    statement = f"DELETE FROM {shape.table} WHERE store_id = ? AND {which} AND {older}"  # noqa: S608
    return bulk.execute_many(connection, statement, rows) if rows else 0
