"""Whose shop a request is for, what every answer carries, shop states, weather, and being switched off."""

import gzip
import socket
from email.utils import parsedate_to_datetime

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server, shops
from mooring_sandbox.shopify.server_graphql import named, read_payload
from mooring_sandbox.shopify.state import State
from tests.sandbox.serving import DOMAIN, SHOP_ID, Serving, shop_doc

UNAUTHORISED = "[API] Invalid API key or access token (unrecognized login or wrong password)"


@pytest.fixture
def token(serving: Serving) -> str:
    return serving.connect()["access_token"]


def shop(serving: Serving, token: str, base: str | None = None, **headers: str) -> httpx.Response:
    return serving.http.get(
        f"{base or serving.shop_url}/admin/api/2026-10/shop.json", headers={"X-Shopify-Access-Token": token, **headers}
    )


@pytest.mark.parametrize("segment", [DOMAIN, "harbour", "HARBOUR.myshopify.com"])
def test_a_shop_is_found_by_the_first_path_segment(serving: Serving, token, segment):
    assert shop(serving, token, f"{serving.url}/{segment}").json()["shop"]["id"] == SHOP_ID


@pytest.mark.parametrize("host", [DOMAIN, f"{DOMAIN}:8443", "Harbour.MyShopify.com"])
def test_a_shop_is_found_by_its_host(serving: Serving, token, host):
    assert shop(serving, token, serving.url, Host=host).json()["shop"]["myshopify_domain"] == DOMAIN


def test_an_unknown_shop_is_not_found(serving: Serving, token):
    for base, host in ((f"{serving.url}/nobody", None), (serving.url, "nobody.myshopify.com"), (serving.url, None)):
        answer = shop(serving, token, base, **({"Host": host} if host else {}))
        assert (answer.status_code, answer.json()) == (404, {"errors": "Not Found"})


def test_a_renamed_shop_answers_under_both_names_with_the_new_one(serving: Serving, token):
    shops.rename(serving.sandbox.state, SHOP_ID, "quayside")
    for segment in ("harbour", "quayside"):
        found = shop(serving, token, f"{serving.url}/{segment}").json()["shop"]
        assert (found["id"], found["myshopify_domain"]) == (SHOP_ID, "quayside.myshopify.com")


def test_a_token_is_worth_nothing_in_another_shop_and_a_missing_one_nowhere(serving: Serving, token):
    serving.sandbox.state.add_shop(2, "other", shop_doc("Other", "other.myshopify.com", 2))
    for base, sent in ((f"{serving.url}/other", token), (serving.shop_url, "shpat_wrong"), (serving.shop_url, "")):
        answer = shop(serving, sent, base)
        assert (answer.status_code, answer.json()) == (401, {"errors": UNAUTHORISED})


@pytest.mark.parametrize(
    ("state", "status", "text"),
    [
        ("frozen", 402, "Unavailable Shop"),
        ("unavailable", 403, "Unavailable Shop"),
        ("locked", 423, "This store is unavailable"),
        ("gone", 404, "Not Found"),
    ],
)
def test_a_shop_that_is_shut_says_so_and_keeps_the_token(serving: Serving, token, state, status, text):
    serving.http.patch(f"{serving.url}/_sandbox/shops/harbour", json={"state": state})
    answer = shop(serving, token)
    assert (answer.status_code, answer.json()) == (status, {"errors": text})
    graphql = serving.ask(token, "{ shop { id } }")
    assert (graphql.status_code, graphql.json()) == (status, {"errors": text})
    serving.http.patch(f"{serving.url}/_sandbox/shops/harbour", json={"state": "active"})
    assert shop(serving, token).status_code == 200


def test_every_answer_carries_the_sandboxs_own_date_and_a_request_id(serving: Serving, token):
    serving.advance(days=100)
    answer = shop(serving, "wrong")
    assert abs((parsedate_to_datetime(answer.headers["date"]) - serving.clock.now()).total_seconds()) < 3
    assert answer.headers.get_list("date").__len__() == 1
    assert answer.headers["x-request-id"] != shop(serving, "wrong").headers["x-request-id"]
    assert answer.headers["x-shopify-shop-domain"] == DOMAIN
    assert shop(serving, serving.connect()["access_token"]).headers["x-shopify-api-version"] == "2026-10"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_graphql_is_posted_or_not_found(serving: Serving, token, method):
    answer = serving.http.request(
        method, f"{serving.shop_url}/admin/api/2026-10/graphql.json", headers={"X-Shopify-Access-Token": token}
    )
    assert answer.status_code == 404


