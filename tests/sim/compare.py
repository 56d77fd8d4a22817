"""The hub held against the shop, record by record, by a second reading of the sandbox's own documents.

It shares nothing with Mooring's translation: names are looked up in the documents as the merchant sees them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, select

from mooring.db import tables
from mooring.domain.consent import SUPPRESSED
from mooring_sandbox.shopify.state import State
from tests.sim.model import Card

_WINDOW = timedelta(days=60)
Doc = dict[str, Any]


def differences(connection: Connection, state: State, card: Card, now: datetime, redacted: set[int]) -> list[str]:
    """Everything in which the hub is not what the shop is; a sentence each."""
    return [
        *_customers(connection, state, card, redacted),
        *_orders(connection, state, card, now, redacted),
        *_products(connection, state, card),
        *_collections(connection, state, card),
    ]


def _hub(connection: Connection, table: Table, card: Card) -> dict[int, Any]:
    """Rows that are not marked as deleted, by Shopify's number."""
    found = connection.execute(select(table).where(table.c.store_id == card.store_id))
    return {row.shopify_id: row for row in found if getattr(row, "deleted_at", None) is None}


def _shop(state: State, card: Card, type_: str) -> dict[int, Doc]:
    return {number(doc["id"]): doc for doc in state.scan(card.shop, type_)}


def number(gid: str) -> int:
    return int(gid.rpartition("/")[2].partition("?")[0])


def _wrongly_gone(connection: Connection, table: Table, card: Card, kind: str, shop: dict[int, Doc]) -> Iterator[str]:
    """Nothing that the shop has may be marked as deleted, also where it cannot be seen any more."""
    gone = select(table.c.shopify_id).where(table.c.store_id == card.store_id, table.c.deleted_at.is_not(None))
    yield from (f"{kind} {one} is marked as deleted" for one in connection.execute(gone).scalars() if one in shop)


def _missing(kind: str, hub: dict[int, Any], shop: dict[int, Doc]) -> Iterator[str]:
    yield from (f"{kind} {one} is not in the hub" for one in sorted(shop.keys() - hub.keys()))
    yield from (f"{kind} {one} is in the hub and not in the shop" for one in sorted(hub.keys() - shop.keys()))


def _unlike(kind: str, one: int, hub: Doc, shop: Doc) -> Iterator[str]:
    for name, there in shop.items():
        if hub[name] != there:
            yield f"{kind} {one}: {name} is {hub[name]!r} in the hub and {there!r} in the shop"


# -- kinds ----------------------------------------------------------------------------------------------------------


def _customers(connection: Connection, state: State, card: Card, redacted: set[int]) -> Iterator[str]:
    hub, shop = _hub(connection, tables.customers, card), _shop(state, card, "Customer")
    for one in redacted:
        hub.pop(one, None)
        shop.pop(one, None)
    yield from _missing("customer", hub, shop)
    yield from _wrongly_gone(connection, tables.customers, card, "customer", shop)
    addresses = _children(connection, tables.addresses, card, "customer_id")
    for one in hub.keys() & shop.keys():
        row, there = hub[one], _customer(shop[one])
        held = {
            "first_name": row.first_name, "last_name": row.last_name, "email": _lower(row.email), "phone": row.phone,
            "email_state": _consent(row.email_state, there["email_state"]), "orders": row.orders_count,
            "tags": _tags(row.tags), "addresses": addresses.get(one, set()),
        }  # fmt: skip
        yield from _unlike("customer", one, held, there)


def _consent(held: str | None, there: str | None) -> str | None:
    """Whoever unsubscribed here, or was, stays so whatever the shop says; how that ends is tried elsewhere."""
    return there if held == SUPPRESSED else _lower(held)


def _customer(doc: Doc) -> Doc:
    email = doc.get("defaultEmailAddress") or {}
    return {
        "first_name": doc.get("firstName"),
        "last_name": doc.get("lastName"),
        "email": _lower(email.get("emailAddress")),
        "phone": (doc.get("defaultPhoneNumber") or {}).get("phoneNumber"),
        "email_state": _lower(email.get("marketingState")),
        "orders": int(doc.get("numberOfOrders") or 0),
        "tags": sorted(doc.get("tags") or []),
        "addresses": {number(one["id"]) for one in doc.get("addressesV2") or []},
    }


