"""An import from beginning to end, on both databases, against the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from mooring.db import lists, stores, tables
from mooring.domain import proof
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event, Lost
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, Refused
from mooring.usecases import holds, import_store, import_store_prove
from mooring.usecases.who import Who
from tests.usecases.importing import HUB_TABLES, PROJECT, World, world

SIZES = {"customers": 60, "orders": 160, "products": 12}


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=("read_customers", "read_all_orders", "read_orders",
                                                            "read_products")) as made:  # fmt: skip
        yield made


def number(gid: str) -> int:
    return int(gid.rpartition("/")[2].partition("?")[0])


def test_everything_arrives_and_is_proved(shop: World) -> None:
    operation = shop.run_import()
    assert (operation.state, operation.error) == ("done", None)
    receipt = operation.receipt
    assert receipt is not None
    expected = {"customers": 60, "orders": 160, "products": 12}
    for kind, size in expected.items():
        found = receipt["kinds"][kind]
        assert (found["count"], found["expected"], found["verified"], found["state"]) == (size, size, True, "synced")
    for table, type_ in (
        (tables.customers, "Customer"),
        (tables.orders, "Order"),
        (tables.products, "Product"),
        (tables.variants, "ProductVariant"),
        (tables.collections, "Collection"),
    ):
        wanted = sorted(number(document["id"]) for document in shop.documents(type_))
        assert [row[0] for row in shop.rows(table, "shopify_id")] == sorted(wanted, key=lambda n: repr((n,)))
    assert receipt["notes"] == []
    assert receipt["requests"] <= 20


def test_children_are_those_of_the_shop(shop: World) -> None:
    shop.run_import()
    addresses = {
        (number(address["id"]), number(customer["id"]))
        for customer in shop.documents("Customer")
        for address in customer["addressesV2"]
    }
    lines = {
        (number(line["id"]), number(order["id"])) for order in shop.documents("Order") for line in order["lineItems"]
    }
    assert set(shop.rows(tables.addresses, "shopify_id", "customer_id")) == addresses
    assert set(shop.rows(tables.order_lines, "shopify_id", "order_id")) == lines
    assert shop.count(tables.collection_products) > 0


def test_columns_tell_what_the_record_says(shop: World) -> None:
    shop.run_import()
    customer = next(c for c in shop.documents("Customer") if c["defaultEmailAddress"] and c["defaultPhoneNumber"])
    found = shop.rows(tables.customers, "shopify_id", "first_name", "email", "email_key", "email_state", "historic")
    row = next(row for row in found if row[0] == number(customer["id"]))
    address = customer["defaultEmailAddress"]["emailAddress"]
    state = customer["defaultEmailAddress"]["marketingState"]
    assert row[1:] == (customer["firstName"], address, address.lower(), state, True)
    order = shop.documents("Order")[0]
    money = next(
        row for row in shop.rows(tables.orders, "shopify_id", "total", "currency", "name", "presentment_currency")
        if row[0] == number(order["id"])
    )  # fmt: skip
    total = order["totalPriceSet"]
    assert money[1:] == (
        Decimal(total["shopMoney"]["amount"]),
        total["shopMoney"]["currencyCode"],
        order["name"],
        total["presentmentMoney"]["currencyCode"],
    )


def test_the_body_holds_what_odoo_needs(shop: World) -> None:
    shop.run_import()
    bodies = [json.loads(row[0]) for row in shop.rows(tables.orders, "body")]
    lines = [json.loads(row[0]) for row in shop.rows(tables.order_lines, "body")]
    assert all("shopMoney" in body["totalPriceSet"] and "presentmentMoney" in body["totalPriceSet"] for body in bodies)
    assert any(body.get("taxLines") for body in bodies)
    assert any(transaction.get("gateway") for body in bodies for transaction in body.get("transactions", ()))
    assert any(line.get("discountAllocations") for line in lines)
    assert any(tax.get("rate") for line in lines for tax in line.get("taxLines", ()))
    assert all("id" not in body and "updatedAt" not in body for body in bodies)


def test_customers_join_the_list_once(shop: World) -> None:
    shop.run_import()
    members = {row[0] for row in shop.rows(tables.list_members, "customer_hub_id")}
    assert members == {row[0] for row in shop.rows(tables.customers, "hub_id")}
    shop.run_import(Kind.CUSTOMERS)
    assert shop.count(tables.list_members) == len(members)


def test_a_changed_list_moves_nobody(shop: World) -> None:
    shop.run_import(Kind.CUSTOMERS)
    with shop.app.db.write() as connection:
        lists.create(connection, id="list-2", project_id=PROJECT, name="Second", at=shop.app.clock.now())
        lists.dedicate(connection, "list-2", shop.store_id)
    newcomer = dict(shop.documents("Customer")[0], id="gid://shopify/Customer/999", addressesV2=[])
    shop.change("Customer", newcomer)
    shop.run_import(Kind.CUSTOMERS)
    found = dict(shop.rows(tables.list_members, "list_id", "customer_hub_id")).keys()
    sizes = [sum(1 for row in shop.rows(tables.list_members, "list_id") if row == (name,)) for name in sorted(found)]
    assert sizes == [60, 1]


def test_an_unchanged_shop_costs_no_row(shop: World) -> None:
    shop.run_import()
    before = shop.hub()
    operation = shop.run_import()
    assert shop.hub() == before
    assert operation.receipt is not None
    for kind, size in SIZES.items():
        found = operation.receipt["kinds"][kind]
        assert (found["written"], found["rows_written"], found["unchanged"]) == (0, 0, size)
        assert shop.kind(Kind(kind)).unchanged == size
    assert operation.receipt["detail_requests"] == 0


def test_a_change_is_written_and_its_hub_id_stays(shop: World) -> None:
    shop.run_import(Kind.CUSTOMERS)
    before = dict(shop.rows(tables.customers, "shopify_id", "hub_id"))
    changed = dict(shop.documents("Customer")[3], firstName="Änne 🦀", updatedAt="2099-01-01T00:00:00Z")
    shop.change("Customer", changed)
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.receipt is not None
    assert operation.receipt["kinds"]["customers"]["written"] == 1
    assert dict(shop.rows(tables.customers, "shopify_id", "hub_id")) == before
    assert (number(changed["id"]), "Änne 🦀") in shop.rows(tables.customers, "shopify_id", "first_name")


def test_an_older_answer_does_not_win(shop: World) -> None:
    shop.run_import(Kind.CUSTOMERS)
    stale = dict(shop.documents("Customer")[3], firstName="Earlier", updatedAt="2001-01-01T00:00:00Z")
    shop.change("Customer", stale)
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.receipt is not None
    assert operation.receipt["kinds"]["customers"]["written"] == 0
    assert "Earlier" not in [row[0] for row in shop.rows(tables.customers, "first_name")]


def test_what_vanished_from_a_record_is_removed(shop: World) -> None:
    shop.run_import(Kind.CUSTOMERS)
    customer = next(c for c in shop.documents("Customer") if len(c["addressesV2"]) > 1)
    gone = customer["addressesV2"][-1]
    shop.change("Customer", dict(customer, addressesV2=customer["addressesV2"][:-1]))
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.receipt is not None
    assert operation.receipt["kinds"]["customers"]["removed"] == 1
    assert (number(gone["id"]),) not in shop.rows(tables.addresses, "shopify_id")


def test_a_product_taken_out_of_a_collection_leaves_it(shop: World) -> None:
    shop.run_import(Kind.COLLECTIONS)
    collection = next(c for c in shop.documents("Collection") if len(c.get("productIds") or ()) > 1)
    gone = (number(collection["id"]), number(collection["productIds"][0]))
    before = shop.rows(tables.collection_products, "collection_id", "product_id")
    shop.change("Collection", dict(collection, productIds=collection["productIds"][1:]))
    shop.run_import(Kind.COLLECTIONS)
    after = shop.rows(tables.collection_products, "collection_id", "product_id")
    assert set(before) - set(after) == {gone}


def test_a_deleted_variant_goes(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's children are read in several batches here."""
    monkeypatch.setattr(import_store_prove, "_BATCH", 5)
    shop.run_import(Kind.PRODUCTS)
    gone = {number(variant["id"]) for variant in shop.documents("ProductVariant")[3:40:9]}
    for one in gone:
        shop.sandbox.state.remove(shop.shop_id, "ProductVariant", one)
    before = {row[0] for row in shop.rows(tables.variants, "shopify_id")}
    operation = shop.run_import(Kind.PRODUCTS)
    assert operation.receipt is not None
    assert operation.receipt["kinds"]["products"]["removed"] == len(gone)
    assert before - {row[0] for row in shop.rows(tables.variants, "shopify_id")} == gone


