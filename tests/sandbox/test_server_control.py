"""The control API: what it can do, how it refuses, and that only this machine reaches it."""

from datetime import datetime, timedelta

import httpx
import pytest

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.control import is_local
from mooring_sandbox.shopify.state import State
from tests.sandbox.serving import DOMAIN, SHOP_ID, Serving


def control(serving: Serving, method: str, path: str, **body) -> httpx.Response:
    return serving.http.request(method, f"{serving.url}/_sandbox{path}", json=body or None)


def test_an_app_is_made_changed_and_shown_with_its_credentials(serving: Serving):
    made = control(serving, "POST", "/apps", title="Other", handle="other", scopes=["read_orders"]).json()
    assert made["client_secret"].startswith("shpss_") and len(made["client_id"]) == 32
    changed = control(serving, "PATCH", "/apps/other", protected=["customer"]).json()
    assert changed["protected"] == ["customer"] and changed["client_id"] == made["client_id"]
    assert [app["handle"] for app in control(serving, "GET", "/apps").json()] == ["mooring", "other"]


def test_secrets_rotate_and_revoking_kills_their_tokens(serving: Serving):
    token = serving.connect()["access_token"]
    rotated = control(serving, "POST", f"/apps/{serving.app.client_id}/rotate").json()
    assert len(rotated["secrets"]) == 2
    control(serving, "POST", f"/apps/{serving.app.client_id}/revoke")
    assert serving.sandbox.tokens.access(token) is None


def test_a_shop_is_opened_with_data_and_shown_with_counts(serving: Serving):
    made = control(serving, "POST", "/shops", name="quayside", seed=3, customers=5, orders=4, products=3).json()
    assert made["domain"] == "quayside.myshopify.com"
    assert [made["records"][kind] for kind in ("Customer", "Order", "Product")] == [5, 4, 3]
    again = control(serving, "POST", "/shops", name="quayside")
    assert (again.status_code, "exists already" in again.json()["error"]) == (400, True)


@pytest.mark.parametrize("name", ["", "-ab", "a b", "täst"])
def test_a_bad_shop_name_is_refused(serving: Serving, name):
    assert control(serving, "POST", "/shops", name=name).status_code == 400


def test_the_clock_moves_for_everyone_and_is_remembered(serving: Serving):
    before = datetime.fromisoformat(control(serving, "GET", "/clock").json()["now"])
    after = datetime.fromisoformat(control(serving, "POST", "/clock", advance=86400).json()["now"])
    assert after - before >= timedelta(days=1)
    control(serving, "POST", "/clock", set="2027-03-01T00:00:00Z")
    assert serving.clock.now().year == 2027
    for body in ({}, {"advance": 1, "set": "2027-01-01T00:00:00Z"}, {"set": "2027-01-01T00:00:00"}, {"set": "soon"}):
        assert control(serving, "POST", "/clock", **body).status_code == 400


def test_settings_are_checked_kept_and_reset(serving: Serving):
    assert control(serving, "PATCH", "/settings", access_token_seconds=60).json()["access_token_seconds"] == 60
    for wrong in ({"no_such": 1}, {"bulk_limit": "many"}):
        answer = control(serving, "PATCH", "/settings", **wrong)
        assert answer.status_code == 400 and next(iter(wrong)) in answer.json()["error"]
    assert control(serving, "DELETE", "/settings").json()["access_token_seconds"] == 3600


def test_tokens_are_handed_out_without_the_round_trip(serving: Serving):
    token = control(serving, "POST", f"/shops/{DOMAIN}/token", app="mooring", scopes="read_orders").json()
    found = serving.sandbox.tokens.access(token["access_token"])
    assert found and found.shop_id == SHOP_ID
    pair = control(serving, "POST", "/shops/harbour/token", app="mooring", scopes="read_orders", expiring=True).json()
    assert set(pair) == {"access_token", "refresh_token"}
    assert control(serving, "POST", "/shops/harbour/install", app="mooring", scopes="read_minds").status_code == 400


def test_uninstalling_what_is_not_installed_is_said(serving: Serving):
    answer = control(serving, "POST", "/shops/harbour/uninstall", app="mooring")
    assert (answer.status_code, answer.json()["error"]) == (404, "the app is not installed in this shop")


def test_a_rename_is_refused_where_the_name_is_taken(serving: Serving):
    control(serving, "POST", "/shops", name="quayside")
    answer = control(serving, "PATCH", "/shops/harbour", name="quayside")
    assert answer.status_code == 400 and "another shop" in answer.json()["error"]


def test_reset_goes_back_to_the_mark_and_clears_the_weather(serving: Serving):
    token = serving.connect()["access_token"]
    control(serving, "POST", "/mark")
    control(serving, "POST", "/faults", kind="status", on="rest")
    control(serving, "PATCH", "/settings", code_seconds=1)
    control(serving, "PATCH", "/shops/harbour", doc={"name": "Changed"})
    serving.sandbox.installations.uninstall(SHOP_ID, serving.app.id)
    assert control(serving, "POST", "/reset").json() == {"restored": True}
    assert serving.sandbox.tokens.access(token)
    assert serving.sandbox.state.shop(SHOP_ID)["name"] == "Harbour"
    assert control(serving, "GET", "/faults").json() == []
    assert control(serving, "GET", "/settings").json()["code_seconds"] == 300


