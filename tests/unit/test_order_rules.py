"""Which orders a rule takes, when a rule is wider than another, and the fiscal years they fall into."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mooring.domain.order_rules import (
    AttributeRule,
    Facts,
    OrderRule,
    default,
    excluded,
    facts_of,
    fiscal_year,
    narrower,
    widened,
)
from mooring.domain.records_orders import Order

CONNECTED = "2026-11-01T00:00:00Z"
words = st.sampled_from(["a", "B", "c"])
some = st.lists(words, max_size=2).map(tuple)
moments = st.sampled_from(["2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-12-01T00:00:00Z"])
attributes = st.lists(st.builds(AttributeRule, words, st.none() | words), max_size=2).map(tuple)
rules = st.builds(
    OrderRule, financial=some, fulfilment=some, sources=some, tags_any=some, tags_none=some, attributes=attributes,
    prefix=st.sampled_from(["", "#", "#1"]), since=st.none() | moments, until=st.none() | moments,
    test_orders=st.booleans(),
)  # fmt: skip
lower = st.sampled_from(["a", "b", "c"])
facts = st.builds(
    Facts, st.sampled_from(["#1", "#2", "X"]), words, words, lower, st.frozensets(lower),
    st.frozensets(st.tuples(lower, lower)), moments, st.booleans(),
)  # fmt: skip


def order(**said: Any) -> Order:
    usual = {"id": "", "name": "#1001", "displayFinancialStatus": "PAID", "processedAt": "2026-11-02T10:00:00Z",
             "displayFulfillmentStatus": "UNFULFILLED", "sourceName": "web", "tags": ["VIP"],
             "customAttributes": [{"key": "Delivery", "value": "Monday"}]}  # fmt: skip
    return msgspec.convert(usual | said, Order)


def why(rule: OrderRule, **said: Any) -> str | None:
    return excluded(rule, facts_of(order(**said)))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, None),
        ({"displayFinancialStatus": "REFUNDED"}, None),
        ({"displayFinancialStatus": "PENDING"}, "Its payment status is PENDING."),
        ({"displayFinancialStatus": None}, "Its payment status is unknown."),
        ({"processedAt": "2026-10-31T23:59:59Z"}, "It is from before 2026-11-01."),
        ({"processedAt": "2026-11-01T01:00:00+02:00"}, "It is from before 2026-11-01."),
        ({"processedAt": None, "createdAt": "2026-11-01T00:00:00Z"}, None),
        ({"test": True}, "It is a test order."),
    ],
)
def test_by_default_paid_orders_since_odoo_was_connected_are_taken(said, reason):
    assert why(default(CONNECTED), **said) == reason


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (OrderRule(fulfilment=("FULFILLED",)), "Its fulfilment status is UNFULFILLED."),
        (OrderRule(sources=("pos", "WEB ")), None),
        (OrderRule(sources=("pos",)), "It came from web."),
        (OrderRule(tags_any=("b2b", "vip")), None),
        (OrderRule(tags_any=("b2b",)), "It has none of the tags asked for."),
        (OrderRule(tags_none=("Vip",)), "It has the tag vip."),
        (OrderRule(attributes=(AttributeRule("delivery"),)), None),
        (OrderRule(attributes=(AttributeRule("delivery", "MONDAY"),)), None),
        (OrderRule(attributes=(AttributeRule("delivery", "Friday"),)), "It has no note attribute delivery as Friday."),
        (OrderRule(attributes=(AttributeRule("gift"),)), "It has no note attribute gift."),
        (OrderRule(prefix="#1"), None),
        (OrderRule(prefix="EU-"), "Its name does not begin with EU-."),
        (OrderRule(until="2026-11-02T10:00:00Z"), "It is not from before 2026-11-02."),
        (OrderRule(since="2026-11-02T10:00:00Z", until="2026-11-02T10:00:01Z"), None),
    ],
)
def test_every_condition_leaves_out_what_does_not_match_it(rule, reason):
    assert why(rule) == reason


def test_all_conditions_have_to_match() -> None:
    assert why(OrderRule(sources=("web",), tags_any=("b2b",))) is not None


@settings(max_examples=300)
@given(rules, rules, facts)
def test_a_narrower_rule_takes_nothing_that_the_other_leaves_out(old: OrderRule, new: OrderRule, one: Facts) -> None:
    if narrower(old, new) and excluded(new, one) is None:
        assert excluded(old, one) is None


@given(rules)
def test_a_rule_is_not_wider_than_itself(rule: OrderRule) -> None:
    assert not widened(rule, rule)
    assert msgspec.json.decode(msgspec.json.encode(rule), type=OrderRule) == rule


@pytest.mark.parametrize(
    "change",
    [{"financial": ()}, {"financial": ("PAID", "PENDING")}, {"since": None}, {"since": "2026-10-01T00:00:00Z"},
     {"test_orders": True}],
)  # fmt: skip
def test_taking_a_condition_away_widens(change: dict[str, Any]) -> None:
    assert widened(default(CONNECTED), msgspec.structs.replace(default(CONNECTED), **change))


@pytest.mark.parametrize(
    ("field", "words", "less"),
    [("tags_none", ("x", "y"), ("x",)), ("attributes", (AttributeRule("a", "1"),), (AttributeRule("a"),)),
     ("attributes", (AttributeRule("a"),), ()), ("sources", ("web",), ()), ("prefix", "#1", "#"),
     ("until", "2027-01-01T00:00:00Z", None)],
)  # fmt: skip
def test_asking_for_less_widens_and_asking_for_more_does_not(field: str, words: Any, less: Any) -> None:
    strict, lax = OrderRule(**{field: words}), OrderRule(**{field: less})
    assert widened(strict, lax) and not widened(lax, strict)


@pytest.mark.parametrize(
    "change",
    [{"financial": ("PAID",)}, {"since": "2026-12-01T00:00:00Z"}, {"prefix": "#"}, {"tags_none": ("x",)},
     {"attributes": (AttributeRule("a"),)}, {"until": "2027-01-01T00:00:00Z"}],
)  # fmt: skip
def test_adding_a_condition_does_not_widen(change: dict[str, Any]) -> None:
    assert not widened(default(CONNECTED), msgspec.structs.replace(default(CONNECTED), **change))


# -- fiscal years --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "month", "last", "first", "end", "label"),
    [
        ("2026-11-22", 12, 31, "2026-01-01", "2026-12-31", "2026"),
        ("2026-03-31", 3, 31, "2025-04-01", "2026-03-31", "2025/26"),
        ("2026-04-01", 3, 31, "2026-04-01", "2027-03-31", "2026/27"),
        ("2028-02-29", 2, 28, "2027-03-01", "2028-02-29", "2027/28"),
        ("2027-02-28", 2, 29, "2026-03-01", "2027-02-28", "2026/27"),
        ("2026-06-30", 6, 31, "2025-07-01", "2026-06-30", "2025/26"),
        ("1999-12-31", 6, 30, "1999-07-01", "2000-06-30", "1999/00"),
    ],
)
def test_a_day_falls_into_its_fiscal_year(day, month, last, first, end, label):
    found = fiscal_year(date.fromisoformat(day), month, last)
    assert (str(found.first), str(found.last), found.label) == (first, end, label)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(1, 12), st.integers(1, 31))
def test_fiscal_years_follow_one_another(day: date, month: int, last: int) -> None:
    found = fiscal_year(day, month, last)
    assert found.first <= day <= found.last
    following = fiscal_year(found.last + timedelta(days=1), month, last)
    assert following.first == found.last + timedelta(days=1)
