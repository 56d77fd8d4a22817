"""`/hooks/{app}`: signed deliveries in, one row each; everything else is refused and leaves nothing behind."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from mooring.db import credentials
from mooring.db.inbox import Delivery
from mooring.db.tables import deliveries, privacy_requests
from mooring.domain.topics import COMPLIANCE, TOPICS
from tests.usecases.world import HARBOUR, LIGHTHOUSE, SHOPS, World
from tests.web.face import Face


def app_id(world: World) -> str:
    with world.app.db.read() as connection:
        return credentials.apps(connection)[0]["id"]


def secret(world: World) -> str:
    return world.app.settings.shopify_client_secret.get_secret_value()


def signed(body: bytes, with_secret: str) -> str:
    return base64.b64encode(hmac.new(with_secret.encode(), body, hashlib.sha256).digest()).decode()


def deliver(face: Face, body: Any, topic: str | None = "customers/update", **more: str | None) -> httpx.Response:
    """A delivery as Shopify sends it; headers are changed by `more`, and left out by None."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    topic = topic or ""
    headers = {
        "content-type": "application/json",
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": signed(raw, more.pop("secret", None) or secret(face.world)),
        "x-shopify-shop-domain": HARBOUR,
        "x-shopify-webhook-id": hashlib.sha256(raw + topic.encode()).hexdigest()[:36],
        "x-shopify-triggered-at": "2026-11-03T12:00:00.123456000Z",
    }
    path = f"/hooks/{more.pop('to', None) or app_id(face.world)}"
    headers |= {f"x-shopify-{name.replace('_', '-')}": value for name, value in more.items() if value is not None}
    for name in [name for name, value in more.items() if value is None]:
        del headers[f"x-shopify-{name.replace('_', '-')}"]
    return client_of(face).post(path, content=raw, headers=headers)


def client_of(face: Face) -> Any:
    """One for all deliveries of a test: Shopify keeps no cookies."""
    found = face.__dict__.get("shopify") or face.stranger()
    face.__dict__["shopify"] = found
    return found


def kept(world: World) -> list[Delivery]:
    with world.app.db.read() as connection:
        found = connection.execute(select(deliveries).order_by(deliveries.c.id))
        return [Delivery(**row._mapping) for row in found]


def test_a_delivery_is_kept_as_what_it_points_at(face: Face) -> None:
    answer = deliver(face, {"id": 5, "email": "ada@example.com", "updated_at": "2026-11-03T12:00:00Z"})
    assert (answer.status_code, answer.text) == (200, "kept\n")
    (one,) = kept(face.world)
    assert (one.app_id, one.shop_domain, one.topic) == (app_id(face.world), HARBOUR, "customers/update")
    assert (one.kind, one.record_id, one.other_id, one.state) == ("customers", 5, None, "new")
    assert one.triggered_at == "2026-11-03T12:00:00.123456000Z"
    assert face.world.app.receiver.arrived.is_set()
    assert "ada@example.com" not in str(one)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_there_is_nothing_to_look_at(face: Face, method: str) -> None:
    answer = face.stranger().request(method, f"/hooks/{app_id(face.world)}")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "more",
    [
        {"hmac_sha256": None},
        {"hmac_sha256": "!"},
        {"hmac_sha256": "AAAA"},
        {"secret": "another secret"},
        {"to": "no-such-app"},
    ],
)
def test_what_is_not_signed_by_the_app_is_refused_and_leaves_nothing(face: Face, more: dict[str, str | None]) -> None:
    before = face.world.rows()
    answer = deliver(face, {"id": 5}, **more)
    assert answer.status_code == 401
    assert answer.text == "This is not signed with the secret of this Shopify app.\n", "whatever the reason: the same"
    assert face.world.rows() == before


def test_a_signature_is_of_the_raw_bytes(face: Face) -> None:
    """The same JSON spelt otherwise is another message."""
    signature = signed(b'{"id":5}', secret(face.world))
    assert deliver(face, b'{"id": 5}', hmac_sha256=signature).status_code == 401
    assert deliver(face, b'{"id":5}', hmac_sha256=signature).status_code == 200


