"""The catalogue is the same for the same seed, whatever its size it is consistent, and it speaks Shopify's types."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull, GraphQLSchema, build_schema, is_composite_type

from mooring_sandbox.shopify.catalogue import Sizes, fill, shop_doc
from mooring_sandbox.shopify.catalogue.products import GIANT, ean13
from mooring_sandbox.shopify.state import State, parse_gid

Doc = dict[str, Any]

AS_OF = datetime(2026, 10, 1, 12, tzinfo=UTC)
SIZES = Sizes(customers=400, orders=500, products=60)


def filled(sizes: Sizes = SIZES, seed: int = 7, shop_id: int = 1, currency: str = "EUR") -> State:
    state = State()
    state.add_shop(
        shop_id, "harbour", shop_doc("harbour", seed, currency=currency, shop_id=shop_id, as_of="2026-10-01T12:00:00Z")
    )
    fill(state, shop_id, seed, sizes, as_of=AS_OF)
    return state


def dump(state: State) -> list[tuple[Any, ...]]:
    return [*state.db.execute("SELECT * FROM record ORDER BY shop_id, type, id"),
            *state.db.execute("SELECT * FROM embedded ORDER BY shop_id, type, id")]  # fmt: skip


@pytest.fixture(scope="module")
def state() -> State:
    return filled()


def test_same_seed_same_bytes(state: State) -> None:
    assert dump(filled()) == dump(state)
    assert dump(filled(seed=8)) != dump(state)


def test_same_bytes_in_another_process(state: State) -> None:
    """Nothing may hang on the order of a set, which differs from process to process."""
    script = (
        "import hashlib; from test_catalogue import dump, filled;"
        "print(hashlib.sha256(repr(dump(filled())).encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script], cwd=Path(__file__).parent, env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True, timeout=120,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert told == {hashlib.sha256(repr(dump(state)).encode()).hexdigest()}


def test_another_shop_shares_no_id(state: State) -> None:
    ids = {row[1:3] for row in dump(state)}
    assert ids.isdisjoint(row[1:3] for row in dump(filled(shop_id=2)))


def test_a_larger_catalogue_has_the_same_people_and_goods(state: State) -> None:
    """Dates and what orders add up to move with the size; who somebody is does not."""
    larger = filled(Sizes(customers=900, orders=10, products=90))
    own = ("id", "firstName", "lastName", "email", "phone", "tags", "addressesV2", "note", "taxExemptions")
    for small, large in zip(state.scan(1, "Customer"), larger.scan(1, "Customer"), strict=False):
        assert [small[field] for field in own] == [large[field] for field in own]
    for small, large in zip(state.scan(1, "ProductVariant"), larger.scan(1, "ProductVariant"), strict=False):
        assert [small[f] for f in ("id", "sku", "barcode", "price", "title")] == [
            large[f] for f in ("id", "sku", "barcode", "price", "title")
        ]


def test_counts_are_as_asked(state: State) -> None:
    assert [state.count(1, type_) for type_ in ("Customer", "Order", "Product", "Location")] == [400, 500, 60, 2]
    assert state.count(1, "ProductVariant") == state.count(1, "InventoryItem")
    empty = filled(Sizes())
    assert [empty.count(1, type_) for type_ in ("Customer", "Order", "Product", "Collection")] == [0, 0, 0, 0]


def test_orders_without_customers_or_products_are_guests_with_custom_lines() -> None:
    orders = list(filled(Sizes(orders=40)).scan(1, "Order"))
    assert len(orders) == 40
    assert {order["customerId"] for order in orders} == {None}
    assert {line["variantId"] for order in orders for line in order["lineItems"]} == {None}


def test_impossible_sizes_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="products must be between 0 and 400,000, not 400,001"):
        Sizes(products=400_001)


def test_one_product_has_as_many_variants_as_shopify_allows(state: State) -> None:
    products = list(state.scan(1, "Product"))
    counts = Counter(variant["productId"] for variant in state.scan(1, "ProductVariant"))
    assert counts[products[GIANT]["id"]] == 2048 == max(counts.values())
    assert min(counts.values()) == 1 and sorted(counts.values())[-2] == 100
    giant = list(state.scan(1, "ProductVariant", parent=products[GIANT]["id"]))
    assert len({tuple(o["value"] for o in v["selectedOptions"]) for v in giant}) == 2048


def test_barcodes_are_valid_and_some_are_missing_or_shared(state: State) -> None:
    large = filled(Sizes(products=400))
    codes = [variant["barcode"] for variant in large.scan(1, "ProductVariant")]
    assert None in codes and len(set(codes)) < len(codes) - codes.count(None)
    assert all(len(code) == 13 and ean13(code[:12]) == code for code in codes if code)
    assert ean13("400638133393") == "4006381333931"
    skus = [variant["sku"] for variant in large.scan(1, "ProductVariant")]
    assert None in skus and len(set(skus)) < len(skus) - skus.count(None)


def test_customers_know_their_orders(state: State) -> None:
    orders: dict[str, list[Doc]] = {}
    for order in state.scan(1, "Order"):
        orders.setdefault(order["customerId"], []).append(order)
    for customer in state.scan(1, "Customer"):
        own = orders.get(customer["id"], [])
        spent = sum((_net(order) for order in own if not order["test"]), Decimal(0))
        assert customer["numberOfOrders"] == str(len(own))
        assert Decimal(customer["amountSpent"]["amount"]) == spent
        assert customer["lastOrderId"] == (own[-1]["id"] if own else None)
        assert all(customer["createdAt"] < order["createdAt"] <= customer["updatedAt"] for order in own)


def _net(order: Doc) -> Decimal:
    return Decimal(order["netPaymentSet"]["shopMoney"]["amount"]) if "netPaymentSet" in order else Decimal(0)


def test_customers_are_of_all_sorts() -> None:
    people = list(filled(Sizes(customers=3000)).scan(1, "Customer"))
    emails = [p["defaultEmailAddress"] for p in people if p["defaultEmailAddress"]]
    phones = [p["defaultPhoneNumber"] for p in people if p["defaultPhoneNumber"]]
    assert {e["marketingState"] for e in emails} == {
        "SUBSCRIBED",
        "NOT_SUBSCRIBED",
        "UNSUBSCRIBED",
        "PENDING",
        "INVALID",
    }
    assert {p["marketingState"] for p in phones} == {
        "SUBSCRIBED",
        "NOT_SUBSCRIBED",
        "UNSUBSCRIBED",
        "PENDING",
        "REDACTED",
    }
    assert {len(p["addressesV2"]) for p in people} == {0, 1, 2, 3, 4}
    assert len({e["emailAddress"] for e in emails}) == len(emails) < len(people)
    assert all(re.fullmatch(r"\+[1-9]\d{7,14}", p["phoneNumber"]) for p in phones)
    assert all(re.fullmatch(r"[a-z0-9.]+@[a-z.]+", e["emailAddress"]) for e in emails)
    assert any(p["firstName"] is None and p["lastName"] is None for p in people)
    assert max(len(p["firstName"] or "") for p in people) > 100
    assert any("🌟" in (p["note"] or "") for p in people)
    dated = [e for e in emails if e["marketingState"] in {"SUBSCRIBED", "UNSUBSCRIBED", "PENDING"}]
    assert all(e["marketingUpdatedAt"] and e["marketingOptInLevel"] for e in dated)


def test_addresses_have_the_provinces_their_countries_have(state: State) -> None:
    addresses = [a for customer in state.scan(1, "Customer") for a in customer["addressesV2"]]
    assert all((a["province"] is None) == (a["provinceCode"] is None) for a in addresses)
    assert all(a["provinceCode"] for a in addresses if a["countryCodeV2"] in {"US", "CA", "AU", "IT", "JP"})
    assert not any("#" in (a["zip"] or "") + a["address1"] for a in addresses)


def test_stock_adds_up(state: State) -> None:
    items = {item["variantId"]: item for item in state.scan(1, "InventoryItem")}
    for variant in state.scan(1, "ProductVariant"):
        levels = items[variant["id"]]["inventoryLevels"]
        told = [{q["name"]: q["quantity"] for q in level["quantities"]} for level in levels]
        assert variant["inventoryQuantity"] == sum(level["available"] for level in told)
        assert all(level["on_hand"] == level["available"] + level["committed"] for level in told)
        assert all(
            level["id"].endswith(f"?inventory_item_id={items[variant['id']]['id'].rsplit('/', 1)[1]}")
            for level in levels
        )


def test_collections_hold_what_their_rules_say(state: State) -> None:
    products = {product["id"]: product for product in state.scan(1, "Product")}
    sets = list(state.scan(1, "Collection"))
    assert {bool(each["ruleSet"]) for each in sets} == {True, False}
    field = {"TYPE": "productType", "VENDOR": "vendor", "TAG": "tags"}
    for each in sets:
        assert len(set(each["productIds"])) == len(each["productIds"]) and set(each["productIds"]) <= set(products)
        for rule in (each["ruleSet"] or {"rules": []})["rules"]:
            told = field[rule["column"]]
            matching = [
                i
                for i, p in products.items()
                if rule["condition"] == p[told] or (told == "tags" and rule["condition"] in p[told])
            ]
            assert each["productIds"] == matching


def test_inner_nodes_are_found_by_id(state: State) -> None:
    order = next(o for o in state.scan(1, "Order") if o["fulfillments"])
    for node in (order["lineItems"][0], order["transactions"][0], order["fulfillments"][0]):
        parsed = parse_gid(node["id"])
        assert parsed and state.owner_of(1, *parsed) == order["id"]


# -- the documents speak Shopify's types ----------------------------------------------------------------------

NODES = {
    "lineItems": "LineItem", "shippingLines": "ShippingLine", "refundLineItems": "RefundLineItem",
    "refundShippingLines": "RefundShippingLine", "orderAdjustments": "OrderAdjustment",
    "transactions": "OrderTransaction", "fulfillmentLineItems": "FulfillmentLineItem", "addressesV2": "MailingAddress",
    "inventoryLevels": "InventoryLevel",
}  # fmt: skip
OWN = {"DiscountAllocation": {"discountApplicationIndex"}, "Collection": {"productIds"}}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    text = resources.files("mooring_sandbox.shopify.schema").joinpath("2026-10.graphql").read_text("utf-8")
    return build_schema(text, assume_valid=True)


@pytest.mark.parametrize(
    "type_", ["Customer", "Order", "Product", "ProductVariant", "InventoryItem", "Collection", "Location"]
)
def test_documents_use_fields_and_values_of_their_type(state: State, schema: GraphQLSchema, type_: str) -> None:
    for doc in state.scan(1, type_):
        assert [*_strangers(schema, type_, doc)] == []


def test_the_shop_uses_fields_of_its_type(state: State, schema: GraphQLSchema) -> None:
    shop = {key: value for key, value in state.shop(1).items() if not key.startswith("$")}
    assert [*_strangers(schema, "Shop", shop)] == []


def _strangers(schema: GraphQLSchema, type_: str, doc: Doc) -> Any:
    """Keys that are neither fields of the type nor "<field>Id" references, and values no such field can have."""
    type_ = doc.get("__typename", type_)
    fields = getattr(schema.type_map[type_], "fields", None) or {}
    for key, value in doc.items():
        field = fields.get(key)
        if (
            key == "__typename"
            or key in OWN.get(type_, ())
            or (key.endswith("Id") and key.removesuffix("Id") in fields)
        ):
            continue
        if field is None:
            yield f"{type_}.{key}"
        elif value is not None:
            yield from _value(schema, f"{type_}.{key}", key, field.type, value)
        elif isinstance(field.type, GraphQLNonNull):
            yield f"{type_}.{key} is null"


def _value(schema: GraphQLSchema, where: str, key: str, declared: Any, value: Any) -> Any:
    while isinstance(declared, GraphQLNonNull | GraphQLList):
        declared = declared.of_type
    if isinstance(value, list):
        for inner in value:
            yield from _value(schema, where, key, declared, inner)
    elif isinstance(declared, GraphQLEnumType):
        if value not in declared.values:
            yield f"{where} = {value}"
    elif is_composite_type(declared):
        named = NODES.get(key) or declared.name
        yield from _strangers(schema, named, value)
    elif (
        declared.name in {"Decimal", "Money", "UnsignedInt64", "DateTime", "String", "ID", "URL"}
        and not isinstance(value, str)
    ) or (declared.name == "Int" and not isinstance(value, int)):
        yield f"{where} = {value!r}"