def test_graphql_without_a_token_is_unauthorised_in_the_known_words(serving: Serving):
    answer = serving.ask("shpat_wrong", "{ shop { id } }")
    assert (answer.status_code, answer.json()) == (401, {"errors": UNAUTHORISED})


def test_a_body_that_is_no_query_is_a_bad_request(serving: Serving, token):
    for content in (b"", b"[]", b"{not json", b'{"query": 5}', b'{"query": "{shop{id}}", "variables": []}'):
        answer = serving.http.post(
            f"{serving.shop_url}/admin/api/2026-10/graphql.json",
            headers={"X-Shopify-Access-Token": token, "Content-Type": "application/json"},
            content=content,
        )
        assert answer.status_code == 400
        assert answer.json() == {"errors": {"query": "Required parameter missing or invalid"}}


def test_a_body_that_is_too_long_is_refused_packed_or_not(serving: Serving, token):
    serving.sandbox.settings.change({"max_body_bytes": 1000})
    long = b'{"query": "' + b" " * 5000 + b'{ shop { id } }"}'
    headers = {"X-Shopify-Access-Token": token, "Content-Type": "application/json"}
    url = f"{serving.shop_url}/admin/api/2026-10/graphql.json"
    assert serving.http.post(url, headers=headers, content=long).status_code == 413
    packed = gzip.compress(long)
    assert len(packed) < 1000
    assert serving.http.post(url, headers=headers | {"Content-Encoding": "gzip"}, content=packed).status_code == 413


def test_reading_a_payload():
    assert read_payload("application/graphql; charset=utf-8", b"{ shop { id } }") == {"query": "{ shop { id } }"}
    assert read_payload("application/json", b'{"query": "x", "variables": null}') == {"query": "x", "variables": None}
    assert read_payload("application/json", b"{}") is None


def test_naming_an_operation():
    query = "query A { shop { id } orders { nodes { id } } } query B { shop { id } }"
    assert named(query, None) == ("A", ["shop", "orders"])
    assert named(query, "B") == ("B", ["shop"])
    assert named("{ a: shop { id } }", None) == ("shop", ["shop"])
    assert named("{ broken", None) == ("", [])


def fault(serving: Serving, **rule) -> None:
    answer = serving.http.post(f"{serving.url}/_sandbox/faults", json={"on": "rest", **rule})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("status", [500, 502, 520, 429, 430])
