"""Recover one record: found by name or id, read and written in the same breath, said in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from mooring.db import records_deleted, tables
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, NotAllowed, NotFound, Refused
from mooring.usecases import recover
from mooring.usecases.recover import Outcome, Recovery
from mooring.usecases.who import SYSTEM, Who
from tests.usecases.draining import LATER, TYPES, number, one, store
from tests.usecases.importing import PROJECT, World, world

SIZES = {"customers": 40, "orders": 60, "products": 12}
SCOPES = ("read_all_orders", "read_customers", "read_orders", "read_products")


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES, imported=True) as made:
        yield made


def forget(shop: World, kind: Kind, shopify_id: int) -> None:
    """As if this record had never been imported."""
    table = tables.metadata.tables[str(kind)]
    with shop.app.db.write() as connection:
        connection.execute(delete(table).where(table.c.store_id == shop.store_id, table.c.shopify_id == shopify_id))


def mark_deleted(shop: World, kind: Kind, shopify_id: int) -> None:
    now = shop.app.clock.now()
    with shop.app.db.write() as connection:
        records_deleted.mark_deleted(connection, shop.store_id, kind, [shopify_id], fetched_at=now, at=now)


def asked(shop: World, kind: Kind, what: str, who: Who = SYSTEM) -> Recovery:
    return recover.request(shop.app, who, shop.store_id, kind, what)


def names(document: dict, kind: Kind) -> list[str]:
    """What a person might type."""
    shopify_id = document["id"]
    own = {
        Kind.CUSTOMERS: lambda: [document["defaultEmailAddress"]["emailAddress"]],
        Kind.ORDERS: lambda: [document["name"], document["name"].lstrip("#")],
        Kind.PRODUCTS: lambda: [document["title"], document["handle"]],
        Kind.COLLECTIONS: lambda: [document["title"], document["handle"]],
    }[kind]()
    return [shopify_id, str(number(shopify_id)), *own]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_missing_record_is_found_by_every_name(shop: World, kind: Kind) -> None:
    document = next(d for d in shop.documents(TYPES[kind]) if kind is not Kind.CUSTOMERS or d["defaultEmailAddress"])
    for what in names(document, kind):
        forget(shop, kind, number(document["id"]))
        done = asked(shop, kind, what)
        assert (done.outcome, done.shopify_id) == (Outcome.CREATED, number(document["id"])), what
        assert done.operation is not None
        assert done.operation.state == "done"


def test_a_product_is_found_by_its_sku(shop: World) -> None:
    sku, product = next(
        (variant["sku"], variant["productId"]) for variant in shop.documents("ProductVariant") if variant["sku"]
    )
    assert asked(shop, Kind.PRODUCTS, sku).shopify_id == number(product)


def test_a_customer_is_found_by_name(shop: World) -> None:
    customer = shop.documents("Customer")[0]
    shop.change("Customer", customer | {"firstName": "Zebedee", "lastName": "O'Quux"})
    done = asked(shop, Kind.CUSTOMERS, "zebedee o'quux")
    assert (done.outcome, done.shopify_id) == (Outcome.UPDATED, number(customer["id"]))
    assert one(shop, tables.customers, number(customer["id"]), "first_name") == "Zebedee"


def test_several_are_told_apart_by_a_person(shop: World) -> None:
    for customer in shop.documents("Customer")[:3]:
        shop.change("Customer", customer | {"lastName": "Twin"})
    done = asked(shop, Kind.CUSTOMERS, "Twin")
    assert (done.outcome, len(done.matches), done.more, done.operation) == (Outcome.SEVERAL, 3, False, None)
    chosen = asked(shop, Kind.CUSTOMERS, str(done.matches[1].shopify_id))
    assert chosen.outcome is Outcome.UPDATED


def test_whoever_is_called_just_so_is_meant(shop: World) -> None:
    order, longer = shop.documents("Order")[:2]
    shop.change("Order", longer | {"name": f"{order['name']}-B"})
    assert asked(shop, Kind.ORDERS, order["name"]).shopify_id == number(order["id"])


def test_nothing_found_is_said(shop: World) -> None:
    done = asked(shop, Kind.CUSTOMERS, "nobody@nowhere.example")
    assert (done.outcome, done.operation) == (Outcome.NONE, None)
    assert done.sentence == "Shopify shows no such record among the customers."


def test_quotes_and_operators_are_only_text(shop: World) -> None:
    for what in ('x" OR id:>0 OR title:"x', '" OR id:>0 "', "a\\", "*", "-", "NOT x", "(", "'"):
        assert asked(shop, Kind.PRODUCTS, what).outcome is Outcome.NONE, what


def test_a_wrong_mark_is_taken_off(shop: World) -> None:
    order = shop.documents("Order")[0]
    mark_deleted(shop, Kind.ORDERS, number(order["id"]))
    shop.app.clock.advance(timedelta(seconds=2))  # pyright: ignore[reportAttributeAccessIssue]
    shop.clock.advance(timedelta(seconds=2))
    done = asked(shop, Kind.ORDERS, order["name"])
    assert done.outcome is Outcome.RESTORED
    assert one(shop, tables.orders, number(order["id"]), "deleted_at") is None


def test_what_is_really_gone_is_found_here_and_kept(shop: World) -> None:
    order = shop.documents("Order")[0]
    shop.sandbox.state.remove(shop.shop_id, "Order", number(order["id"]))
    before = shop.hub()
    done = asked(shop, Kind.ORDERS, order["name"])
    assert (done.outcome, done.shopify_id) == (Outcome.NOT_VISIBLE, number(order["id"]))
    assert done.sentence == "Shopify does not show this record to this app. What is here of it is kept as it is."
    assert shop.hub() == before


def test_unchanged_writes_nothing(shop: World) -> None:
    before = shop.hub()
    done = asked(shop, Kind.PRODUCTS, shop.documents("Product")[0]["title"])
    assert done.outcome is Outcome.UNCHANGED
    assert shop.hub() == before


def test_nothing_personal_is_kept(shop: World) -> None:
    customer = next(c for c in shop.documents("Customer") if c["defaultEmailAddress"])
    email = customer["defaultEmailAddress"]["emailAddress"]
    shop.change("Customer", customer | {"note": "Rings twice", "updatedAt": LATER})
    done = asked(shop, Kind.CUSTOMERS, email)
    assert done.operation is not None
    kept = shop.operation(done.operation.id)
    with shop.app.db.read() as connection:
        audit = connection.execute(tables.audit.select()).all()
    assert email not in repr((kept, audit))
    assert kept.arguments == {"kind": "customers", "shopify_id": number(customer["id"])}
    assert kept.receipt is not None
    assert kept.receipt["outcome"] == "updated"


def test_an_order_outside_the_window_is_explained(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES[1:]) as shop:
        old = min(shop.documents("Order"), key=lambda order: order["createdAt"])
        done = asked(shop, Kind.ORDERS, old["id"])
        assert done.outcome is Outcome.NOT_VISIBLE
        assert "are not shown to this app (read_all_orders)" in done.sentence
        assert "are not shown to this app (read_all_orders)" in asked(shop, Kind.ORDERS, old["name"]).sentence


@pytest.mark.parametrize("what", ["", "  ", "x" * 201, "a\x00b", "gid://shopify/Product/5"])
def test_what_cannot_be_looked_for_is_refused(shop: World, what: str) -> None:
    with pytest.raises(InvalidInput):
        asked(shop, Kind.ORDERS, what)


def test_a_disconnected_store_reads_nothing(shop: World) -> None:
    from mooring.db import stores

    with shop.app.db.write() as connection:
        stores.move(connection, store(shop), Event.DISCONNECT, at=shop.app.clock.now(), actor="test")
    with pytest.raises(Refused, match="disconnected"):
        asked(shop, Kind.ORDERS, "#1001")


def test_viewers_and_strangers_may_not(shop: World) -> None:
    with pytest.raises(NotAllowed):
        asked(shop, Kind.ORDERS, "#1001", Who("v", "V", roles={PROJECT: Role.VIEWER}))
    with pytest.raises(NotFound):
        asked(shop, Kind.ORDERS, "#1001", Who("s", "S"))