def test_a_rotated_secret_works_at_once_and_the_old_one_until_it_is_forgotten(face: Face) -> None:
    world, old = face.world, secret(face.world)
    assert deliver(face, {"id": 1}).status_code == 200
    put_secret(world, "a brand new secret", previous=old)
    world.app.clock.sleep(1.1)
    assert deliver(face, {"id": 2}, secret="a brand new secret").status_code == 200
    assert deliver(face, {"id": 3}, secret=old).status_code == 200
    put_secret(world, "a brand new secret", previous="")
    world.app.clock.sleep(1.1)
    assert deliver(face, {"id": 4}, secret="forged").status_code == 401, "this makes the secrets be read again"
    assert deliver(face, {"id": 5}, secret=old).status_code == 401
    assert [one.record_id for one in kept(world)] == [1, 2, 3]


def put_secret(world: World, new: str, *, previous: str) -> None:
    with world.app.db.write() as connection:
        known = credentials.apps(connection)[0]
        credentials.put_app(
            connection, world.app.vault, id=known["id"], name=known["name"], client_id=known["client_id"], secret=new,
            previous_secret=previous, optional_scopes=frozenset(), from_settings=True, at=world.app.clock.now(),
        )  # fmt: skip


def test_repetition_and_disorder_change_nothing(face: Face) -> None:
    for number in (2, 1, 2, 3, 1, 2):
        assert deliver(face, {"id": number}, webhook_id=f"webhook-{number}").status_code == 200
    assert [(one.webhook_id, one.record_id) for one in kept(face.world)] == [
        ("webhook-2", 2), ("webhook-1", 1), ("webhook-3", 3),
    ]  # fmt: skip
    assert deliver(face, {"id": 9}, webhook_id="webhook-1", shop_domain=LIGHTHOUSE).status_code == 200
    assert len(kept(face.world)) == 4, "another shop has its own"
    assert face.world.app.receiver.counts == {"kept": 7, "repeated": 3}


def test_without_a_webhook_id_the_event_and_topic_tell_and_without_those_the_content(face: Face) -> None:
    event = {"webhook_id": None, "event_id": "event-1"}
    for topic in ("orders/create", "orders/updated", "orders/create"):
        assert deliver(face, {"id": 5}, topic, **event).status_code == 200
    assert len(kept(face.world)) == 2, "one action tells of several topics"
    for body in ({"id": 6}, {"id": 6}, {"id": 7}):
        assert deliver(face, body, webhook_id=None).status_code == 200
    assert len(kept(face.world)) == 4


@pytest.mark.parametrize(
    "more", [{"shop_domain": None}, {"shop_domain": "harbour.example.com"}, {"topic": None}, {"topic": "a b"}]
)
def test_what_no_webhook_looks_like_is_refused(face: Face, more: dict[str, str | None]) -> None:
    assert deliver(face, {"id": 5}, **more).status_code == 400
    assert kept(face.world) == []


def test_a_body_that_names_nothing_is_a_dead_letter(face: Face) -> None:
    assert deliver(face, b"no json", webhook_id="1").status_code == 200
    assert deliver(face, {"email": "ada@example.com"}, webhook_id="2").status_code == 200
    assert [(one.state, one.kind, one.reason) for one in kept(face.world)] == [
        ("dead", None, "The body is no JSON object."),
        ("dead", None, "The body names no customer: id or admin_graphql_api_id is missing."),
    ]


def test_what_is_not_followed_is_let_go(face: Face) -> None:
    assert deliver(face, {"id": 5}, "carts/update").status_code == 200
    (one,) = kept(face.world)
    assert (one.state, one.reason) == ("dropped", "Mooring does not follow this topic.")
    assert one.settled_at is not None, "so that it is forgotten in a week"


def test_large_bodies_come_in_and_larger_ones_do_not(face: Face) -> None:
    large = json.dumps({"id": 5, "note": "x" * 5_000_000}).encode()
    assert deliver(face, large).status_code == 200
    assert kept(face.world)[0].record_id == 5
    assert deliver(face, b"x" * (20 * 1024 * 1024 + 1)).status_code == 413
    announced = {"content-length": "99999999999", "x-shopify-hmac-sha256": "x"}
    assert client_of(face).post(f"/hooks/{app_id(face.world)}", content=b"x", headers=announced).status_code == 413
    assert deliver(face, {"id": 6, "admin_graphql_api_id": "gid://shopify/Customer/6"}).status_code == 200


