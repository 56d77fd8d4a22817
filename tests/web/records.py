"""Hub rows without an import, for looking at them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, insert

from mooring.db import tables
from mooring.domain.records import folded
from tests.usecases.world import World

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
_ROOT: dict[str, Any] = {"updated_at": AT, "created_at": AT, "historic": True}


def put(world: World, table: Table, store_id: str, shopify_id: int, **values: Any) -> int:
    """One row; its hub id."""
    row = {"store_id": store_id, "shopify_id": shopify_id, "fetched_at": AT, "content_hash": b"0", "body": "{}"}
    with world.app.db.write() as connection:
        done = connection.execute(insert(table).values(**row | values))
        assert done.inserted_primary_key is not None
        return done.inserted_primary_key[0]


def customer(world: World, store_id: str, shopify_id: int, name: str = "Ann Other", **values: Any) -> int:
    first, _, last = name.partition(" ")
    text = folded(f"{name} {values.get('email', '')}")
    return put(
        world, tables.customers, store_id, shopify_id, first_name=first, last_name=last, search=text, **_ROOT | values
    )


def order(world: World, store_id: str, shopify_id: int, **values: Any) -> int:
    amounts = {name: Decimal("10.50") for name in ("total", "current_total", "presentment_total")}
    name = values.pop("name", f"#{shopify_id}")
    facts = {"currency": "EUR", "presentment_currency": "USD", "name": name, "search": folded(name)}
    return put(world, tables.orders, store_id, shopify_id, **_ROOT | amounts | facts | values)


def line(world: World, store_id: str, shopify_id: int, order_id: int, **values: Any) -> int:
    facts = {"title": "Mug", "quantity": 2, "current_quantity": 2, "unit_price": Decimal("5.25"), "currency": "EUR"}
    return put(world, tables.order_lines, store_id, shopify_id, order_id=order_id, **facts | values)


def product(world: World, store_id: str, shopify_id: int, title: str = "Mug", **values: Any) -> int:
    facts = {"title": title, "status": "ACTIVE", "search": folded(title)}
    return put(world, tables.products, store_id, shopify_id, **_ROOT | facts | values)


def variant(world: World, store_id: str, shopify_id: int, product_id: int, **values: Any) -> int:
    return put(world, tables.variants, store_id, shopify_id, product_id=product_id, **values)


def collection(world: World, store_id: str, shopify_id: int, products: list[int]) -> int:
    with world.app.db.write() as connection:
        for product_id in products:
            row = {"store_id": store_id, "collection_id": shopify_id, "product_id": product_id}
            connection.execute(insert(tables.collection_products).values(**row))
    return put(world, tables.collections, store_id, shopify_id, title="Summer", smart=False, search="summer", **_ROOT)