def test_the_next_requests_fail_as_ordered_and_then_no_more(serving: Serving, token, status):
    fault(serving, kind="status", status=status, times=2)
    answers = [shop(serving, token) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert (answers[0].headers.get("retry-after") == "2.0") is (status in (429, 430))


def test_a_connection_is_cut_in_the_middle_of_the_body(serving: Serving, token):
    fault(serving, kind="cut", sent_bytes=20)
    with pytest.raises(httpx.RemoteProtocolError):
        shop(serving, token)
    assert shop(serving, token).status_code == 200


def test_a_refresh_whose_answer_is_lost_has_happened_and_can_be_repeated(serving: Serving):
    first = serving.connect()
    fault(serving, kind="lost_answer", on="token", operation="refresh_token")
    sent = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    with pytest.raises(httpx.RemoteProtocolError):
        serving.token(**sent)
    chain = serving.sandbox.tokens.of(SHOP_ID, serving.app.id)["refresh"]
    assert len(chain) == 2
    again = serving.token(**sent).json()
    assert again["refresh_token"] in {one["value"] for one in chain} - {first["refresh_token"]}


def test_a_probability_draws_from_its_seed(serving: Serving, token):
    def draw(seed: int) -> list[int]:
        serving.http.delete(f"{serving.url}/_sandbox/faults")
        fault(serving, kind="status", times=None, probability=0.5, seed=seed)
        return [shop(serving, token).status_code for _ in range(20)]

    first = draw(3)
    assert set(first) == {200, 500} and draw(3) == first and draw(4) != first


def test_faults_can_wait_and_be_meant_for_one_shop(serving: Serving, token):
    fault(serving, kind="status", skip=1)
    fault(serving, kind="status", shop="elsewhere", times=None)
    assert [shop(serving, token).status_code for _ in range(3)] == [200, 500, 200]


def test_links_follow_the_request_unless_a_public_address_is_given(tmp_path):
    scope = {
        "type": "http",
        "scheme": "https",
        "path": "/harbour/admin/x",
        "headers": [(b"host", b"stand-in.example:8443"), (b"x-forwarded-host", b"evil.example")],
    }
    state = State(tmp_path / "s.sqlite")
    state.add_shop(SHOP_ID, "harbour", shop_doc())
    assert shops.visit(state, scope, None) == shops.Visit(SHOP_ID, DOMAIN, "/admin/x", "https://stand-in.example:8443")
    assert shops.visit(state, scope, "https://public.example").origin == "https://public.example"
    mounted = scope | {"root_path": "/shopify", "path": "/shopify/harbour/admin/x"}
    assert shops.visit(state, mounted, None).origin == "https://stand-in.example:8443/shopify"
    assert shops.visit(state, mounted, None).path == "/admin/x"
    state.close()


@pytest.mark.anyio
async def test_it_can_be_mounted_in_another_application(tmp_path):
    state = State(tmp_path / "s.sqlite")
    state.add_shop(SHOP_ID, "harbour", shop_doc())
    asgi = server.create(state, Clock(), data=tmp_path)
    outer = Starlette(routes=[Mount("/shopify", asgi)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(outer), base_url="http://localhost") as client:
        assert (await client.get("/shopify/harbour/admin/shop.json")).status_code == 401
        assert (await client.get("/shopify/_sandbox/clock")).status_code == 200
    asgi.close()
    state.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_the_same_directory_is_the_same_store(tmp_path):
    state = State(tmp_path / "s.sqlite")
    state.add_shop(SHOP_ID, "harbour", shop_doc())
    first = server.create(state, Clock(), data=tmp_path)
    app = first.sandbox.apps.create({})
    first.sandbox.installations.install(SHOP_ID, app.id, ["read_orders"])
    pair = first.sandbox.tokens.mint_expiring(SHOP_ID, app.id, app.secrets[0].id)
    first.sandbox.settings.change({"access_token_seconds": 60})
    first.close()
    state.close()
    state = State(tmp_path / "s.sqlite")
    again = server.create(state, Clock(), data=tmp_path)
    assert again.sandbox.apps.by_client_id(app.client_id) == app
    assert again.sandbox.tokens.access(pair.access.value) == pair.access
    assert again.sandbox.settings.now.access_token_seconds == 60
    again.close()
    state.close()


def test_the_log_counts_by_shop_kind_and_operation(serving: Serving, token):
    shop(serving, token)
    serving.ask(token, "query Named { shop { id } }")
    counts = serving.http.get(f"{serving.url}/_sandbox/counts", params={"shop": DOMAIN}).json()
    assert counts["kinds"]["token"] == {"total": 1, "operations": {"authorization_code": 1}}
    assert counts["kinds"]["authorize"]["total"] == 2
    assert counts["kinds"]["rest"]["operations"] == {"shop.json": 1}
    (entry,) = serving.http.get(f"{serving.url}/_sandbox/requests", params={"kind": "graphql"}).json()
    assert (entry["operation"], entry["roots"], entry["shop"]) == ("Named", ["shop"], DOMAIN)
    serving.http.delete(f"{serving.url}/_sandbox/requests")
    assert serving.http.get(f"{serving.url}/_sandbox/counts").json()["total"] == 0


def test_no_secret_is_in_the_log(serving: Serving, token):
    serving.token(grant_type="client_credentials")
    text = serving.http.get(f"{serving.url}/_sandbox/requests").text
    assert token not in text and serving.app.secrets[0].value not in text and "nonce-1" not in text


def test_the_server_stops_and_frees_its_port(tmp_path):
    state = State(tmp_path / "s.sqlite")
    with server.run_in_thread(server.create(state, Clock(), data=tmp_path)) as url:
        port = int(url.rpartition(":")[2])
        assert httpx.get(f"{url}/_sandbox/clock", trust_env=False).status_code == 200
    with socket.create_server(("127.0.0.1", port)):
        pass
    state.close()
