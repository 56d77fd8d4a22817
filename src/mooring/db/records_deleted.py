"""Roots marked as deleted: no longer at Shopify, still shown here, never synced.

A mark is an answer like any other: it carries the fetched-at of the answer that showed the record to be gone, so that
only a later answer can take it off, and it does not touch what was fetched later. Children stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Table, func, select, update

from mooring.db.tables import customers, metadata
from mooring.domain.kinds import Kind


def mark_deleted(
    connection: Connection, store_id: str, kind: Kind, ids: Iterable[int], *, fetched_at: datetime, at: datetime
) -> int:
    """`fetched_at` is Shopify's clock, `at` ours. Returns how many were living and are marked now."""
    row = _table(kind).c
    done = connection.execute(
        update(_table(kind))
        .where(row.store_id == store_id, row.shopify_id.in_(list(ids)))
        .where(row.deleted_at.is_(None), row.fetched_at <= fetched_at)
        .values(deleted_at=at, fetched_at=fetched_at)
    )
    return done.rowcount


def mark_merged(
    connection: Connection, store_id: str, merged: int, survivor: int, *, fetched_at: datetime, at: datetime
) -> bool:
    """The merged customer points to the survivor and is marked. False when it is not in the hub."""
    mark_deleted(connection, store_id, Kind.CUSTOMERS, [merged], fetched_at=fetched_at, at=at)
    row = customers.c
    done = connection.execute(
        update(customers).where(row.store_id == store_id, row.shopify_id == merged).values(merged_into=survivor)
    )
    return done.rowcount == 1


def unmerge(connection: Connection, store_id: str, ids: Iterable[int]) -> None:
    """Customers that Shopify shows again point to nobody."""
    row = customers.c
    merged = (row.store_id == store_id, row.shopify_id.in_(list(ids)), row.merged_into.is_not(None))
    connection.execute(update(customers).where(*merged).values(merged_into=None))


def living(connection: Connection, store_id: str, kind: Kind) -> int:
    """How many records of a kind are not marked."""
    row = _table(kind).c
    query = select(func.count()).where(row.store_id == store_id, row.deleted_at.is_(None))
    return connection.execute(query).scalar_one()


def living_among(connection: Connection, store_id: str, kind: Kind, ids: Iterable[int]) -> set[int]:
    """Which of these are in the hub and not marked."""
    row = _table(kind).c
    query = select(row.shopify_id).where(
        row.store_id == store_id, row.shopify_id.in_(list(ids)), row.deleted_at.is_(None)
    )
    return set(connection.execute(query).scalars())


def deleted_since(connection: Connection, store_id: str, kind: Kind, since: datetime) -> int:
    """How many were marked since then, by our clock."""
    row = _table(kind).c
    query = select(func.count()).where(row.store_id == store_id, row.deleted_at >= since)
    return connection.execute(query).scalar_one()


def _table(kind: Kind) -> Table:
    return metadata.tables[str(kind)]
