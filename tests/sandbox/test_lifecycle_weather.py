"""An app's life at a shop: uninstalls, reinstalls, another shop at the domain, deliveries that stray."""

import json
from collections.abc import Iterator

import pytest

from mooring_sandbox.shopify.faults import Fault
from mooring_sandbox.shopify.shops import set_state
from tests.sandbox.receiver import Receiver, receiving
from tests.sandbox.serving import DOMAIN, SCOPES, SHOP_ID, Serving, shop_doc

OTHER, OTHER_ID = "lighthouse.myshopify.com", 10_000_000_002
SHOP = "{ shop { id myshopifyDomain } }"
SUBSCRIBE = (
    "mutation ($topic: WebhookSubscriptionTopic!, $uri: String!) {"
    " webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri})"
    " { webhookSubscription { id } userErrors { field message } } }"
)


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def store(serving: Serving, hooks: Receiver) -> Serving:
    serving.sandbox.settings.change({"webhooks_paused": True, "webhooks_on_this_machine": True})
    serving.sandbox.apply_settings()
    topics = ("app/uninstalled", "shop/redact")
    serving.sandbox.apps.change(serving.app.id, {"subscriptions": [{"topic": t, "uri": hooks.url} for t in topics]})
    serving.sandbox.state.add_shop(OTHER_ID, "lighthouse", shop_doc("Lighthouse", OTHER, OTHER_ID))
    return serving


