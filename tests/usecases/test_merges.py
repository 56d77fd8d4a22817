"""Two customers become one at Shopify: in whatever order its deliveries come, the merged one points to the survivor and
the stricter consent holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from mooring.db import tables
from mooring.domain.consent import SUPPRESSED
from mooring_sandbox.shopify.merchant.customers import change_consent, merge_customers
from mooring_sandbox.shopify.merchant.desk import Desk
from tests.usecases.draining import deliver, drained, number, one, states
from tests.usecases.importing import World, world

SIZES = {"customers": 40, "orders": 120, "products": 6}
SCOPES = ("read_all_orders", "read_customer_merge", "read_customers", "read_orders", "read_products")


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES) as made:
        yield made


def with_address(shop: World) -> list[dict[str, Any]]:
    return [customer for customer in shop.documents("Customer") if customer["defaultEmailAddress"]]


def consent(shop: World, customer: dict[str, Any], state: str) -> None:
    change_consent(Desk(shop.sandbox.state, shop.shop_id, shop.clock), id=customer["id"], channel="email", state=state)


def pair(shop: World, merged: str, survivor: str) -> tuple[int, int]:
    """(merged, survivor), imported with these consents."""
    gone, kept = with_address(shop)[:2]
    consent(shop, gone, merged)
    consent(shop, kept, survivor)
    shop.run_import()
    later(shop, 5)
    return number(gone["id"]), number(kept["id"])


def later(shop: World, seconds: float) -> None:
    shop.clock.advance(timedelta(seconds=seconds))
    shop.app.clock.advance(timedelta(seconds=seconds))  # pyright: ignore[reportAttributeAccessIssue]


def merge(shop: World, gone: int, kept: int) -> datetime:
    merge_customers(Desk(shop.sandbox.state, shop.shop_id, shop.clock), id=gone, into=kept)
    return shop.clock.now()


def told(shop: World, gone: int, kept: int, at: datetime) -> list[tuple[str, int, int | None]]:
    return [("customers/merge", gone, kept), ("customers/delete", gone, None), ("customers/update", kept, None)]


def test_the_merged_one_points_to_the_survivor(shop: World) -> None:
    gone, kept = pair(shop, "SUBSCRIBED", "SUBSCRIBED")
    at = merge(shop, gone, kept)
    deliver(shop, "customers/merge", gone, kept, at=at)
    drained(shop)
    assert one(shop, tables.customers, gone, "merged_into") == kept
    assert one(shop, tables.customers, gone, "deleted_at") is not None
    assert one(shop, tables.customers, kept, "merged_into", "deleted_at", "email_state") == (None, None, "SUBSCRIBED")


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("at_once", [True, False])
def test_the_stricter_consent_holds_in_every_order(shop: World, order: tuple[int, ...], at_once: bool) -> None:
    gone, kept = pair(shop, "UNSUBSCRIBED", "SUBSCRIBED")
    at = merge(shop, gone, kept)
    deliveries = told(shop, gone, kept, at)
    for turn in order:
        deliver(shop, *deliveries[turn], at=at)
        if not at_once:
            drained(shop)
    drained(shop)
    assert set(states(shop)) == {"done"}
    assert one(shop, tables.customers, gone, "merged_into") == kept
    assert one(shop, tables.customers, kept, "email_state", "deleted_at") == (SUPPRESSED, None)


STRICTER = [
    ("UNSUBSCRIBED", "SUBSCRIBED", SUPPRESSED),
    ("NOT_SUBSCRIBED", "SUBSCRIBED", SUPPRESSED),
    ("SUBSCRIBED", "UNSUBSCRIBED", "UNSUBSCRIBED"),
    ("SUBSCRIBED", "NOT_SUBSCRIBED", "NOT_SUBSCRIBED"),
]


@pytest.mark.parametrize(("merged", "survivor", "shown"), STRICTER)
def test_which_is_stricter(shop: World, merged: str, survivor: str, shown: str) -> None:
    gone, kept = pair(shop, merged, survivor)
    at = merge(shop, gone, kept)
    deliver(shop, "customers/merge", gone, kept, at=at)
    drained(shop)
    assert one(shop, tables.customers, kept, "email_state") == shown


def test_a_later_consent_lifts_it_and_an_old_delivery_does_not_bring_it_back(shop: World) -> None:
    gone, kept = pair(shop, "UNSUBSCRIBED", "SUBSCRIBED")
    at = merge(shop, gone, kept)
    deliver(shop, "customers/merge", gone, kept, at=at)
    drained(shop)
    later(shop, 60)
    survivor = next(c for c in shop.documents("Customer") if number(c["id"]) == kept)
    consent(shop, survivor, "UNSUBSCRIBED")
    later(shop, 60)
    survivor = next(c for c in shop.documents("Customer") if number(c["id"]) == kept)
    consent(shop, survivor, "SUBSCRIBED")
    deliver(shop, "customers_email_marketing_consent/update", kept, kind="customers")
    drained(shop)
    assert one(shop, tables.customers, kept, "email_state") == "SUBSCRIBED"
    deliver(shop, "customers/merge", gone, kept, at=at)
    drained(shop)
    assert one(shop, tables.customers, kept, "email_state") == "SUBSCRIBED"


def test_a_merge_that_has_not_happened_merges_nobody(shop: World) -> None:
    gone, kept = pair(shop, "UNSUBSCRIBED", "SUBSCRIBED")
    deliver(shop, "customers/merge", gone, kept)
    deliver(shop, "customers/merge", gone, None)
    drained(shop)
    assert one(shop, tables.customers, gone, "merged_into", "deleted_at") == (None, None)
    assert one(shop, tables.customers, kept, "email_state") == "SUBSCRIBED"
    assert set(states(shop)) == {"done"}


def test_orders_of_the_merged_one_come_to_the_survivor_as_they_are_told(shop: World) -> None:
    gone, kept = pair(shop, "SUBSCRIBED", "SUBSCRIBED")
    orders = [row[0] for row in shop.rows(tables.orders, "shopify_id", "customer_id") if row[1] == gone]
    at = merge(shop, gone, kept)
    deliver(shop, "customers/merge", gone, kept, at=at)
    for order in orders:
        deliver(shop, "orders/updated", order)
    drained(shop)
    assert orders
    assert {one(shop, tables.orders, order, "customer_id") for order in orders} == {kept}


def test_a_survivor_who_was_not_here_yet_is_imported(shop: World) -> None:
    from mooring.domain.kinds import Kind
    from tests.usecases.test_recover import forget

    gone, kept = pair(shop, "UNSUBSCRIBED", "SUBSCRIBED")
    forget(shop, Kind.CUSTOMERS, kept)
    at = merge(shop, gone, kept)
    deliver(shop, "customers/merge", gone, kept, at=at)
    drained(shop)
    assert one(shop, tables.customers, kept, "email_state") == SUPPRESSED
    assert one(shop, tables.customers, gone, "merged_into") == kept
