"""What the server's own GraphQL library says of documents that graphql-core words differently, and of ids and times."""

from __future__ import annotations

import pytest

from tests.sandbox.graphing import Asked, asked

TWICE = "fragment F on Shop { id } fragment F on Shop { name }"


@pytest.fixture(scope="module")
def shop() -> Asked:
    return asked()


@pytest.mark.parametrize(
    ("document", "message", "extensions"),
    [
        ("{ a: products(first: 1) { nodes { id } } a: products(first: 2) { nodes { id } } }",
         """Field 'a' has an argument conflict: {first:"1"} or {first:"2"}?""",
         {"code": "fieldConflict", "fieldName": "a", "conflicts": '{first:"1"} or {first:"2"}'}),
        ('{ shop { metafield(namespace: "x", key: "a") { id } metafield(namespace: "x", key: "b") { id } } }',
         r"""Field 'metafield' has an argument conflict: {namespace:"\"x\"",key:"\"a\""} or {namespace:"\"x\"",key:"\"b\""}?""",  # noqa: E501
         {"code": "fieldConflict", "fieldName": "metafield",
          "conflicts": r"""{namespace:"\"x\"",key:"\"a\""} or {namespace:"\"x\"",key:"\"b\""}"""}),
        ("query($n: Int) { a: products(first: $n) { nodes { id } } a: products(last: $n) { nodes { id } } }",
         """Field 'a' has an argument conflict: {first:"$n"} or {last:"$n"}?""",
         {"code": "fieldConflict", "fieldName": "a", "conflicts": '{first:"$n"} or {last:"$n"}'}),
        ("{ shop { plan { x: displayName } plan { x: shopifyPlus } } }",
         "Field 'x' has a field conflict: displayName or shopifyPlus?",
         {"code": "fieldConflict", "fieldName": "x", "conflicts": "displayName or shopifyPlus"}),
        (f"{{ shop {{ ...F }} }} {TWICE}", 'Fragment name "F" must be unique',
         {"code": "fragmentNotUnique", "fragmentName": "F"}),
        ('query @idempotent(key: "a") { shop { id } }',
         "'@idempotent' can't be applied to queries (allowed: fields)",
         {"code": "directiveCannotBeApplied", "targetName": "queries", "name": "idempotent"}),
        ("query @skip(if: true) { shop { id } }",
         "'@skip' can't be applied to queries (allowed: fields, fragment spreads, inline fragments)",
         {"code": "directiveCannotBeApplied", "targetName": "queries", "name": "skip"}),
        ("{ shop @skip(if: true) @skip(if: false) { id } }",
         'The directive "skip" can only be used once at this location.',
         {"code": "directiveNotUniqueForLocation", "directiveName": "skip"}),
    ],
)  # fmt: skip
def test_a_document_is_refused_in_the_servers_words(shop: Asked, document: str, message: str, extensions: dict):
    body = shop.body(document)
    (error,) = body["errors"]
    assert (error["message"], error["extensions"]) == (message, extensions)
    assert "data" not in body and error["locations"]


@pytest.mark.parametrize("root", ["bulkOperation", "order", "customer", "webhookSubscription"])
def test_a_root_query_names_the_id_that_is_of_another_type(shop: Asked, root: str):
    body = shop.body(f'{{ {root}(id: "gid://shopify/Product/1") {{ id }} }}')
    (error,) = body["errors"]
    assert (error["message"], error["path"]) == ("Invalid id: gid://shopify/Product/1", [root])
    assert (error["extensions"], body["data"]) == ({"code": "RESOURCE_NOT_FOUND"}, {root: None})


def test_bulk_operations_refuse_a_time_that_is_none_and_warn_of_a_status_that_is_none(shop: Asked):
    refused = shop.body('{ bulkOperations(first: 1, query: "created_at:soon") { nodes { id } } }')
    assert refused["errors"][0]["message"] == "Invalid timestamp for query filter `created_at`."
    assert (refused["errors"][0]["extensions"], refused["data"]) == ({"code": "BAD_REQUEST"}, None)
    warned = shop.body('{ bulkOperations(first: 1, query: "status:EXPIRED") { nodes { id } } }')
    assert warned["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_value"


def test_enum_members_are_listed_as_they_were_declared(shop: Asked):
    document = """mutation($given: CustomerEmailMarketingConsentUpdateInput!) {
      customerEmailMarketingConsentUpdate(input: $given) { userErrors { field } } }"""
    consent = {"marketingState": "SUBSCRIBED", "marketingOptInLevel": "BOGUS"}
    given = {"customerId": "gid://shopify/Customer/1", "emailMarketingConsent": consent}
    (error,) = shop.body(document, given=given)["errors"]
    members = "SINGLE_OPT_IN, CONFIRMED_OPT_IN, UNKNOWN"
    assert error["message"].endswith(f'marketingOptInLevel (Expected "BOGUS" to be one of: {members})')


@pytest.mark.parametrize("query", ["status:any", "status:any name:#1*", "status:ANY AND (tag:x OR status:any)"])
def test_any_status_of_orders_means_all_of_them(query: str):
    shop = asked()
    stamp = "2026-01-01T00:00:00Z"
    for number, more in ((1, {}), (2, {"closedAt": stamp}), (3, {"cancelledAt": stamp})):
        shop.put("Order", number, name=f"#100{number}", tags=[], **more)
    body = shop.body("query($q: String) { orders(first: 9, query: $q) { nodes { id } } }", q=query)
    assert len(body["data"]["orders"]["nodes"]) == 3
    assert "search" not in body["extensions"]
