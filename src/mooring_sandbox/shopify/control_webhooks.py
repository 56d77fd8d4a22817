"""Control verbs about deliveries, privacy requests and the merchant's acts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from mooring_sandbox.shopify.control import Control, Refused
from mooring_sandbox.shopify.control_store import shop_id_of
from mooring_sandbox.shopify.rest_customer import email_of, phone_of
from mooring_sandbox.shopify.state import Doc
from mooring_sandbox.shopify.webhook_outbox import Delivery

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

Json = dict[str, Any]


class WebhookControl:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def add_to(self, control: Control) -> None:
        for method, template, handler in (
            ("GET", "/deliveries", self.deliveries),
            ("DELETE", "/deliveries", self.forget),
            ("POST", "/deliveries/flush", self.flush),
            ("POST", "/privacy", self.privacy),
        ):
            control.route(method, template, handler)

    def deliveries(self, shop: str | None = None, last: str = "1000") -> list[Json]:
        shop_id = shop_id_of(self._sandbox, shop) if shop else None
        return [_shown(one) for one in self._sandbox.webhooks.outbox.all(shop_id, int(last))]

    def forget(self) -> Json:
        self._sandbox.webhooks.outbox.clear()
        return {"pending": 0}

    def flush(self, all: bool = False, seconds: float = 10) -> Json:
        """Sends what is due, also while paused; with `all` whatever waits for a retry too. Ends when nothing is due."""
        webhooks, sent = self._sandbox.webhooks, 0
        if all:
            webhooks.outbox.hurry(self._sandbox.clock.now().timestamp())
        until = time.monotonic() + seconds
        while time.monotonic() < until and (now := webhooks.sender.round()):
            sent += now
        return {"sent": sent, "pending": webhooks.outbox.pending()}

    def privacy(
        self, shop: str, app: str, topic: str, customer: int | None = None, orders: list[int] | None = None
    ) -> Json:
        """`customers/data_request`, `customers/redact` or `shop/redact`, to the addresses the app configured."""
        shop_id = shop_id_of(self._sandbox, shop)
        found = next((a for a in self._sandbox.apps.all() if app in (a.client_id, a.handle)), None)
        if found is None:
            raise Refused(f"there is no app {app!r}", 404)
        person = self._person(shop_id, customer) if customer else None
        return {"deliveries": self._sandbox.webhooks.privacy(shop_id, found, topic, person, orders or [])}

    def _person(self, shop_id: int, id_: int) -> Doc:
        doc = self._sandbox.state.get(shop_id, "Customer", id_) or {}
        return {"id": id_, "email": email_of(doc), "phone": phone_of(doc)}


def _shown(one: Delivery) -> Json:
    """The body as JSON beside the raw text that was signed."""
    out = msgspec.to_builtins(msgspec.structs.replace(one, body=b""))
    return out | {"body": one.body.decode(), "payload": msgspec.json.decode(one.body)}
