"""From a change in the store to signed deliveries: who subscribed, what it says, with what weather on the way."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import random
import uuid
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from mooring_sandbox.shopify import webhook_filter
from mooring_sandbox.shopify import webhook_payloads as payloads
from mooring_sandbox.shopify.apps import App
from mooring_sandbox.shopify.installations import Installation
from mooring_sandbox.shopify.shops import domain_of
from mooring_sandbox.shopify.state import Doc, parse_gid
from mooring_sandbox.shopify.webhook_outbox import Delivery, Outbox
from mooring_sandbox.shopify.webhook_sender import Sender

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")
_event: ContextVar[str | None] = ContextVar("event", default=None)


@dataclass(frozen=True)
class Target:
    """One subscription, whether a shop's (`id` is its gid) or of the app's configuration."""

    app: App
    address: str
    id: str | None = None
    include_fields: tuple[str, ...] = ()
    filter: str = ""
    api_version: str = ""
    name: str = ""


@dataclass(frozen=True)
class Way:
    lost: bool
    doubled: bool
    late: float


@contextlib.contextmanager
def one_action() -> Iterator[None]:
    """All deliveries that come of what is done inside share one event id, as those of one merchant action do."""
    token = _event.set(str(uuid.uuid4()))
    try:
        yield
    finally:
        _event.reset(token)


class Webhooks:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.outbox = Outbox(sandbox.state)
        self.sender = Sender(sandbox, self.outbox)
        sandbox.state.listen(self.on_change)
        sandbox.installations.watch(self._on_installation)

    # -- what happened ----------------------------------------------------------------------------------------

    def on_change(self, shop_id: int, topic: str, id_: str, doc: Doc) -> None:
        topic = payloads.topic_enum(topic)
        targets = self._targets(shop_id, topic, doc)
        if not targets:
            return
        body = payloads.payload(self._sandbox.state, shop_id, topic, id_, doc)
        for target in targets:
            self._send(shop_id, topic, target, body, record=id_)

    def _on_installation(self, what: str, now: Installation, before: frozenset[str]) -> None:
        app = self._sandbox.apps.by_id(now.app_id)
        match what:
            case "scopes":
                body = _scopes_body(app, now, before, self._sandbox.clock.now())
                self._tell(now.shop_id, "APP_SCOPES_UPDATE", app, body)
            case "uninstalled":
                self._on_uninstall(now.shop_id, app)
            case _ if self._sandbox.settings.now.reinstall_stops_shop_redact:
                self.outbox.call_off(now.shop_id, app.id, "shop/redact")

    def _on_uninstall(self, shop_id: int, app: App) -> None:
        """Subscriptions go, and what waits for them; the news of it leaves, and 48 hours later `shop/redact`."""
        settings = self._sandbox.settings.now
        body = payloads.payload(self._sandbox.state, shop_id, "APP_UNINSTALLED", "", {})
        self.outbox.drop_pending(shop_id, app.id, "APP_UNINSTALLED")
        self._tell(shop_id, "APP_UNINSTALLED", app, body, settings.uninstalled_webhook_seconds)
        for doc in list(self._sandbox.state.scan(shop_id, "WebhookSubscription")):
            if _app_of(doc) in (None, app.id):
                self._remove(shop_id, doc["id"])
        self.redact_shop(shop_id, app, settings.shop_redact_seconds)

    def _tell(self, shop_id: int, topic: str, app: App, body: dict[str, Any], late: float = 0) -> None:
        """Something that concerns one app alone."""
        for target in self._targets(shop_id, topic, {"$app": app.id}):
            self._send(shop_id, topic, target, body, late=late)

    # -- privacy ----------------------------------------------------------------------------------------------

    def redact_shop(self, shop_id: int, app: App, delay: float) -> int:
        return self._comply(shop_id, app, "shop/redact", {}, delay)

    def privacy(self, shop_id: int, app: App, topic: str, customer: Doc | None, orders: list[int]) -> int:
        """How many deliveries it made: one per address the app configured for the topic."""
        if topic not in COMPLIANCE:
            raise ValueError(f"a privacy topic is one of {', '.join(COMPLIANCE)}")
        if topic == "shop/redact":
            return self.redact_shop(shop_id, app, 0)
        body: dict[str, Any] = {"customer": customer}
        if topic == "customers/redact":
            body["orders_to_redact"] = orders
        else:
            number = self._sandbox.state.next_id("data_request", 9_999)
            body |= {"orders_requested": orders, "data_request": {"id": number}}
        return self._comply(shop_id, app, topic, body, 0)

    def _comply(self, shop_id: int, app: App, topic: str, more: dict[str, Any], delay: float) -> int:
        body = {"shop_id": shop_id, "shop_domain": domain_of(self._sandbox.state, shop_id)} | more
        enum = payloads.topic_enum(topic)
        targets = [t for t in _configured(app) if payloads.topic_enum(t[0]) == enum]
        for _, target in targets:
            self._send(shop_id, topic, target, body, delay=delay)
        return len(targets)

    # -- who subscribed ---------------------------------------------------------------------------------------

    def _targets(self, shop_id: int, topic: str, doc: Doc) -> list[Target]:
        """A change that carries `$app` concerns that app alone."""
        concerned, state = doc.get("$app"), self._sandbox.state
        apps = {a.id: a for a in self._sandbox.apps.all() if concerned in (None, a.id)}
        installed = {a for a in apps if topic == "APP_UNINSTALLED" or self._sandbox.installations.get(shop_id, a)}
        found = [t for a in installed for name, t in _configured(apps[a]) if payloads.topic_enum(name) == topic]
        for one in state.scan(shop_id, "WebhookSubscription"):
            owner = _app_of(one) or next(iter(installed), None)
            if one.get("topic") == topic and owner in installed and _address(one):
                found.append(_subscribed(apps[owner], one))
        return found

    def _remove(self, shop_id: int, id_: str) -> None:
        parsed = parse_gid(id_)
        if parsed:
            self._sandbox.state.remove(shop_id, *parsed)

    # -- what is sent -----------------------------------------------------------------------------------------

    def _send(
        self, shop_id: int, topic: str, target: Target, body: dict[str, Any], record: str = "", delay: float = 0,
        late: float = 0,
    ) -> None:  # fmt: skip
        """`delay` until it is triggered, and `late` on its way after that, in seconds."""
        body = payloads.blanked(body, topic, frozenset(target.app.protected))
        if not webhook_filter.matches(target.filter, body):
            return
        raw = msgspec.json.encode(payloads.only(body, list(target.include_fields)))
        digest = hashlib.sha256(raw).hexdigest()
        if target.include_fields and target.id and self.outbox.same_as_last(target.id, f"{topic}:{record}", digest):
            return
        self._queue(shop_id, topic, target, raw, delay, late)

    def _queue(self, shop_id: int, topic: str, target: Target, raw: bytes, delay: float, late: float) -> None:
        id_ = self._sandbox.state.next_id("delivery")
        triggered = self._sandbox.clock.now() + timedelta(seconds=delay)
        way = self._way(id_, topic, domain_of(self._sandbox.state, shop_id))
        one = Delivery(
            id_, shop_id, target.app.id, target.id, topic, target.address,
            self._headers(shop_id, topic, target, raw, triggered), raw, triggered.timestamp() + late + way.late, 0,
            "lost" if way.lost else "pending", [],
        )  # fmt: skip
        self.outbox.add(one)
        if way.doubled and not way.lost:
            self.repeat(one)
        self.sender.wake()

    def repeat(self, one: Delivery, late: float | None = None) -> Delivery:
        """The same delivery once more, same webhook id: `late` seconds from now, or when the first one is due."""
        due = one.due if late is None else self._sandbox.clock.now().timestamp() + late
        again = msgspec.structs.replace(
            one, id=self._sandbox.state.next_id("delivery"), due=due, attempt=0, status="pending", log=[]
        )
        self.outbox.add(again)
        self.sender.wake()
        return again

    def _way(self, id_: int, topic: str, shop: str) -> Way:
        """What becomes of a delivery: by the weather of the settings, and by faults on order for its topic."""
        settings = self._sandbox.settings.now
        chance = random.Random(f"{settings.webhook_seed}:{id_}")  # noqa: S311
        lost = chance.random() < settings.webhook_loss
        doubled = chance.random() < settings.webhook_duplicates
        late = chance.random() * settings.webhook_disorder_seconds if chance.random() < settings.webhook_disorder else 0
        fault = self._sandbox.faults.take("webhook", [payloads.topic_header(topic), payloads.topic_enum(topic)], shop)
        kind = fault.kind if fault else ""
        late += fault.seconds if fault and kind == "late" else 0
        return Way(lost or kind == "lose", doubled or kind == "double", late)

    def _headers(self, shop_id: int, topic: str, target: Target, raw: bytes, at: datetime) -> dict[str, str]:
        """Signed with the oldest secret that is not revoked; only the body is signed."""
        secret = target.app.secrets[0].value
        signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": payloads.topic_header(topic),
            "X-Shopify-Hmac-Sha256": signature,
            "X-Shopify-Shop-Domain": domain_of(self._sandbox.state, shop_id),
            "X-Shopify-API-Version": target.api_version or target.app.api_version,
            "X-Shopify-Webhook-Id": str(uuid.uuid4()),
            "X-Shopify-Event-Id": _event.get() or str(uuid.uuid4()),
            "X-Shopify-Triggered-At": f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z",
        }
        return headers | ({"X-Shopify-Name": target.name} if target.name else {})


def _configured(app: App) -> list[tuple[str, Target]]:
    return [
        (one.topic, Target(app, one.uri, None, tuple(one.include_fields), one.filter)) for one in app.subscriptions
    ]  # fmt: skip


def _subscribed(app: App, doc: Doc) -> Target:
    version = (doc.get("apiVersion") or {}).get("handle", "")
    fields = tuple(doc.get("includeFields") or [])
    return Target(app, _address(doc), doc["id"], fields, doc.get("filter") or "", version, doc.get("name") or "")


def _address(doc: Doc) -> str:
    """HTTP endpoints are delivered to; Pub/Sub and EventBridge ones are accepted and stay silent."""
    address = doc.get("uri") or (doc.get("endpoint") or {}).get("callbackUrl") or doc.get("callbackUrl") or ""
    return address if address.startswith(("https://", "http://")) else ""


def _app_of(doc: Doc) -> int | None:
    return doc.get("$app")


def _scopes_body(app: App, now: Installation, before: frozenset[str], at: datetime) -> dict[str, Any]:
    return {
        "id": app.id,
        "previous": sorted(before),
        "current": sorted(now.scopes),
        "updated_at": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "admin_graphql_api_id": f"gid://shopify/App/{app.id}",
    }
