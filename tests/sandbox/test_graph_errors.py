"""What is wrong with a document is said in the server's words, whatever the document."""

# ruff: noqa: E501 - the server's sentences are long, and kept whole
from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.graphing import Asked, asked


@pytest.fixture(scope="module")
def shop() -> Asked:
    return asked()


def errors(shop: Asked, query: str, **variables: Any) -> list[tuple[str, str, Any]]:
    body = shop.body(query, "2026-10", **variables)
    assert "data" not in body
    return [(e["extensions"]["code"], e["message"], e.get("path")) for e in body["errors"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "query Q { o: orders(first: 1) { edges { node { nope } } } }",
            [("undefinedField", "Field 'nope' doesn't exist on type 'Order'", ["query Q", "o", "edges", "node", "nope"])],
        ),
        (
            "{ nope { id } }",
            [("undefinedField", "Field 'nope' doesn't exist on type 'QueryRoot'", ["query", "nope"])],
        ),
        (
            "query Q { shop { name { first } } }",
            [
                (
                    "selectionMismatch",
                    "Selections can't be made on scalars (field 'name' returns String but has selections [\"first\"])",
                    ["query Q", "shop", "name"],
                )
            ],
        ),
        (
            "query Q { shop { ...F } } fragment F on Shop { id nope }",
            [("undefinedField", "Field 'nope' doesn't exist on type 'Shop'", ["fragment F", "nope"])],
        ),
        (
            "query Q { shop { ...F } }",
            [("useAndDefineFragment", "Fragment F was used, but not defined", ["query Q", "shop", "... F"])],
        ),
        (
            "query Q { shop { id } } fragment F on Shop { id }",
            [("useAndDefineFragment", "Fragment F was defined, but not used", ["fragment F"])],
        ),
        (
            "query Q { shop { ... on Customer { id } } }",
            [
                (
                    "cannotSpreadFragment",
                    "Fragment on Customer can't be spread inside Shop",
                    ["query Q", "shop", "... on Customer"],
                )
            ],
        ),
        (
            "query Q($a: String!, $b: Int) { customer(id: $a) { id } }",
            [
                ("variableMismatch", "Type mismatch on variable $a and argument id (String! / ID!)", ["query Q", "customer", "id"]),
                ("variableNotUsed", "Variable $b is declared by Q but not used", ["query Q"]),
            ],
        ),
        (
            "query Q($a: ID) { customer(id: $a) { id } }",
            [("variableMismatch", "Nullability mismatch on variable $a and argument id (ID / ID!)", ["query Q", "customer", "id"])],
        ),
        (
            "query Q($a: ID!) { nodes(ids: $a) { id } }",
            [("variableMismatch", "List dimension mismatch on variable $a and argument ids (ID! / [ID!]!)", ["query Q", "nodes", "ids"])],
        ),
        (
            "query Q { customer(id: $a) { id } }",
            [("variableNotDefined", "Variable $a is used by Q but not declared", ["query Q", "customer", "id"])],
        ),
        (
            'mutation M { tagsAdd(id: "gid://shopify/Customer/1") { userErrors { message } } }',
            [("missingRequiredArguments", "Field 'tagsAdd' is missing required arguments: tags", ["mutation M", "tagsAdd"])],
        ),
        (
            "query Q { orders(first: true) { nodes { id } } }",
            [
                (
                    "argumentLiteralsIncompatible",
                    "Argument 'first' on Field 'orders' has an invalid value (true). Expected type 'Int'.",
                    ["query Q", "orders", "first"],
                )
            ],
        ),
        (
            'mutation M { metafieldsSet(metafields: [{key: "k", value: "v"}]) { userErrors { message } } }',
            [
                (
                    "missingRequiredInputObjectAttribute",
                    "Argument 'ownerId' on InputObject 'MetafieldsSetInput' is required. Expected type ID!",
                    ["mutation M", "metafieldsSet", "metafields", "ownerId"],
                )
            ],
        ),
        (
            'mutation M { webhookSubscriptionCreate(topic: SHOP_UPDATE, webhookSubscription: {format: YAML}) { userErrors { message } } }',
            [
                (
                    "argumentLiteralsIncompatible",
                    "Argument 'format' on InputObject 'WebhookSubscriptionInput' has an invalid value (YAML). "
                    "Expected type 'WebhookSubscriptionFormat'.",
                    ["mutation M", "webhookSubscriptionCreate", "webhookSubscription", "format"],
                )
            ],
        ),
        (
            'query Q { product(id: "17") { id } }',
            [("argumentLiteralsIncompatible", "Invalid global id '17'", ["query Q", "product", "id"])],
        ),
        (
            "query Q { shop @nonsense { id } }",
            [("undefinedDirective", "Directive @nonsense is not defined", ["query Q", "shop"])],
        ),
        (
            "query Q { shop { a: id a: name } }",
            [("fieldConflict", "Field 'a' has a field conflict: id or name?", [])],
        ),
    ],
)  # fmt: skip
def test_validation(shop: Asked, query: str, expected: list[Any]) -> None:
    assert sorted(errors(shop, query), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    ("declared", "value", "problem"),
    [
        ("$v: Int!", "three", {"path": [], "explanation": 'Could not coerce value "three" to Int'}),
        ("$v: Int!", None, {"path": [], "explanation": "Expected value to not be null"}),
    ],
)
def test_variables(shop: Asked, declared: str, value: Any, problem: Any) -> None:
    body = shop.body(f"query Q({declared}) {{ orders(first: $v) {{ nodes {{ id }} }} }}", v=value)
    assert body == {
        "errors": [
            {
                "message": "Variable $v of type Int! was provided invalid value",
                "locations": [{"line": 1, "column": 9}],
                "extensions": {"code": "INVALID_VARIABLE", "value": value, "problems": [problem]},
            }
        ]
    }