def test_keys_are_counted_in_several_parts(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "PART", 20)
    operation = shop.run_import(Kind.ORDERS)
    assert operation.state == "done"
    assert operation.cursor["kinds"]["orders"]["part"] > 3


def test_a_record_that_vanished_is_left_to_the_sweep(shop: World) -> None:
    shop.run_import(Kind.CUSTOMERS)
    customer = next(c for c in shop.documents("Customer") if c["addressesV2"])
    shop.sandbox.state.remove(shop.shop_id, "Customer", number(customer["id"]))
    before = shop.hub()
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.receipt is not None
    assert operation.receipt["kinds"]["customers"]["count"] == 59
    assert shop.hub() == before


def test_refunds_come_with_their_lines(shop: World) -> None:
    shop.run_import(Kind.ORDERS)
    refunds = {number(r["id"]): r for order in shop.documents("Order") for r in order.get("refunds") or []}
    assert refunds
    rows = shop.rows(tables.refunds, "shopify_id", "order_id", "total", "body")
    assert {row[0] for row in rows} == set(refunds)
    for shopify_id, _, total, body in rows:
        told, kept = refunds[shopify_id], json.loads(body)
        assert total == Decimal(told["totalRefundedSet"]["shopMoney"]["amount"])
        assert len(kept.get("refundLineItems", ())) == len(told["refundLineItems"])
        assert len(kept.get("transactions", ())) == len(told["transactions"])
    assert not any(row[0] for row in shop.rows(tables.orders, "detail_due"))


