"""Deliveries: signed, spelled and repeated as documented; weather by seed; privacy topics; removal."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime

import pytest

from mooring_sandbox.shopify.webhook_filter import matches
from mooring_sandbox.shopify.webhook_outbox import Delivery, Outbox
from mooring_sandbox.shopify.webhook_payloads import topic_header
from tests.sandbox.receiver import Receiver, receiving, until
from tests.sandbox.serving import DOMAIN, SHOP_ID, Serving

CUSTOMER = {
    "id": "gid://shopify/Customer/5",
    "firstName": "Ada",
    "defaultEmailAddress": {"emailAddress": "ada@example.com"},
    "tags": ["vip"],
    "createdAt": "2026-01-02T03:04:05Z",
    "updatedAt": "2026-02-03T04:05:06Z",
}


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def store(serving: Serving, hooks: Receiver) -> Serving:
    serving.sandbox.settings.change({"webhooks_paused": True})
    serving.sandbox.installations.install(SHOP_ID, serving.app.id, ["read_customers"])
    return serving


def subscribe(store: Serving, hooks: Receiver, topic: str = "CUSTOMERS_UPDATE", number: int = 1, **more) -> None:
    doc = {
        "id": f"gid://shopify/WebhookSubscription/{number}",
        "topic": topic,
        "uri": hooks.url,
        "apiVersion": {"handle": "2026-10"},
        "$app": store.app.id,
    }
    store.sandbox.state.put(SHOP_ID, "WebhookSubscription", doc | more)


def change(store: Serving, topic: str = "CUSTOMERS_UPDATE", **fields) -> None:
    doc = CUSTOMER | fields
    store.sandbox.state.put(SHOP_ID, "Customer", doc)
    store.sandbox.state.emit(SHOP_ID, topic, doc["id"], doc)


def send(store: Serving) -> int:
    return store.sandbox.webhooks.sender.round()


def subscriptions(store: Serving) -> int:
    return store.sandbox.state.count(SHOP_ID, "WebhookSubscription")


def test_a_delivery_is_signed_over_its_raw_bytes_and_carries_all_headers(store, hooks):
    subscribe(store, hooks, name="people")
    change(store, firstName="Ada ☕")
    assert send(store) == 1
    (got,) = hooks.taken
    secret = store.app.secrets[0].value.encode()
    signature = base64.b64encode(hmac.new(secret, got.body, hashlib.sha256).digest()).decode()
    assert got.headers["x-shopify-hmac-sha256"] == signature
    assert got.headers["x-shopify-topic"] == "customers/update"
    assert got.headers["x-shopify-shop-domain"] == DOMAIN
    assert got.headers["x-shopify-api-version"] == "2026-10"
    assert got.headers["x-shopify-name"] == "people"
    assert got.headers["x-shopify-webhook-id"] != got.headers["x-shopify-event-id"]
    assert got.headers["x-shopify-triggered-at"].endswith("000Z")
    body = json.loads(got.body)
    assert (body["id"], body["admin_graphql_api_id"]) == (5, CUSTOMER["id"])
    assert (body["first_name"], body["email"]) == ("Ada ☕", "ada@example.com")
    assert "tags" not in body and "email_marketing_consent" not in body


def test_it_is_signed_with_the_oldest_secret_until_that_is_revoked(store, hooks):
    subscribe(store, hooks)
    new = store.sandbox.apps.rotate(store.app.id).secrets[-1].value
    change(store)
    store.sandbox.apps.revoke(store.app.id)
    change(store)
    send(store)
    signed = [
        [
            base64.b64encode(hmac.new(s.encode(), got.body, hashlib.sha256).digest()).decode()
            == got.headers["x-shopify-hmac-sha256"]
            for s in (store.app.secrets[0].value, new)
        ]
        for got in hooks.taken
    ]
    assert sorted(signed) == [[False, True], [True, False]], (
        "one by the old secret, one by the new; order is not promised"
    )


def test_two_topics_of_one_action_share_the_event_id_and_nothing_else(store, hooks):
    from mooring_sandbox.shopify.webhooks import one_action

    subscribe(store, hooks, "CUSTOMERS_CREATE", 1)
    subscribe(store, hooks, "CUSTOMERS_UPDATE", 2)
    with one_action():
        change(store, "CUSTOMERS_CREATE")
        change(store, "CUSTOMERS_UPDATE")
    send(store)
    events = {got.headers["x-shopify-event-id"] for got in hooks.taken}
    ids = {got.headers["x-shopify-webhook-id"] for got in hooks.taken}
    assert (len(hooks.taken), len(events), len(ids)) == (2, 1, 2)


def test_failures_are_retried_eight_times_over_four_hours_and_then_the_subscription_goes(store, hooks):
    subscribe(store, hooks)
    hooks.status = 503
    change(store)
    began = store.clock.now()
    send(store)
    while store.sandbox.webhooks.outbox.pending():
        assert send(store) == 0, "a retry came before its time"
        (waiting,) = store.sandbox.webhooks.outbox.all()
        store.advance(seconds=waiting.due - store.clock.now().timestamp() + 0.01)
        assert send(store) == 1
    assert len(hooks.taken) == 9
    assert len({got.body for got in hooks.taken}) == 1
    assert len({got.headers["x-shopify-webhook-id"] for got in hooks.taken}) == 1
    assert (store.clock.now() - began).total_seconds() == pytest.approx(4 * 3600, abs=60)
    assert subscriptions(store) == 0


def test_a_success_in_between_keeps_the_subscription(store, hooks):
    subscribe(store, hooks)
    hooks.status = 302
    change(store)
    send(store)
    hooks.status = 200
    change(store)
    send(store)
    hooks.status = 500
    for _ in range(8):
        store.advance(hours=3)
        send(store)
    assert [one.status for one in store.sandbox.webhooks.outbox.all()] == ["failed", "delivered"]
    assert subscriptions(store) == 1


def test_an_unreachable_endpoint_is_a_failure_and_not_a_crash(store, hooks):
    subscribe(store, hooks, uri="http://127.0.0.1:9/closed")
    change(store)
    send(store)
    (one,) = store.sandbox.webhooks.outbox.all()
    assert one.status == "pending" and one.log[0]["answer"] == "ConnectError"


def test_uninstalling_sends_one_last_word_with_the_shop_and_ends_the_subscriptions(store, hooks):
    subscribe(store, hooks, "APP_UNINSTALLED", 1)
    subscribe(store, hooks, "CUSTOMERS_UPDATE", 2)
    change(store)
    store.sandbox.settings.change({"uninstalled_webhook_seconds": 60})
    store.sandbox.installations.uninstall(SHOP_ID, store.app.id)
    assert subscriptions(store) == 0 and send(store) == 0
    store.advance(seconds=61)
    send(store)
    assert hooks.topics() == ["app/uninstalled"]
    body = json.loads(hooks.taken[0].body)
    assert (body["id"], body["myshopify_domain"]) == (SHOP_ID, DOMAIN)


def test_the_shop_is_redacted_two_days_after_an_uninstall_where_the_app_said(store, hooks):
    configured = [{"topic": topic, "uri": hooks.url} for topic in ("shop/redact", "customers/redact")]
    store.sandbox.apps.change(store.app.id, {"subscriptions": configured})
    store.sandbox.installations.uninstall(SHOP_ID, store.app.id)
    store.advance(hours=47)
    assert send(store) == 0
    store.advance(hours=1, seconds=1)
    send(store)
    assert hooks.topics() == ["shop/redact"]
    triggered = datetime.fromisoformat(hooks.taken[0].headers["x-shopify-triggered-at"])
    assert abs((store.clock.now() - triggered).total_seconds()) < 60
    assert json.loads(hooks.taken[0].body) == {"shop_id": SHOP_ID, "shop_domain": DOMAIN}


def test_privacy_requests_name_the_customer_and_the_orders(store, hooks):
    configured = [{"topic": topic, "uri": hooks.url} for topic in ("customers/data_request", "customers/redact")]
    store.sandbox.apps.change(store.app.id, {"subscriptions": configured})
    change(store)
    for topic in ("customers/data_request", "customers/redact"):
        answer = store.http.post(
            f"{store.url}/_sandbox/privacy",
            json={"shop": DOMAIN, "app": store.app.client_id, "topic": topic, "customer": 5, "orders": [7]},
        )
        assert answer.json() == {"deliveries": 1}, answer.text
    send(store)
    asked, redact = (json.loads(one.body) for one in sorted(hooks.taken, key=lambda r: r.headers["x-shopify-topic"]))
    assert asked["customer"] == {"id": 5, "email": "ada@example.com", "phone": None}
    assert asked["orders_requested"] == [7] and isinstance(asked["data_request"]["id"], int)
    assert redact["orders_to_redact"] == [7] and redact["shop_domain"] == DOMAIN


def test_new_scopes_are_announced(store, hooks):
    subscribe(store, hooks, "APP_SCOPES_UPDATE")
    store.sandbox.installations.install(SHOP_ID, store.app.id, ["read_customers", "read_orders"])
    send(store)
    body = json.loads(hooks.taken[0].body)
    assert (body["previous"], body["current"]) == (["read_customers"], ["read_customers", "read_orders"])


def test_include_fields_narrow_the_body_and_hold_back_what_did_not_change(store, hooks):
    subscribe(store, hooks, includeFields=["id", "first_name"])
    for name in ("Ada", "Ada", "Grace"):
        change(store, firstName=name)
    send(store)
    bodies = sorted((json.loads(got.body) for got in hooks.taken), key=lambda b: b["first_name"])
    assert bodies == [{"id": 5, "first_name": "Ada"}, {"id": 5, "first_name": "Grace"}]


def test_a_filter_is_held_against_the_payload(store, hooks):
    subscribe(store, hooks, filter="first_name:Grace")
    change(store, firstName="Ada")
    change(store, firstName="Grace")
    assert send(store) == 1


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("vendor:Nike", True),
        ("vendor:nik*", True),
        ("vendor:Adidas OR status:active", True),
        ("vendor:Nike AND status:draft", False),
        ("NOT status:draft", True),
        ("-status:draft", True),
        ("(vendor:Adidas OR vendor:Nike) AND variants.price:>=10.00", True),
        ("variants.price:>30", False),
        ("updated_at:>2026-01-01", True),
        ('title:"Running shoe"', True),
        ("missing:*", False),
        ("published:true", True),
        ("", True),
        ("just words", False),
    ],
)
def test_filters(text, passes):
    body = {
        "vendor": "Nike", "status": "active", "title": "Running shoe", "published": True,
        "updated_at": "2026-05-06T00:00:00Z", "variants": [{"price": "9.00"}, {"price": "20.00"}],
    }  # fmt: skip
    assert matches(text, body) is passes


def test_loss_and_repetition_follow_the_seed(store, hooks):
    subscribe(store, hooks)
    store.sandbox.settings.change({"webhook_loss": 0.3, "webhook_duplicates": 0.3, "webhook_seed": 4})
    for _ in range(40):
        change(store)
    while send(store):
        pass
    lost = [one for one in store.sandbox.webhooks.outbox.all() if one.status == "lost"]
    ids = [got.headers["x-shopify-webhook-id"] for got in hooks.taken]
    assert 0 < len(lost) < 40 and len(set(ids)) == 40 - len(lost)
    assert len(ids) > len(set(ids))


def test_disorder_lets_later_ones_overtake(store, hooks):
    subscribe(store, hooks)
    store.sandbox.settings.change({"webhook_disorder": 0.5, "webhook_disorder_seconds": 50})
    for number in range(20):
        change(store, firstName=str(number))
    while store.sandbox.webhooks.outbox.pending():
        send(store)
        store.advance(seconds=1)
    arrived = [int(json.loads(got.body)["first_name"]) for got in hooks.taken]
    assert sorted(arrived) == list(range(20)) and arrived != sorted(arrived)


def test_unapproved_protected_data_is_null_without_a_word(store, hooks):
    subscribe(store, hooks)
    store.sandbox.apps.change(store.app.id, {"protected": ["customer", "name"]})
    change(store)
    send(store)
    body = json.loads(hooks.taken[0].body)
    assert body["email"] is None and body["first_name"] == "Ada"


def test_the_thread_delivers_by_itself(serving, hooks):
    serving.sandbox.installations.install(SHOP_ID, serving.app.id, ["read_customers"])
    subscribe(serving, hooks)
    change(serving)
    until(lambda: hooks.taken)
    assert len(hooks.taken) == 1


def test_the_control_api_shows_pauses_and_flushes(store, hooks):
    subscribe(store, hooks)
    hooks.status = 500
    change(store)
    send(store)
    hooks.status = 200
    sent = store.http.post(f"{store.url}/_sandbox/deliveries/flush", json={"all": True}).json()
    assert sent == {"sent": 1, "pending": 0}
    (shown,) = store.http.get(f"{store.url}/_sandbox/deliveries", params={"shop": DOMAIN}).json()
    assert shown["status"] == "delivered" and [entry["answer"] for entry in shown["log"]] == [500, 200]
    assert shown["payload"]["id"] == 5


@pytest.mark.parametrize(
    ("topic", "header"),
    [
        ("ORDERS_PARTIALLY_FULFILLED", "orders/partially_fulfilled"),
        ("CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE", "customers_email_marketing_consent/update"),
        ("BULK_OPERATIONS_FINISH", "bulk_operations/finish"),
        ("INVENTORY_LEVELS_UPDATE", "inventory_levels/update"),
        ("CUSTOMER_TAGS_ADDED", "customer.tags_added"),
        ("shop/redact", "shop/redact"),
    ],
)
def test_topics_are_spelled_as_headers_spell_them(topic, header):
    assert topic_header(topic) == header


def test_subscribed_by_the_api_it_is_delivered_to_this_machine_where_that_is_allowed(serving, hooks):
    token = serving.connect()["access_token"]
    query = """mutation($uri: String!) { webhookSubscriptionCreate(topic: CUSTOMERS_UPDATE,
      webhookSubscription: {uri: $uri}) { webhookSubscription { id } userErrors { field message } } }"""
    assert serving.data(token, query, uri=hooks.url)["webhookSubscriptionCreate"]["userErrors"]
    control = serving.http.patch(f"{serving.url}/_sandbox/settings", json={"webhooks_on_this_machine": True})
    assert control.status_code == 200
    assert serving.data(token, query, uri=hooks.url)["webhookSubscriptionCreate"]["userErrors"] == []
    change(serving)
    until(lambda: hooks.taken)
    assert hooks.topics() == ["customers/update"]


def test_of_the_deliveries_that_are_done_only_the_newest_are_kept(serving):
    outbox = Outbox(serving.sandbox.state, kept=3)
    for number in range(1, 11):
        status = "pending" if number == 2 else "delivered"
        outbox.add(Delivery(number, SHOP_ID, 1, None, "T", "http://127.0.0.1:9", {}, b"{}", 9e15, 1, status, []))
    assert [one.id for one in outbox.all()] == [2, 8, 9, 10]
