"""Which orders of a store are synced to Odoo: conditions that must all match, and why an order is left out."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta

from msgspec import Struct

from mooring.domain.records import folded, maybe_moment
from mooring.domain.records_orders import Order

PAID = ("PAID", "PARTIALLY_REFUNDED", "REFUNDED")


class AttributeRule(Struct, frozen=True, omit_defaults=True):
    """A note attribute that an order must have. `value`: None takes any."""

    key: str
    value: str | None = None


class OrderRule(Struct, frozen=True, omit_defaults=True):
    """Kept as JSON for each store. An empty condition takes everything. `since` (from it on) and `until` (before it)
    are moments in UTC, compared with when the order was processed. Statuses are in Shopify's words (PAID, FULFILLED),
    other words are compared folded; `prefix` is what the order's name begins with. `test_orders`: take them too."""

    financial: tuple[str, ...] = ()
    fulfilment: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    tags_any: tuple[str, ...] = ()
    tags_none: tuple[str, ...] = ()
    attributes: tuple[AttributeRule, ...] = ()
    prefix: str = ""
    since: str | None = None
    until: str | None = None
    test_orders: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at."""

    name: str
    financial: str
    fulfilment: str
    source: str
    tags: frozenset[str]
    attributes: frozenset[tuple[str, str]]
    at: str
    test: bool


def default(connected_at: str) -> OrderRule:
    """Paid, and processed since Odoo was connected (a moment in UTC): history is booked only when somebody asks for
    it. What was refunded counts as paid, since it was; it is booked whole and then credited, so that an order that is
    refunded before its first sync leaves the same trace as one that is refunded after it."""
    return OrderRule(financial=PAID, since=connected_at)


def facts_of(order: Order) -> Facts:
    """Shopify's dates are when an order was processed; imported ones may say nothing else than when they were made."""
    return Facts(
        order.name,
        order.display_financial_status or "",
        order.display_fulfillment_status or "",
        folded(order.source_name or ""),
        frozenset(folded(tag) for tag in order.tags),
        frozenset((folded(one.key), folded(one.value or "")) for one in order.custom_attributes),
        maybe_moment(order.processed_at) or maybe_moment(order.created_at) or "",
        bool(order.test),
    )


# -- does it match -------------------------------------------------------------------------------------------------


def excluded(rule: OrderRule, facts: Facts) -> str | None:
    """The first reason why it is left out, in words; None for an order that the rule takes."""
    return next((reason for check in _CHECKS if (reason := check(rule, facts))), None)


def _test(rule: OrderRule, facts: Facts) -> str | None:
    return "It is a test order." if facts.test and not rule.test_orders else None


def _status(rule: OrderRule, facts: Facts) -> str | None:
    for allowed, status, what in (
        (rule.financial, facts.financial, "payment"),
        (rule.fulfilment, facts.fulfilment, "fulfilment"),
    ):
        if allowed and status not in allowed:
            return f"Its {what} status is {status or 'unknown'}."
    return None


def _source(rule: OrderRule, facts: Facts) -> str | None:
    missing = rule.sources and facts.source not in _folded(rule.sources)
    return f"It came from {facts.source or 'an unnamed source'}." if missing else None


def _tags(rule: OrderRule, facts: Facts) -> str | None:
    if rule.tags_any and facts.tags.isdisjoint(_folded(rule.tags_any)):
        return "It has none of the tags asked for."
    barred = sorted(facts.tags & _folded(rule.tags_none))
    return f"It has the tag {barred[0]}." if barred else None


def _attributes(rule: OrderRule, facts: Facts) -> str | None:
    for one in rule.attributes:
        if not any(_fits(one, key, value) for key, value in facts.attributes):
            said = f" as {one.value}" if one.value is not None else ""
            return f"It has no note attribute {one.key}{said}."
    return None


def _fits(rule: AttributeRule, key: str, value: str) -> bool:
    return folded(rule.key) == key and (rule.value is None or folded(rule.value) == value)


def _prefix(rule: OrderRule, facts: Facts) -> str | None:
    missing = not folded(facts.name).startswith(folded(rule.prefix))
    return f"Its name does not begin with {rule.prefix}." if missing else None


def _dates(rule: OrderRule, facts: Facts) -> str | None:
    if rule.since is not None and facts.at < rule.since:
        return f"It is from before {rule.since[:10]}."
    if rule.until is not None and facts.at >= rule.until:
        return f"It is not from before {rule.until[:10]}."
    return None


_CHECKS: tuple[Callable[[OrderRule, Facts], str | None], ...] = (
    _test, _status, _source, _tags, _attributes, _prefix, _dates,
)  # fmt: skip


def _folded(words: Collection[str]) -> frozenset[str]:
    return frozenset(folded(word) for word in words)


# -- two rules -----------------------------------------------------------------------------------------------------


def widened(old: OrderRule, new: OrderRule) -> bool:
    """Whether `new` may take an order that `old` leaves out. True wherever that cannot be ruled out."""
    return not narrower(old, new)


def narrower(old: OrderRule, new: OrderRule) -> bool:
    """Whether every order that `new` takes is one that `old` takes: no condition is wider."""
    return all((
        new.test_orders <= old.test_orders,
        _within(old.financial, new.financial),
        _within(old.fulfilment, new.fulfilment),
        _within(_folded(old.sources), _folded(new.sources)),
        _within(_folded(old.tags_any), _folded(new.tags_any)),
        _folded(old.tags_none) <= _folded(new.tags_none),
        all(any(_implies(mine, theirs) for mine in new.attributes) for theirs in old.attributes),
        folded(new.prefix).startswith(folded(old.prefix)),
        old.since is None or (new.since is not None and new.since >= old.since),
        old.until is None or (new.until is not None and new.until <= old.until),
    ))  # fmt: skip


def _within(old: Collection[str], new: Collection[str]) -> bool:
    return not old or (bool(new) and set(new) <= set(old))


def _implies(new: AttributeRule, old: AttributeRule) -> bool:
    if folded(new.key) != folded(old.key):
        return False
    return old.value is None or (new.value is not None and folded(new.value) == folded(old.value))


# -- fiscal years --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class FiscalYear:
    first: date
    last: date

    @property
    def label(self) -> str:
        """`2026` for a calendar year, else `2026/27`."""
        if self.first.year == self.last.year:
            return str(self.last.year)
        return f"{self.first.year}/{self.last.year % 100:02d}"


def fiscal_year(day: date, last_month: int, last_day: int) -> FiscalYear:
    """The year of Odoo's company that a day falls into, by its `fiscalyear_last_month` and `_last_day`. A last day that
    the month does not have, and any end of February, mean the last of that month, as in Odoo."""
    end = _last(day.year, last_month, last_day)
    if day > end:
        end = _last(day.year + 1, last_month, last_day)
    return FiscalYear(_last(end.year - 1, last_month, last_day) + timedelta(days=1), end)


def _last(year: int, month: int, day: int) -> date:
    longest = calendar.monthrange(year, month)[1]
    return date(year, month, longest if month == 2 and day >= 28 else min(day, longest))
