"""The port to Shopify against the shipped stand-in, over real HTTP: consent, tokens, GraphQL, shop states."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from mooring.domain.signing import callback_is_genuine, timestamp_is_fresh
from mooring.errors import AppRejected, AuthLost, MooringError, Permanent, StoreUnavailable, Throttled, Unreachable
from mooring.http import Hosts, Http
from mooring.ports import Grant, ShopifyApp
from mooring.shopify.client import ShopifyClient
from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify import catalogue, server, shops
from mooring_sandbox.shopify.faults import Fault
from mooring_sandbox.shopify.sandbox import Sandbox
from mooring_sandbox.shopify.state import State

SHOP, SHOP_ID = "harbour.myshopify.com", 10_000_000_001
REDIRECT = "https://hub.example.com/oauth/callback"
SCOPES = frozenset({"read_customers", "read_orders", "read_products"})
QUERY = "query Shop { shop { id myshopifyDomain } }"


@dataclass
class Connection:
    sandbox: Sandbox
    client: ShopifyClient
    app: ShopifyApp

    def consent(self, granted: frozenset[str] = SCOPES) -> dict[str, str]:
        """What the callback receives when the merchant presses Install."""
        page = self.client.consent_url(SHOP, self.app, SCOPES, REDIRECT, "nonce-1")
        form = {"decision": "install", "granted": sorted(granted)}
        answer = httpx.post(page, data=form, trust_env=False)
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def connect(self, granted: frozenset[str] = SCOPES) -> Grant:
        return self.client.exchange(SHOP, self.app, self.consent(granted)["code"])


@pytest.fixture
def at(tmp_path) -> Iterator[Connection]:
    state, clock = State(tmp_path / "state.sqlite"), Clock()
    doc = catalogue.shop_doc("harbour", 1, currency="EUR", shop_id=SHOP_ID, as_of=iso(clock.now()))
    state.add_shop(SHOP_ID, "harbour", doc | {"name": "Harbour"})
    asgi = server.create(state, clock, data=tmp_path)
    registered = asgi.sandbox.apps.create({"redirect_uris": [REDIRECT]})
    app = ShopifyApp("app-1", registered.client_id, registered.secrets[0].value)
    with server.run_in_thread(asgi) as address:
        url = f"{address}/{{shop}}"
        http = Http(Hosts(url), inside_transaction=lambda: False, monotonic=time.monotonic)
        yield Connection(asgi.sandbox, ShopifyClient(http, url=url, version="2026-10"), app)
        http.close()
    state.close()


def test_the_callback_is_genuine_and_the_code_works_once(at: Connection) -> None:
    callback = at.consent(frozenset({"read_orders"}))
    assert callback_is_genuine(callback, [at.app.secret])
    assert timestamp_is_fresh(callback["timestamp"], time.time())
    assert (callback["state"], callback["shop"]) == ("nonce-1", SHOP)
    grant = at.client.exchange(SHOP, at.app, callback["code"])
    assert grant.scopes == {"read_orders"}
    assert (grant.expires_in, grant.refresh_expires_in) == (3600, 90 * 86400)
    with pytest.raises(AuthLost) as used:
        at.client.exchange(SHOP, at.app, callback["code"])
    assert used.value.code == "invalid_grant"


def test_a_refresh_may_be_repeated_until_its_replacement_is_used(at: Connection) -> None:
    first = at.connect()
    assert first.refresh_token
    second = at.client.refresh(SHOP, at.app, first.refresh_token)
    assert second.access_token != first.access_token
    again = at.client.refresh(SHOP, at.app, first.refresh_token)
    assert again.refresh_token == second.refresh_token
    assert second.refresh_token
    at.client.refresh(SHOP, at.app, second.refresh_token)
    with pytest.raises(AuthLost) as dead:
        at.client.refresh(SHOP, at.app, first.refresh_token)
    assert dead.value.code == "invalid_request"


def test_a_lost_answer_to_a_refresh_is_healed_by_asking_again(at: Connection) -> None:
    first = at.connect()
    assert first.refresh_token
    at.sandbox.faults.add(Fault("lost_answer", on="token", operation="refresh_token"))
    with pytest.raises(Unreachable):
        at.client.refresh(SHOP, at.app, first.refresh_token)
    renewed = at.client.refresh(SHOP, at.app, first.refresh_token)
    assert at.client.graphql(SHOP, renewed.access_token, QUERY, {}).data["shop"]["myshopifyDomain"] == SHOP


def test_a_token_asks_the_shop_and_hears_its_clock(at: Connection) -> None:
    grant = at.connect()
    reply = at.client.graphql(SHOP, grant.access_token, QUERY, {})
    assert reply.data == {"shop": {"id": f"gid://shopify/Shop/{SHOP_ID}", "myshopifyDomain": SHOP}}
    assert abs(reply.at.timestamp() - at.sandbox.clock.now().timestamp()) < 5
    assert reply.version == "2026-10"
    assert reply.available is not None
    assert reply.restore_rate == 100


def test_a_missing_scope_denies_the_field_and_no_more(at: Connection) -> None:
    grant = at.connect(frozenset({"read_orders"}))
    document = 'query Two { shop { name } product(id: "gid://shopify/Product/1") { id } }'
    reply = at.client.graphql(SHOP, grant.access_token, document, {})
    assert reply.data == {"shop": {"name": "Harbour"}, "product": None}
    assert reply.denied() == {"product"}


def test_a_query_the_schema_rejects_can_never_succeed(at: Connection) -> None:
    grant = at.connect()
    with pytest.raises(Permanent, match="noSuchField"):
        at.client.graphql(SHOP, grant.access_token, "{ shop { noSuchField } }", {})


def test_an_expired_token_is_refused_and_an_uninstalled_app_too(at: Connection) -> None:
    grant = at.connect()
    assert grant.refresh_token
    registered = at.sandbox.apps.by_client_id(at.app.client_id)
    assert registered
    at.sandbox.installations.uninstall(SHOP_ID, registered.id)
    with pytest.raises(AuthLost) as refused:
        at.client.graphql(SHOP, grant.access_token, QUERY, {})
    assert refused.value.code == "token_refused"
    with pytest.raises(AuthLost):
        at.client.refresh(SHOP, at.app, grant.refresh_token)
    with pytest.raises(AuthLost) as absent:
        at.client.ask(SHOP, at.app)
    assert absent.value.code == "app_not_installed"


def test_a_wrong_secret_is_the_apps_fault_not_the_stores(at: Connection) -> None:
    with pytest.raises(AppRejected):
        at.client.ask(SHOP, ShopifyApp("app-1", at.app.client_id, "wrong"))


def test_own_organisations_app_just_asks_again(at: Connection) -> None:
    at.connect()
    grant = at.client.ask(SHOP, at.app)
    assert (grant.refresh_token, grant.expires_in) == (None, 86399)
    assert at.client.graphql(SHOP, grant.access_token, QUERY, {}).data["shop"]


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("frozen", StoreUnavailable),
        ("locked", StoreUnavailable),
        ("unavailable", StoreUnavailable),
        ("gone", Permanent),
    ],
)
def test_a_closed_shop_keeps_its_token(at: Connection, state: str, error: type[MooringError]) -> None:
    grant = at.connect()
    shops.set_state(at.sandbox.state, SHOP_ID, state)
    with pytest.raises(error):
        at.client.graphql(SHOP, grant.access_token, QUERY, {})
    shops.set_state(at.sandbox.state, SHOP_ID, "active")
    assert at.client.graphql(SHOP, grant.access_token, QUERY, {}).data["shop"]


def test_throttling_is_told_with_the_wait(at: Connection) -> None:
    grant = at.connect()
    at.sandbox.faults.add(Fault("throttled"))
    with pytest.raises(Throttled) as slow:
        at.client.graphql(SHOP, grant.access_token, QUERY, {})
    assert slow.value.retry_after == pytest.approx(0.25)


BULK = "{ customers { edges { node { id email } } } }"


def run_bulk(at: Connection, token: str) -> dict[str, str]:
    """A finished bulk operation over thirty customers."""
    catalogue.fill(at.sandbox.state, SHOP_ID, seed=1, sizes=catalogue.Sizes(customers=30), clock=at.sandbox.clock)
    at.sandbox.settings.change({"bulk_seconds": 0.01, "bulk_created_seconds": 0.0})
    started = at.client.graphql(SHOP, token, at.client.document("bulk_run"), {"query": BULK})
    operation = started.data["bulkOperationRunQuery"]["bulkOperation"]
    for _ in range(200):
        if operation["status"] == "COMPLETED":
            return operation
        time.sleep(0.05)
        answer = at.client.graphql(SHOP, token, at.client.document("bulk_status"), {"ids": [operation["id"]]})
        operation = answer.data["nodes"][0]
    raise AssertionError(f"the bulk operation does not end: {operation}")


def test_a_bulk_file_is_read_whole_and_from_any_byte_on(at: Connection) -> None:
    operation = run_bulk(at, at.connect().access_token)
    with at.client.open_file(operation["url"], 0) as chunks:
        whole = b"".join(chunks)
    assert whole.count(b"\n") == int(operation["objectCount"]) == 30
    for first in (1, len(whole) - 1, len(whole)):
        with at.client.open_file(operation["url"], first) as chunks:
            assert b"".join(chunks) == whole[first:]


def test_after_seven_days_it_is_gone(at: Connection) -> None:
    operation = run_bulk(at, at.connect().access_token)
    at.sandbox.clock.advance(timedelta(days=8))
    with pytest.raises(Permanent) as gone, at.client.open_file(operation["url"], 0):
        pass
    assert gone.value.code == "file_gone"


def test_a_download_that_breaks_off_goes_on_where_it_was(at: Connection) -> None:
    operation = run_bulk(at, at.connect().access_token)
    at.sandbox.faults.add(Fault("cut", on="download", sent_bytes=100))
    got = b""
    with pytest.raises(Unreachable), at.client.open_file(operation["url"], 0) as chunks:
        for chunk in chunks:
            got += chunk
    with at.client.open_file(operation["url"], len(got)) as chunks:
        assert (got + b"".join(chunks)).count(b"\n") == 30
