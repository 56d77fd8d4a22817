"""Receive a webhook: verify, take the ids out, one durable row, done. No call leaves, and no body is kept.

Rule 1: what does not verify stores nothing. Rule 2: whoever hears "kept" can rely on it, whatever happens next; whoever
does not, sends again, and the second time changes nothing. Rule 3: what a body says about people is hashed at once.

A genuine delivery that cannot be read is kept as a dead letter, with the reason. One without a valid shop domain or
topic in its headers is refused: Shopify always sends both, so it did not come from there, whoever signed it.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256

from mooring.db import inbox
from mooring.db.database import Database
from mooring.db.inbox import Arrival, Request
from mooring.domain import topics
from mooring.domain.records import email_key, phone_key
from mooring.domain.signing import is_shop_domain
from mooring.domain.topics import COMPLIANCE, TOPICS, PrivacyRequest
from mooring.errors import Permanent
from mooring.ports import Clock, Ids, Log, Vault
from mooring.usecases.receive_commit import GroupCommit
from mooring.usecases.receive_secrets import Secrets

DUE = timedelta(days=30)
"""By when a privacy request has to be met."""

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Webhook:
    """As it came: headers are empty where there was none."""

    app_id: str
    body: bytes
    signature: str
    topic: str
    shop_domain: str
    webhook_id: str = ""
    event_id: str = ""
    triggered_at: str = ""


class Outcome(Enum):
    KEPT = "kept"
    TEST = "test"
    FORGED = "forged"
    MALFORMED = "malformed"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class _Item:
    arrival: Arrival
    request: Request | None = None


class Receiver:
    """One per process. `arrived` is set whenever something new is there to be worked off."""

    def __init__(self, db: Database, vault: Vault, clock: Clock, ids: Ids, log: Log) -> None:
        self._db, self._vault, self._clock, self._ids = db, vault, clock, ids
        self._secrets = Secrets(db, vault, clock)
        self._commit = GroupCommit[_Item](self._write, log)
        self.arrived = threading.Event()
        self.counts = Counter[str]()
        """Deliveries by outcome since the start, and `repeated`: those of the kept that were known already."""

    async def knows(self, app_id: str) -> bool:
        return await self._secrets.has(app_id)

    async def receive(self, webhook: Webhook) -> Outcome:
        outcome = await self._receive(webhook)
        self.counts[outcome.value] += 1
        return outcome

    async def _receive(self, webhook: Webhook) -> Outcome:
        if not await self._secrets.verify(webhook.app_id, webhook.body, webhook.signature):
            return Outcome.FORGED
        if webhook.topic == topics.TEST:
            return Outcome.TEST
        if not is_shop_domain(webhook.shop_domain) or not topics.is_topic(webhook.topic):
            return Outcome.MALFORMED
        kept = await self._commit.add(self._read(webhook, self._clock.now()))
        return Outcome.KEPT if kept else Outcome.BUSY

    def close(self) -> None:
        """Nothing more is taken in; what was is written."""
        self._commit.close()

    # -- making a row of it ---------------------------------------------------------------------------------------

    def _read(self, webhook: Webhook, at: datetime) -> _Item:
        try:
            return self._readable(webhook, at)
        except Permanent as error:
            return _Item(_arrival(webhook, at, state="dead", reason=error.sentence))

    def _readable(self, webhook: Webhook, at: datetime) -> _Item:
        if webhook.topic in COMPLIANCE:
            asked = topics.read_request(webhook.topic, webhook.body)
            arrival = _arrival(webhook, at, kind="privacy", record_id=asked.customer_id, state="done")
            return _Item(arrival, self._request(webhook, arrival.webhook_id, asked, at))
        topic = TOPICS.get(webhook.topic)
        if topic is None:
            return _Item(_arrival(webhook, at, state="dropped", reason="Mooring does not follow this topic."))
        signal = topics.read(topic, webhook.body)
        return _Item(_arrival(webhook, at, signal.kind, signal.record_id, signal.other_id))

    def _request(self, webhook: Webhook, webhook_id: str, asked: PrivacyRequest, at: datetime) -> Request:
        email, phone = email_key(asked.email), phone_key(asked.phone)
        return Request(
            id=self._ids.new(),
            topic=webhook.topic,
            app_id=webhook.app_id,
            shop_id=asked.shop_id,
            shop_domain=asked.shop_domain,
            webhook_id=webhook_id,
            customer_id=asked.customer_id,
            email_hash=email and self._vault.keyed_hash(email, purpose="suppression.email"),
            phone_hash=phone and self._vault.keyed_hash(phone, purpose="suppression.sms"),
            order_ids=asked.order_ids,
            request_id=str(asked.request_id) if asked.request_id else None,
            received_at=at,
            due_at=at + DUE,
        )

    # -- writing many ---------------------------------------------------------------------------------------------

    def _write(self, items: list[_Item]) -> None:
        with self._db.write() as connection:
            new = inbox.add_many(connection, [one.arrival for one in items])
            inbox.add_requests(connection, [one.request for one in items if one.request])
        self.counts["repeated"] += len(items) - new
        self.arrived.set()


def _arrival(
    webhook: Webhook,
    at: datetime,
    kind: str | None = None,
    record_id: int | None = None,
    other_id: int | None = None,
    state: str = "new",
    reason: str | None = None,
) -> Arrival:
    return Arrival(
        webhook.app_id, webhook.shop_domain, _unique(webhook), webhook.topic, _plain(webhook.triggered_at) or None,
        at, kind, record_id, other_id, state, reason,
    )  # fmt: skip


def _unique(webhook: Webhook) -> str:
    """What two sendings of one delivery have in common. Newer ones bear an id of their own; the event id is shared by
    all topics of one action, so the topic goes with it; failing both, the content decides."""
    if webhook.webhook_id:
        return _plain(webhook.webhook_id) or _hashed("webhook", webhook.webhook_id.encode())
    if webhook.event_id:
        return _hashed("event", f"{webhook.topic}\n{webhook.event_id}".encode())
    return _hashed("body", webhook.topic.encode() + b"\n" + webhook.body)


def _hashed(what: str, value: bytes) -> str:
    return f"{what}:{sha256(value).hexdigest()}"


def _plain(text: str) -> str:
    """A header's text if it can be stored as it is, else nothing."""
    return text if len(text) <= _LONGEST and text.isascii() and text.isprintable() else ""
