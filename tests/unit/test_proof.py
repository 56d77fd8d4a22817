"""Completeness is counted: lost, doubled, and lost-and-doubled lines are all found."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mooring.domain import proof
from mooring.domain.proof import (
    Announced,
    Distinct,
    child_key,
    count_part,
    difference,
    pack,
    pair_key,
    root_key,
    unpack,
)

IDS = st.integers(min_value=0, max_value=(1 << 62) - 1)


@given(st.lists(st.integers(min_value=-(1 << 63), max_value=(1 << 63) - 1)))
def test_packed_keys_come_back(keys: list[int]) -> None:
    assert list(unpack(pack(keys))) == keys


def test_keys_are_packed_the_same_on_every_machine() -> None:
    assert pack([1, -2]) == bytes([1, 0, 0, 0, 0, 0, 0, 0]) + bytes([254] + [255] * 7)


@given(IDS, IDS)
def test_roots_and_children_never_share_a_key(one: int, other: int) -> None:
    assert root_key(one) != child_key(other)
    assert (root_key(one) == root_key(other)) == (one == other)
    assert pack([root_key(one), child_key(other), pair_key(one, other)])


def test_memberships_differ_by_both_ids() -> None:
    numbers = range(9_000_000_000_000, 9_000_000_000_300)
    keys = {pair_key(parent, child) for parent in numbers for child in numbers}
    assert len(keys) == len(numbers) ** 2
    assert all(key & 1 for key in keys)


def test_an_id_beyond_62_bits_is_refused() -> None:
    with pytest.raises(OverflowError):
        pack([root_key(1 << 62)])


def counted(keys: list[int], of: int) -> Distinct:
    shuffled = random.Random(1).sample(keys, len(keys))
    blobs = [pack(shuffled[at : at + 7]) for at in range(0, len(shuffled), 7)]
    return sum((count_part(blobs, part, of) for part in range(of)), Distinct())


@settings(max_examples=50)
@given(st.lists(IDS, max_size=60), st.lists(IDS, max_size=60), st.sampled_from([1, 3, 5]))
def test_parts_add_up_to_the_whole(roots: list[int], children: list[int], of: int) -> None:
    keys = [*map(root_key, roots), *map(child_key, children)]
    assert counted(keys, of) == Distinct(len(set(roots)) + len(set(children)), len(set(roots)))


@pytest.mark.parametrize(("lines", "of"), [(0, 1), (proof.PART, 1), (proof.PART + 1, 3), (10_000_000, 67)])
def test_many_lines_are_counted_in_parts_of_bounded_size(lines: int, of: int) -> None:
    assert proof.parts(lines) == of
    assert lines / of <= proof.PART


CASES = [
    ((10, 4), 10, (10, 4), False, None),
    ((0, 0), 0, (0, 0), False, None),
    ((10_000, 10_000), 9_998, (9_998, 9_998), False, "Shopify announced 10,000 lines, 9,998 arrived: 2 are missing."),
    ((10, 4), 9, (9, 4), False, "Shopify announced 10 lines, 9 arrived: 1 is missing."),
    ((10, 4), 11, (10, 4), False, "Shopify announced 10 lines, 11 arrived: 1 is too many."),
    ((10, 4), 10, (9, 4), False, "All 10 announced lines arrived, but 1 line came twice, so as many are missing."),
    ((10, 4), 10, (10, 5), False, "Shopify announced 4 records, 5 arrived in 10 lines."),
    ((10, 4), 10, (10, 4), True, "The file ends in the middle of a line, after 10 of 10 lines."),
]


@pytest.mark.parametrize(("announced", "lines", "distinct", "cut", "words"), CASES)
def test_a_difference_is_said_in_words(announced, lines, distinct, cut, words) -> None:
    assert difference(Announced(*announced), lines, Distinct(*distinct), cut=cut) == words


@given(st.lists(IDS, min_size=2, max_size=30, unique=True), st.data())
def test_no_single_or_double_fault_passes(roots: list[int], data: st.DataObject) -> None:
    """Lose one, double one, or both at once: the numbers never add up again."""
    keys = [root_key(one) for one in roots]
    lost, doubled = data.draw(st.lists(st.sampled_from(keys), min_size=2, max_size=2, unique=True))
    without = [key for key in keys if key != lost]
    announced = Announced(len(keys), len(keys))
    assert difference(announced, len(keys), counted(keys, 1), cut=False) is None
    for fault in (without, [*keys, doubled], [*without, doubled]):
        assert difference(announced, len(fault), counted(fault, 1), cut=False) is not None
