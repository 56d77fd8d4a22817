"""The authorisation-code grant as an app sees it: page, way back, exchange, and every refusal."""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.sandbox.serving import DOMAIN, REDIRECT, SCOPES, SHOP_ID, Serving


def test_the_consent_page_shows_app_shop_and_scopes_and_escapes_what_it_shows(serving: Serving):
    serving.sandbox.apps.change(serving.app.id, {"title": "<b>Evil</b>"})
    page = serving.authorize(scope="read_orders,write_products")
    assert page.status_code == 200
    assert "&lt;b&gt;Evil" in page.text and "<b>Evil" not in page.text
    assert "Harbour" in page.text and DOMAIN in page.text
    assert 'value="read_orders" checked' in page.text and "Edit products" in page.text


def test_the_way_back_is_signed_and_carries_the_state(serving: Serving):
    back = serving.consent()
    signature = back.pop("hmac")
    message = urlencode(sorted(back.items()))
    secret = serving.app.secrets[0].value
    assert signature == hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    assert (back["state"], back["shop"]) == ("nonce-1", DOMAIN)
    assert back["host"] and "=" not in back["host"]
    assert abs(int(back["timestamp"]) - serving.clock.now().timestamp()) < 90


def test_the_apps_own_query_parameters_come_back_signed(serving: Serving):
    serving.sandbox.apps.change(serving.app.id, {"redirect_uris": [f"{REDIRECT}?tenant=a%20b"]})
    back = serving.consent(redirect_uri=f"{REDIRECT}?tenant=a%20b")
    signature = back.pop("hmac")
    secret = serving.app.secrets[0].value
    assert back["tenant"] == "a b"
    assert signature == hmac.new(secret.encode(), urlencode(sorted(back.items())).encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_id": "nobody"}, "application_cannot_be_found"),
        ({"redirect_uri": "https://elsewhere.example.com/"}, "invalid_request"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"scope": "read_orders,read_minds"}, "invalid_scope"),
    ],
)
def test_a_wrong_request_is_refused_on_the_page_and_never_redirected(serving: Serving, wrong, error):
    page = serving.authorize(**wrong)
    assert page.status_code == 400
    assert f"Oauth error {error}" in page.text
    assert "location" not in page.headers


def test_a_loopback_address_may_be_redirected_to_unless_the_app_forbids_it(serving: Serving):
    assert serving.authorize(redirect_uri="http://127.0.0.1:9/callback").status_code == 200
    serving.sandbox.apps.change(serving.app.id, {"loopback_redirects": False})
    assert serving.authorize(redirect_uri="http://127.0.0.1:9/callback").status_code == 400


def test_cancel_grants_nothing(serving: Serving):
    page = serving.authorize()
    answer = serving.http.post(page.request.url, data={"decision": "cancel", "granted": SCOPES.split(",")})
    assert answer.status_code == 200 and "was not installed" in answer.text
    assert serving.sandbox.installations.get(SHOP_ID, serving.app.id) is None


def test_an_expiring_exchange_answers_a_pair_with_lifetimes(serving: Serving):
    body = serving.connect()
    assert body["access_token"].startswith("shpat_")
    assert (body["expires_in"], body["refresh_token_expires_in"]) == (3600, 7_776_000)
    assert body["scope"] == SCOPES


def test_form_encoding_and_json_are_the_same(serving: Serving):
    form = {**serving.credentials(), "code": serving.consent()["code"], "expiring": "1"}
    answer = serving.http.post(f"{serving.shop_url}/admin/oauth/access_token", data=form)
    assert answer.status_code == 200 and answer.json()["expires_in"] == 3600


def test_without_expiring_the_token_never_ends(serving: Serving):
    body = serving.token(code=serving.consent()["code"]).json()
    assert set(body) == {"access_token", "scope"}
    again = serving.token(code=serving.consent()["code"]).json()
    assert again["access_token"] == body["access_token"]


def test_scopes_can_be_granted_in_part_and_writing_implies_reading(serving: Serving):
    back = serving.consent(["write_products"], scope="read_orders,read_products,write_products")
    body = serving.token(code=back["code"], expiring="1").json()
    assert body["scope"] == "write_products"
    listed = serving.http.get(
        f"{serving.shop_url}/admin/oauth/access_scopes.json",
        headers={"X-Shopify-Access-Token": body["access_token"]},
    )
    assert [s["handle"] for s in listed.json()["access_scopes"]] == ["read_products", "write_products"]


def test_a_code_works_once_only_in_its_shop_and_not_for_long(serving: Serving):
    code = serving.consent()["code"]
    assert serving.token(code=code, expiring="1").status_code == 200
    used = serving.token(code=code, expiring="1")
    assert (used.status_code, used.json()["error"]) == (400, "invalid_grant")
    late = serving.consent()["code"]
    serving.advance(minutes=6)
    assert serving.token(code=late, expiring="1").json()["error"] == "invalid_grant"


def test_abandoning_before_the_exchange_changes_nothing_and_exchanging_kills_the_older_pair(serving: Serving):
    first = serving.connect()
    back = serving.consent()
    assert serving.sandbox.tokens.access(first["access_token"])
    serving.token(code=back["code"], expiring="1")
    assert serving.sandbox.tokens.access(first["access_token"]) is None
    assert serving.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).status_code == 401


def test_a_wrong_secret_is_invalid_client_and_costs_no_code(serving: Serving):
    code = serving.consent()["code"]
    refused = serving.token(code=code, expiring="1", client_secret="wrong")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert serving.token(code=code, client_id="nobody").json()["error"] == "invalid_client"
    assert serving.token(code=code, expiring="1").status_code == 200


def test_approval_by_script_is_explicit_and_may_leave_scopes_out(serving: Serving):
    serving.sandbox.apps.change(serving.app.id, {"auto_approve": True, "auto_approve_without": ["read_orders"]})
    answer = serving.authorize()
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    assert serving.token(code=code, expiring="1").json()["scope"] == "read_customers,read_products"


def test_an_online_token_names_its_user_and_ends_by_itself(serving: Serving):
    online: dict[str, Any] = {"grant_options[]": "per-user"}
    back = serving.consent(**online)
    body = serving.token(code=back["code"]).json()
    assert body["access_token"].startswith("shpua_") and body["expires_in"] == 86399
    assert body["associated_user"]["account_owner"] is True


def test_an_unknown_shop_has_no_token_endpoint(serving: Serving):
    assert serving.http.post(f"{serving.url}/nobody/admin/oauth/access_token", json={}).status_code == 404
