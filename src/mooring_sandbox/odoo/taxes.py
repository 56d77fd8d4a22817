"""What a line costs, with its taxes, rounded line by line."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from mooring_sandbox.odoo.orm.numbers import decimal, rounded

_HUNDRED = Decimal(100)


class Rate(NamedTuple):
    """A tax, as far as it matters here. `kind`: percent, division, fixed."""

    id: int
    kind: str
    amount: float
    included: bool
    adds_to_base: bool = False


class Sum(NamedTuple):
    """`taxes` by the tax's id: its base and its amount."""

    untaxed: float
    total: float
    taxes: dict[int, tuple[float, float]]

    @property
    def tax(self) -> float:
        return self.total - self.untaxed


def line(price: float, quantity: float, discount: float, rates: Sequence[Rate], digits: int) -> Sum:
    """The price less its discount, times the quantity, is rounded first; then each tax on it is."""
    raw = decimal(quantity) * decimal(price) * (1 - decimal(discount) / _HUNDRED)
    start = rounded(raw, digits)
    inside = [rate for rate in rates if rate.included]
    amounts = {rate.id: amount for rate, amount in _included(start, quantity, inside, digits)}
    untaxed = start - sum(amounts.values(), Decimal(0))
    total, base = start, untaxed
    found: dict[int, tuple[float, float]] = {}
    for rate in rates:
        if rate.included:
            amount = amounts[rate.id]
        else:
            amount = rounded(_on_top(base, quantity, rate), digits)
            total += amount
        found[rate.id] = (float(base), float(amount))
        base += amount if rate.adds_to_base else 0
    return Sum(float(untaxed), float(total), found)


def _included(total: Decimal, quantity: float, rates: list[Rate], digits: int) -> list[tuple[Rate, Decimal]]:
    """What of the price is each of the taxes that it includes."""
    fixed = sum((decimal(r.amount) * decimal(quantity) for r in rates if r.kind == "fixed"), Decimal(0))
    share = sum((decimal(r.amount) for r in rates if r.kind == "percent"), Decimal(0)) / _HUNDRED
    left = (
        total - fixed - sum((total * decimal(r.amount) / _HUNDRED for r in rates if r.kind == "division"), Decimal(0))
    )
    base = left / (1 + share)
    amounts = []
    for rate in rates:
        if rate.kind == "percent":
            percent = base * decimal(rate.amount) / _HUNDRED
        elif rate.kind == "division":
            percent = total * decimal(rate.amount) / _HUNDRED
        else:
            percent = decimal(rate.amount) * decimal(quantity)
        amounts.append((rate, rounded(percent, digits)))
    return amounts


def _on_top(base: Decimal, quantity: float, rate: Rate) -> Decimal:
    if rate.kind == "fixed":
        return decimal(rate.amount) * decimal(quantity)
    share = decimal(rate.amount) / _HUNDRED
    return base / (1 - share) - base if rate.kind == "division" else base * share
