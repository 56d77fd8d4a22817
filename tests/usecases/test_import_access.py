"""What may not, or shall not, be read: permissions, approvals, toggles. None of them blanks what was imported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.db import stores, tables
from mooring.domain.kinds import Kind
from tests.usecases.importing import World, world

SIZES = {"customers": 40, "orders": 90, "products": 8}
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES) as made:
        yield made


def approve(shop: World, *groups: str) -> None:
    app = shop.sandbox.apps.all()[0]
    shop.sandbox.apps.change(app.id, {"protected": list(groups)})


def denied(shop: World) -> tuple[str, ...]:
    with shop.app.db.read() as connection:
        return stores.load(connection, shop.store_id).denied_fields


def column(shop: World, name: str) -> dict[int, object]:
    return dict(shop.rows(tables.customers, "shopify_id", name))  # pyright: ignore[reportArgumentType]


def touch_all(shop: World) -> None:
    """Every customer is renamed, so that every row is written again."""
    for document in shop.documents("Customer"):
        shop.change("Customer", document | {"lastName": "Renamed", "updatedAt": LATER})


def test_a_group_without_approval_is_left_out_and_said(shop: World) -> None:
    approve(shop, "customer", "name", "address")
    operation = shop.run_import(Kind.CUSTOMERS, Kind.ORDERS)
    assert operation.state == "done"
    assert set(column(shop, "email").values()) == {None}
    assert any(column(shop, "first_name").values())
    assert any(column(shop, "email_state").values())
    assert {"customers.defaultEmailAddress.emailAddress", "orders.email"} <= set(denied(shop))
    assert operation.receipt is not None
    assert "has not approved this app to read e-mail addresses and phone numbers" in operation.receipt["notes"][-1]


def test_an_approval_that_was_withdrawn_blanks_nothing(shop: World) -> None:
    shop.run_import(Kind.CUSTOMERS)
    before = column(shop, "email"), column(shop, "email_key"), column(shop, "phone"), column(shop, "search").keys()
    assert any(before[0].values())
    approve(shop, "customer", "name", "address")
    touch_all(shop)
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.receipt is not None
    assert operation.receipt["kinds"]["customers"]["written"] == 40
    assert set(column(shop, "last_name").values()) == {"Renamed"}
    assert (column(shop, "email"), column(shop, "email_key"), column(shop, "phone"), column(shop, "search").keys()) \
        == before  # fmt: skip


def test_addresses_keep_what_is_no_longer_approved(shop: World) -> None:
    shop.run_import(Kind.CUSTOMERS)
    before = dict(shop.rows(tables.addresses, "shopify_id", "body"))  # pyright: ignore[reportArgumentType]
    approve(shop, "customer", "name", "email", "phone")
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.receipt is not None
    assert operation.receipt["kinds"]["customers"]["rows_written"] == 0
    assert dict(shop.rows(tables.addresses, "shopify_id", "body")) == before  # pyright: ignore[reportArgumentType]


def test_an_approval_given_later_fills_in(shop: World) -> None:
    approve(shop, "customer")
    shop.run_import(Kind.CUSTOMERS)
    assert not any(column(shop, "first_name").values())
    approve(shop, "customer", "name", "email", "phone", "address")
    shop.run_import(Kind.CUSTOMERS)
    assert any(column(shop, "first_name").values())
    assert any(column(shop, "email").values())
    assert denied(shop) == ()


def test_without_any_approval_the_kind_fails_in_words(shop: World) -> None:
    approve(shop)
    operation = shop.run_import(Kind.CUSTOMERS, Kind.PRODUCTS)
    assert operation.state == "failed"
    assert "has not approved this app to read customers" in (operation.error or "")
    assert shop.kind(Kind.PRODUCTS).state == "synced"


def test_a_kind_without_its_permission_waits(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes=SIZES, scopes=("read_customers", "read_products")) as shop:
        operation = shop.run_import()
        assert operation.state == "done"
        state = shop.kind(Kind.ORDERS)
        assert (state.state, state.error) == ("pending", "Orders wait for the permission read_orders.")
        assert {shop.kind(kind).state for kind in (Kind.CUSTOMERS, Kind.PRODUCTS, Kind.COLLECTIONS)} == {"synced"}
        assert operation.receipt is not None
        assert operation.receipt["kinds"]["orders"]["state"] == "waiting"


def test_orders_come_without_what_other_kinds_need(database_url: str, data_dir: Path) -> None:
    """Customers and products behind an order need permissions of their own; without them the order still comes."""
    with world(database_url, data_dir, sizes=SIZES, scopes=("read_orders",)) as shop:
        shop.settings(customer_profiles=False, email_consent=False, sms_consent=False, product_catalogue=False)
        operation = shop.run_import()
        assert (operation.state, operation.error) == ("done", None)
        assert shop.count(tables.orders) > 0
        assert {row[0] for row in shop.rows(tables.orders, "customer_id")} == {None}
        assert {row[0] for row in shop.rows(tables.order_lines, "product_id")} == {None}


TOGGLES = [
    ("email_consent", "email_state", "first_name"),
    ("sms_consent", "sms_state", "email_state"),
    ("customer_profiles", "first_name", "email_state"),
]


@pytest.mark.parametrize(("toggle", "gone", "there"), TOGGLES)
def test_what_is_switched_off_is_not_stored(shop: World, toggle: str, gone: str, there: str) -> None:
    shop.settings(**{toggle: False})
    shop.run_import(Kind.CUSTOMERS)
    assert not any(column(shop, gone).values())
    assert any(column(shop, there).values())
    assert (shop.count(tables.addresses) == 0) is (toggle == "customer_profiles")


def test_without_profile_and_consent_an_address_is_not_even_read(shop: World) -> None:
    shop.settings(customer_profiles=False, sms_consent=False)
    shop.run_import(Kind.CUSTOMERS)
    assert not any(column(shop, "phone").values())
    assert any(column(shop, "email").values())
    assert "defaultPhoneNumber" not in shop.documents("BulkOperation")[0]["query"]


@pytest.mark.parametrize("toggle", [toggle for toggle, _, _ in TOGGLES])
def test_switching_off_later_keeps_what_is_there(shop: World, toggle: str) -> None:
    shop.run_import(Kind.CUSTOMERS)
    before = shop.hub()
    shop.settings(**{toggle: False})
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.receipt is not None
    assert operation.receipt["kinds"]["customers"]["rows_written"] == 0
    assert shop.hub() == before
