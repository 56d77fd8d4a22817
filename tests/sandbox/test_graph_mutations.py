"""Mutations: what they change, what they tell, what they refuse."""

# ruff: noqa: E501 - GraphQL documents are kept on few lines
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mooring_sandbox.shopify.graph import Graph
from tests.sandbox.graphing import Asked, asked, money

Doc = dict[str, Any]


@pytest.fixture
def shop() -> Asked:
    return asked()


@pytest.fixture
def told(shop: Asked) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    shop.state.listen(lambda _, topic, gid, __: out.append((topic, gid)))
    return out


def run(shop: Asked, name: str, arguments: str, selection: str, /, **variables: Any) -> Doc:
    return shop.data(
        f"mutation {arguments} {{ {name} {{ {selection} userErrors {{ field message }} }} }}", **variables
    )[name.partition("(")[0]]


CUSTOMER = 'customerUpdate(input: {id: "gid://shopify/Customer/1", note: "%s"})'


def test_a_change_moves_updated_at_and_is_told_once(shop: Asked, told: list[tuple[str, str]]) -> None:
    before = shop.customer(1)["updatedAt"]
    shop.clock.advance(timedelta(minutes=5))
    first = run(shop, CUSTOMER % "new", "", "customer { note updatedAt }")["customer"]
    shop.clock.advance(timedelta(minutes=5))
    again = run(shop, CUSTOMER % "new", "", "customer { note updatedAt }")["customer"]
    assert first["note"] == "new"
    assert again["updatedAt"] == first["updatedAt"] > before
    assert told == [("CUSTOMERS_UPDATE", "gid://shopify/Customer/1")]


