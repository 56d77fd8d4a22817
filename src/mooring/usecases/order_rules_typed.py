"""A rule as people type it, in one form: words without padding, each once; moments in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from mooring.domain.order_rules import AttributeRule, OrderRule
from mooring.errors import InvalidInput

FINANCIAL = (
    "PENDING", "AUTHORIZED", "PARTIALLY_PAID", "PAID", "PARTIALLY_REFUNDED", "REFUNDED", "VOIDED", "EXPIRED",
)  # fmt: skip
FULFILMENT = (
    "UNFULFILLED", "PARTIALLY_FULFILLED", "FULFILLED", "RESTOCKED", "PENDING_FULFILLMENT", "OPEN", "IN_PROGRESS",
    "ON_HOLD", "SCHEDULED", "REQUEST_DECLINED",
)  # fmt: skip
"""Shopify's words, in the order in which an order goes through them."""
_MOST, _LONGEST = 100, 200


def checked(rule: OrderRule) -> OrderRule:
    """In one form: words without padding, each once; moments in UTC. Raises `InvalidInput` naming the field."""
    made = OrderRule(
        financial=_words(rule.financial, "financial", FINANCIAL),
        fulfilment=_words(rule.fulfilment, "fulfilment", FULFILMENT),
        sources=_words(rule.sources, "sources"),
        tags_any=_words(rule.tags_any, "tags_any"),
        tags_none=_words(rule.tags_none, "tags_none"),
        attributes=tuple(dict.fromkeys(_attribute(one) for one in rule.attributes)),
        prefix=_word(rule.prefix, "prefix"),
        since=_at(rule.since, "since"),
        until=_at(rule.until, "until"),
        test_orders=rule.test_orders,
    )
    if made.since and made.until and made.since >= made.until:
        raise InvalidInput("The end lies before the beginning, so that no order would be taken.", field="until")
    return made


def _words(words: tuple[str, ...], field: str, known: tuple[str, ...] = ()) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(one for word in words if (one := _word(word, field))))
    if len(found) > _MOST:
        raise InvalidInput(f"At most {_MOST} words.", field=field)
    for one in found:
        if known and one not in known:
            raise InvalidInput(f"{one} is no status of Shopify's. These are: {', '.join(known)}.", field=field)
    return found


def _word(word: str, field: str) -> str:
    found = " ".join(word.split())
    if len(found) > _LONGEST:
        raise InvalidInput(f"At most {_LONGEST} letters.", field=field)
    return found


def _attribute(one: AttributeRule) -> AttributeRule:
    key = _word(one.key, "attributes")
    if not key:
        raise InvalidInput("A note attribute has a name.", field="attributes")
    return AttributeRule(key, None if one.value is None else _word(one.value, "attributes"))


def _at(text: str | None, field: str) -> str | None:
    """A day (from its beginning), or a moment; in UTC where it names no zone."""
    if not text or not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        aware = at if at.tzinfo else at.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError) as wrong:
        raise InvalidInput("This is no date. It looks like 2026-01-31.", field=field) from wrong
