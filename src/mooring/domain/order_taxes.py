"""Taxes of Shopify's orders and the taxes of Odoo that stand for them: the tax table.

A tax of Shopify is known by its rate, by whether prices include it, and by its title; which tax of Odoo it is, a person
confirms once. Nothing is booked with a tax that nobody confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from msgspec import Struct

from mooring.domain.order_causes import Cause, Review, review
from mooring.domain.order_money import ZERO, Charge
from mooring.domain.records import folded
from mooring.domain.records_orders import Order, Tax

_EXACT = Decimal("0.000001")
"""How exact a percentage is kept. Shopify's rates come as binary fractions."""


class TaxKey(Struct, frozen=True, omit_defaults=True):
    """A tax as Shopify tells it. `percent`: 19 is 19 %. `title`: folded, since people spell it in several ways.
    `channel`: the sales channel collects and pays it. `unrated`: Shopify took money and told no rate for it."""

    percent: Decimal
    included: bool
    title: str = ""
    channel: bool = False
    unrated: bool = False

    @property
    def label(self) -> str:
        """For people."""
        rate = "no rate" if self.unrated else f"{self.percent:f} %"
        return f"{self.title or 'tax'} {rate}{', included in the price' if self.included else ''}"


class OdooTax(Struct, frozen=True):
    """A row of `account.tax`, as far as it matters here. `amount`: per cent."""

    id: int
    name: str
    amount: Decimal
    amount_type: str = "percent"
    type_tax_use: str = "sale"
    price_include: bool = False
    company_id: int = 0
    active: bool = True
    include_base_amount: bool = False


class TaxEntry(Struct, frozen=True, omit_defaults=True):
    """One row of the tax table. `odoo_id`: None books without a tax. `percent` and `included` are the Odoo tax's own,
    and what the prediction of a total goes by. Only a `confirmed` entry is used."""

    key: TaxKey
    odoo_id: int | None = None
    percent: Decimal = ZERO
    included: bool = False
    confirmed: bool = False


TaxTable = Mapping[TaxKey, TaxEntry]


@dataclass(frozen=True, slots=True)
class Proposal:
    """`tax`: the one to propose. `several`: all that would do, where none stands out."""

    tax: OdooTax | None
    several: tuple[OdooTax, ...] = ()


def percent_of(rate: float | None) -> Decimal:
    """0.0775 -> 7.75, without what binary fractions add, and without padding."""
    percent = (Decimal(str(rate or 0)) * 100).quantize(_EXACT)
    return Decimal(f"{percent:f}".rstrip("0").rstrip("."))


def key_of(tax: Tax, included: bool) -> TaxKey:
    """`included`: the order's `taxes_included`."""
    percent, taken = percent_of(tax.rate), Decimal(tax.price_set.shop_money.amount) if tax.price_set else ZERO
    return TaxKey(percent, included, folded(tax.title or ""), bool(tax.channel_liable), not percent and bool(taken))


def keys_of(taxes: Iterable[Tax], included: bool, table: TaxTable) -> tuple[TaxKey, ...]:
    """The taxes of a line, each once. A tax of 0 % is none, unless a person said otherwise."""
    keys = dict.fromkeys(key_of(tax, included) for tax in taxes)
    return tuple(key for key in keys if key.percent or key.unrated or (key in table and table[key].confirmed))


def order_keys(order: Order) -> tuple[TaxKey, ...]:
    """All taxes of an order: for the tax table to list what stores have, confirmed or not."""
    return tuple(dict.fromkeys(key_of(tax, bool(order.taxes_included)) for tax in order.tax_lines))


# -- the table -----------------------------------------------------------------------------------------------------


def proposed(key: TaxKey, taxes: Iterable[OdooTax], company_id: int) -> Proposal:
    """By rate, and by whether the price includes it. Of several the one whose name says the title or, if none does,
    the rate; where that is no single one, a person chooses. For a tax of 0 % and for one that the channel collects
    nothing is proposed."""
    if not key.percent or key.channel:
        return Proposal(None)
    found = [tax for tax in taxes if _fits(key, tax, company_id)]
    for wanted in ("", key.title, f"{key.percent:f}"):
        named = [tax for tax in found if wanted in folded(tax.name)]
        if len(named) == 1:
            return Proposal(named[0])
    return Proposal(None, tuple(found))


def _fits(key: TaxKey, tax: OdooTax, company_id: int) -> bool:
    """A tax that raises the base of others is never proposed: Shopify has none of that kind."""
    usable = tax.active and tax.amount_type == "percent" and tax.type_tax_use == "sale" and not tax.include_base_amount
    return usable and tax.company_id == company_id and (tax.amount, tax.price_include) == (key.percent, key.included)


def entry(key: TaxKey, tax: OdooTax | None, *, confirmed: bool = False) -> TaxEntry:
    if tax is None:
        return TaxEntry(key, confirmed=confirmed)
    return TaxEntry(key, tax.id, tax.amount, tax.price_include, confirmed)


def unanswered(keys: Iterable[TaxKey], table: TaxTable) -> Review | None:
    """What the table does not settle, all of it in one sentence; None if it settles everything."""
    open_ = [key for key in dict.fromkeys(keys) if not (key in table and table[key].confirmed)]
    if not open_:
        return None
    channel = all(key.channel for key in open_)
    named = "; ".join(key.label for key in open_)
    found = review(Cause.TAX_CHANNEL if channel else Cause.TAX, f"Not confirmed: {named}.")
    return replace(found, taxes=tuple(open_))


def tax_ids(keys: Iterable[TaxKey], table: TaxTable) -> tuple[int, ...]:
    """The ids of the Odoo taxes of a line, as `load()` is told them; empty for a line without taxes. Raises `KeyError`
    for a key that the table does not have: ask `unanswered` first."""
    return tuple(dict.fromkeys(found for key in keys if (found := table[key].odoo_id) is not None))


def charges(keys: Sequence[TaxKey], table: TaxTable) -> tuple[Charge, ...]:
    """What Odoo will charge on a line; two taxes of Shopify on one line that are one tax of Odoo are charged once."""
    found: dict[int, Charge] = {}
    for key in keys:
        entry = table[key]
        if entry.odoo_id is not None:
            found.setdefault(entry.odoo_id, Charge(entry.odoo_id, entry.percent, entry.included))
    return tuple(found.values())