def control(store: Serving, path: str, **body) -> dict:
    answer = store.http.post(f"{store.url}/_sandbox{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def deliver(store: Serving) -> None:
    while store.sandbox.webhooks.sender.round():
        pass


def edit(store: Serving) -> None:
    doc = {"id": "gid://shopify/Customer/5", "firstName": "Ada", "createdAt": "2026-01-02T03:04:05Z"}
    store.sandbox.state.put(SHOP_ID, "Customer", doc)
    store.sandbox.state.emit(SHOP_ID, "CUSTOMERS_UPDATE", doc["id"], doc)


# -- another shop at the domain, and a new domain for the shop ------------------------------------------------------


def test_a_domain_that_another_shop_took_answers_as_that_shop_and_knows_no_token_of_the_former(store):
    pair = store.connect()
    assert control(store, f"/shops/{OTHER}/takes", domain=DOMAIN)["domain"] == DOMAIN
    assert store.ask(pair["access_token"], SHOP).status_code == 401
    refused = store.token(grant_type="refresh_token", refresh_token=pair["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    theirs = store.connect()
    assert store.data(theirs["access_token"], SHOP)["shop"]["id"] == f"gid://shopify/Shop/{OTHER_ID}"
    store.domain = "former-harbour.myshopify.com"
    assert store.data(pair["access_token"], SHOP)["shop"]["id"] == f"gid://shopify/Shop/{SHOP_ID}"


def test_a_shop_that_took_a_domain_answers_under_its_own_older_one_too(store):
    control(store, f"/shops/{OTHER}/takes", domain=DOMAIN)
    store.domain = OTHER
    token = store.connect()["access_token"]
    assert store.data(token, SHOP)["shop"]["myshopifyDomain"] == DOMAIN


def test_an_old_name_is_taken_without_moving_the_shop_that_gave_it_up(store):
    store.http.patch(f"{store.url}/_sandbox/shops/{DOMAIN}", json={"name": "pier"})
    control(store, f"/shops/{OTHER}/takes", domain=DOMAIN)
    assert store.sandbox.state.shop(SHOP_ID)["myshopifyDomain"] == "pier.myshopify.com"
    assert store.sandbox.state.shop_id(DOMAIN) == OTHER_ID


@pytest.mark.parametrize("domain", [OTHER, "nobody.myshopify.com"])
def test_a_domain_that_is_its_own_or_nobodys_cannot_be_taken(store, domain):
    answer = store.http.post(f"{store.url}/_sandbox/shops/{OTHER}/takes", json={"domain": domain})
    assert answer.status_code == 400 and answer.json()["error"].endswith((".com", "already"))


def test_a_renamed_shop_answers_at_both_names_and_signs_with_the_new_one(store, hooks):
    token = store.connect()["access_token"]
    store.data(token, SUBSCRIBE, topic="CUSTOMERS_UPDATE", uri=hooks.url)
    store.http.patch(f"{store.url}/_sandbox/shops/{DOMAIN}", json={"name": "pier"})
    assert store.data(token, SHOP)["shop"]["myshopifyDomain"] == "pier.myshopify.com"
    edit(store)
    deliver(store)
    assert hooks.taken[-1].headers["x-shopify-shop-domain"] == "pier.myshopify.com"


# -- closed and gone ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "status"), [("frozen", 402), ("unavailable", 403), ("locked", 423)])
def test_a_closed_shop_refuses_everything_but_its_token_endpoint(store, state, status):
    pair = store.connect()
    set_state(store.sandbox.state, SHOP_ID, state)
    assert store.ask(pair["access_token"], SHOP).status_code == status
    assert store.authorize().status_code == status
    uninstall = store.http.delete(
        f"{store.shop_url}/admin/api_permissions/current.json",
        headers={"X-Shopify-Access-Token": pair["access_token"]},
    )
    assert uninstall.status_code == status
    renewed = store.token(grant_type="refresh_token", refresh_token=pair["refresh_token"]).json()
    set_state(store.sandbox.state, SHOP_ID, "active")
    assert store.data(renewed["access_token"], SHOP)


def test_a_shop_that_is_gone_has_no_token_endpoint_either(store):
    pair = store.connect()
    set_state(store.sandbox.state, SHOP_ID, "gone")
    assert store.ask(pair["access_token"], SHOP).status_code == 404
    assert store.token(grant_type="refresh_token", refresh_token=pair["refresh_token"]).status_code == 404


# -- uninstall and reinstall ----------------------------------------------------------------------------------------


def test_the_news_of_an_uninstall_can_arrive_after_the_reinstall_and_says_when_it_was(store, hooks):
    store.sandbox.settings.change({"uninstalled_webhook_seconds": 1800})
    store.connect()
    gone = store.clock.now()
    store.sandbox.installations.uninstall(SHOP_ID, store.app.id)
    store.advance(minutes=10)
    token = store.connect()["access_token"]
    deliver(store)
    assert hooks.taken == []
    store.advance(minutes=30)
    deliver(store)
    assert hooks.topics() == ["app/uninstalled"]
    assert hooks.taken[0].headers["x-shopify-triggered-at"][:16] == f"{gone:%Y-%m-%dT%H:%M}"
    assert store.data(token, SHOP), "it is installed all the same"


@pytest.mark.parametrize(("stops", "expected"), [(False, ["shop/redact"]), (True, [])])
def test_shop_redact_comes_48_hours_later_even_after_a_reinstall_unless_told_otherwise(store, hooks, stops, expected):
    store.sandbox.settings.change({"reinstall_stops_shop_redact": stops})
    store.connect()
    store.sandbox.installations.uninstall(SHOP_ID, store.app.id)
    deliver(store)
    hooks.taken.clear()
    store.advance(hours=47)
    store.connect()
    deliver(store)
    assert hooks.taken == []
    store.advance(hours=1, seconds=1)
    deliver(store)
    assert hooks.topics() == expected
    assert all(json.loads(got.body)["shop_id"] == SHOP_ID for got in hooks.taken)


def test_a_reinstall_finds_no_subscription_and_no_living_token(store, hooks):
    pair = store.connect()
    store.data(pair["access_token"], SUBSCRIBE, topic="CUSTOMERS_UPDATE", uri=hooks.url)
    store.sandbox.installations.uninstall(SHOP_ID, store.app.id)
    new = store.connect()["access_token"]
    assert store.ask(pair["access_token"], SHOP).status_code == 401
    dead = store.token(grant_type="refresh_token", refresh_token=pair["refresh_token"])
    assert (dead.status_code, dead.json()["error"]) == (401, "invalid_request")
    assert store.data(new, "{ webhookSubscriptions(first: 5) { nodes { id } } }")["webhookSubscriptions"]["nodes"] == []


# -- the way of a delivery ------------------------------------------------------------------------------------------


@pytest.fixture
def subscribed(store: Serving, hooks: Receiver) -> Serving:
    store.data(store.connect()["access_token"], SUBSCRIBE, topic="CUSTOMERS_UPDATE", uri=hooks.url)
    return store


def test_one_topic_is_lost_and_another_is_not(subscribed, hooks):
    subscribed.sandbox.faults.add(Fault(kind="lose", operation="customers/update"))
    edit(subscribed)
    edit(subscribed)
    deliver(subscribed)
    assert [one.status for one in subscribed.sandbox.webhooks.outbox.all()] == ["lost", "delivered"]


def test_a_doubled_delivery_keeps_its_webhook_id(subscribed, hooks):
    subscribed.sandbox.faults.add(Fault(kind="double", operation="CUSTOMERS_UPDATE"))
    edit(subscribed)
    deliver(subscribed)
    assert len(hooks.taken) == 2 and len({got.headers["x-shopify-webhook-id"] for got in hooks.taken}) == 1


def test_a_late_delivery_is_overtaken_by_the_next(subscribed, hooks):
    subscribed.sandbox.faults.add(Fault(kind="late", on="webhook", seconds=60))
    edit(subscribed)
    edit(subscribed)
    deliver(subscribed)
    subscribed.advance(seconds=61)
    deliver(subscribed)
    triggered = [got.headers["x-shopify-triggered-at"] for got in hooks.taken]
    assert len(triggered) == 2 and triggered[0] > triggered[1]


def test_a_delivery_is_sent_again_on_order_with_the_same_id(subscribed, hooks):
    edit(subscribed)
    deliver(subscribed)
    (one,) = subscribed.sandbox.webhooks.outbox.all()
    assert control(subscribed, f"/deliveries/{one.id}/again", seconds=60)["status"] == "pending"
    deliver(subscribed)
    assert len(hooks.taken) == 1
    subscribed.advance(seconds=61)
    deliver(subscribed)
    assert len(hooks.taken) == 2 and len({got.headers["x-shopify-webhook-id"] for got in hooks.taken}) == 1


def test_a_fault_that_no_delivery_can_have_is_refused():
    with pytest.raises(ValueError, match="lose"):
        Fault(kind="status", on="webhook")


# -- permissions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "missing"), [("ORDERS_CREATE", "read_orders"), ("CUSTOMERS_UPDATE", "read_customers")]
)
def test_a_topic_whose_scope_is_missing_cannot_be_subscribed_to(store, hooks, topic, missing):
    token = store.connect(granted=[scope for scope in SCOPES.split(",") if scope != missing])["access_token"]
    made = store.data(token, SUBSCRIBE, topic=topic, uri=hooks.url)["webhookSubscriptionCreate"]
    assert made["webhookSubscription"] is None
    assert made["userErrors"][0]["field"] == ["topic"]
    assert store.data(token, SUBSCRIBE, topic="APP_UNINSTALLED", uri=hooks.url)["webhookSubscriptionCreate"][
        "webhookSubscription"
    ]