def test_reset_fills_what_was_used_up(serving: Serving):
    """Nobody who starts over is told to slow down for what was asked before."""
    buckets, now = serving.sandbox.graph.buckets, serving.sandbox.clock.now()
    buckets.drain((SHOP_ID, 1), 0, now)
    control(serving, "POST", "/reset")
    assert buckets.status((SHOP_ID, 1), now - timedelta(hours=1))["currentlyAvailable"] == buckets.maximum


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("GET", "/apps/nobody", None, 404),
        ("GET", "/shops/nobody", None, 404),
        ("POST", "/faults", {"kind": "storm"}, 400),
        ("POST", "/faults", {"kind": "status", "operation": "("}, 400),
        ("POST", "/faults", {"kind": "status", "extra": 1}, 400),
        ("POST", "/apps", {"unknown": 1}, 400),
        ("POST", "/shops/harbour/token", {}, 400),
        ("PATCH", "/shops/harbour", {"state": "asleep"}, 400),
    ],
)
def test_what_it_does_not_know_is_refused_with_a_sentence(serving: Serving, method, path, body, status):
    answer = serving.http.request(method, f"{serving.url}/_sandbox{path}", json=body)
    assert answer.status_code == status and answer.json()["error"]


def test_only_json_is_taken_so_that_a_web_page_cannot_send_it(serving: Serving):
    answer = serving.http.post(f"{serving.url}/_sandbox/clock", content='{"advance": 1}')
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("scope", "local"),
    [
        ({"client": ("127.0.0.1", 1), "headers": [(b"host", b"127.0.0.1:8787")]}, True),
        ({"client": ("::1", 1), "headers": [(b"host", b"[::1]:8787")]}, True),
        ({"client": None, "headers": [(b"host", b"localhost")]}, True),
        ({"client": ("127.0.0.1", 1), "headers": [(b"host", b"harbour.myshopify.com")]}, True),
        ({"client": ("192.0.2.7", 1), "headers": [(b"host", b"127.0.0.1")]}, False),
        ({"client": ("127.0.0.1", 1), "headers": [(b"host", b"evil.example")]}, False),
        ({"client": ("127.0.0.1", 1), "headers": [(b"host", b"localhost"), (b"x-forwarded-for", b"192.0.2.7")]}, False),
    ],
)
def test_only_this_machine_reaches_it(scope, local):
    assert is_local(scope) is local


def test_it_can_be_switched_off(tmp_path):
    state = State(tmp_path / "s.sqlite")
    with server.run_in_thread(server.create(state, Clock(), data=tmp_path, control=False)) as url:
        assert httpx.get(f"{url}/_sandbox/clock", trust_env=False).status_code == 403
    state.close()


def test_the_merchant_acts_by_name_and_one_act_is_one_event(serving: Serving):
    control(serving, "POST", "/shops", name="quayside", customers=2, orders=1, products=1)
    acts = control(serving, "GET", "/acts").json()
    assert "refund_order" in acts and not any("desk" in parameter for parameter in acts["refund_order"])
    doc = control(
        serving,
        "POST",
        "/shops/quayside/acts",
        act="create_customer",
        arguments={"first_name": "Ada", "last_name": "L"},
    ).json()
    assert doc["firstName"] == "Ada"
    for wrong in ({"act": "dance"}, {"act": "create_customer", "arguments": {"shoe_size": 4}}):
        assert control(serving, "POST", "/shops/quayside/acts", **wrong).status_code in (400, 404)


def test_the_merchant_lives_by_himself_and_time_goes_on(serving: Serving):
    control(serving, "POST", "/shops", name="quayside", customers=3, orders=3, products=3)
    before = serving.clock.now()
    done = control(serving, "POST", "/shops/quayside/live", acts=5, seed=2).json()
    assert len(done) == 5 and all(one["act"] and one["id"] for one in done)
    assert serving.clock.now() - before > timedelta(minutes=10)


def test_a_shop_is_made_from_the_merchants_own_files(serving: Serving, tmp_path):
    file = tmp_path / "customers.csv"
    file.write_text("First Name,Last Name,Email\nAda,Lovelace,ada@example.com\n")
    made = control(serving, "POST", "/shops", name="quayside", customers_csv=str(file)).json()
    assert made["records"]["Customer"] == 1
    missing = control(serving, "POST", "/shops", name="harvest", customers_csv=str(tmp_path / "none.csv"))
    assert missing.status_code == 400 and "there is no file" in missing.json()["error"]
    assert control(serving, "GET", "/shops/harvest").status_code == 404


def test_records_can_be_put_as_they_are_kept_and_read(serving: Serving):
    doc = {"id": "gid://shopify/Product/77", "title": "Lamp", "updatedAt": "2026-01-01T00:00:00Z"}
    kept = control(serving, "POST", "/shops/harbour/records", records=[{"type": "Product", "doc": doc}])
    assert kept.json() == {"records": 1}
    assert control(serving, "GET", "/shops/harbour/records/Product/77").json()["title"] == "Lamp"
    assert control(serving, "GET", "/shops/harbour/records/Product/78").status_code == 404
    assert control(serving, "POST", "/shops/harbour/records", records=[{"kind": "Product"}]).status_code == 400
