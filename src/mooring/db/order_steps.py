"""Rows of `order_steps`: the one step of an order that was sent to Odoo and whose answer is not known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mooring.db import bulk
from mooring.db.tables import order_steps


@dataclass(frozen=True, slots=True)
class Sent:
    """`subject`: Shopify's id of the transaction or refund it is about. `epoch`: of the operation that sent it."""

    shopify_id: int
    step: str
    operation_id: str
    epoch: int
    sent_at: datetime
    subject: int | None = None


def of(connection: Connection, store_id: str, ids: Iterable[int]) -> dict[int, Sent]:
    """By the Shopify id of the order."""
    row = order_steps.c
    query = select(order_steps).where(row.store_id == store_id, bulk.within(connection, row.shopify_id, ids))
    return {
        one.shopify_id: Sent(one.shopify_id, one.step, one.operation_id, one.epoch, one.sent_at, one.subject)
        for one in connection.execute(query)
    }


def any_since(connection: Connection, store_id: str, since: datetime) -> bool:
    """Whether any step of the store was sent after this."""
    row = order_steps.c
    query = select(row.shopify_id).where(row.store_id == store_id, row.sent_at > since)
    return connection.execute(query.limit(1)).first() is not None


def put(connection: Connection, store_id: str, sent: Sent) -> None:
    """Written before the call leaves, in the transaction that is fenced."""
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    values = {
        "step": sent.step, "subject": sent.subject, "operation_id": sent.operation_id, "epoch": sent.epoch,
        "sent_at": sent.sent_at,
    }  # fmt: skip
    connection.execute(
        ours(order_steps)
        .values(store_id=store_id, shopify_id=sent.shopify_id, **values)
        .on_conflict_do_update(index_elements=["store_id", "shopify_id"], set_=values)
    )


def settle(connection: Connection, store_id: str, ids: Iterable[int]) -> None:
    """What became of the steps of these orders is known."""
    row = order_steps.c
    connection.execute(
        delete(order_steps).where(row.store_id == store_id, bulk.within(connection, row.shopify_id, ids))
    )
