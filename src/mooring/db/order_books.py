"""Rows of `order_books`: how far an order has come in Odoo, and as what it was booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, or_, select, update

from mooring.db import bulk
from mooring.db.tables import order_books

DRAFT, ORDER, DRAFT_INVOICE, INVOICED, PAID, CANCELLED = (
    "draft", "order", "draft_invoice", "invoiced", "paid", "cancelled",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Book:
    """`frozen`: lines and money as they were last written (`order_booking.frozen`), and `digest` of it; None where
    nobody knows. `ignored`: the digest of a change that somebody decided to ignore, `ignored_cancel`: a cancellation.
    `invoices`: Odoo's ids of posted and draft ones; `payments`: Odoo's id by Shopify's transaction; `credits`: by
    Shopify's refund; 0 for one that somebody decided to ignore."""

    shopify_id: int
    fingerprint: str
    stage: str
    frozen: str | None = None
    digest: bytes | None = None
    total: str | None = None
    ignored: bytes | None = None
    ignored_cancel: bool = False
    invoices: tuple[int, ...] = ()
    payments: Mapping[int, int] = field(default_factory=dict[int, int])
    credits: Mapping[int, int] = field(default_factory=dict[int, int])
    settled: bool = False
    due_at: datetime | None = None


def _of(row: Row[Any]) -> Book:
    return Book(
        row.shopify_id, row.fingerprint, row.stage, row.frozen,
        bytes(row.frozen_digest) if row.frozen_digest is not None else None, row.total,
        bytes(row.ignored_digest) if row.ignored_digest is not None else None, bool(row.ignored_cancel),
        msgspec.json.decode(row.invoices, type=tuple[int, ...]), msgspec.json.decode(row.payments, type=dict[int, int]),
        msgspec.json.decode(row.credits, type=dict[int, int]), bool(row.settled), row.due_at,
    )  # fmt: skip


# -- reading -------------------------------------------------------------------------------------------------------


def of(connection: Connection, store_id: str, fingerprint: str, ids: Iterable[int]) -> dict[int, Book]:
    """By Shopify id; of this database and company."""
    row = order_books.c
    query = select(order_books).where(
        row.store_id == store_id, row.fingerprint == fingerprint, bulk.within(connection, row.shopify_id, ids)
    )
    return {one.shopify_id: _of(one) for one in connection.execute(query)}


def due(
    connection: Connection, store_id: str, fingerprint: str, *, at: datetime, limit: int,
    ids: Iterable[int] | None = None,
) -> list[Book]:  # fmt: skip
    """Those for which something may be left to do, the newest first: fresh orders come before a backfill. `ids`: among
    these."""
    row = order_books.c
    within = [] if ids is None else [bulk.within(connection, row.shopify_id, ids)]
    query = select(order_books).where(
        row.store_id == store_id, row.fingerprint == fingerprint, row.settled.is_(False),
        or_(row.due_at.is_(None), row.due_at <= at), *within,
    )  # fmt: skip
    return [_of(one) for one in connection.execute(query.order_by(row.shopify_id.desc()).limit(limit))]


def next_due(connection: Connection, store_id: str, fingerprint: str) -> datetime | None:
    """When the first of those that wait for a moment of theirs is due."""
    row = order_books.c
    query = select(func.min(row.due_at)).where(
        row.store_id == store_id, row.fingerprint == fingerprint, row.settled.is_(False)
    )
    return connection.execute(query).scalar_one_or_none()


def overdue(connection: Connection, store_id: str, fingerprint: str, at: datetime) -> list[int]:
    """Those that waited for a moment of theirs, which has come."""
    row = order_books.c
    query = select(row.shopify_id).where(
        row.store_id == store_id, row.fingerprint == fingerprint, row.settled.is_(False), row.due_at <= at
    )
    return list(connection.execute(query).scalars())


def stages(connection: Connection, store_id: str) -> dict[str, int]:
    """How many orders stand at each stage."""
    row = order_books.c
    query = select(row.stage, func.count().label("number")).where(row.store_id == store_id).group_by(row.stage)
    return {found.stage: found.number for found in connection.execute(query)}


# -- writing -------------------------------------------------------------------------------------------------------


_PUT = (
    "INSERT INTO order_books (store_id, shopify_id, fingerprint, stage, frozen, frozen_digest, total, ignored_cancel, "
    "invoices, payments, credits, settled, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '[]', '{}', '{}', ?, ?) "
    "ON CONFLICT (store_id, shopify_id) DO UPDATE SET stage = excluded.stage, frozen = excluded.frozen, "
    "frozen_digest = excluded.frozen_digest, total = excluded.total, fingerprint = excluded.fingerprint, "
    "settled = excluded.settled, at = excluded.at"
)


def put(connection: Connection, store_id: str, books: Sequence[Book], *, at: datetime) -> None:
    """Whatever is to follow in Odoo is to be looked at anew. What was ignored, invoiced, paid and credited stays."""
    moment = bulk.moment(connection, at)
    if books:
        rows = [
            (store_id, one.shopify_id, one.fingerprint, one.stage, one.frozen, one.digest, one.total, False, False,
             moment)
            for one in books
        ]  # fmt: skip
        bulk.execute_many(connection, _PUT, rows)


def keep(connection: Connection, store_id: str, book: Book, *, at: datetime) -> None:
    """How far it has come, as it was just read in Odoo; lines, money and what was ignored stay as they are."""
    row = order_books.c
    connection.execute(
        update(order_books)
        .where(row.store_id == store_id, row.shopify_id == book.shopify_id)
        .values(
            stage=book.stage, invoices=_json(book.invoices), payments=_json(book.payments), credits=_json(book.credits),
            settled=book.settled, due_at=book.due_at, at=at,
        )
    )  # fmt: skip


def unsettle(connection: Connection, store_id: str, ids: Iterable[int] | None = None) -> None:
    """These may have something left to do: they changed, somebody decided on them, or asks anew. All by default."""
    row = order_books.c
    within = [] if ids is None else [bulk.within(connection, row.shopify_id, ids)]
    connection.execute(
        update(order_books).where(row.store_id == store_id, *within).values(settled=False, due_at=None)
    )  # fmt: skip


def ignore(
    connection: Connection, store_id: str, shopify_id: int, *, digest: bytes | None = None, cancelled: bool = False,
    refunds: Iterable[int] = (), payments: Iterable[int] = (),
) -> bool:  # fmt: skip
    """What somebody decided to leave in Odoo as it is: a change, by its digest; a cancellation; refunds; payments, by
    Shopify's transaction. False where nothing is known of the order in Odoo."""
    row = order_books.c
    mine = (row.store_id == store_id, row.shopify_id == shopify_id)
    found = connection.execute(select(order_books).where(*mine)).one_or_none()
    if found is None:
        return False
    book = _of(found)
    connection.execute(
        update(order_books).where(*mine).values(
            ignored_digest=digest or book.ignored, ignored_cancel=cancelled or book.ignored_cancel,
            credits=_json({**dict.fromkeys(refunds, 0), **book.credits}),
            payments=_json({**dict.fromkeys(payments, 0), **book.payments}), settled=False, due_at=None,
        )
    )  # fmt: skip
    return True


def forget(connection: Connection, store_id: str, ids: Iterable[int]) -> None:
    """Nothing is known of these in Odoo any more."""
    row = order_books.c
    connection.execute(
        delete(order_books).where(row.store_id == store_id, bulk.within(connection, row.shopify_id, ids))
    )  # fmt: skip


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
