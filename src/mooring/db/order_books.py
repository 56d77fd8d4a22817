"""Rows of `order_books`: how far an order has come in Odoo, and as what it was booked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from mooring.db import bulk
from mooring.db.tables import order_books

DRAFT, ORDER, CANCELLED = "draft", "order", "cancelled"


@dataclass(frozen=True, slots=True)
class Book:
    """`frozen`: lines and money as they were last written (`order_booking.frozen`), and `digest` of it; None where
    nobody knows. `ignored`: the digest of a change that somebody decided to ignore."""

    shopify_id: int
    fingerprint: str
    stage: str
    frozen: str | None = None
    digest: bytes | None = None
    total: str | None = None
    ignored: bytes | None = None


def _of(row: Row[Any]) -> Book:
    return Book(
        row.shopify_id, row.fingerprint, row.stage, row.frozen,
        bytes(row.frozen_digest) if row.frozen_digest is not None else None, row.total,
        bytes(row.ignored_digest) if row.ignored_digest is not None else None,
    )  # fmt: skip


def of(connection: Connection, store_id: str, fingerprint: str, ids: Iterable[int]) -> dict[int, Book]:
    """By Shopify id; of this database and company."""
    row = order_books.c
    query = select(order_books).where(
        row.store_id == store_id, row.fingerprint == fingerprint, bulk.within(connection, row.shopify_id, ids)
    )
    return {one.shopify_id: _of(one) for one in connection.execute(query)}


_PUT = (
    "INSERT INTO order_books (store_id, shopify_id, fingerprint, stage, frozen, frozen_digest, total, invoices, "
    "payments, credits, settled, at) VALUES (?, ?, ?, ?, ?, ?, ?, '[]', '{}', '{}', ?, ?) "
    "ON CONFLICT (store_id, shopify_id) DO UPDATE SET stage = excluded.stage, frozen = excluded.frozen, "
    "frozen_digest = excluded.frozen_digest, total = excluded.total, fingerprint = excluded.fingerprint, "
    "settled = excluded.settled, at = excluded.at"
)


def put(connection: Connection, store_id: str, books: Sequence[Book], *, at: datetime) -> None:
    """Whatever is to follow in Odoo is to be looked at anew. What was ignored, invoiced, paid and credited stays."""
    moment = bulk.moment(connection, at)
    if books:
        rows = [
            (store_id, one.shopify_id, one.fingerprint, one.stage, one.frozen, one.digest, one.total, False, moment)
            for one in books
        ]
        bulk.execute_many(connection, _PUT, rows)
