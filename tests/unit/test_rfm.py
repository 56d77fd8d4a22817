"""RFM groups: scored among the store's own buyers, with Shopify's names."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.rfm import Buyer, Group, Scale, group, scale

START = datetime(2026, 1, 1, tzinfo=UTC)


def buyer(day: int, orders: int, spent: int) -> Buyer:
    return Buyer(orders, Decimal(spent), START + timedelta(days=day))


ALL = scale(buyer(one, one, one * 10) for one in range(1, 101))


@pytest.mark.parametrize(
    ("recent", "value", "expected"),
    [
        (95, 95, Group.CHAMPIONS),
        (95, 50, Group.ACTIVE),
        (95, 5, Group.NEW),
        (75, 95, Group.LOYAL),
        (75, 5, Group.PROMISING),
        (50, 50, Group.NEEDS_ATTENTION),
        (50, 30, Group.ALMOST_LOST),
        (30, 70, Group.AT_RISK),
        (5, 95, Group.PREVIOUSLY_LOYAL),
        (5, 5, Group.DORMANT),
    ],
)
def test_fifths_of_the_store_decide(recent: int, value: int, expected: Group) -> None:
    assert group(buyer(recent, value, value * 10), ALL) is expected


def test_who_never_bought_is_a_prospect_and_whose_orders_are_hidden_bought_long_ago() -> None:
    assert group(Buyer(0, Decimal(0), None), ALL) is Group.PROSPECTS
    assert group(Buyer(95, Decimal(950), None), ALL) is Group.PREVIOUSLY_LOYAL


def test_the_only_buyer_and_equals_stand_in_the_middle() -> None:
    """Nobody is best or worst among equals."""
    one = buyer(1, 1, 10)
    assert group(one, scale([one])) is Group.NEEDS_ATTENTION
    assert group(one, scale([one] * 50)) is Group.NEEDS_ATTENTION
    assert group(one, Scale()) is Group.NEEDS_ATTENTION


_buyers = st.builds(buyer, st.integers(0, 500), st.integers(1, 50), st.integers(0, 9_999))


@given(st.lists(_buyers, min_size=1, max_size=40), st.integers(0, 39))
def test_every_buyer_has_a_group_and_buying_more_never_lowers_a_score(known: list[Buyer], at: int) -> None:
    one, among = known[at % len(known)], scale(known)
    assert group(one, among) is not Group.PROSPECTS
    best = buyer(500, 50, 9_999)
    assert group(best, scale([*known, best])) in (Group.CHAMPIONS, Group.LOYAL, Group.NEEDS_ATTENTION, Group.ACTIVE)
