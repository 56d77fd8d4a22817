"""Lines of an order that are told apart by what they say, and by their place where that does not decide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.order_booking import Role, order_of, own_key
from mooring.domain.order_lines import Said, paired


def line(name: str, quantity: int = 1, price: str = "10", discount: str = "0") -> Said:
    return {"name": name, "product_uom_qty": f"{quantity}.00", "price_unit": price, "discount": discount}


MUG, CARD, POST = line("Mug"), line("Card", 2), line("Shipping", price="4.9")


def test_what_says_the_same_is_the_same_wherever_it_stands() -> None:
    assert paired({1: MUG, 2: CARD, 3: POST}, {11: MUG, 13: POST, 12: CARD}) == {1: 11, 2: 12, 3: 13}


def test_lines_that_are_alike_go_by_their_place() -> None:
    assert paired({1: MUG, 2: CARD, 3: MUG}, {11: MUG, 12: MUG, 13: CARD}) == {1: 11, 3: 12, 2: 13}


def test_what_was_changed_is_what_is_left_if_as_many_are() -> None:
    dearer = line("Mug", price="12")
    assert paired({1: MUG, 2: CARD}, {11: dearer, 12: CARD}) == {1: 11, 2: 12}


def test_of_another_number_only_those_are_known_that_say_the_same() -> None:
    assert paired({1: MUG, 2: CARD}, {11: line("Cup"), 12: CARD, 13: POST}) == {2: 12}


def test_where_nothing_is_known_of_a_line_its_place_decides() -> None:
    assert paired({1: {}, 2: {}}, {11: MUG, 12: CARD}) == {1: 11, 2: 12}
    assert paired({1: {}}, {11: MUG, 12: CARD}) == {}


@given(st.permutations([MUG, CARD, POST, line("Tip", price="3"), line("Mug", 3)]))
def test_in_any_order_each_finds_its_own(theirs: list[Said]) -> None:
    ours = dict(enumerate([MUG, CARD, POST, line("Tip", price="3"), line("Mug", 3)]))
    found = paired(ours, dict(enumerate(theirs)))
    assert {key: theirs[id_] for key, id_ in found.items()} == ours


@given(st.integers(1, (1 << 48) - 1), st.integers(0, (1 << 11) - 1), st.sampled_from([Role.TIP, Role.ROUNDING]))
def test_a_number_of_our_own_names_its_order(order_id: int, place: int, role: Role) -> None:
    assert order_of(own_key(order_id, role, place)) == order_id


@given(st.integers(1, (1 << 61)))
def test_a_number_of_shopifys_names_none(line_id: int) -> None:
    assert order_of(line_id) is None
