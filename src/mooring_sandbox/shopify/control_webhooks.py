"""Control verbs about deliveries, privacy requests and the merchant's acts."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from mooring_sandbox.shopify import merchant
from mooring_sandbox.shopify.control import Control, Refused
from mooring_sandbox.shopify.control_store import shop_id_of
from mooring_sandbox.shopify.rest_customer import email_of, phone_of
from mooring_sandbox.shopify.state import Doc
from mooring_sandbox.shopify.webhook_outbox import Delivery
from mooring_sandbox.shopify.webhooks import one_action

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
            ("POST", "/deliveries/{delivery}/again", self.again),
            ("POST", "/privacy", self.privacy),
            ("GET", "/acts", self.acts),
            ("POST", "/shops/{shop}/acts", self.act),
            ("POST", "/shops/{shop}/live", self.live),
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

    def again(self, delivery: str, seconds: float = 0) -> Json:
        """The same delivery once more, under the same webhook id, so many seconds from now."""
        one = self._sandbox.webhooks.outbox.find(int(delivery)) if delivery.isdecimal() else None
        if one is None:
            raise Refused(f"there is no delivery {delivery}", 404)
        return _shown(self._sandbox.webhooks.repeat(one, float(seconds)))

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

    def acts(self) -> Json:
        """What the merchant can do, with the arguments each act takes."""
        return {name: _signature(act) for name, act in sorted(merchant.ACTS.items())}

    def act(self, shop: str, act: str, arguments: Json | None = None) -> Json:
        """Does one act and answers the record as it is then."""
        sandbox, shop_id = self._sandbox, shop_id_of(self._sandbox, shop)
        with one_action():
            doc = merchant.perform(sandbox.state, shop_id, sandbox.clock, act, arguments or {})
        return {name: value for name, value in doc.items() if not name.startswith("$")}

    def live(
        self, shop: str, acts: int | None = None, until: str | None = None, seed: int = 1, step: float = 420
    ) -> list[Json]:
        """So many acts in a row, or as many as fit until a moment; the clock goes on by about `step` seconds each."""
        sandbox = self._sandbox
        someone = merchant.Merchant(sandbox.state, shop_id_of(sandbox, shop), seed, sandbox.clock)
        end = datetime.fromisoformat(until) if until else None
        done = someone.live(acts, until=end, step=timedelta(seconds=step))
        sandbox.moved()
        return [one._asdict() for one in done]

    def _person(self, shop_id: int, id_: int) -> Doc:
        doc = self._sandbox.state.get(shop_id, "Customer", id_) or {}
        return {"id": id_, "email": email_of(doc), "phone": phone_of(doc)}


def _signature(act: Callable[..., Any]) -> list[str]:
    """Without the desk, which is not the caller's business."""
    return [str(parameter) for parameter in list(inspect.signature(act).parameters.values())[1:]]


def _shown(one: Delivery) -> Json:
    """The body as JSON beside the raw text that was signed."""
    out = msgspec.to_builtins(msgspec.structs.replace(one, body=b""))
    return out | {"body": one.body.decode(), "payload": msgspec.json.decode(one.body)}
