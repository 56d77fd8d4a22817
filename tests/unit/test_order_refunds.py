"""What refunds credit of a booked order: exact to the cent, line by line."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mooring.domain.order_booking import Booking, Role
from mooring.domain.order_causes import Cause, Review
from mooring.domain.order_refunds import CreditNote, credit, unsettled
from mooring.domain.records import Ref
from mooring.domain.records_orders import Refund
from mooring.domain.translate_odoo_orders import Terms, booking
from tests.support.orders import Made, Sold, drawn, odoo_total, terms_for

seeds = st.integers(0, 2**32)
NINETEEN = (("MwSt.", 0.19),)


def booked(made: Made, terms: Terms) -> Booking:
    found = booking(made.told, terms)
    assert isinstance(found, Booking), found
    return found


def credited(made: Made) -> list[CreditNote]:
    terms = terms_for(made)
    order, found = booked(made, terms), list[CreditNote]()
    for refund_id, refund in made.told.refunds:
        note = credit(order, refund_id, refund, terms)
        assert isinstance(note, CreditNote), note
        found.append(note)
    return found


def minor(amount: Decimal, made: Made) -> int:
    return int(amount.scaleb(made.decimals))


def order(*lines: Sold, included: bool = True, tip: int = 0) -> Made:
    return Made("EUR", included, list(lines), [], tip)


def sold(unit: int, quantity: int, *offs: int, id_: int = 700) -> Sold:
    return Sold(id_, unit, quantity, NINETEEN, list(offs), quantity)


# -- to the cent ---------------------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(seeds)
def test_every_credit_note_takes_out_what_the_refund_did(seed: int) -> None:
    made = drawn(seed)
    terms = terms_for(made)
    order = booking(made.told, terms)
    if isinstance(order, Review):
        return
    for (refund_id, refund), back in zip(made.told.refunds, made.backs, strict=True):
        note = credit(order, refund_id, refund, terms)
        if isinstance(note, Review):
            assert not made.included
        elif note is None:
            assert back.value == 0
        else:
            assert minor(note.total, made) == back.value
            assert odoo_total(note.lines, dict(terms.taxes), made.decimals) == Fraction(note.total)
            assert abs(note.rounding) <= Decimal("0.02")


@settings(max_examples=100)
@given(seeds)
def test_invoice_less_credit_notes_is_what_the_order_costs_now(seed: int) -> None:
    made = drawn(seed, included=True)
    terms = terms_for(made)
    order = booked(made, terms)
    notes = [credit(order, refund_id, refund, terms) for refund_id, refund in made.told.refunds]
    done = [note for note in notes if isinstance(note, CreditNote)]
    assert not any(isinstance(note, Review) for note in notes)
    assert unsettled(order, done, made.told.order) is None
    assert minor(order.total - sum(note.total for note in done), made) == made.current


@settings(max_examples=100)
@given(seeds)
def test_no_more_is_taken_back_of_a_line_than_was_booked(seed: int) -> None:
    made = drawn(seed, included=True)
    terms = terms_for(made)
    lines = {line.key: line for line in booked(made, terms).lines}
    back: dict[int, int] = {}
    for note in (credit(booked(made, terms), *one, terms) for one in made.told.refunds):
        for line in note.lines if isinstance(note, CreditNote) else ():
            if line.of is not None and line.role not in (Role.DISCOUNT, Role.ROUNDING):
                back[line.of] = back.get(line.of, 0) + line.quantity
    assert all(count <= lines[key].quantity for key, count in back.items())


def test_a_refund_of_everything_mirrors_the_invoice() -> None:
    made = order(sold(8900, 12, 1234), sold(500, 1, id_=710), tip=300)
    made.take_back({700: 12, 710: 1}, kept=-300)
    (note,) = credited(made)
    lines = booked(made, terms_for(made)).lines
    assert note.whole
    assert [(one.of, one.quantity, one.price_unit) for one in note.lines] == [
        (one.key, one.quantity, one.price_unit) for one in lines
    ]
    assert [one.restock for one in note.lines] == [one.role is Role.PRODUCT for one in lines]


def test_all_the_money_without_the_goods_is_no_mirror_of_the_invoice() -> None:
    made = order(sold(1000, 2))
    made.take_back({}, kept=-2000)
    (note,) = credited(made)
    assert not note.whole and [(one.of, one.role) for one in note.lines] == [(None, Role.ADJUSTMENT)]
    assert note.total == 20


def test_part_of_a_line_keeps_its_price_where_that_is_exact() -> None:
    made = order(sold(1000, 4, 400))
    made.take_back({700: 1})
    (note,) = credited(made)
    (line,) = note.lines
    assert (line.of, line.quantity, str(line.price_unit), str(line.discount)) == (700, 1, "10.00", "10")
    assert not note.whole and str(note.total) == "9.00"


def test_part_of_a_line_with_a_separate_discount_takes_its_share_of_it_back() -> None:
    made = order(sold(8900, 12, 1234))
    made.take_back({700: 7})
    (note,) = credited(made)
    assert [(one.of, one.quantity, str(one.price_unit)) for one in note.lines] == [
        (700, 7, "89.00"), (booked(made, terms_for(made)).lines[1].key, 1, "-7.20"),
    ]  # fmt: skip


@pytest.mark.parametrize(("kept", "price"), [(200, "-2.00"), (-200, "2.00")])
def test_what_is_kept_or_given_on_top_is_a_line_without_taxes(kept: int, price: str) -> None:
    made = order(sold(1000, 2))
    made.take_back({700: 1}, kept=kept)
    (note,) = credited(made)
    line = note.lines[-1]
    assert (line.of, line.role, str(line.price_unit), line.taxes) == (None, Role.ADJUSTMENT, price, ())
    assert minor(note.total, made) == 1000 - kept


@pytest.mark.parametrize("several", [False, True])
def test_shipping_that_refers_to_another_id_is_the_only_one_there_is(several: bool) -> None:
    """Of several nobody could say which."""
    made = order(sold(1000, 1))
    made.shipping = [Sold(450 + one, 490, 1, NINETEEN, left=1) for one in range(1 + several)]
    made.take_back({}, shipping=True)
    terms, (refund_id, refund) = terms_for(made), made.told.refunds[0]
    other = Ref("gid://shopify/ShippingLine/999")
    lines = tuple(msgspec.structs.replace(one, shipping_line=other) for one in refund.refund_shipping_lines)
    note = credit(booked(made, terms), refund_id, msgspec.structs.replace(refund, refund_shipping_lines=lines), terms)
    if several:
        assert isinstance(note, Review) and note.cause is Cause.REFUND
    else:
        assert isinstance(note, CreditNote) and [str(one.price_unit) for one in note.lines] == ["4.90"]


def test_shipping_goes_back_on_its_own() -> None:
    made = order(sold(1000, 1))
    made.shipping = [Sold(450, 490, 1, NINETEEN, left=1), Sold(451, 990, 1, NINETEEN, [90], left=1)]
    made.take_back({}, shipping=True)
    (note,) = credited(made)
    booked_lines = {line.shopify_id: line.key for line in booked(made, terms_for(made)).lines}
    assert [(one.of, str(one.price_unit)) for one in note.lines] == [
        (booked_lines[450], "4.90"), (booked_lines[451], "9.00"),
    ]  # fmt: skip


# -- money and dates -----------------------------------------------------------------------------------------------


def test_money_that_went_back_is_told_apart_from_what_is_credited() -> None:
    made = order(sold(1000, 2))
    made.take_back({700: 2})
    paid = {"id": "gid://shopify/OrderTransaction/9", "kind": "REFUND", "status": "SUCCESS", "gateway": "PayPal",
            "createdAt": "2026-11-05T09:00:00Z", "amountSet": made.bag(500)}  # fmt: skip
    made.backs[0].node |= {"transactions": [paid, paid | {"status": "FAILURE"}], "note": "Too\nlate"}
    (note,) = credited(made)
    assert (str(note.total), [str(one.amount) for one in note.payments]) == ("20.00", ["5.00"])
    assert (note.date, note.reason, note.payments[0].gateway) == ("2026-11-05", "Too late", "paypal")


def test_a_refund_of_nothing_makes_no_credit_note() -> None:
    made = order(sold(0, 2))
    terms = terms_for(made)
    assert credit(booked(made, terms), 1, Refund(created_at="2026-11-05T09:00:00Z"), terms) is None


def test_money_alone_is_a_credit_note_without_lines() -> None:
    made = order(sold(1000, 1))
    paid = {"id": "gid://shopify/OrderTransaction/9", "kind": "REFUND", "status": "SUCCESS", "gateway": "paypal",
            "createdAt": "2026-11-05T09:00:00Z", "amountSet": made.bag(500)}  # fmt: skip
    terms, refund = (
        terms_for(made),
        msgspec.convert({"id": "", "createdAt": "2026-11-05", "transactions": [paid]}, Refund),
    )
    note = credit(booked(made, terms), 1, refund, terms)
    assert isinstance(note, CreditNote) and note.lines == () and note.total == 0 and len(note.payments) == 1


# -- a person is asked ---------------------------------------------------------------------------------------------


def test_a_refund_of_a_line_that_was_not_booked_is_for_a_person() -> None:
    made = order(sold(1000, 2))
    terms = terms_for(made)
    found = booked(made, terms)
    made.take_back({700: 1})
    other = msgspec.structs.replace(found, lines=(msgspec.structs.replace(found.lines[0], key=1),))
    note = credit(other, *made.told.refunds[0], terms)
    assert isinstance(note, Review) and note.cause is Cause.REFUND and "not booked" in note.sentence


def test_settings_that_changed_since_it_was_booked_are_for_a_person() -> None:
    made = order(sold(1000, 2))
    terms = terms_for(made)
    found = booked(made, terms)
    made.take_back({700: 2})
    for changed, cause in ((replace(terms, taxes={}), Cause.TAX), (replace(terms, currencies={}), Cause.CURRENCY)):
        note = credit(found, *made.told.refunds[0], changed)
        assert isinstance(note, Review) and note.cause is cause


def test_a_line_that_is_partly_restocked_is_credited_in_two_parts() -> None:
    made = order(sold(1000, 4))
    made.take_back({700: 3})
    (line,) = made.backs[0].node["refundLineItems"]
    parts = [line | {"quantity": 1, "subtotalSet": made.bag(1000), "restockType": "NO_RESTOCK"},
             line | {"quantity": 2, "subtotalSet": made.bag(2000)}]  # fmt: skip
    made.backs[0].node["refundLineItems"] = parts
    (note,) = credited(made)
    assert [(one.of, one.quantity, one.restock) for one in note.lines] == [(700, 1, False), (700, 2, True)]


def test_a_refund_that_raises_the_total_is_for_a_person() -> None:
    made = order(sold(1000, 2))
    terms = terms_for(made)
    found = booked(made, terms)
    made.take_back({700: 1}, kept=1500)
    note = credit(found, *made.told.refunds[0], terms)
    assert isinstance(note, Review) and "raise" in note.sentence


def test_what_is_left_after_the_credit_notes_has_to_be_what_shopify_says() -> None:
    made = order(sold(1000, 2))
    made.take_back({700: 1})
    found = unsettled(booked(made, terms_for(made)), [], made.told.order)
    assert isinstance(found, Review) and found.sentence.endswith("20 EUR would be left, Shopify says 10 EUR.")
