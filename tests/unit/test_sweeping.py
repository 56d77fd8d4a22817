"""When a store is swept, and which orders a sweep may judge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.sweeping import DAY, MARGIN, ORDER_WINDOW, judged_from, next_sweep

AT = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@given(store=st.text(min_size=1), after=st.integers(0, 10**8))
def test_every_store_has_its_own_time_of_day(store: str, after: int) -> None:
    now = AT + timedelta(seconds=after)
    due = next_sweep(store, now)
    assert timedelta() < due - now <= DAY
    assert next_sweep(store, due) == due + DAY


def test_orders_near_the_end_of_the_window_are_not_judged() -> None:
    assert judged_from(AT, sees_all=True) is None
    since = judged_from(AT, sees_all=False)
    assert since == AT - ORDER_WINDOW + MARGIN
