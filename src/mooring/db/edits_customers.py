"""The customer that an edit is about: as imported, found by what people call them, and engaged."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from mooring.db.tables import addresses, customers, engagement, kind_states, orders
from mooring.domain.edits import Reading
from mooring.domain.kinds import Kind
from mooring.domain.records import Address, Customer, number
from mooring.domain.rfm import Buyer

_COUNTED = (orders.c.cancelled_at.is_(None), orders.c.test.is_(False))


@dataclass(frozen=True, slots=True)
class Imported:
    """A customer of the hub, as Shopify showed them last."""

    hub_id: int
    shopify_id: int
    deleted: bool
    orders_count: int | None
    amount_spent: Decimal | None
    reading: Reading


def imported(connection: Connection, store_id: str, shopify_id: int) -> Imported | None:
    row = customers.c
    query = select(row.hub_id, row.deleted_at, row.orders_count, row.amount_spent, row.body).where(
        row.store_id == store_id, row.shopify_id == shopify_id
    )
    found = connection.execute(query).first()
    if found is None:
        return None
    record = msgspec.json.decode(found.body, type=Customer)
    reading = Reading(record, _address(connection, store_id, shopify_id, record), _unreadable(connection, store_id))
    return Imported(
        found.hub_id, shopify_id, found.deleted_at is not None, found.orders_count, found.amount_spent, reading
    )


def _address(connection: Connection, store_id: str, customer_id: int, record: Customer) -> Address | None:
    """The default address; the oldest one where none is the default."""
    row = addresses.c
    query = select(row.shopify_id, row.body).where(row.store_id == store_id, row.customer_id == customer_id)
    found = {one.shopify_id: one.body for one in connection.execute(query.order_by(row.shopify_id))}
    default = number(record.default_address.id) if record.default_address else None
    body = found.get(default) if default in found else next(iter(found.values()), None)
    return msgspec.json.decode(body, type=Address) if body else None


def _unreadable(connection: Connection, store_id: str) -> frozenset[str]:
    """What no import of customers has read so far."""
    row = kind_states.c
    query = select(row.never_read).where(row.store_id == store_id, row.kind == Kind.CUSTOMERS)
    text = connection.execute(query).scalar()
    return frozenset(msgspec.json.decode(text, type=list[str])) if text else frozenset()


def customers_by(connection: Connection, store_id: str, column: str, value: Any) -> list[int]:
    """Shopify ids of the customers with this hub id, Shopify id or e-mail key."""
    row = customers.c
    query = select(row.shopify_id).where(row.store_id == store_id, row[column] == value, row.deleted_at.is_(None))
    return list(connection.execute(query.limit(2)).scalars())


# -- engagement ----------------------------------------------------------------------------------------------------


def engagement_of(connection: Connection, store_id: str, customer_id: int) -> dict[str, Any] | None:
    row = engagement.c
    query = select(engagement).where(row.store_id == store_id, row.customer_id == customer_id)
    found = connection.execute(query).mappings().first()
    return dict(found) if found else None


def put_engagement(connection: Connection, store_id: str, customer_id: int, **values: Any) -> None:
    row = engagement.c
    connection.execute(delete(engagement).where(row.store_id == store_id, row.customer_id == customer_id))
    connection.execute(insert(engagement).values(store_id=store_id, customer_id=customer_id, **values))


def buyer(connection: Connection, store_id: str, customer: Imported) -> Buyer:
    """Counts and money as Shopify tells them, the last order as it was imported."""
    query = select(func.max(orders.c.processed_at)).where(
        orders.c.store_id == store_id, orders.c.customer_id == customer.shopify_id, *_COUNTED
    )
    last = connection.execute(query).scalar()
    return Buyer(customer.orders_count or 0, customer.amount_spent or Decimal(0), last)


def buyers(connection: Connection, store_id: str) -> list[Buyer]:
    """Everybody in a store who ever bought."""
    last = (
        select(orders.c.customer_id, func.max(orders.c.processed_at).label("at"))
        .where(orders.c.store_id == store_id, orders.c.customer_id.is_not(None), *_COUNTED)
        .group_by(orders.c.customer_id)
        .subquery()
    )
    row = customers.c
    query = (
        select(row.orders_count, row.amount_spent, last.c.at)
        .outerjoin(last, last.c.customer_id == row.shopify_id)
        .where(row.store_id == store_id, row.orders_count > 0, row.deleted_at.is_(None))
    )
    return [Buyer(one.orders_count, one.amount_spent or Decimal(0), one.at) for one in connection.execute(query)]
