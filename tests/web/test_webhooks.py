"""`/hooks/{app}`: signed deliveries in, one row each; everything else is refused and leaves nothing behind."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from mooring.db import credentials, inbox
from mooring.db.inbox import Delivery
from mooring.usecases import connect
from tests.usecases.world import HARBOUR, World
from tests.web.face import Face


def app_id(world: World) -> str:
    with world.app.db.read() as connection:
        return credentials.apps(connection)[0]["id"]


def secret(world: World) -> str:
    return world.app.settings.shopify_client_secret.get_secret_value()


def signed(body: bytes, with_secret: str) -> str:
    return base64.b64encode(hmac.new(with_secret.encode(), body, hashlib.sha256).digest()).decode()


def deliver(face: Face, body: Any, topic: str = "customers/update", **more: str | None) -> httpx.Response:
    """A delivery as Shopify sends it; headers are changed by `more`, and left out by None."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
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
    return face.stranger().post(path, content=raw, headers=headers)


def kept(world: World) -> list[Delivery]:
    with world.app.db.read() as connection:
        found = connection.execute(inbox.select(inbox.deliveries).order_by(inbox.deliveries.c.id))
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
