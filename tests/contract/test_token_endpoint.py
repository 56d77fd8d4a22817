"""What the token endpoint says, and which instruction follows from it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mooring.errors import (
    AppRejected,
    AuthLost,
    MooringError,
    OutcomeUnknown,
    Permanent,
    StoreUnavailable,
    Throttled,
    Unreachable,
)
from mooring.ports import ShopifyApp
from mooring.shopify.client import ShopifyClient
from tests.contract.conftest import SHOP
from tests.contract.standin import StandIn

APP = ShopifyApp("app-1", "client-id", "client-secret")
PAIR = {
    "access_token": "access-1",
    "scope": "read_customers,write_products",
    "expires_in": 3600,
    "refresh_token": "refresh-1",
    "refresh_token_expires_in": 7776000,
}


def test_the_consent_page_gets_what_was_asked_for(client: ShopifyClient, shopify_server: StandIn) -> None:
    url = client.consent_url(SHOP, APP, frozenset({"read_orders", "read_customers"}), "https://hub/cb?x=1", "n&1")
    assert url.startswith(f"{shopify_server.url}/{SHOP}/admin/oauth/authorize?")
    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["client-id"],
        "scope": ["read_customers,read_orders"],
        "redirect_uri": ["https://hub/cb?x=1"],
        "state": ["n&1"],
    }
    assert shopify_server.asked == []


def test_a_code_is_exchanged_for_an_expiring_pair(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.says(body=PAIR)
    grant = client.exchange(SHOP, APP, "code-1")
    asked = shopify_server.asked[0]
    assert (asked.method, asked.path) == ("POST", f"/{SHOP}/admin/oauth/access_token")
    assert asked.json() == {
        "client_id": "client-id",
        "client_secret": "client-secret",
        "code": "code-1",
        "expiring": "1",
    }
    assert (grant.access_token, grant.refresh_token) == ("access-1", "refresh-1")
    assert (grant.expires_in, grant.refresh_expires_in) == (3600, 7776000)
    assert grant.scopes == {"read_customers", "write_products"}
    assert "access-1" not in repr(grant)


def test_refreshing_and_asking_name_their_grant(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.says(body={"access_token": "a", "scope": "read_orders, ", "expires_in": 86399})
    client.refresh(SHOP, APP, "refresh-1")
    grant = client.ask(SHOP, APP)
    refreshed, asked = (one.json() for one in shopify_server.asked)
    assert (refreshed["grant_type"], refreshed["refresh_token"]) == ("refresh_token", "refresh-1")
    assert asked["grant_type"] == "client_credentials"
    assert "refresh_token" not in asked
    assert (grant.scopes, grant.expires_in, grant.refresh_token) == ({"read_orders"}, 86399, None)


REFUSALS: list[tuple[int, Any, type[MooringError], str]] = [
    (401, {"error": "invalid_request", "error_description": "requires an active refresh_token"},
     AuthLost, "invalid_request"),
    (400, {"error": "invalid_request"}, AuthLost, "invalid_request"),
    (400, {"error": "invalid_grant"}, AuthLost, "invalid_grant"),
    (400, {"error": "app_not_installed"}, AuthLost, "app_not_installed"),
    (400, {"error": "invalid_client"}, AppRejected, "invalid_client"),
    (401, {"error": "invalid_client"}, AppRejected, "invalid_client"),
    (400, {"error": "application_cannot_be_found"}, AppRejected, "application_cannot_be_found"),
    (400, {"error": "shop_not_permitted", "error_description": "Not on this shop."}, Permanent, "rejected"),
    (400, "nonsense", Permanent, "rejected"),
    (401, ["nonsense"], Permanent, "rejected"),
    (402, {"errors": "Unavailable Shop"}, StoreUnavailable, "store_unavailable"),
    (403, {"errors": "Unavailable Shop"}, StoreUnavailable, "store_unavailable"),
    (423, {"errors": "This store is unavailable"}, StoreUnavailable, "store_unavailable"),
    (404, {"errors": "Not Found"}, Permanent, "shop_not_found"),
    (302, "", Permanent, "redirected"),
    (429, {"errors": "Slow down"}, Throttled, "throttled"),
    (500, "", Unreachable, "unreachable"),
    (502, "<html>", Unreachable, "unreachable"),
    (520, "", Unreachable, "unreachable"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "error", "code"), REFUSALS)
@pytest.mark.parametrize("grant", ["exchange", "refresh", "ask"])
def test_a_refusal_says_what_happens_next(
    client: ShopifyClient, shopify_server: StandIn, grant: str, status: int, body: Any, error: type, code: str
) -> None:
    shopify_server.says(status, body)
    with pytest.raises(MooringError) as refused:
        ask(client, grant)
    assert (type(refused.value), refused.value.code) == (error, code)
    assert "client-secret" not in str(refused.value)


def test_the_merchants_words_are_shown_and_kept_short(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.says(400, {"error": "shop_not_permitted", "error_description": "Not  on\nthis shop. " + "x" * 999})
    with pytest.raises(Permanent, match=r"Not on this shop\.") as refused:
        client.ask(SHOP, APP)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "body", ["", "<html>", {"scope": "read_orders"}, {"access_token": 5}, {**PAIR, "expires_in": "x"}]
)
def test_an_unreadable_grant_may_have_been_given(client: ShopifyClient, shopify_server: StandIn, body: Any) -> None:
    """A code works once; a refresh token may be sent again."""
    shopify_server.says(body=body)
    with pytest.raises(OutcomeUnknown):
        ask(client, "exchange")
    for grant in ("refresh", "ask"):
        with pytest.raises(Unreachable):
            ask(client, grant)


@pytest.mark.parametrize("how", ["cut", "silent"])
def test_so_may_one_whose_answer_was_lost(client: ShopifyClient, shopify_server: StandIn, how: str) -> None:
    shopify_server.says(body=PAIR, **{how: True})
    with pytest.raises(OutcomeUnknown):
        ask(client, "exchange")
    with pytest.raises(Unreachable):
        ask(client, "refresh")


@pytest.mark.parametrize("domain", ["", "example.com", "harbour.myshopify.com/../x", "a@harbour.myshopify.com", "x\n"])
def test_a_secret_goes_to_no_other_place_than_a_shop(
    client: ShopifyClient, shopify_server: StandIn, domain: str
) -> None:
    for call in (client.exchange, client.refresh):
        with pytest.raises(Permanent) as refused:
            call(domain, APP, "value")
        assert refused.value.code == "host_not_allowed"
    assert shopify_server.asked == []


def ask(client: ShopifyClient, grant: str) -> None:
    match grant:
        case "exchange":
            client.exchange(SHOP, APP, "code-1")
        case "refresh":
            client.refresh(SHOP, APP, "refresh-1")
        case _:
            client.ask(SHOP, APP)