def _orders(connection: Connection, state: State, card: Card, now: datetime, redacted: set[int]) -> Iterator[str]:
    """What lies behind the window cannot be known any more, and is judged no more; but what was once visible stays."""
    oldest = now - _WINDOW + timedelta(hours=1)
    hub, shop = _hub(connection, tables.orders, card), _shop(state, card, "Order")
    visible = {one: doc for one, doc in shop.items() if datetime.fromisoformat(doc["createdAt"]) >= oldest}
    judged = {one: row for one, row in hub.items() if one in visible or (one not in shop and row.created_at >= oldest)}
    yield from _missing("order", judged, visible)
    yield from _wrongly_gone(connection, tables.orders, card, "order", shop)
    lines = _children(connection, tables.order_lines, card, "order_id")
    refunds = _children(connection, tables.refunds, card, "order_id")
    for one in judged.keys() & visible.keys():
        row = hub[one]
        held = {
            "name": row.name, "total": row.total, "cancelled": row.cancelled_at is not None,
            "customer": row.customer_id, "tags": _tags(row.tags), "financial_status": _lower(row.financial_status),
            "lines": lines.get(one, set()), "refunds": refunds.get(one, set()),
        }  # fmt: skip
        there = _order(visible[one])
        if there["customer"] in redacted:
            held["customer"] = there["customer"]
        yield from _unlike("order", one, held, there)


def _order(doc: Doc) -> Doc:
    return {
        "name": doc["name"],
        "total": Decimal(doc["totalPriceSet"]["shopMoney"]["amount"]),
        "cancelled": doc.get("cancelledAt") is not None,
        "customer": number(doc["customerId"]) if doc.get("customerId") else None,
        "tags": sorted(doc.get("tags") or []),
        "financial_status": _lower(doc.get("displayFinancialStatus")),
        "lines": {number(one["id"]) for one in doc.get("lineItems") or []},
        "refunds": {number(one["id"]) for one in doc.get("refunds") or []},
    }


def _products(connection: Connection, state: State, card: Card) -> Iterator[str]:
    hub, shop = _hub(connection, tables.products, card), _shop(state, card, "Product")
    yield from _missing("product", hub, shop)
    yield from _wrongly_gone(connection, tables.products, card, "product", shop)
    for one in hub.keys() & shop.keys():
        row, doc = hub[one], shop[one]
        held = {"title": row.title, "vendor": row.vendor, "status": _lower(row.status), "tags": _tags(row.tags)}
        there = {"title": doc["title"], "vendor": doc.get("vendor"), "status": _lower(doc.get("status")),
                 "tags": sorted(doc.get("tags") or [])}  # fmt: skip
        yield from _unlike("product", one, held, there)
    yield from _variants(connection, state, card)


def _variants(connection: Connection, state: State, card: Card) -> Iterator[str]:
    hub, shop = _hub(connection, tables.variants, card), _shop(state, card, "ProductVariant")
    products = _hub(connection, tables.products, card)
    living = {one: row for one, row in hub.items() if row.product_id in products}
    yield from _missing("variant", living, shop)
    for one in living.keys() & shop.keys():
        held = {"sku": living[one].sku or None, "price": living[one].price}
        there = {"sku": shop[one].get("sku") or None, "price": Decimal(shop[one]["price"])}
        yield from _unlike("variant", one, held, there)


def _collections(connection: Connection, state: State, card: Card) -> Iterator[str]:
    hub, shop = _hub(connection, tables.collections, card), _shop(state, card, "Collection")
    yield from _missing("collection", hub, shop)
    for one in hub.keys() & shop.keys():
        yield from _unlike("collection", one, {"title": hub[one].title}, {"title": shop[one]["title"]})


# -- pieces ---------------------------------------------------------------------------------------------------------


def _children(connection: Connection, table: Table, card: Card, owner: str) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for row in connection.execute(select(table).where(table.c.store_id == card.store_id)):
        found.setdefault(row._mapping[owner], set()).add(row.shopify_id)
    return found


def _lower(text: str | None) -> str | None:
    return text.lower() if text else None


def _tags(text: str) -> list[str]:
    return sorted(text.split(", ")) if text else []
