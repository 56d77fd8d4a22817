"""Which listed records are read again, and from where the next pull lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.changed import (
    OVERLAP,
    SETTLING,
    Known,
    Listed,
    cheaper_in_bulk,
    is_settled,
    must_read,
    next_point,
)

AT = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
seconds = st.integers(min_value=-4000, max_value=4000).map(lambda n: timedelta(seconds=n))


def known(updated: timedelta = timedelta(), fetched: timedelta = OVERLAP, *, deleted: bool = False) -> Known:
    return Known(AT + updated, AT + fetched, deleted)


@pytest.mark.parametrize(
    ("stored", "before", "expected"),
    [
        (None, {}, True),
        (known(), {}, False),
        (known(-SECOND), {}, True),
        (known(SECOND), {}, False),
        (known(deleted=True), {}, True),
        (known(deleted=True), {1: AT}, True),
        (known(fetched=timedelta()), {}, True),
        (known(fetched=SETTLING - SECOND), {}, True),
        (known(fetched=SETTLING), {}, False),
        (known(fetched=timedelta()), {1: AT}, False),
        (known(-SECOND), {1: AT}, False),
        (known(-SECOND), {1: AT - SECOND}, True),
        (known(-SECOND), {2: AT}, True),
        (None, {1: AT}, False),
        (None, {1: AT - SECOND}, True),
    ],
)
def test_what_has_to_be_read(stored: Known | None, before: dict[int, datetime], expected: bool) -> None:
    assert must_read(Listed(1, AT), stored, before) is expected


def test_a_record_from_the_future_is_taken_as_it_is() -> None:
    ahead = AT + timedelta(days=400)
    assert is_settled(ahead, AT)
    assert not is_settled(AT + SECOND, AT)
    assert not must_read(Listed(1, ahead), Known(ahead, AT, deleted=False), {})


@given(before=st.none() | seconds, newest=st.none() | seconds, listed=seconds)
def test_the_point_never_goes_back_nor_past_the_clock(
    before: timedelta | None, newest: timedelta | None, listed: timedelta
) -> None:
    held = None if before is None else AT + before
    point = next_point(held, None if newest is None else AT + newest, AT + listed)
    if held is not None:
        assert point is not None and point >= held
    if point is not None and point != held:
        assert newest is not None
        assert point == min(AT + newest, AT + listed) - OVERLAP


@given(total=st.integers(0, 10**7), changed=st.integers(0, 10**7))
def test_a_hundred_are_never_exported_and_everything_is(total: int, changed: int) -> None:
    assert not cheaper_in_bulk(min(changed, 1_000), total)
    assert cheaper_in_bulk(max(changed, total // 10 + 1_001), total)
