"""How a line is told to Odoo so that it costs exactly what Shopify took for it.

Odoo knows a price and a percentage; Shopify takes amounts off. In this order: no discount at all; a percentage of few
decimals that comes to exactly that amount, the roundest first; another price; and where none of these can say it, the
original price, with what was taken off as a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from mooring.domain.order_money import HUNDRED, ZERO, rounded


class Price(NamedTuple):
    """`off`: what a separate line has to take off besides; mostly nothing."""

    price_unit: Decimal
    discount: Decimal = ZERO
    off: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Grain:
    """What Odoo can tell. `money`: decimals of the currency; `price` and `discount`: its decimal precisions `Product
    Price` and `Discount`. `raw`: amounts have to be exact before they are rounded: the company rounds globally.
    `close`: a line of its own takes as little off as can be, so that its taxes are next to nothing, and the rounding of
    them too; else it says all that was taken off."""

    money: int = 2
    price: int = 2
    discount: int = 2
    raw: bool = False
    close: bool = False


def price_of(unit: Decimal, quantity: int, amount: Decimal, grain: Grain) -> Price:
    """`quantity` units, at `unit` each before discounts, that cost `amount` in all. Where even a line of its own cannot
    be exact (a currency of more decimals than prices have), what is missing is less than a unit of such a price."""
    return next(_ways(unit, quantity, amount, grain))


def single_price(amount: Decimal, grain: Grain) -> Price:
    """Of a line of one, whose amount may be below zero."""
    found = price_of(abs(amount), 1, abs(amount), grain)
    return found if amount >= 0 else found._replace(price_unit=-found.price_unit)


def _ways(unit: Decimal, quantity: int, amount: Decimal, grain: Grain) -> Iterator[Price]:
    base = unit.quantize(Decimal(1).scaleb(-grain.price), ROUND_CEILING)
    if base == unit and base * quantity == amount:
        yield Price(base)
    yield from (Price(base, percent) for percent in _percents(base * quantity, amount, grain))
    each = amount / quantity
    if each == (shown := each.quantize(Decimal(1).scaleb(-grain.price), ROUND_HALF_UP)):
        yield Price(shown)
    if quantity == 1:
        yield Price(shown)
    if grain.close:
        base = each.quantize(Decimal(1).scaleb(-grain.price), ROUND_CEILING)
    yield Price(base, ZERO, rounded(base * quantity - amount, grain.price))


def _percents(gross: Decimal, amount: Decimal, grain: Grain) -> Iterator[Decimal]:
    if not (gross and ZERO <= amount / gross < 1):
        return
    exact = HUNDRED * (gross - amount) / gross
    for decimals in range(grain.discount + 1):
        percent = rounded(exact, decimals)
        left = gross * (HUNDRED - percent) / HUNDRED
        if (left if grain.raw else rounded(left, grain.money)) == amount:
            yield percent