def test_a_nested_problem_names_its_place(shop: Asked) -> None:
    query = "mutation M($input: CustomerInput!) { customerCreate(input: $input) { userErrors { message } } }"
    found = errors(shop, query, input={"tags": "one", "addresses": [{"countryCode": "XX"}], "nope": 1})
    assert len(found) == 1
    code, message, _ = found[0]
    assert code == "INVALID_VARIABLE"
    assert "nope (Field is not defined on CustomerInput)" in message
    assert 'addresses.0.countryCode (Expected "XX" to be one of: AC, ' in message


def test_a_missing_query_is_a_bad_request(shop: Asked) -> None:
    answer = shop.graph.execute(shop.caller, "2026-10", {})
    assert (answer.status, answer.body) == (400, {"errors": {"query": "Required parameter missing or invalid"}})


def test_too_dear_a_query_is_refused_unasked(shop: Asked) -> None:
    inner = "variants(first: 250) { nodes { metafields(first: 250) { nodes { id } } } }"
    body = shop.body(f"{{ products(first: 250) {{ nodes {{ {inner} }} }} }}")
    extensions = body["errors"][0]["extensions"]
    assert set(body) == {"errors"}
    assert extensions["code"] == "MAX_COST_EXCEEDED"
    assert extensions["maxCost"] == 1000 < extensions["cost"]


def test_a_long_input_list_is_refused(shop: Asked) -> None:
    query = "query Q($ids: [ID!]!) { all: nodes(ids: $ids) { id } }"
    body = shop.body(query, ids=["gid://shopify/Product/1"] * 251)
    assert body["errors"][0]["path"] == ["all", "ids"]
    assert body["errors"][0]["extensions"] == {"code": "MAX_INPUT_SIZE_EXCEEDED"}
    assert body["extensions"]["cost"]["actualQueryCost"] is None


def test_a_very_deep_document_is_answered(shop: Asked) -> None:
    body = shop.body("{ shop " + "{ shop " * 3000 + "{ id }" + " }" * 3001)
    assert set(body) == {"errors"}


def test_introspection_and_typename(shop: Asked) -> None:
    body = shop.data('{ __typename __type(name: "Customer") { kind fields { name } } shop { __typename } }')
    assert body["__typename"] == "QueryRoot"
    assert body["shop"]["__typename"] == "Shop"
    assert "defaultEmailAddress" in {f["name"] for f in body["__type"]["fields"]}


def test_unsupported_versions_fall_forward(shop: Asked) -> None:
    payload = {"query": "{ shop { id } }"}
    asked_for = {v: shop.graph.execute(shop.caller, v, payload).version for v in ("2024-04", "2026-07", "2027-01")}
    assert asked_for == {"2024-04": "2026-01", "2026-07": "2026-07", "2027-01": "2027-01"}
    query = "{ customers(first: 1) { nodes { defaultPhoneNumber { smsMarketingConsent { state } } } } }"
    assert "errors" not in shop.body(query, "2026-10")
    assert shop.body(query, "2026-07")["errors"][0]["extensions"]["code"] == "undefinedField"
