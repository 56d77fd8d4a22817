"""Admin GraphQL over HTTP: versions, encodings, links, the bucket, weather."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from tests.sandbox.serving import DOMAIN, Serving, shop_doc

SHOP = "{ shop { name } }"


@pytest.fixture
def token(serving: Serving) -> str:
    return serving.connect()["access_token"]


def post(serving: Serving, token: str, path: str, content: bytes, **headers: str) -> httpx.Response:
    sent = {"X-Shopify-Access-Token": token, "Content-Type": "application/json"} | headers
    return serving.http.post(f"{serving.shop_url}/admin/api/{path}", headers=sent, content=content)


def fault(serving: Serving, **rule: object) -> None:
    assert serving.http.post(f"{serving.url}/_sandbox/faults", json=rule).status_code == 200


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("2026-10", "2026-10"),
        ("2026-04", "2026-04"),
        ("unstable", "unstable"),
        ("2019-04", "2026-01"),
        ("x", "2026-01"),
    ],
)
def test_the_header_tells_the_version_that_answered(serving: Serving, token: str, asked: str, served: str):
    answer = serving.ask(token, SHOP, asked)
    assert answer.json()["data"] == {"shop": {"name": "Harbour"}}
    assert answer.headers["x-shopify-api-version"] == served


def test_without_a_version_the_oldest_supported_answers(serving: Serving, token: str):
    answer = post(serving, token, "graphql.json", json.dumps({"query": SHOP}).encode())
    assert (answer.status_code, answer.headers["x-shopify-api-version"]) == (200, "2026-01")


def test_plain_graphql_and_packed_bodies_are_read(serving: Serving, token: str):
    plain = post(serving, token, "2026-10/graphql.json", SHOP.encode(), **{"Content-Type": "application/graphql"})
    packed = gzip.compress(json.dumps({"query": SHOP}).encode())
    unpacked = post(serving, token, "2026-10/graphql.json", packed, **{"Content-Encoding": "gzip"})
    assert plain.json()["data"] == unpacked.json()["data"] == {"shop": {"name": "Harbour"}}
    assert plain.headers["content-type"] == "application/json; charset=utf-8"
    broken = post(serving, token, "2026-10/graphql.json", b"not packed", **{"Content-Encoding": "gzip"})
    assert broken.status_code == 400


def test_links_begin_with_the_address_that_was_asked(serving: Serving, token: str):
    query = """mutation { stagedUploadsCreate(input: [{resource: BULK_MUTATION_VARIABLES, filename: "a.jsonl",
      mimeType: "text/jsonl", httpMethod: POST}]) { stagedTargets { url } } }"""
    by_path = serving.data(token, query)["stagedUploadsCreate"]["stagedTargets"][0]["url"]
    by_host = serving.http.post(
        f"{serving.url}/admin/api/2026-10/graphql.json",
        headers={"X-Shopify-Access-Token": token, "Host": f"{DOMAIN}:8443", "X-Forwarded-Proto": "https"},
        json={"query": query},
    ).json()["data"]["stagedUploadsCreate"]["stagedTargets"][0]["url"]
    assert by_path == f"{serving.url}/_storage/staged/"
    assert by_host == f"http://{DOMAIN}:8443/_storage/staged/"


def test_throttling_on_order_and_by_an_empty_bucket_look_alike(serving: Serving, token: str):
    fault(serving, kind="throttled", operation="shop")
    ordered = serving.ask(token, SHOP)
    query = "{ products(first: 250) { nodes { id variants(first: 100) { nodes { id } } } } }"
    serving.http.post(f"{serving.url}/_sandbox/throttle", json={"maximum": 50, "restore": 1, "available": 0})
    real = serving.ask(token, query)
    for answer in (ordered, real):
        body = answer.json()
        assert answer.status_code == 200 and "data" not in body
        assert body["errors"] == [
            {
                "message": "Throttled",
                "extensions": {
                    "code": "THROTTLED",
                    "documentation": "https://shopify.dev/api/usage/rate-limits",
                },
            }
        ]
        assert body["extensions"]["cost"]["actualQueryCost"] is None
    assert real.json()["extensions"]["cost"]["throttleStatus"]["maximumAvailable"] == 50


def test_another_shop_answers_on_order(serving: Serving, token: str):
    serving.sandbox.state.add_shop(2, "other", shop_doc("Other", "other.myshopify.com", 2))
    fault(serving, kind="wrong_shop", other_shop="other", operation="Who")
    query = "query Who { shop { name } }"
    assert [serving.data(token, query)["shop"]["name"] for _ in range(2)] == ["Other", "Harbour"]


def test_what_was_done_stays_done_when_its_answer_is_lost(serving: Serving, token: str):
    fault(serving, kind="lost_answer", operation="appUninstall")
    with pytest.raises(httpx.RemoteProtocolError):
        serving.ask(token, "mutation { appUninstall { userErrors { message } } }")
    assert serving.ask(token, SHOP).status_code == 401


def test_a_silent_server_runs_into_the_clients_patience(serving: Serving, token: str):
    fault(serving, kind="hang", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{serving.shop_url}/admin/api/2026-10/graphql.json",
            headers={"X-Shopify-Access-Token": token}, json={"query": SHOP}, timeout=0.3, trust_env=False,
        )  # fmt: skip
    assert serving.ask(token, SHOP).status_code == 200


def test_a_late_answer_is_a_whole_answer(serving: Serving, token: str):
    fault(serving, kind="late", seconds=0.3)
    answer = serving.ask(token, SHOP)
    assert answer.elapsed.total_seconds() >= 0.3 and answer.json()["data"]["shop"]


def test_the_log_knows_what_a_query_cost(serving: Serving, token: str):
    serving.ask(token, "query Costly { products(first: 5) { nodes { id } } }")
    (entry,) = serving.http.get(f"{serving.url}/_sandbox/requests", params={"kind": "graphql"}).json()
    assert entry["requested_cost"] >= entry["actual_cost"] > 0
    assert (entry["operation"], entry["roots"], entry["status"]) == ("Costly", ["products"], 200)
