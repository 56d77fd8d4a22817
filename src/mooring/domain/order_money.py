"""What Odoo will make of the lines of an order: a prediction that shares no code with what writes the lines.

How Odoo 19 adds up (recordings `order_taxes`, `order_shipping_discount_guest_eur`; the second way is read from its
source):

Rounded per line, the company's default: quantity x price x (1 - discount) is rounded to the currency, then each tax of
the line. Taxes included in the price are split out of it together: each is its percentage of the amount divided by
(1 + the sum of the included rates). What is left is the base of the taxes on top.

Rounded globally: nothing is rounded until all lines are added up, then each tax, and then the total where every tax is
included in the price, else what is taxed.

Amounts are exact decimals, rounded half up, away from zero. Quantities are whole; percentages are per cent.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

ZERO = Decimal(0)
HUNDRED = Decimal(100)

_NO_DECIMALS = frozenset({
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
})  # fmt: skip
_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def usual_decimals(currency: str) -> int:
    """How many decimals a currency has by ISO 4217; Odoo's own `decimal_places` wins where it is known."""
    return 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2


class Rounding(StrEnum):
    """`tax_calculation_rounding_method` of Odoo's company."""

    PER_LINE = "round_per_line"
    GLOBALLY = "round_globally"


class Charge(NamedTuple):
    """A tax on a line. `tax` tells it apart from others in the sums: an id or a key; it is the same tax everywhere."""

    tax: Hashable
    percent: Decimal
    included: bool


class Priced(NamedTuple):
    """A line as Odoo will be told it."""

    quantity: int
    price_unit: Decimal
    discount: Decimal
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True)
class Sums:
    """`taxes`: the amount of each tax."""

    untaxed: Decimal
    total: Decimal
    taxes: dict[Hashable, Decimal] = field(default_factory=dict[Hashable, Decimal])

    @property
    def tax(self) -> Decimal:
        return self.total - self.untaxed


def rounded(amount: Decimal, decimals: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def amount_of(line: Priced) -> Decimal:
    """What the line costs before taxes on top, not rounded."""
    return line.quantity * line.price_unit * (HUNDRED - line.discount) / HUNDRED


def predicted(lines: Iterable[Priced], decimals: int, rounding: Rounding = Rounding.PER_LINE) -> Sums:
    """What Odoo will say of an order, an invoice or a credit note with these lines. `decimals`: of its currency."""
    if rounding is Rounding.GLOBALLY:
        return _globally(lines, decimals)
    found = [line_sums(line, decimals) for line in lines]
    taxes: dict[Hashable, Decimal] = {}
    for one in found:
        _add(taxes, one.taxes)
    return Sums(sum((one.untaxed for one in found), ZERO), sum((one.total for one in found), ZERO), taxes)


def line_sums(line: Priced, decimals: int) -> Sums:
    """One line, rounded per line."""
    start = rounded(amount_of(line), decimals)
    inside = {tax: rounded(amount, decimals) for tax, amount in _included(start, line.charges).items()}
    untaxed = start - sum(inside.values(), ZERO)
    on_top = {tax: rounded(amount, decimals) for tax, amount in _on_top(untaxed, line.charges).items()}
    return Sums(untaxed, start + sum(on_top.values(), ZERO), inside | on_top)


def _included(amount: Decimal, charges: Iterable[Charge]) -> dict[Hashable, Decimal]:
    """One division each, so that half a cent comes out as exactly that."""
    inside = [charge for charge in charges if charge.included]
    whole = HUNDRED + sum((charge.percent for charge in inside), ZERO)
    return {charge.tax: amount * charge.percent / whole for charge in inside} if whole else {}


def _on_top(base: Decimal, charges: Iterable[Charge]) -> dict[Hashable, Decimal]:
    return {charge.tax: base * charge.percent / HUNDRED for charge in charges if not charge.included}


def _globally(lines: Iterable[Priced], decimals: int) -> Sums:
    """Lines with the same taxes are added up before any division: fewer digits are lost."""
    by_charges: dict[tuple[Charge, ...], Decimal] = {}
    for line in lines:
        by_charges[line.charges] = by_charges.get(line.charges, ZERO) + amount_of(line)
    inside: dict[Hashable, Decimal] = {}
    on_top: dict[Hashable, Decimal] = {}
    untaxed = ZERO
    for charges, amount in by_charges.items():
        held = _included(amount, charges)
        base = amount - sum(held.values(), ZERO)
        _add(inside, held)
        _add(on_top, _on_top(base, charges))
        untaxed += base
    taxes = {tax: rounded(amount, decimals) for tax, amount in (inside | on_top).items()}
    tax = sum(taxes.values(), ZERO)
    if any(not charge.included for charges in by_charges for charge in charges):
        return Sums(rounded(untaxed, decimals), rounded(untaxed, decimals) + tax, taxes)
    total = rounded(sum(by_charges.values(), ZERO), decimals)
    return Sums(total - tax, total, taxes)


def _add(sums: dict[Hashable, Decimal], more: dict[Hashable, Decimal]) -> None:
    for tax, amount in more.items():
        sums[tax] = sums.get(tax, ZERO) + amount
