"""What becomes of tokens: expiry, rotation and its replay rule, migration, other grants, uninstall, secrets."""

import pytest

from mooring_sandbox.shopify import id_tokens
from tests.sandbox.serving import DOMAIN, SHOP_ID, Serving

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
DEAD = {"error": "invalid_request", "error_description": "This request requires an active refresh_token"}


def refresh(serving: Serving, token: str):
    return serving.token(grant_type="refresh_token", refresh_token=token)


def alive(serving: Serving, token: str) -> bool:
    answer = serving.http.get(f"{serving.shop_url}/admin/shop.json", headers={"X-Shopify-Access-Token": token})
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


def test_an_access_token_ends_after_its_hour_and_a_refresh_gives_the_next_pair(serving: Serving):
    first = serving.connect()
    assert alive(serving, first["access_token"])
    serving.advance(seconds=3601)
    assert not alive(serving, first["access_token"])
    second = refresh(serving, first["refresh_token"]).json()
    assert alive(serving, second["access_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert second["refresh_token_expires_in"] == 7_776_000


def test_a_used_refresh_token_is_answered_alike_until_its_replacement_is_used(serving: Serving):
    first = serving.connect()
    second = refresh(serving, first["refresh_token"]).json()
    again = refresh(serving, first["refresh_token"]).json()
    assert again["refresh_token"] == second["refresh_token"]
    assert alive(serving, again["access_token"])
    third = refresh(serving, second["refresh_token"]).json()
    replayed = refresh(serving, first["refresh_token"])
    assert (replayed.status_code, replayed.json()) == (401, DEAD)
    assert alive(serving, third["access_token"])


def test_the_replay_ends_thirty_days_after_the_first_use(serving: Serving):
    first = serving.connect()
    refresh(serving, first["refresh_token"])
    serving.advance(days=29)
    late = refresh(serving, first["refresh_token"])
    assert late.status_code == 200 and alive(serving, late.json()["access_token"])
    serving.advance(days=2)
    assert refresh(serving, first["refresh_token"]).json() == DEAD


def test_a_refresh_token_dies_after_ninety_days_and_so_does_an_unknown_one(serving: Serving):
    first = serving.connect()
    serving.advance(days=90, seconds=1)
    for token in (first["refresh_token"], "shprt_unknown"):
        dead = refresh(serving, token)
        assert (dead.status_code, dead.json()) == (401, DEAD)


def test_lifetimes_can_be_set(serving: Serving):
    serving.sandbox.settings.change({"access_token_seconds": 60, "refresh_token_seconds": 600})
    body = serving.connect()
    assert (body["expires_in"], body["refresh_token_expires_in"]) == (60, 600)


def test_a_refresh_token_of_another_app_is_an_invalid_grant(serving: Serving):
    first = serving.connect()
    other = serving.sandbox.apps.create({"handle": "other"})
    answer = serving.token(
        grant_type="refresh_token",
        refresh_token=first["refresh_token"],
        client_id=other.client_id,
        client_secret=other.secrets[0].value,
    )
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


def test_a_non_expiring_token_is_migrated_and_the_request_can_be_repeated(serving: Serving):
    old = serving.token(code=serving.consent()["code"]).json()["access_token"]
    body = {
        "grant_type": EXCHANGE,
        "subject_token": old,
        "subject_token_type": OFFLINE,
        "requested_token_type": OFFLINE,
        "expiring": "1",
    }
    pair = serving.token(**body).json()
    assert pair["expires_in"] == 3600 and not alive(serving, old)
    assert serving.token(**body).json()["refresh_token"] == pair["refresh_token"]
    serving.advance(days=8)
    assert serving.token(**body).json()["error"] == "invalid_subject_token"


def test_an_id_token_is_exchanged_while_it_lives(serving: Serving):
    serving.connect()
    secret, client_id = serving.app.secrets[0].value, serving.app.client_id
    subject = id_tokens.mint(secret, client_id, DOMAIN, serving.clock.now().timestamp())
    body = {"grant_type": EXCHANGE, "subject_token": subject, "subject_token_type": ID_TOKEN, "expiring": "1"}
    assert serving.token(**body).json()["refresh_token"]
    serving.advance(seconds=61)
    assert serving.token(**body).json()["error"] == "invalid_subject_token"
    assert serving.token(**body | {"subject_token": "a.b.c"}).status_code == 400


def test_client_credentials_need_the_installation_and_the_same_organisation(serving: Serving):
    absent = serving.token(grant_type="client_credentials")
    assert (absent.status_code, absent.json()["error"]) == (400, "app_not_installed")
    serving.sandbox.installations.install(SHOP_ID, serving.app.id, ["read_orders"])
    body = serving.token(grant_type="client_credentials").json()
    assert (body["expires_in"], body["scope"]) == (86399, "read_orders")
    assert "refresh_token" not in body and alive(serving, body["access_token"])
    serving.sandbox.apps.change(serving.app.id, {"own_organisation": False})
    assert serving.token(grant_type="client_credentials").json()["error"] == "shop_not_permitted"


def test_an_unknown_grant_is_refused(serving: Serving):
    answer = serving.token(grant_type="password")
    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_grant_type"})


def test_uninstalling_kills_tokens_and_a_reinstall_starts_anew(serving: Serving):
    first = serving.connect()
    answer = serving.http.delete(
        f"{serving.shop_url}/admin/api_permissions/current.json",
        headers={"X-Shopify-Access-Token": first["access_token"]},
    )
    assert answer.status_code == 200
    assert not alive(serving, first["access_token"])
    assert refresh(serving, first["refresh_token"]).json() == DEAD
    assert alive(serving, serving.connect()["access_token"])


def test_both_secrets_work_during_rotation_and_revoking_one_kills_what_it_minted(serving: Serving):
    first = serving.connect()
    rotated = serving.sandbox.apps.rotate(serving.app.id)
    new = rotated.secrets[-1].value
    second = serving.token(grant_type="refresh_token", refresh_token=first["refresh_token"], client_secret=new).json()
    app, revoked = serving.sandbox.apps.revoke(serving.app.id)
    serving.sandbox.tokens.kill_minted_by(app.id, revoked.id)
    assert not alive(serving, first["access_token"]) and alive(serving, second["access_token"])
    assert refresh(serving, second["refresh_token"]).json()["error"] == "invalid_client"
    with pytest.raises(ValueError, match="only secret"):
        serving.sandbox.apps.revoke(serving.app.id)


def test_a_public_app_must_use_expiring_tokens(serving: Serving):
    serving.sandbox.apps.change(serving.app.id, {"distribution": "public"})
    old = serving.token(code=serving.consent()["code"]).json()["access_token"]
    answer = serving.http.get(f"{serving.shop_url}/admin/shop.json", headers={"X-Shopify-Access-Token": old})
    assert answer.status_code == 403 and "Non-expiring" in answer.json()["errors"]
    assert alive(serving, serving.connect()["access_token"])
