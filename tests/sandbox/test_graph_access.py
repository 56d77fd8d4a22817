"""Scopes, protected customer data, the order window, the throttle."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.graphing import SCOPES, Asked, ago, asked, money


@pytest.fixture
def shop() -> Asked:
    found = asked()
    found.customer(1, email="ada@example.com", phone="+4930123456")
    for number, days in ((11, 1), (12, 90)):
        at = ago(found.clock, days=days)
        found.put("Order", number, createdAt=at, updatedAt=at, processedAt=at, name=f"#{number}", lineItems=[],
                  customerId="gid://shopify/Customer/1", totalPriceSet=money("5.00"))  # fmt: skip
    return found


def test_a_root_without_scope_is_null_and_the_rest_is_answered(shop: Asked) -> None:
    body = shop.having(scopes=frozenset({"read_orders"})).body(
        '{ customer(id: "gid://shopify/Customer/1") { id } shop { name } }'
    )
    assert body["data"] == {"customer": None, "shop": {"name": "Harbour"}}
    assert body["errors"] == [
        {
            "message": "Access denied for customer field. Required access: `read_customers` access scope.",
            "locations": [{"line": 1, "column": 3}],
            "path": ["customer"],
            "extensions": {
                "code": "ACCESS_DENIED",
                "documentation": "https://shopify.dev/api/usage/access-scopes",
                "requiredAccess": "`read_customers` access scope.",
            },
        }
    ]


def test_a_nested_field_without_scope_is_null_in_its_place(shop: Asked) -> None:
    query = "{ orders(first: 5, sortKey: ID) { nodes { id customer { id } } } }"
    body = shop.having(scopes=frozenset({"read_orders"})).body(query)
    assert [n["customer"] for n in body["data"]["orders"]["nodes"]] == [None]
    assert [e["path"] for e in body["errors"]] == [["orders", "nodes", 0, "customer"]]


def test_writing_includes_reading(shop: Asked) -> None:
    assert shop.having(scopes=frozenset({"write_customers"})).ids("customers", "first: 1") == [1]


def test_mutations_need_their_scope(shop: Asked) -> None:
    query = 'mutation { customerUpdate(input: {id: "gid://shopify/Customer/1", note: "x"}) { customer { id } } }'
    body = shop.having(scopes=frozenset({"read_customers"})).body(query)
    assert body["data"] == {"customerUpdate": None}
    assert "`write_customers` access scope" in body["errors"][0]["message"]


def test_sixty_days_without_read_all_orders(shop: Asked) -> None:
    new_only = shop.having(scopes=SCOPES - {"read_all_orders"})
    old = "gid://shopify/Order/12"
    query = """query ($id: ID!) { order(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id }
      ordersCount { count }
      customer(id: "gid://shopify/Customer/1") { numberOfOrders orders(first: 5) { nodes { id } } } }"""
    seen, windowed = shop.data(query, id=old), new_only.data(query, id=old)
    assert seen["order"] == seen["node"] == seen["nodes"][0] == {"id": old}
    assert windowed["order"] is windowed["node"] is windowed["nodes"][0] is None
    assert (seen["ordersCount"]["count"], windowed["ordersCount"]["count"]) == (2, 1)
    assert len(seen["customer"]["orders"]["nodes"]) == 2
    assert len(windowed["customer"]["orders"]["nodes"]) == 1
    assert new_only.ids("orders", "first: 5, sortKey: PROCESSED_AT") == [11]
    assert [r["id"] for r, _ in new_only.graph.rows(new_only.caller, "2026-10", "{orders{edges{node{id}}}}")] == [
        "gid://shopify/Order/11"
    ]
    shop.clock.advance(timedelta(days=70))
    assert new_only.ids("orders", "first: 5") == []


def test_protected_fields_are_null_with_an_error_of_their_own(shop: Asked) -> None:
    body = shop.having(protected=frozenset({"customer", "name"})).body(
        "{ customers(first: 1) { nodes { firstName email phone } } }"
    )
    assert body["data"]["customers"]["nodes"] == [{"firstName": "Person 1", "email": None, "phone": None}]
    assert {tuple(e["path"][-1:]) for e in body["errors"]} == {("email",), ("phone",)}
    assert all("not approved to use the" in e["message"] for e in body["errors"])


def test_customer_objects_need_approval_at_all(shop: Asked) -> None:
    body = shop.having(protected=frozenset()).body("{ customers(first: 1) { nodes { id } } }")
    assert "not approved to access the Customer object" in body["errors"][0]["message"]


def test_another_apps_metafields_and_subscriptions_are_not_there(shop: Asked) -> None:
    owner = "gid://shopify/Customer/1"
    shop.put("Metafield", 5, owner, namespace="app--99", key="k", type="json", value="1", ownerId=owner)
    foreign: dict[str, Any] = {"$app": 99}
    shop.put("WebhookSubscription", 6, topic="SHOP_UPDATE", uri="https://example.com", **foreign)
    found = shop.data(f'{{ customer(id: "{owner}") {{ metafields(first: 5) {{ nodes {{ id }} }} }} '
                      "webhookSubscriptions(first: 5) { nodes { id } } }")  # fmt: skip
    assert found["customer"]["metafields"]["nodes"] == found["webhookSubscriptions"]["nodes"] == []


def test_the_bucket_empties_and_fills_with_the_clock(shop: Asked) -> None:
    shop.graph.set_bucket(100, 10)
    query = "{ customers(first: 250) { nodes { id } } }"
    first = shop.body(query)["extensions"]["cost"]
    assert first["throttleStatus"]["maximumAvailable"] == 100
    assert first["actualQueryCost"] < first["requestedQueryCost"] == 13
    shop.graph.drain(1, 7, 5)
    assert shop.body(query) == {
        "errors": [
            {
                "message": "Throttled",
                "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
            }
        ],
        "extensions": {
            "cost": {
                "requestedQueryCost": 13,
                "actualQueryCost": None,
                "throttleStatus": {"maximumAvailable": 100.0, "currentlyAvailable": 5, "restoreRate": 10.0},
            }
        },
    }
    shop.clock.advance(timedelta(seconds=1))
    assert "data" in shop.body(query)
    assert "data" in shop.having(app_id=8).body(query)


def test_bulk_rows_follow_the_same_rules(shop: Asked) -> None:
    poor = shop.having(scopes=frozenset({"read_orders"}))
    with pytest.raises(Exception, match="Access denied for customer field"):
        poor.graph.rows(poor.caller, "2026-10", "{orders{edges{node{id customer{id}}}}}")
    shy = shop.having(protected=frozenset({"customer", "name"}))
    rows = list(shy.graph.rows(shy.caller, "2026-10", "{customers{edges{node{id firstName email}}}}"))
    assert rows == [({"id": "gid://shopify/Customer/1", "firstName": "Person 1", "email": None}, None)]