def test_our_own_test_is_answered_and_not_kept(face: Face) -> None:
    answer = deliver(face, b"{}", "mooring/test", shop_domain=None)
    assert (answer.status_code, answer.text) == (200, "Mooring hears you.\n")
    assert deliver(face, b"{}", "mooring/test", secret="forged").status_code == 401
    assert kept(face.world) == []


def test_a_privacy_request_is_kept_in_the_same_commit(face: Face) -> None:
    world = face.world
    body = {
        "shop_id": SHOPS[HARBOUR],
        "shop_domain": HARBOUR,
        "customer": {"id": 7, "email": " Ada@Example.com", "phone": "+49 555-1234"},
        "orders_to_redact": [11, 12],
    }
    for _ in range(2):
        assert deliver(face, body, "customers/redact", shop_domain=LIGHTHOUSE).status_code == 200
    assert [(one.kind, one.record_id, one.state) for one in kept(world)] == [("privacy", 7, "done")]
    (asked,) = requests(world)
    assert (asked.topic, asked.shop_id, asked.shop_domain) == ("customers/redact", SHOPS[HARBOUR], HARBOUR)
    assert (asked.customer_id, asked.order_ids, asked.state) == (7, "[11,12]", "received")
    assert asked.email_hash == world.app.vault.keyed_hash("ada@example.com", purpose="suppression.email")
    assert asked.phone_hash == world.app.vault.keyed_hash("+495551234", purpose="suppression.sms")
    assert asked.due_at - asked.received_at == timedelta(days=30)
    with world.app.db.read() as connection:
        everything = str(connection.execute(select(privacy_requests)).all()) + str(kept(world))
    assert "xample.com" not in everything
    assert "5551234" not in everything


def test_privacy_requests_of_shops_nobody_knows_are_kept_too(face: Face) -> None:
    body = {"shop_id": 5, "shop_domain": "unknown-shop.myshopify.com"}
    assert deliver(face, body, "shop/redact", shop_domain="unknown-shop.myshopify.com").status_code == 200
    assert requests(face.world)[0].shop_id == 5
    assert deliver(face, {"shop_id": 5}, "shop/redact").status_code == 200
    assert kept(face.world)[1].state == "dead", "it names no shop"


def requests(world: World) -> list[Any]:
    with world.app.db.read() as connection:
        return list(connection.execute(select(privacy_requests)))


def test_when_it_cannot_be_written_it_is_not_accepted(face: Face) -> None:
    world = face.world
    assert deliver(face, {"id": 1}).status_code == 200
    with world.app.db.write() as connection:
        connection.execute(text("ALTER TABLE deliveries RENAME TO elsewhere"))
    answer = deliver(face, {"id": 2})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    with world.app.db.write() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO deliveries"))
    assert deliver(face, {"id": 2}).status_code == 200, "it is sent again, and nothing is lost"
    assert [one.record_id for one in kept(world)] == [1, 2]


def test_after_the_end_has_begun_nothing_is_accepted(face: Face) -> None:
    assert deliver(face, {"id": 1}).status_code == 200
    face.world.app.receiver.close()
    assert deliver(face, {"id": 2}).status_code == 503
    assert [one.record_id for one in kept(face.world)] == [1]


objects = st.dictionaries(st.text(), st.integers() | st.text())
header_values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=300)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300) | objects.map(lambda made: json.dumps(made).encode()),
    genuine=st.booleans(),
    topic=st.sampled_from([*TOPICS, *COMPLIANCE, "x/y"]) | header_values,
    shop=st.sampled_from([HARBOUR, LIGHTHOUSE, ""]) | header_values,
    ids=st.dictionaries(st.sampled_from(["webhook-id", "event-id", "triggered-at"]), header_values),
)  # fmt: skip
def test_whatever_is_sent_is_answered_in_one_of_three_ways(
    face: Face, body: bytes, genuine: bool, topic: str, shop: str, ids: dict[str, str]
) -> None:
    signature = signed(body, secret(face.world) if genuine else "forged")
    headers = {"x-shopify-hmac-sha256": signature, "x-shopify-topic": topic, "x-shopify-shop-domain": shop}
    headers |= {f"x-shopify-{name}": value for name, value in ids.items()}
    before = len(kept(face.world))
    answer = client_of(face).post(f"/hooks/{app_id(face.world)}", content=body, headers=headers)
    added = len(kept(face.world)) - before
    assert answer.status_code in ((200, 400) if genuine else (401,))
    assert added in ((0, 1) if answer.status_code == 200 else (0,))
