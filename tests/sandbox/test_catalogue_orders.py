"""Orders of the catalogue add up: whatever the seed and the shop's currency, no law is broken."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mooring_sandbox.shopify.catalogue import Sizes, fill, shop_doc
from mooring_sandbox.shopify.catalogue.laws import broken
from mooring_sandbox.shopify.state import State

Doc = dict[str, Any]

AS_OF = datetime(2026, 10, 1, 12, tzinfo=UTC)


def filled(seed: int, sizes: Sizes, currency: str = "EUR", shop_id: int = 1) -> State:
    state = State()
    state.add_shop(
        shop_id, "harbour", shop_doc("harbour", seed, currency=currency, shop_id=shop_id, as_of="2026-10-01T12:00:00Z")
    )
    fill(state, shop_id, seed, sizes, as_of=AS_OF)
    return state


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), currency=st.sampled_from(["EUR", "USD", "CAD", "GBP", "JPY", "KWD"]))
def test_every_order_adds_up(seed: int, currency: str) -> None:
    state = filled(seed, Sizes(customers=20, orders=60, products=30), currency)
    assert [law for order in state.scan(1, "Order") for law in broken(order)] == []


@pytest.fixture(scope="module")
def orders() -> list[Doc]:
    return list(filled(3, Sizes(customers=800, orders=3000, products=120)).scan(1, "Order"))


def test_every_order_of_a_larger_shop_adds_up(orders: list[Doc]) -> None:
    assert [law for order in orders for law in broken(order)] == []


def _drop_refund(order: Doc) -> None:
    order["refunds"].pop()


def _more_tax(order: Doc) -> None:
    order["lineItems"][0]["taxLines"][0]["priceSet"] = {
        side: {"amount": "99.0", "currencyCode": "EUR"} for side in ("shopMoney", "presentmentMoney")
    }


def _one_more(order: Doc) -> None:
    order["lineItems"][0]["quantity"] += 1


def _other(name: str) -> Callable[[Doc], None]:
    def change(order: Doc) -> None:
        order[name] = {side: {"amount": "1234.56", "currencyCode": "EUR"} for side in ("shopMoney", "presentmentMoney")}

    return change


TOTALS = (
    "subtotalPriceSet", "totalPriceSet", "totalTaxSet", "totalReceivedSet", "currentTotalPriceSet", "netPaymentSet",
    "currentSubtotalPriceSet", "currentTotalTaxSet", "totalRefundedSet", "originalTotalPriceSet", "totalOutstandingSet",
)  # fmt: skip


def _ordinary(order: Doc) -> bool:
    """Taxed, never edited, in the shop's own money, with some of it paid back and some kept."""
    taxed = order["lineItems"][0]["taxLines"]
    return (
        bool(taxed)
        and not order["edited"]
        and order["presentmentCurrencyCode"] == "EUR"
        and "totalRefundedSet" in order
    )


@pytest.mark.parametrize(
    "spoil", [_drop_refund, _more_tax, _one_more, *map(_other, TOTALS)], ids=lambda f: getattr(f, "__name__", "?")
)
def test_the_laws_notice_what_is_wrong(orders: list[Doc], spoil: Callable[[Doc], None]) -> None:
    """A checker that finds nothing anywhere would pass the tests above."""
    good = next(order for order in orders if order["refunds"] and _ordinary(order))
    order = copy.deepcopy(good)
    assert broken(order) == []
    spoil(order)
    assert broken(order)


def test_there_is_some_of_everything(orders: list[Doc]) -> None:
    lines = [line for order in orders for line in order["lineItems"]]
    seen = Counter(order["displayFinancialStatus"] for order in orders)
    assert set(seen) == {"PAID", "PENDING", "AUTHORIZED", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "REFUNDED", "VOIDED"}
    assert {order["displayFulfillmentStatus"] for order in orders} == {
        "FULFILLED",
        "UNFULFILLED",
        "PARTIALLY_FULFILLED",
    }
    kinds = {application["__typename"] for order in orders for application in order["discountApplications"]}
    assert kinds == {"DiscountCodeApplication", "AutomaticDiscountApplication", "ManualDiscountApplication"}
    methods = {application["allocationMethod"] for order in orders for application in order["discountApplications"]}
    assert methods == {"ACROSS", "EACH", "ONE"}
    gateways = {t["gateway"] for order in orders for t in order["transactions"]}
    assert {"shopify_payments", "paypal", "manual", "Cash on Delivery (COD)", "gift_card", "cash"} <= gateways
    assert any(line["isGiftCard"] for line in lines)
    assert any(line["productId"] is None and line["sku"] for line in lines), "a deleted product leaves its snapshot"
    assert any(line["currentQuantity"] < line["quantity"] for line in lines)
    assert {order["presentmentCurrencyCode"] for order in orders} >= {"EUR", "USD", "GBP", "JPY"}
    for sign in (
        "customerId",
        "test",
        "cancelledAt",
        "edited",
        "note",
        "customAttributes",
        "tags",
        "totalTipReceivedSet",
    ):
        assert 0 < sum(bool(order.get(sign)) for order in orders) < len(orders), sign
    adjusted = [r for order in orders for r in order["refunds"] if r["orderAdjustments"]]
    assert adjusted and any(r["refundShippingLines"] for order in orders for r in order["refunds"])


def test_three_in_a_hundred_have_refunds(orders: list[Doc]) -> None:
    share = sum(bool(order["refunds"]) for order in orders) / len(orders)
    assert 0.02 < share < 0.045


def test_two_thirds_are_younger_than_sixty_days_and_numbers_follow_dates(orders: list[Doc]) -> None:
    created = [order["createdAt"] for order in orders]
    assert created == sorted(created)
    assert created[0] >= "2023-10" and created[-1] < "2026-10-01T12:00:00Z"
    recent = sum(moment >= "2026-08-02T12:00:00Z" for moment in created) / len(created)
    assert 0.6 < recent < 0.7
    assert all(o["createdAt"] <= o["updatedAt"] <= "2026-10-01T12:00:00Z" for o in orders)
    assert [order["name"] for order in orders[:2]] == ["#1001", "#1002"]
