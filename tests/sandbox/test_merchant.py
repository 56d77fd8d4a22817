"""What a merchant does keeps the shop consistent, moves `updatedAt` and tells the topics Shopify would tell."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify.catalogue import Sizes, fill, shop_doc
from mooring_sandbox.shopify.catalogue.laws import broken
from mooring_sandbox.shopify.merchant import ACTS, Merchant, perform
from mooring_sandbox.shopify.state import State

Doc = dict[str, Any]

START = datetime(2026, 10, 1, 12, tzinfo=UTC)


class Shop:
    """A small shop, a clock that stands a minute further before each act, and a note of what was told."""

    def __init__(self, sizes: Sizes, currency: str = "EUR") -> None:
        self.state, self.clock = State(), Clock()
        self.clock.set(START)
        self.state.add_shop(1, "harbour", shop_doc("harbour", 5, currency=currency, shop_id=1, as_of=iso(START)))
        fill(self.state, 1, 5, sizes, as_of=START)
        self.told: list[tuple[str, str, Doc]] = []
        self.state.listen(lambda _, topic, id_, doc: self.told.append((topic, id_, doc)))

    def act(self, name: str, **arguments: Any) -> Doc:
        self.told.clear()
        self.clock.advance(timedelta(minutes=1))
        return perform(self.state, 1, self.clock, name, arguments)

    def topics(self) -> set[str]:
        return {topic for topic, _, _ in self.told}

    def all(self, type_: str) -> list[Doc]:
        return list(self.state.scan(1, type_))

    def order(self, **told: Any) -> Doc:
        """An order of two lines, 25.00 and 2 x 10.00, with 5.00 shipping; taxes as the shop has them."""
        lines = [{"title": "A", "price": "25.00"}, {"title": "B", "price": "10.00", "quantity": 2}]
        return self.act("create_order", **{"lines": lines, "shipping": "5", **told})

    def now(self, order: Doc) -> Doc:
        return next(each for each in self.all("Order") if each["id"] == order["id"])


@pytest.fixture
def shop() -> Shop:
    return Shop(Sizes(customers=12, orders=15, products=8))


def amount(order: Doc, name: str) -> Decimal:
    return Decimal(order[f"{name}Set"]["shopMoney"]["amount"]) if f"{name}Set" in order else Decimal(0)


# -- customers --------------------------------------------------------------------------------------------------


def test_a_customer_comes_changes_and_goes(shop: Shop) -> None:
    made = shop.act("create_customer", first_name="Ann", email="Ann@Example.com", tags=["new"])
    assert shop.topics() == {"CUSTOMERS_CREATE"} and made["email"] == "ann@example.com"
    changed = shop.act("edit_customer", id=made["id"], last_name="Lee", phone="+14155550100")
    assert shop.topics() == {"CUSTOMERS_UPDATE"}
    assert changed["lastName"] == "Lee" and changed["defaultPhoneNumber"]["phoneNumber"] == "+14155550100"
    assert changed["updatedAt"] > made["updatedAt"] == made["createdAt"]
    with_address = shop.act("add_address", id=made["id"], address1="1 Oak St", city="Austin", country_code="US")
    assert with_address["defaultAddressId"] == with_address["addressesV2"][0]["id"]
    shop.act("delete_customer", id=made["id"])
    assert shop.topics() == {"CUSTOMERS_DELETE"} and made["id"] not in {c["id"] for c in shop.all("Customer")}


def test_consent_has_topics_of_its_own(shop: Shop) -> None:
    made = shop.act("create_customer", email="a@example.com", phone="+14155550101")
    mail = shop.act("change_consent", id=made["id"], state="SUBSCRIBED")
    assert shop.topics() == {"CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE"}
    assert mail["defaultEmailAddress"]["marketingUpdatedAt"] == mail["updatedAt"]
    sms = shop.act("change_consent", id=made["id"], channel="sms", state="UNSUBSCRIBED")
    assert shop.topics() == {"CUSTOMERS_MARKETING_CONSENT_UPDATE"}
    assert sms["defaultPhoneNumber"]["marketingState"] == "UNSUBSCRIBED"
    assert sms["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED"


def test_a_new_address_carries_no_consent_over(shop: Shop) -> None:
    made = shop.act("create_customer", email="a@example.com")
    shop.act("change_consent", id=made["id"], state="SUBSCRIBED")
    assert (
        shop.act("edit_customer", id=made["id"], email="b@example.com")["defaultEmailAddress"]["marketingState"]
        == "NOT_SUBSCRIBED"
    )


def test_tags_tell_what_was_added_and_removed(shop: Shop) -> None:
    made = shop.act("create_customer", first_name="Ann", tags=["old", "VIP"])
    changed = shop.act("tag_customer", id=made["id"], add=["vip", "new"], remove=["OLD"])
    assert changed["tags"] == ["VIP", "new"]
    assert {topic: doc["$payload"]["tags"] for topic, _, doc in shop.told} == {
        "CUSTOMER_TAGS_ADDED": ["new"],
        "CUSTOMER_TAGS_REMOVED": ["old"],
    }


def test_merging_moves_orders_and_ends_the_other(shop: Shop) -> None:
    gone, kept = (
        shop.act("create_customer", first_name=name, email=f"{name}@example.com", tags=[name]) for name in "ab"
    )
    orders = [shop.order(customer=customer["id"]) for customer in (gone, kept, gone)]
    merged = shop.act("merge_customers", id=gone["id"], into=kept["id"])
    assert merged["id"] == kept["id"] and merged["tags"] == ["a", "b"] and merged["email"] == "b@example.com"
    assert merged["numberOfOrders"] == "3" and merged["lastOrderId"] == orders[2]["id"]
    assert {o["customerId"] for o in shop.all("Order") if o["id"] in {order["id"] for order in orders}} == {kept["id"]}
    assert "CUSTOMERS_MERGE" in shop.topics() and gone["id"] not in {c["id"] for c in shop.all("Customer")}


# -- orders -----------------------------------------------------------------------------------------------------


def test_an_order_from_checkout_to_door(shop: Shop) -> None:
    buyer = shop.act("create_customer", first_name="Ann", email="ann@example.com")
    order = shop.order(customer=buyer["id"], paid=False, discount_code="TEN", discount_percent=10)
    assert shop.topics() == {"ORDERS_CREATE", "CUSTOMERS_PURCHASING_SUMMARY"}
    assert amount(order, "totalPrice") == Decimal("45.50") and order["displayFinancialStatus"] == "PENDING"
    assert order["name"] == "#1016", "numbered on from the catalogue's fifteen"
    paid = shop.act("pay_order", id=order["id"], gateway="paypal")
    assert {"ORDERS_PAID", "ORDERS_UPDATED", "ORDER_TRANSACTIONS_CREATE"} <= shop.topics()
    assert paid["displayFinancialStatus"] == "PAID" and paid["paymentGatewayNames"] == ["paypal"]
    first = shop.act("fulfil_order", id=order["id"], lines={order["lineItems"][1]["id"]: 1})
    assert "ORDERS_PARTIALLY_FULFILLED" in shop.topics() and first["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    sent = shop.act("fulfil_order", id=order["id"], tracking_number="123")
    assert {"ORDERS_FULFILLED", "FULFILLMENTS_CREATE", "ORDERS_UPDATED"} <= shop.topics()
    assert sent["displayFulfillmentStatus"] == "FULFILLED" and broken(sent) == []
    (bought,) = [c for c in shop.all("Customer") if c["id"] == buyer["id"]]
    assert bought["numberOfOrders"] == "1" and bought["amountSpent"]["amount"] == "45.5"


def test_a_partial_and_then_the_rest_of_a_refund(shop: Shop) -> None:
    order = shop.order()
    line = order["lineItems"][1]["id"]
    part = shop.act("refund_order", id=order["id"], lines={line: 1}, note="one too many")
    assert {"REFUNDS_CREATE", "ORDER_TRANSACTIONS_CREATE", "ORDERS_UPDATED"} <= shop.topics()
    assert part["displayFinancialStatus"] == "PARTIALLY_REFUNDED" and amount(part, "totalRefunded") == 10
    assert part["lineItems"][1]["currentQuantity"] == 1
    whole = shop.act("refund_order", id=order["id"])
    assert whole["displayFinancialStatus"] == "REFUNDED" and amount(whole, "currentTotalPrice") == 0
    assert amount(whole, "totalRefunded") == 50 == amount(whole, "totalPrice")
    assert broken(part) == broken(whole) == []


def test_a_fee_kept_and_a_plain_amount_are_adjustments(shop: Shop) -> None:
    order = shop.order()
    kept = shop.act("refund_order", id=order["id"], lines={order["lineItems"][0]["id"]: 1}, fee="5.00")
    assert amount(kept, "totalRefunded") == 20 and amount(kept, "currentTotalPrice") == 30
    given = shop.act("refund_order", id=order["id"], amount="3.33")
    assert amount(given, "totalRefunded") == Decimal("23.33") and amount(given, "currentTotalPrice") == Decimal("26.67")
    assert broken(kept) == broken(given) == []


def test_an_edit_adds_what_is_owed_and_removes_what_is_paid_back(shop: Shop) -> None:
    order = shop.order()
    more = shop.act("edit_order", id=order["id"], add=[{"title": "C", "price": "7.00"}])
    assert shop.topics() == {"ORDERS_EDITED", "ORDERS_UPDATED"}
    assert more["displayFinancialStatus"] == "PARTIALLY_PAID" and amount(more, "totalOutstanding") == 7
    assert amount(more, "originalTotalPrice") == 50 and amount(more, "totalPrice") == 57
    less = shop.act("edit_order", id=order["id"], remove={order["lineItems"][0]["id"]: 1})
    assert amount(less, "totalRefunded") == 18, "25.00 went, 7.00 were owed"
    assert less["edited"] and broken(more) == broken(less) == []


def test_removing_from_an_unpaid_order_moves_no_money(shop: Shop) -> None:
    order = shop.order(paid=False)
    less = shop.act("edit_order", id=order["id"], remove={order["lineItems"][0]["id"]: 1})
    assert less["refunds"][0]["transactions"] == [] and amount(less, "totalOutstanding") == 25
    assert less["displayFinancialStatus"] == "PENDING" and broken(less) == []


@pytest.mark.parametrize(("paid", "status"), [(True, "REFUNDED"), (False, "VOIDED")])
def test_cancelling_takes_everything_out(shop: Shop, paid: bool, status: str) -> None:
    order = shop.order(paid=paid, tip="2")
    gone = shop.act("cancel_order", id=order["id"], reason="FRAUD")
    assert {"ORDERS_CANCELLED", "ORDERS_UPDATED", "REFUNDS_CREATE"} <= shop.topics()
    assert gone["displayFinancialStatus"] == status and gone["cancelReason"] == "FRAUD" and gone["closed"]
    assert amount(gone, "currentTotalPrice") == 0 and broken(gone) == []


def test_cancelling_without_a_refund_leaves_the_shop_owing(shop: Shop) -> None:
    gone = shop.act("cancel_order", id=shop.order()["id"], refund=False)
    assert amount(gone, "totalOutstanding") == -50 and gone["displayFinancialStatus"] == "PAID"


def test_a_deleted_order_counts_no_more(shop: Shop) -> None:
    buyer = shop.act("create_customer", first_name="Ann")
    order = shop.order(customer=buyer["id"])
    shop.act("delete_order", id=order["id"])
    assert {"ORDERS_DELETE", "CUSTOMERS_PURCHASING_SUMMARY"} == shop.topics()
    (now,) = [c for c in shop.all("Customer") if c["id"] == buyer["id"]]
    assert (now["numberOfOrders"], now["lastOrderId"], now["amountSpent"]["amount"]) == ("0", None, "0.0")


def test_foreign_money_holds_through_refunds() -> None:
    shop = Shop(Sizes(), "USD")
    order = shop.order(presentment_currency="JPY", rate="149.33", discount_percent=33, tip="1.99")
    assert order["totalPriceSet"]["presentmentMoney"]["currencyCode"] == "JPY"
    shop.act("refund_order", id=order["id"], lines={order["lineItems"][1]["id"]: 1})
    shop.act("refund_order", id=order["id"], amount="1.01")
    assert broken(shop.now(order)) == []
    assert broken(shop.act("refund_order", id=order["id"])) == []
    assert shop.now(order)["displayFinancialStatus"] == "REFUNDED"


CHANGES = st.lists(
    st.sampled_from(["one", "all", "amount", "fee", "add", "remove", "pay", "fulfil"]), min_size=1, max_size=6
)


@settings(max_examples=60, deadline=None)
@given(
    changes=CHANGES, percent=st.integers(0, 100), rate=st.sampled_from(["1.0842", "162.37", "0.00731"]),
    money=st.sampled_from(["USD", "JPY", "KWD"]), prices=st.lists(st.integers(1, 99_999), min_size=1, max_size=3),
    quantity=st.integers(1, 7), paid=st.booleans(), tip=st.sampled_from(["0", "1.99"]), cancel=st.booleans(),
)  # fmt: skip
def test_whatever_happens_to_an_order_it_adds_up(
    changes: list[str], percent: int, rate: str, money: str, prices: list[int], quantity: int, paid: bool, tip: str,
    cancel: bool,
) -> None:  # fmt: skip
    shop = Shop(Sizes())
    lines = [
        {"title": str(at), "price": f"{p // 100}.{p % 100:02}", "quantity": quantity} for at, p in enumerate(prices)
    ]
    order = shop.act("create_order", lines=lines, shipping="4.99", discount_percent=percent, paid=paid, tip=tip,
                     presentment_currency=money, rate=rate)  # fmt: skip
    line = order["lineItems"][0]["id"]
    arguments: dict[str, tuple[str, Doc]] = {
        "one": ("refund_order", {"lines": {line: 1}}), "all": ("refund_order", {}),
        "amount": ("refund_order", {"amount": "0.37"}), "fee": ("refund_order", {"lines": {line: 1}, "fee": "1.05"}),
        "add": ("edit_order", {"add": [{"title": "more", "price": "3.33"}]}),
        "remove": ("edit_order", {"remove": {line: 1}}), "pay": ("pay_order", {}), "fulfil": ("fulfil_order", {}),
    }  # fmt: skip
    for name, told in [*(arguments[change] for change in changes), *([("cancel_order", {})] if cancel else [])]:
        with contextlib.suppress(ValueError):
            shop.act(name, id=order["id"], **told)
        assert broken(shop.now(order)) == []
    if cancel:
        assert amount(shop.now(order), "currentTotalPrice") == 0 == amount(shop.now(order), "netPayment")


# -- products and stock -------------------------------------------------------------------------------------------


def test_products_variants_and_prices(shop: Shop) -> None:
    product = shop.act(
        "create_product", title="Süße Tee", price="9.90", options={"Size": ["S", "M"]}, sku="T", quantity=5
    )
    assert shop.topics() == {"PRODUCTS_CREATE", "INVENTORY_ITEMS_CREATE"}
    variants = list(shop.state.scan(1, "ProductVariant", product["id"]))
    assert [(v["title"], v["sku"], v["price"], v["inventoryQuantity"]) for v in variants] == [
        ("S", "T-1", "9.90", 5),
        ("M", "T-2", "9.90", 5),
    ]
    added = shop.act("add_variant", product=product["id"], values=["L"], price="11.00")
    assert added["position"] == 3 and shop.topics() == {"PRODUCTS_UPDATE", "INVENTORY_ITEMS_CREATE"}
    assert next(p for p in shop.all("Product") if p["id"] == product["id"])["options"][0]["values"] == ["S", "M", "L"]
    priced = shop.act("change_price", variant=added["id"], price="12.5", compare_at="15")
    assert (priced["price"], priced["compareAtPrice"]) == ("12.50", "15.00") and shop.topics() == {"PRODUCTS_UPDATE"}
    shop.act("delete_variant", id=added["id"])
    assert shop.topics() == {"PRODUCTS_UPDATE", "INVENTORY_ITEMS_DELETE"}, "Shopify has no topic for a variant's end"
    shop.act("delete_product", id=product["id"])
    assert "PRODUCTS_DELETE" in shop.topics() and not list(shop.state.scan(1, "ProductVariant", product["id"]))
    assert {i["variantId"] for i in shop.all("InventoryItem")} == {v["id"] for v in shop.all("ProductVariant")}


def test_stock_moves_and_comes_back_with_a_refund(shop: Shop) -> None:
    product = shop.act("create_product", title="Cup", quantity=10)
    (variant,) = shop.state.scan(1, "ProductVariant", product["id"])
    moved = shop.act("move_stock", variant=variant["id"], by=-3)
    assert moved["inventoryQuantity"] == 7 and shop.topics() == {"INVENTORY_LEVELS_UPDATE", "PRODUCTS_UPDATE"}
    level = next(doc for topic, _, doc in shop.told if topic == "INVENTORY_LEVELS_UPDATE")
    assert level["inventoryItemId"] == variant["inventoryItemId"] and "variantId" not in level
    order = shop.act("create_order", lines=[{"variant": variant["id"], "quantity": 2}])
    shop.act("refund_order", id=order["id"])
    assert [v["inventoryQuantity"] for v in shop.state.scan(1, "ProductVariant", product["id"])] == [9]
    again = shop.act("create_order", lines=[{"variant": variant["id"]}])
    shop.act("refund_order", id=again["id"], return_to_stock=False)
    assert [v["inventoryQuantity"] for v in shop.state.scan(1, "ProductVariant", product["id"])] == [9]


def test_a_deleted_product_leaves_its_order_lines(shop: Shop) -> None:
    product = shop.act("create_product", title="Cup", sku="CUP", quantity=1)
    (variant,) = shop.state.scan(1, "ProductVariant", product["id"])
    order = shop.act("create_order", lines=[{"variant": variant["id"]}])
    shop.act("delete_product", id=product["id"])
    refunded = shop.act("refund_order", id=order["id"])
    assert (refunded["lineItems"][0]["title"], refunded["lineItems"][0]["sku"]) == ("Cup", "CUP") and broken(
        refunded
    ) == []


def test_smart_collections_follow_their_rules(shop: Shop) -> None:
    smart = shop.act("create_collection", title="Sale", column="TAG", condition="live sale")
    product = shop.act("create_product", title="Cup", tags=["live sale"])
    assert "COLLECTIONS_UPDATE" in shop.topics()

    def held() -> list[str]:
        return next(c for c in shop.all("Collection") if c["id"] == smart["id"])["productIds"]

    assert held() == [product["id"]]
    shop.act("tag_product", id=product["id"], remove=["live sale"])
    assert held() == []
    manual = shop.act("create_collection", title="Picks", products=[product["id"]])
    shop.act("delete_product", id=product["id"])
    assert next(c for c in shop.all("Collection") if c["id"] == manual["id"])["productIds"] == []


# -- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("paint_order", {}, "there is no act 'paint_order'; there are add_address, add_variant"),
        ("edit_customer", {"id": 5}, "there is no Customer 5 in this shop"),
        ("edit_customer", {"id": "gid://shopify/Order/5"}, "there is no Customer 'gid://shopify/Order/5' in this shop"),
        ("create_customer", {}, "a customer has a name, an e-mail address or a telephone number"),
        ("create_order", {"lines": []}, "an order has at least one line"),
        ("create_order", {"lines": [{"title": "A", "price": "1.005"}]}, "1.005 has more decimals than EUR"),
        ("create_product", {"title": "A", "status": "NEW"}, "the status is one of ACTIVE, ARCHIVED, DRAFT, UNLISTED"),
    ],
)  # fmt: skip
def test_refusals_are_sentences(shop: Shop, name: str, arguments: Doc, sentence: str) -> None:
    with pytest.raises((LookupError, ValueError), match=sentence):
        shop.act(name, **arguments)
    assert shop.told == []


def test_what_is_refused_changes_nothing(shop: Shop) -> None:
    order = shop.order()
    line = order["lineItems"][0]["id"]
    for name, arguments in (
        ("refund_order", {"lines": {line: 2}}), ("refund_order", {"amount": "50.01"}), ("pay_order", {}),
        ("fulfil_order", {"lines": {line: 3}}), ("edit_order", {"remove": {line: 5}}),
        ("cancel_order", {"reason": "MOOD"}),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"."):
            shop.act(name, id=order["id"], **arguments)
    assert shop.now(order) == order and shop.told == []
    buyer = shop.act("create_customer", first_name="Ann", email="ann@example.com")
    shop.order(customer=buyer["id"])
    with pytest.raises(ValueError, match="associated orders"):
        shop.act("delete_customer", id=buyer["id"])
    with pytest.raises(ValueError, match="Email has already been taken"):
        shop.act("create_customer", email="ANN@example.com")


# -- the merchant who lives by himself ------------------------------------------------------------------------------


@pytest.mark.parametrize("currency", ["EUR", "USD", "JPY"])
def test_a_living_shop_stays_consistent(currency: str) -> None:
    shop = Shop(Sizes(customers=20, orders=30, products=10), currency)
    done = Merchant(shop.state, 1, 9, shop.clock).live(350)
    assert len(done) == 350 and len({each.act for each in done}) > 18
    assert [law for order in shop.all("Order") for law in broken(order)] == []
    orders = Counter(order["customerId"] for order in shop.all("Order"))
    assert all(customer["numberOfOrders"] == str(orders[customer["id"]]) for customer in shop.all("Customer"))
    items = {item["variantId"]: item for item in shop.all("InventoryItem")}
    for variant in shop.all("ProductVariant"):
        told = sum(level["quantities"][0]["quantity"] for level in items.pop(variant["id"])["inventoryLevels"])
        assert variant["inventoryQuantity"] == told
    assert items == {}
    assert all(
        doc["updatedAt"] <= iso(shop.clock.now())
        for type_ in ("Customer", "Order", "Product")
        for doc in shop.all(type_)
    )


def test_the_same_seed_lives_the_same_life() -> None:
    shops = [Shop(Sizes(customers=10, orders=10, products=5)) for _ in range(2)]
    lives = [Merchant(shop.state, 1, 3, shop.clock).live(60) for shop in shops]
    assert lives[0] == lives[1] != Merchant(shops[0].state, 1, 4, shops[0].clock).live(60)


def test_a_life_ends_when_it_should(shop: Shop) -> None:
    Merchant(shop.state, 1, 3, shop.clock).live(until=START + timedelta(days=1), step=timedelta(hours=1))
    assert START + timedelta(days=1) <= shop.clock.now() < START + timedelta(days=1, hours=2)
    with pytest.raises(ValueError, match="tell how many acts, or until when"):
        Merchant(shop.state, 1, 3, shop.clock).live()


def test_an_empty_shop_comes_to_life() -> None:
    shop = Shop(Sizes())
    assert Merchant(shop.state, 1, 3, shop.clock).live(30)[0].act == "create_product"
    assert shop.all("Order")


def test_every_act_is_something_the_living_merchant_can_do() -> None:
    from mooring_sandbox.shopify.merchant.live import _PLANS, _WEEKDAY

    assert set(_WEEKDAY) == set(_PLANS) and set(_PLANS) <= set(ACTS)
    assert set(ACTS) - set(_PLANS) == {"change_variant"}