def test_a_customers_life(shop: Asked, told: list[tuple[str, str]]) -> None:
    made = run(
        shop, "customerCreate(input: $i)", "($i: CustomerInput!)",
        "customer { id email phone tags defaultEmailAddress { marketingState } addressesV2(first: 2) { nodes { id city } } }",
        i={
            "email": "ada @example.com", "phone": "+49 30 123456", "tags": "b, A,b",
            "addresses": [{"city": "Berlin", "countryCode": "DE"}],
            "emailMarketingConsent": {"marketingState": "SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"},
        },
    )["customer"]  # fmt: skip
    assert (made["email"], made["phone"], made["tags"]) == ("ada@example.com", "+4930123456", ["A", "b"])
    assert made["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED"
    address = made["addressesV2"]["nodes"][0]
    found = shop.data("query ($id: ID!) { node(id: $id) { ... on MailingAddress { city country: countryCodeV2 } } }",
                      id=address["id"])  # fmt: skip
    assert found["node"] == {"city": "Berlin", "country": "DE"}
    gone = run(shop, "customerDelete(input: {id: $id})", "($id: ID!)", "deletedCustomerId", id=made["id"])
    assert gone["deletedCustomerId"] == made["id"]
    assert shop.data("query ($id: ID!) { customer(id: $id) { id } }", id=made["id"]) == {"customer": None}
    assert [t for t, _ in told] == ["CUSTOMERS_CREATE", "CUSTOMERS_DELETE"]


def test_sms_consent_is_kept_with_where_it_came_from(shop: Asked) -> None:
    shop.customer(1, phone="+4930123456")
    answer = run(
        shop, "customerSmsMarketingConsentUpdate(input: $i)", "($i: CustomerSmsMarketingConsentUpdateInput!)",
        "customer { defaultPhoneNumber { smsMarketingConsent { state optInLevel updatedAt } } }",
        i={
            "customerId": "gid://shopify/Customer/1",
            "smsMarketingConsent": {
                "marketingState": "UNSUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN",
                "consentUpdatedAt": "2026-01-02T03:04:05Z",
            },
        },
    )  # fmt: skip
    assert answer["customer"]["defaultPhoneNumber"]["smsMarketingConsent"] == {
        "state": "UNSUBSCRIBED",
        "optInLevel": "SINGLE_OPT_IN",
        "updatedAt": "2026-01-02T03:04:05Z",
    }


SET = "metafieldsSet(metafields: $m)"
SET_ARGUMENTS = "($m: [MetafieldsSetInput!]!)"


def metafield(value: str, **more: Any) -> Doc:
    return {
        "ownerId": "gid://shopify/Customer/1",
        "key": "odoo_id",
        "type": "single_line_text_field",
        "value": value,
        **more,
    }


def test_metafields_are_set_all_or_none(shop: Asked) -> None:
    shop.customer(1)
    bad = run(shop, SET, SET_ARGUMENTS, "metafields { id }", m=[metafield("1"), metafield("x", key="y", type="json")])
    assert bad["metafields"] == []
    assert bad["userErrors"][0]["field"] == ["metafields", "1", "key"]
    read = (
        '{ customer(id: "gid://shopify/Customer/1") { metafield(key: "odoo_id") { value namespace compareDigest } } }'
    )
    assert shop.data(read)["customer"]["metafield"] is None
    run(shop, SET, SET_ARGUMENTS, "metafields { id }", m=[metafield("1")])
    found = shop.data(read)["customer"]["metafield"]
    assert (found["value"], found["namespace"]) == ("1", "app--7")
    stale = run(shop, SET, SET_ARGUMENTS, "metafields { id }", m=[metafield("2", compareDigest="0" * 64)])
    fresh = run(shop, SET, SET_ARGUMENTS, "metafields { id }", m=[metafield("2", compareDigest=found["compareDigest"])])
    assert "updated since it was loaded" in stale["userErrors"][0]["message"]
    assert fresh["userErrors"] == []


DEFINE = "metafieldDefinitionCreate(definition: $d)"
DEFINITION = {"ownerType": "CUSTOMER", "namespace": "$app:mooring", "key": "odoo_id", "name": "Odoo",
              "type": "single_line_text_field"}  # fmt: skip
DELETE = ('metafieldDefinitionDelete(identifier: {ownerType: CUSTOMER, namespace: "$app:mooring", key: "odoo_id"}, '
          "deleteAllAssociatedMetafields: true)")  # fmt: skip


def test_values_of_a_deleted_definition_go_later_and_stand_in_the_way(shop: Asked) -> None:
    shop = Asked(Graph(shop.state, shop.clock, definition_delete_seconds=60), shop.state, shop.clock, shop.caller)
    shop.customer(1)
    run(shop, DEFINE, "($d: MetafieldDefinitionInput!)", "createdDefinition { id }", d=DEFINITION)
    run(shop, SET, SET_ARGUMENTS, "metafields { id }", m=[metafield("1", namespace="$app:mooring")])
    counted = shop.data(
        "{ metafieldDefinitions(first: 5, ownerType: CUSTOMER) { nodes { namespace metafieldsCount } } }"
    )
    assert counted["metafieldDefinitions"]["nodes"] == [{"namespace": "app--7--mooring", "metafieldsCount": 1}]
    assert run(shop, DELETE, "", "deletedDefinitionId")["deletedDefinitionId"]
    again = run(shop, DEFINE, "($d: MetafieldDefinitionInput!)", "createdDefinition { id }", d=DEFINITION)
    assert again["userErrors"][0]["message"] == "Namespace and key is already in use for a set of your metafields."
    shop.clock.advance(timedelta(seconds=61))
    left = shop.data('{ customer(id: "gid://shopify/Customer/1") { metafields(first: 5) { nodes { id } } } }')
    assert left["customer"]["metafields"]["nodes"] == []
    assert (
        run(shop, DEFINE, "($d: MetafieldDefinitionInput!)", "createdDefinition { id }", d=DEFINITION)["userErrors"]
        == []
    )


def test_stock_moves_on_hand_and_is_idempotent(shop: Asked, told: list[tuple[str, str]]) -> None:
    item = shop.put("InventoryItem", 4, "gid://shopify/ProductVariant/2", tracked=True)
    place = shop.put("Location", 5, name="Quay")
    query = """mutation ($i: InventorySetQuantitiesInput!, $k: String!) { inventorySetQuantities(input: $i) @idempotent(key: $k) {
      inventoryAdjustmentGroup { id changes { name delta } } userErrors { field code message } } }"""
    wanted = {"inventoryItemId": item["id"], "locationId": place["id"], "quantity": 9, "changeFromQuantity": 0}
    input_ = {"name": "available", "reason": "correction", "quantities": [wanted]}
    first = shop.data(query, i=input_, k="one")["inventorySetQuantities"]
    assert [(c["name"], c["delta"]) for c in first["inventoryAdjustmentGroup"]["changes"]] == [
        ("available", 9),
        ("on_hand", 9),
    ]
    assert shop.data(query, i=input_, k="one")["inventorySetQuantities"] == first
    stale = shop.data(query, i=input_, k="two")["inventorySetQuantities"]
    assert stale["userErrors"][0]["code"] == "CHANGE_FROM_QUANTITY_STALE"
    level = shop.data(
        'query ($i: ID!) { inventoryItem(id: $i) { inventoryLevels(first: 1) { nodes { id quantities(names: ["on_hand"]) { quantity } } } } }',
        i=item["id"],
    )["inventoryItem"]["inventoryLevels"]["nodes"][0]
    assert level["quantities"] == [{"quantity": 9}]
    assert shop.data("query ($i: ID!) { node(id: $i) { id } }", i=level["id"])["node"] == {"id": level["id"]}
    assert [t for t, _ in told] == ["INVENTORY_ITEMS_UPDATE", "INVENTORY_LEVELS_UPDATE"]


def test_a_product_with_variants(shop: Asked) -> None:
    product = run(
        shop, "productCreate(product: $p)", "($p: ProductCreateInput!)",
        "product { id handle hasOnlyDefaultVariant variants(first: 5) { nodes { id title inventoryItem { id } } } }",
        p={"title": "Long Oars", "productOptions": [{"name": "Length", "values": [{"name": "L"}, {"name": "XL"}]}]},
    )["product"]  # fmt: skip
    assert product["handle"] == "long-oars"
    variant = product["variants"]["nodes"][0]
    assert variant["title"] == "L"
    changed = run(
        shop, "productVariantsBulkUpdate(productId: $p, variants: $v)", "($p: ID!, $v: [ProductVariantsBulkInput!]!)",
        "productVariants { price sku compareAtPrice }", p=product["id"],
        v=[{"id": variant["id"], "price": "12.5", "inventoryItem": {"sku": "OAR"}}],
    )  # fmt: skip
    assert changed["productVariants"] == [{"price": "12.50", "sku": "OAR", "compareAtPrice": None}]
    assert shop.ids("products", 'first: 1, query: "sku:OAR"')
    run(shop, "productDelete(input: {id: $p})", "($p: ID!)", "deletedProductId", p=product["id"])
    assert shop.ids("productVariants", "first: 5") == []


def test_a_refund_changes_the_order(shop: Asked, told: list[tuple[str, str]]) -> None:
    line = {"id": "gid://shopify/LineItem/3", "title": "Oars", "quantity": 2, "originalUnitPriceSet": money("10.00")}
    payment = {"id": "gid://shopify/OrderTransaction/4", "kind": "SALE", "status": "SUCCESS", "gateway": "manual",
               "amountSet": money("20.00")}  # fmt: skip
    order = shop.put("Order", 2, name="#2", currencyCode="EUR", totalPriceSet=money("20.00"), lineItems=[line],
                     transactions=[payment], displayFinancialStatus="PAID")  # fmt: skip
    query = """mutation ($i: RefundInput!) { refundCreate(input: $i) @idempotent(key: "a") { refund { id
      totalRefundedSet { shopMoney { amount } } refundLineItems(first: 5) { nodes { quantity lineItem { id } subtotalSet { shopMoney { amount } } } } }
      order { displayFinancialStatus currentTotalPriceSet { shopMoney { amount } } refunds { id }
        lineItems(first: 1) { nodes { currentQuantity } } transactions { kind parentTransaction { id } } }
      userErrors { field message } } }"""
    back = {"amount": "10.00", "gateway": "manual", "kind": "REFUND", "orderId": order["id"], "parentId": payment["id"]}
    answer = shop.data(
        query,
        i={
            "orderId": order["id"],
            "transactions": [back],
            "refundLineItems": [{"lineItemId": line["id"], "quantity": 1}],
        },
    )["refundCreate"]
    assert answer["userErrors"] == []
    assert answer["refund"]["totalRefundedSet"] == {"shopMoney": {"amount": "10.0"}}
    assert answer["refund"]["refundLineItems"]["nodes"] == [
        {"quantity": 1, "lineItem": {"id": line["id"]}, "subtotalSet": {"shopMoney": {"amount": "10.0"}}}
    ]
    assert answer["order"]["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    assert answer["order"]["currentTotalPriceSet"] == {"shopMoney": {"amount": "10.0"}}
    assert answer["order"]["lineItems"]["nodes"] == [{"currentQuantity": 1}]
    assert answer["order"]["transactions"][1] == {"kind": "REFUND", "parentTransaction": {"id": payment["id"]}}
    too_much = shop.data(
        query.replace('"a"', '"b"'), i={"orderId": order["id"], "transactions": [{**back, "amount": "11"}]}
    )
    assert "greater than net payment" in too_much["refundCreate"]["userErrors"][0]["message"]
    assert [t for t, _ in told] == ["ORDERS_UPDATED", "REFUNDS_CREATE", "ORDER_TRANSACTIONS_CREATE"]


def test_hooks_on_this_machine_only_when_let(shop: Asked) -> None:
    name = 'webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: "http://127.0.0.1:9000/hooks"})'
    refused = run(shop, name, "", "webhookSubscription { id }")
    assert refused["userErrors"][0]["message"] == "Address protocol http:// is not supported"
    shop.graph.local_hooks = True
    assert run(shop, name, "", "webhookSubscription { id }")["userErrors"] == []


def test_a_failed_mutation_leaves_nothing_behind(shop: Asked) -> None:
    shop.customer(1)

    def fail(*_: Any) -> None:
        raise RuntimeError("a listener failed")

    shop.state.listen(fail)
    body = shop.body(f"mutation {{ {CUSTOMER % 'new'} {{ customer {{ id }} }} }}")
    assert body["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert shop.data('{ customer(id: "gid://shopify/Customer/1") { note } }')["customer"]["note"] is None


def test_scopes_are_taken_away_through_the_one_who_keeps_them(shop: Asked) -> None:
    taken: list[frozenset[str]] = []
    shop.graph.revoke = lambda _, scopes: taken.append(scopes)
    optional = shop.having(optional=frozenset({"write_locations"}))
    answer = run(optional, 'appRevokeAccessScopes(scopes: ["write_locations"])', "", "revoked { handle }")
    assert answer["revoked"] == [{"handle": "write_locations"}]
    assert taken == [frozenset({"write_locations"})]


def test_tags_have_topics_of_their_own_for_customers(shop: Asked, told: list[tuple[str, str]]) -> None:
    shop.customer(1, tags=["b"])
    shop.put("Order", 2, name="#2", tags=[])
    added = run(
        shop, 'tagsAdd(id: "gid://shopify/Customer/1", tags: ["C", "a, B"])', "", "node { ... on Customer { tags } }"
    )
    assert added["node"]["tags"] == ["a", "b", "C"]
    run(shop, 'tagsRemove(id: "gid://shopify/Customer/1", tags: ["A"])', "", "node { id }")
    run(shop, 'tagsRemove(id: "gid://shopify/Customer/1", tags: ["A"])', "", "node { id }")
    run(shop, 'tagsAdd(id: "gid://shopify/Order/2", tags: ["x"])', "", "node { id }")
    assert [t for t, _ in told] == ["CUSTOMER_TAGS_ADDED", "CUSTOMER_TAGS_REMOVED", "ORDERS_UPDATED"]
