"""Deliveries as Shopify would send them, put straight into the inbox of a connected store, and worked off."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select, update

from mooring.db import inbox, stores, tables
from mooring.db.inbox import Arrival, Delivery
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.usecases import drain
from tests.usecases.importing import World

DOMAIN = "harbour-teas.myshopify.com"
LATER = "2099-01-01T00:00:00Z"
TYPES = {Kind.CUSTOMERS: "Customer", Kind.ORDERS: "Order", Kind.PRODUCTS: "Product", Kind.COLLECTIONS: "Collection"}
_numbers = count(1)


def number(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def store(shop: World) -> Store:
    with shop.app.db.read() as connection:
        return stores.load(connection, shop.store_id)


def deliver(
    shop: World, topic: str, record_id: int | None, other_id: int | None = None, *,
    kind: str | None = None, domain: str = DOMAIN, app_id: str | None = None, at: datetime | None = None,
) -> str:  # fmt: skip
    """One more delivery in the inbox. Returns its webhook id."""
    webhook_id = f"webhook-{next(_numbers)}"
    at = at or shop.app.clock.now()
    arrival = Arrival(
        app_id or store(shop).app_id, domain, webhook_id, topic, at.isoformat(), at,
        kind or topic.partition("/")[0], record_id, other_id,
    )  # fmt: skip
    with shop.app.db.write() as connection:
        assert inbox.add_many(connection, [arrival]) == 1
    return webhook_id


def drained(shop: World) -> int:
    """Everything that waits, also what was put off for a second."""
    total = drain.drain_all(shop.app)
    shop.app.clock.advance(timedelta(seconds=2))  # pyright: ignore[reportAttributeAccessIssue]
    shop.clock.advance(timedelta(seconds=2))
    return total + drain.drain_all(shop.app)


def deliveries(shop: World) -> list[Delivery]:
    with shop.app.db.read() as connection:
        found = connection.execute(select(tables.deliveries).order_by(tables.deliveries.c.id))
        return [Delivery(**row._mapping) for row in found]


def states(shop: World) -> list[str]:
    return [one.state for one in deliveries(shop)]


def one(shop: World, table: Any, shopify_id: int, *columns: str) -> Any:
    """The columns of one record; a single one as it is."""
    found = {row[0]: row[1:] for row in shop.rows(table, "shopify_id", *columns)}.get(shopify_id)
    return found[0] if found and len(columns) == 1 else found


def start_sync(shop: World) -> None:
    """As if the initial sync had been started, without one."""
    with shop.app.db.write() as connection:
        connection.execute(
            update(tables.stores)
            .where(tables.stores.c.id == shop.store_id)
            .values(initial_sync_started_at=shop.app.clock.now())
        )


def calls(shop: World) -> int:
    return len(shop.sandbox.log.entries())
