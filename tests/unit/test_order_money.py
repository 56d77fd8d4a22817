"""What Odoo makes of lines: sums of the real one, as it was recorded or documents them, and laws that hold for all."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mooring.domain.order_money import Charge, Priced, Rounding, line_sums, predicted, usual_decimals
from mooring.domain.order_pricing import Grain, price_of
from tests.support.orders import half_up

D = Decimal
TWENTY = (Charge(1, D(20), included=True),)
FIFTEEN = (Charge(2, D(15), included=False),)
cents = st.integers(-5_000, 50_000).map(lambda minor: D(minor).scaleb(-2))
percents = st.sampled_from([D(0), D(7), D("9.975"), D("6.25"), D(19), D(100)])
taxes = st.builds(lambda percent, included: Charge((percent, included), percent, included), percents, st.booleans())
charges = st.lists(taxes, max_size=3, unique=True).map(tuple)
lines = st.builds(Priced, st.integers(1, 12), cents, st.sampled_from([D(0), D(10), D("33.33")]), charges)


def line(quantity: int, price: str, charges: tuple[Charge, ...] = (), discount: str = "0") -> Priced:
    return Priced(quantity, D(price), D(discount), charges)


def said(*lines: Priced, rounding: Rounding = Rounding.PER_LINE) -> tuple[str, str, str]:
    sums = predicted(lines, 2, rounding)
    return f"{sums.untaxed:.2f}", f"{sums.tax:.2f}", f"{sums.total:.2f}"


def test_the_sums_of_a_real_odoo() -> None:
    assert said(line(1, "100", FIFTEEN)) == ("100.00", "15.00", "115.00")
    assert said(line(1, "100")) == ("100.00", "0.00", "100.00")
    assert said(line(1, "120", TWENTY)) == ("100.00", "20.00", "120.00")
    assert said(line(3, "3.33", TWENTY)) == ("8.32", "1.67", "9.99")
    mixed = (line(2, "12", TWENTY, "10"), line(1, "5", TWENTY), line(1, "-3", TWENTY), line(-1, "4"), line(1, "1"))
    assert said(*mixed) == ("16.67", "3.93", "20.60")


def test_the_example_that_odoo_documents_for_rounding_globally() -> None:
    twice = [line(1, "21.53", (Charge(1, D(21), included=True),))] * 2
    assert said(*twice, rounding=Rounding.GLOBALLY) == ("35.59", "7.47", "43.06")
    assert said(*twice) == ("35.58", "7.48", "43.06")


def test_included_taxes_are_split_out_together() -> None:
    both = (Charge(1, D(5), included=True), Charge(2, D("9.975"), included=True))
    sums = predicted([line(1, "114.98", both)], 2)
    assert (sums.untaxed, sums.taxes) == (D("100.00"), {1: D("5.00"), 2: D("9.98")})


def test_taxes_on_top_stand_on_what_included_ones_leave() -> None:
    mixed = (Charge(1, D(20), included=True), Charge(2, D(10), included=False))
    assert said(line(1, "120", mixed)) == ("100.00", "30.00", "130.00")


def test_half_a_cent_is_rounded_away_from_zero() -> None:
    assert said(line(1, "0.05", (), "50"))[2] == "0.03"
    assert said(line(-1, "0.05", (), "50"))[2] == "-0.03"
    assert said(line(1, "0.10", FIFTEEN))[1] == "0.02"


@settings(max_examples=200)
@given(lines, st.sampled_from([0, 2, 3]))
def test_a_line_is_what_fractions_say(one: Priced, decimals: int) -> None:
    unit = Fraction(10) ** -decimals
    start = half_up(one.quantity * Fraction(one.price_unit) * (1 - Fraction(one.discount) / 100) / unit)
    inside = 1 + sum(Fraction(charge.percent) / 100 for charge in one.charges if charge.included)
    held = sum(half_up(start * Fraction(c.percent) / 100 / inside) for c in one.charges if c.included)
    on_top = sum(half_up((start - held) * Fraction(c.percent) / 100) for c in one.charges if not c.included)
    sums = line_sums(one, decimals)
    assert (sums.untaxed, sums.total) == (D(start - held).scaleb(-decimals), D(start + on_top).scaleb(-decimals))
    assert sums.tax == sum(sums.taxes.values())


@settings(max_examples=100)
@given(st.lists(lines, max_size=6), st.sampled_from(Rounding))
def test_what_is_taxed_and_its_taxes_are_the_total(some: list[Priced], rounding: Rounding) -> None:
    sums = predicted(some, 2, rounding)
    assert sums.untaxed + sum(sums.taxes.values()) == sums.total


@settings(max_examples=100)
@given(st.lists(lines, max_size=6))
def test_the_two_ways_of_rounding_are_a_cent_a_line_and_tax_apart_at_most(some: list[Priced]) -> None:
    apart = predicted(some, 2).total - predicted(some, 2, Rounding.GLOBALLY).total
    assert abs(apart) <= D("0.02") * sum(1 + len(one.charges) for one in some)


@pytest.mark.parametrize(("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_currencies_have_their_decimals(currency: str, decimals: int) -> None:
    assert usual_decimals(currency) == decimals


# -- prices --------------------------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(st.integers(0, 50_000), st.integers(1, 24), st.data(), st.booleans(), st.booleans())
def test_a_price_comes_to_exactly_the_amount(unit: int, quantity: int, data: st.DataObject, raw: bool, close: bool):
    amount = D(data.draw(st.integers(0, unit * quantity))).scaleb(-2)
    found = price_of(D(unit).scaleb(-2), quantity, amount, Grain(raw=raw, close=close))
    total = quantity * found.price_unit * (1 - found.discount / 100)
    assert (total if raw else total.quantize(D("0.01"), "ROUND_HALF_UP")) - found.off == amount
    assert found.price_unit == round(found.price_unit, 2) and found.discount == round(found.discount, 2)
    assert 0 <= found.discount <= 100 and found.price_unit >= 0
    assert not (found.off and found.discount) and (not close or found.off < D("0.01") * quantity)


def test_the_roundest_percentage_is_chosen() -> None:
    assert price_of(D("9.99"), 1, D("8.99"), Grain()).discount == 10
    assert price_of(D("100"), 1, D("87.50"), Grain()).discount == D("12.5")


def test_a_price_finer_than_odoo_shows_is_said_by_a_percentage() -> None:
    found = price_of(D("1.255"), 1, D("1.255"), Grain(money=3, price=2))
    assert (found.price_unit, found.discount) == (D("1.26"), D("0.4"))
