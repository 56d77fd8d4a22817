"""Admin GraphQL: what a reply holds, and what each of its three layers of errors means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from mooring.errors import (
    AuthLost,
    MooringError,
    OutcomeUnknown,
    Permanent,
    StoreUnavailable,
    Throttled,
    Unreachable,
)
from mooring.ports import Reply
from mooring.shopify.client import ShopifyClient
from tests.contract.conftest import SHOP
from tests.contract.standin import StandIn

QUERY = "query Shop { shop { name } }"
MUTATION = "# Why\nmutation Run($query: String!) { bulkOperationRunQuery(query: $query) { userErrors { field } } }"
COST = {
    "requestedQueryCost": 502,
    "actualQueryCost": None,
    "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 2.0, "restoreRate": 100.0},
}


def ask(client: ShopifyClient, document: str = QUERY, **variables: Any) -> Reply:
    return client.graphql(SHOP, "access-1", document, variables)


def error(code: str | None, message: str = "Words", **more: Any) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}, **more} if code else {"message": message, **more}


def test_a_call_carries_version_token_and_variables(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.says(
        body={"data": {"shop": {"name": "Harbour"}}, "extensions": {"cost": COST}},
        headers={"X-Shopify-API-Version": "2026-10"},
    )
    reply = ask(client, first=5)
    asked = shopify_server.asked[0]
    assert (asked.method, asked.path) == ("POST", f"/{SHOP}/admin/api/2026-10/graphql.json")
    assert asked.headers["x-shopify-access-token"] == "access-1"
    assert asked.json() == {"query": QUERY, "variables": {"first": 5}}
    assert reply.data == {"shop": {"name": "Harbour"}}
    assert reply.at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert (reply.version, reply.errors) == ("2026-10", [])
    assert (reply.requested_cost, reply.available, reply.restore_rate) == (502, 2.0, 100.0)


def test_denied_fields_stay_beside_the_data(client: ShopifyClient, shopify_server: StandIn) -> None:
    denied = error("ACCESS_DENIED", path=["customers", "nodes", 3, "email"])
    shopify_server.says(body={"data": {"customers": {"nodes": []}}, "errors": [denied]})
    reply = ask(client)
    assert reply.data == {"customers": {"nodes": []}}
    assert reply.denied() == {"customers.nodes.email"}


def test_data_may_be_denied_altogether(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.says(body={"data": None, "errors": [error("ACCESS_DENIED", path=["shop"])]})
    reply = ask(client)
    assert (reply.data, reply.denied()) == ({}, {"shop"})


FAILURES: list[tuple[int, Any, type[MooringError], str]] = [
    (401, {"errors": "[API] Invalid API key or access token"}, AuthLost, "token_refused"),
    (402, {"errors": "Unavailable Shop"}, StoreUnavailable, "store_unavailable"),
    (423, {"errors": "This store is unavailable"}, StoreUnavailable, "store_unavailable"),
    (403, {"errors": "Unavailable Shop"}, StoreUnavailable, "store_unavailable"),
    (403, "<html>Forbidden</html>", StoreUnavailable, "store_unavailable"),
    (403, {"errors": "This action requires merchant approval for read_orders scope."}, Permanent, "access_refused"),
    (404, {"errors": "Not Found"}, Permanent, "shop_not_found"),
    (301, "", Permanent, "redirected"),
    (400, {"errors": {"query": "Required parameter missing or invalid"}}, Permanent, "rejected"),
    (413, {"errors": "Request Entity Too Large"}, Permanent, "rejected"),
    (429, {"errors": "Exceeded 2 calls per second"}, Throttled, "throttled"),
    (430, {"errors": "Shopify Security Rejection"}, Throttled, "security_rejection"),
    (200, {"errors": [error("THROTTLED")], "extensions": {"cost": COST}}, Throttled, "throttled"),
    (200, {"errors": [error("ACCESS_DENIED"), error("THROTTLED")]}, Throttled, "throttled"),
    (200, {"errors": [error("SHOP_INACTIVE")]}, StoreUnavailable, "store_unavailable"),
    (200, {"errors": [error("MAX_COST_EXCEEDED")]}, Permanent, "max_cost_exceeded"),
    (200, {"errors": [error("undefinedField")]}, Permanent, "undefinedfield"),
    (200, {"data": {"shop": {}}, "errors": [error("ACCESS_DENIED"), error(None)]}, Permanent, "rejected"),
    (200, {"errors": "A sentence"}, Permanent, "rejected"),
    (200, {"errors": ["A sentence"]}, Permanent, "rejected"),
    (200, {"errors": [{"message": "A sentence", "extensions": None}]}, Permanent, "rejected"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "code"), FAILURES)
@pytest.mark.parametrize("document", [QUERY, MUTATION])
def test_a_failure_says_what_happens_next(
    client: ShopifyClient, shopify_server: StandIn, document: str, status: int, body: Any, kind: type, code: str
) -> None:
    shopify_server.says(status, body)
    with pytest.raises(MooringError) as failed:
        ask(client, document)
    assert (type(failed.value), failed.value.code) == (kind, code)
    assert "access-1" not in str(failed.value)


PASSING: list[tuple[int, Any]] = [
    (408, ""),
    (500, {"errors": "Internal Server Error"}),
    (503, "<html>"),
    (520, ""),
    (200, {"errors": [error("INTERNAL_SERVER_ERROR")]}),
    (200, "<html>a page of somebody in between</html>"),
    (200, ""),
    (200, b"\xff\xfe"),
    (200, "[" * 100_000),
    (200, []),
    (200, {"greeting": "hello"}),
]


@pytest.mark.parametrize(("status", "body"), PASSING)
def test_a_passing_fault_leaves_a_mutation_in_doubt(
    client: ShopifyClient, shopify_server: StandIn, status: int, body: Any
) -> None:
    shopify_server.says(status, body)
    with pytest.raises(Unreachable):
        ask(client, QUERY)
    with pytest.raises(OutcomeUnknown):
        ask(client, MUTATION)


@pytest.mark.parametrize("how", ["cut", "silent"])
def test_so_does_a_lost_answer(client: ShopifyClient, shopify_server: StandIn, how: str) -> None:
    shopify_server.says(body={"data": {}}, **{how: True})
    with pytest.raises(Unreachable):
        ask(client, QUERY)
    with pytest.raises(OutcomeUnknown):
        ask(client, MUTATION)


@pytest.mark.parametrize(
    ("status", "headers", "body", "seconds"),
    [
        (200, {}, {"errors": [error("THROTTLED")], "extensions": {"cost": COST}}, 5.0),
        (200, {}, {"errors": [error("THROTTLED")]}, 2.0),
        (200, {}, {"errors": [error("THROTTLED")], "extensions": {"cost": COST | {"requestedQueryCost": 2}}}, 0.25),
        (200, {}, {"errors": [error("THROTTLED")], "extensions": {"cost": COST | {"requestedQueryCost": 1e9}}}, 60.0),
        (429, {"Retry-After": "2.5"}, "", 2.5),
        (429, {"Retry-After": "later"}, "", 2.0),
        (429, {"Retry-After": "-1"}, "", 2.0),
        (429, {"Retry-After": "nan"}, "", 2.0),
        (429, {"Retry-After": "1e9"}, "", 3600.0),
        (429, {}, "", 2.0),
        (430, {"Retry-After": "2.0"}, "", 60.0),
        (402, {}, "", 3600.0),
        (200, {}, {"errors": [error("SHOP_INACTIVE")]}, 3600.0),
    ],
)
def test_how_long_to_wait(
    client: ShopifyClient, shopify_server: StandIn, status: int, headers: dict[str, str], body: Any, seconds: float
) -> None:
    shopify_server.says(status, body, headers=headers)
    with pytest.raises((Throttled, StoreUnavailable)) as failed:
        ask(client)
    assert failed.value.retry_after == pytest.approx(seconds)


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
def test_an_answer_without_shopifys_clock_is_refused(
    client: ShopifyClient, shopify_server: StandIn, headers: dict[str, str]
) -> None:
    shopify_server.says(body={"data": {}}, headers=headers, dated=False)
    with pytest.raises(Permanent) as failed:
        ask(client)
    assert failed.value.code == "no_date"


@pytest.fixture
def unfiltered() -> Iterator[None]:
    """Whatever level another test of this process has set for its Mooring (`log.configure`), every line is heard."""
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)


def test_another_version_is_told_once(client: ShopifyClient, shopify_server: StandIn, unfiltered: None) -> None:
    shopify_server.says(body={"data": {}}, headers={"X-Shopify-API-Version": "2027-01"})
    with structlog.testing.capture_logs() as logged:
        replies = [ask(client), ask(client)]
    assert [reply.version for reply in replies] == ["2027-01", "2027-01"]
    told = [(line["asked"], line["served"]) for line in logged if line["event"] == "shopify_version_differs"]
    assert told == [("2026-10", "2027-01")]


def test_a_token_goes_to_no_other_place_than_a_shop(client: ShopifyClient, shopify_server: StandIn) -> None:
    for domain in ("example.com", "storage.googleapis.com", "harbour.myshopify.com:80@example.com", ""):
        with pytest.raises(Permanent) as refused:
            client.graphql(domain, "access-1", QUERY, {})
        assert refused.value.code == "host_not_allowed"
    assert shopify_server.asked == []
