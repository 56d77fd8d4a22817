"""What rules and settings look at of a store's orders: all of them, a chunk at a time, with nothing else read.

Those that were deleted in Shopify are left out: they are not synced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, func, select

from mooring.db.tables import order_books, orders
from mooring.domain.order_rules import Facts
from mooring.domain.records import Attribute, Part, folded
from mooring.domain.records_orders import Fee, ShippingLine, Tax, Transaction

_CHUNK = 2_000


class Seen(Part):
    """The few things of an order's body that settings ask about; the rest is not decoded."""

    taxes_included: bool | None = None
    tax_lines: tuple[Tax, ...] = ()
    shipping_line: ShippingLine | None = None
    additional_fees: tuple[Fee, ...] = ()
    transactions: tuple[Transaction, ...] = ()


class _Noted(Part):
    custom_attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """`total`: after edits, before refunds, in the shop's currency: what is booked."""

    facts: Facts
    currency: str
    total: Decimal


_BRIEF: list[Any] = [
    orders.c[name] for name in (
        "name", "financial_status", "fulfillment_status", "source_name", "tags", "test", "processed_at", "created_at",
        "currency", "total",
    )
]  # fmt: skip


def every(connection: Connection, store_id: str, *, attributes: bool) -> Iterator[Brief]:
    """`attributes`: whether a rule looks at note attributes, which cost a look into every body."""
    columns = [*_BRIEF, orders.c.body] if attributes else _BRIEF
    for one in _chunks(connection, store_id, columns):
        yield Brief(_facts(one, attributes), one.currency, one.total)


def in_odoo(
    connection: Connection, store_id: str, fingerprint: str, stages: Iterable[str], *, without: Collection[int] = ()
) -> Iterator[Brief]:
    """Those that have come to one of these stages in this database and company. `without`: by Shopify id."""
    book = order_books.c
    there = select(book.shopify_id).where(
        book.store_id == store_id, book.fingerprint == fingerprint, book.stage.in_(list(stages))
    )
    for one in _chunks(connection, store_id, _BRIEF, orders.c.shopify_id.in_(there)):
        if one.shopify_id not in without:
            yield Brief(_facts(one, attributes=False), one.currency, one.total)


def between(
    connection: Connection, store_id: str, first: int, last: int, *, attributes: bool
) -> Iterator[tuple[int, Facts]]:  # fmt: skip
    """(Shopify id, facts) of every order between two ids, ends included."""
    row = orders.c
    columns = [row.shopify_id, row.name, row.financial_status, row.fulfillment_status, row.source_name, row.tags,
               row.test, row.processed_at, row.created_at]  # fmt: skip
    query = select(*columns, row.body) if attributes else select(*columns)
    query = query.where(row.store_id == store_id, row.deleted_at.is_(None), row.shopify_id.between(first, last))
    for one in connection.execute(query):
        yield one.shopify_id, _facts(one, attributes)


def first_since(connection: Connection, store_id: str, at: datetime) -> int | None:
    """The oldest order that was made since then, if any was."""
    row = orders.c
    query = select(func.min(row.shopify_id)).where(row.store_id == store_id, row.created_at >= at)
    return connection.execute(query).scalar_one()


def _facts(row: Row[Any], attributes: bool) -> Facts:
    """As `order_rules.facts_of` makes them of the whole order. Shopify's tags have no commas."""
    noted = msgspec.json.decode(row.body, type=_Noted).custom_attributes if attributes else ()
    return Facts(
        row.name,
        row.financial_status or "",
        row.fulfillment_status or "",
        folded(row.source_name or ""),
        frozenset(folded(tag) for tag in row.tags.split(", ") if tag),
        frozenset((folded(one.key), folded(one.value or "")) for one in noted),
        _moment(row.processed_at or row.created_at),
        row.test,
    )


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else ""


def seen(connection: Connection, store_id: str) -> Iterator[Seen]:
    for one in _chunks(connection, store_id, [orders.c.body]):
        yield msgspec.json.decode(one.body, type=Seen)


def currencies(connection: Connection, store_id: str) -> dict[str, int]:
    """How many orders are in each."""
    row = orders.c
    query = select(row.currency, func.count()).where(row.store_id == store_id, row.deleted_at.is_(None))
    return {money: count for money, count in connection.execute(query.group_by(row.currency)) if money}


def _chunks(
    connection: Connection, store_id: str, columns: list[Any], *conditions: ColumnElement[bool]
) -> Iterator[Any]:
    """By Shopify's id, so that a chunk costs the same wherever it stands."""
    row, after = orders.c, 0
    while True:
        query = select(row.shopify_id, *columns).where(
            row.store_id == store_id, row.shopify_id > after, row.deleted_at.is_(None), *conditions
        )
        found = connection.execute(query.order_by(row.shopify_id).limit(_CHUNK)).all()
        yield from found
        if len(found) < _CHUNK:
            return
        after = found[-1].shopify_id