def test_an_empty_shop_is_proved_empty(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes={}) as shop:
        operation = shop.run_import()
        assert operation.state == "done"
        for kind in Kind:
            state = shop.kind(kind)
            assert (state.state, state.count, state.expected, state.verified) == ("synced", 0, 0, True)


def test_a_synced_kind_says_from_where_to_catch_up(shop: World) -> None:
    shop.run_import()
    state = shop.kind(Kind.ORDERS)
    assert state.visible_since is None
    assert 590 <= (state.last_bulk_at - state.catch_up_point).total_seconds() <= 660


def test_sixty_days_are_named(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes=SIZES) as shop:
        operation = shop.run_import(Kind.ORDERS)
        assert operation.receipt is not None
        assert 0 < operation.receipt["kinds"]["orders"]["count"] < SIZES["orders"]
        assert "are not shown to this app" in operation.receipt["notes"][0]
        state = shop.kind(Kind.ORDERS)
        assert (state.last_bulk_at - state.visible_since).days in (60, 59)


def test_only_the_chosen_kinds_are_read(shop: World) -> None:
    shop.run_import(Kind.PRODUCTS)
    assert shop.kind(Kind.PRODUCTS).state == "synced"
    assert shop.kind(Kind.CUSTOMERS).state == "pending"
    assert [table.name for table in HUB_TABLES if shop.count(table)] == ["products", "variants"]


def test_a_kind_that_is_switched_off_is_refused(shop: World) -> None:
    shop.settings(orders=False)
    with pytest.raises(InvalidInput, match="Orders are switched off"):
        shop.issue(Kind.ORDERS)
    operation = shop.run_import()
    assert operation.receipt is not None
    assert "orders" not in operation.receipt["kinds"]
    assert shop.count(tables.orders) == 0


def test_a_viewer_cannot_import(shop: World) -> None:
    viewer = Who("person-1", "Viewer", roles={PROJECT: Role.VIEWER})
    with pytest.raises(Refused):
        import_store.request(shop.app, viewer, shop.store_id)


def test_one_import_at_a_time(shop: World) -> None:
    shop.issue()
    with pytest.raises(Refused, match="An import of this store"):
        shop.issue()


def test_a_disconnected_store_is_refused(shop: World) -> None:
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        stores.move(connection, store, Event.DISCONNECT, at=shop.app.clock.now(), actor="test")
    with pytest.raises(Refused, match="disconnected"):
        shop.issue()


@pytest.mark.parametrize("lost", [Lost.CREDENTIALS, Lost.UNINSTALLED])
def test_a_store_that_waits_for_a_reconnect_says_so_at_once(shop: World, lost: Lost) -> None:
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        stores.move(connection, store, Event.AUTH_LOST, at=shop.app.clock.now(), actor="test", lost=lost)
    with pytest.raises(Refused, match="waits for a reconnect"):
        shop.issue()


def test_while_a_permission_is_missing_the_rest_can_be_imported(shop: World) -> None:
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        stores.change(connection, store.id, granted_scopes="read_orders read_products")
        stores.move(connection, store, Event.AUTH_LOST, at=shop.app.clock.now(), actor="test", lost=Lost.SCOPES)
    receipt = shop.run_import().receipt
    assert receipt is not None
    assert [receipt["kinds"][kind]["state"] for kind in ("customers", "products")] == ["waiting", "synced"]


def test_a_card_without_the_claim_imports_nothing(shop: World) -> None:
    with shop.app.db.write() as connection:
        connection.execute(tables.stores.update().values(claim=False))
    with pytest.raises(Refused, match="Another project"):
        shop.issue()


def test_after_a_held_sweep_it_can_be_retried(shop: World) -> None:
    """Holding back a deletion stands in nobody's way."""
    shop.run_import()
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        holds.hold(connection, shop.app, store, Kind.CUSTOMERS, "sweep", 30, 60)
    assert shop.run_import(Kind.CUSTOMERS).state == "done"
