"""Rows of `hub_edits` and `engagement`: what was changed here of a customer, and how far each change has got."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, literal_column, select, update

from mooring.db.tables import addresses, customers, engagement, hub_edits, kind_states, orders
from mooring.domain.edits import EditState, Reading
from mooring.domain.kinds import Kind
from mooring.domain.records import Address, Customer, number
from mooring.domain.rfm import Buyer

_OPEN = hub_edits.c.state.in_((literal_column("'pending'"), literal_column("'waiting'")))
"""Spelled out, not bound: SQLite matches the condition of a partial index by its text."""


@dataclass(frozen=True, slots=True)
class Edit:
    id: int
    store_id: str
    customer_id: int
    field: str
    value: str | None
    state: EditState
    error: str | None
    attempts: int
    not_before: datetime | None
    made_by: str
    made_at: datetime
    settled_at: datetime | None


def _of(row: Row[Any]) -> Edit:
    facts: dict[str, Any] = dict(row._mapping) | {"state": EditState(row.state)}
    return Edit(**facts)


# -- making --------------------------------------------------------------------------------------------------------


def add(
    connection: Connection, store_id: str, customer_id: int, field: str, value: str, state: EditState, *, by: str,
    at: datetime,
) -> None:  # fmt: skip
    """The newest word on a field. Whatever was not sent before is superseded."""
    supersede(connection, store_id, customer_id, [field], at=at)
    connection.execute(
        insert(hub_edits).values(
            store_id=store_id, customer_id=customer_id, field=field, value=value, state=state, made_by=by, made_at=at
        )
    )


def supersede(connection: Connection, store_id: str, customer_id: int, fields: Collection[str], *, at: datetime) -> int:
    row = hub_edits.c
    done = connection.execute(
        update(hub_edits)
        .where(row.store_id == store_id, row.customer_id == customer_id, row.field.in_(fields))
        .where(row.state.in_(("pending", "waiting", "failed", "kept")))
        .values(state="superseded", settled_at=at, error=None)
    )
    return done.rowcount


# -- looking -------------------------------------------------------------------------------------------------------


def of_customer(connection: Connection, store_id: str, customer_id: int) -> list[Edit]:
    """The newest of each field, in the order they were made; superseded ones are history."""
    row = hub_edits.c
    mine = (row.store_id == store_id, row.customer_id == customer_id)
    newest = select(func.max(row.id)).where(*mine, row.state != "superseded").group_by(row.field)
    query = select(hub_edits).where(row.store_id == store_id, row.id.in_(newest)).order_by(row.id)
    return [_of(one) for one in connection.execute(query)]


def of_store(connection: Connection, store_id: str, *, state: str | None, before: int | None, limit: int) -> list[Edit]:
    """Newest first; `before` is the id the page before ended with."""
    row = hub_edits.c
    query = select(hub_edits).where(row.store_id == store_id)
    if state is not None:
        query = query.where(row.state == state)
    if before is not None:
        query = query.where(row.id < before)
    return [_of(one) for one in connection.execute(query.order_by(row.id.desc()).limit(limit))]


def counts(connection: Connection, store_id: str) -> dict[str, int]:
    row = hub_edits.c
    query = select(row.state, func.count()).where(row.store_id == store_id).group_by(row.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def stores_with_open(connection: Connection) -> list[str]:
    """Where something is on its way. One look into the index per store, however much waits there."""
    found, last = list[str](), ""
    while True:
        after = select(func.min(hub_edits.c.store_id)).where(_OPEN, hub_edits.c.store_id > last)
        store_id = connection.execute(after).scalar()
        if store_id is None:
            return found
        found.append(store_id)
        last = store_id


# -- sending -------------------------------------------------------------------------------------------------------


def due(connection: Connection, store_id: str, *, limit: int) -> list[Edit]:
    """The oldest that may be sent."""
    row = hub_edits.c
    query = select(hub_edits).where(row.store_id == store_id, row.state == literal_column("'pending'"))
    return [_of(one) for one in connection.execute(query.order_by(row.id).limit(limit))]


def any_due(connection: Connection, store_id: str) -> bool:
    return bool(due(connection, store_id, limit=1))


def settle(
    connection: Connection, store_id: str, ids: Iterable[int], state: EditState, *, at: datetime,
    sentence: str | None = None,
) -> int:  # fmt: skip
    """Only what still was to be sent: a newer word may have come meanwhile."""
    row = hub_edits.c
    done = connection.execute(
        update(hub_edits)
        .where(row.store_id == store_id, row.id.in_(list(ids)), row.state == "pending")
        .values(state=state, error=sentence, settled_at=at, attempts=row.attempts + 1)
    )
    return done.rowcount


def arrange(connection: Connection, store_id: str, ready: Collection[str]) -> None:
    """Edits of these fields may be sent, the others wait."""
    row = hub_edits.c
    for before, after, which in (
        ("waiting", "pending", row.field.in_(ready)),
        ("pending", "waiting", row.field.not_in(ready)),
    ):
        moved = update(hub_edits).where(row.store_id == store_id, row.state == literal_column(f"'{before}'"), which)
        connection.execute(moved.values(state=after))


def retry(connection: Connection, store_id: str, edit_id: int | None) -> int:
    """Failed ones are to be sent again: one, or all of the store."""
    row = hub_edits.c
    failed = update(hub_edits).where(row.store_id == store_id, row.state == "failed")
    if edit_id is not None:
        failed = failed.where(row.id == edit_id)
    return connection.execute(failed.values(state="pending", error=None, settled_at=None)).rowcount


# -- the customer as imported --------------------------------------------------------------------------------------


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


_COUNTED = (orders.c.cancelled_at.is_(None), orders.c.test.is_(False))


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
