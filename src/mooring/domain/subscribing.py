"""Webhook subscriptions: which ones a store should have, and what to change so that it has them.

Never touch what is not ours: a subscription is ours if it sends to our address, or to the one Mooring registered before
its address changed. The same Shopify app may serve another installation too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mooring.domain import rules
from mooring.domain.kinds import Kind
from mooring.domain.rules import Settings
from mooring.domain.topics import TOPICS, Topic

_NOT_ASKED = frozenset({"order_transactions/create", "fulfillments/create", "fulfillments/update"})
"""Understood when they come, but `orders/updated` tells the same."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One at Shopify. `topic` in GraphQL's spelling; `plain`: JSON, unfiltered, without metafields."""

    id: str
    topic: str
    uri: str
    fields: tuple[str, ...]
    plain: bool


@dataclass(frozen=True, slots=True)
class Changes:
    create: tuple[Topic, ...]
    fix: tuple[tuple[Subscription, Topic], ...]
    remove: tuple[Subscription, ...]

    def __bool__(self) -> bool:
        return bool(self.create or self.fix or self.remove)


def wanted(settings: Settings, granted: frozenset[str]) -> tuple[Topic, ...]:
    """What the inbound toggles ask for and the granted scopes allow; news of the app and the shop in any case."""
    kinds, have = rules.importable_kinds(settings, granted), rules.with_implied(granted)
    return tuple(
        topic
        for topic in TOPICS.values()
        if topic.name not in _NOT_ASKED
        and (topic.kind not in set(Kind) or topic.kind in kinds)
        and (topic.scope is None or topic.scope in have)
    )


def changes(topics: Iterable[Topic], found: Iterable[Subscription], *, address: str, ours: Collection[str]) -> Changes:
    """`address`: where everything wanted is to be sent. `ours`: further addresses that were ours."""
    mine = [one for one in found if one.uri == address or one.uri in ours]
    by_topic = {topic.enum: topic for topic in topics}
    keep = _best_of_each(mine, by_topic, address)
    return Changes(
        create=tuple(topic for enum, topic in by_topic.items() if enum not in keep),
        fix=tuple((one, by_topic[enum]) for enum, one in keep.items() if not _fits(one, by_topic[enum], address)),
        remove=tuple(one for one in mine if one is not keep.get(one.topic)),
    )


def _best_of_each(mine: Iterable[Subscription], by_topic: dict[str, Topic], address: str) -> dict[str, Subscription]:
    """One for each wanted topic: best one that fits already, else one that comes to the right address."""

    def worth(one: Subscription) -> tuple[bool, bool]:
        return _fits(one, by_topic[one.topic], address), one.uri == address

    best: dict[str, Subscription] = {}
    for one in mine:
        if one.topic in by_topic and (one.topic not in best or worth(one) > worth(best[one.topic])):
            best[one.topic] = one
    return best


def _fits(one: Subscription, topic: Topic, address: str) -> bool:
    return one.uri == address and one.plain and set(one.fields) == set(topic.fields)
