"""Hub orders -> what Mooring would book in Odoo, to the cent; or why a person has to look first.

Booked is what Shopify's order costs after edits and before refunds, in the shop's currency; refunds become credit
notes. Gift cards that were redeemed are payments and no lines. Every line costs in Odoo what it costs in Shopify
(`order_pricing`); taxes are left to Odoo, so the total is predicted (`order_money`) and compared: a difference of at
most 0.02 is one rounding line without taxes, more is for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from mooring.domain import order_extras as extras
from mooring.domain.order_amounts import booked_quantity, expected_total, line_amount, refunded_units, shop
from mooring.domain.order_booking import Booking, BookingLine, Role, own_key, plain, priced
from mooring.domain.order_causes import Cause, Review, review
from mooring.domain.order_money import ZERO, Rounding, Sums, predicted
from mooring.domain.order_notes import note_of, reasons
from mooring.domain.order_pricing import Grain, price_of
from mooring.domain.order_taxes import TaxEntry, TaxKey, TaxTable, charges, key_of, keys_of, unanswered
from mooring.domain.records import moment, number
from mooring.domain.records_orders import Line, Order, OrderDetail, Refund, ShippingLine, Tax
from mooring.domain.translate_odoo import one_line
from mooring.domain.translate_orders import needs_detail

MOST_ROUNDING = Decimal("0.02")
"""In any currency; one without decimals has no rounding line."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the settings and this Odoo say. `currencies`: decimals of each currency that has a pricelist.
    `price_decimals`, `discount_decimals`: Odoo's decimal precisions. `rounding`: of its company."""

    taxes: TaxTable = field(default_factory=dict[TaxKey, TaxEntry])
    currencies: dict[str, int] = field(default_factory=dict[str, int])
    price_decimals: int = 2
    discount_decimals: int = 2
    rounding: Rounding = Rounding.PER_LINE

    def grain(self, currency: str, *, close: bool = False) -> Grain:
        raw = self.rounding is Rounding.GLOBALLY
        return Grain(self.currencies[currency], self.price_decimals, self.discount_decimals, raw, close)


@dataclass(frozen=True, slots=True)
class Told:
    """All that the hub has of an order. Ids are those of the columns, since stored bodies have none. `detail`: None
    where it was not read by id, or need not be."""

    order_id: int
    order: Order
    lines: Sequence[tuple[int, Line]]
    refunds: Sequence[tuple[int, Refund]] = ()
    detail: OrderDetail | None = None

    @property
    def is_whole(self) -> bool:
        """False while the reading by id is owed that tells refunds and further shipping lines: not to be booked yet,
        and nothing for a person."""
        if not needs_detail(self.order):
            return True
        known = {refund_id for refund_id, _ in self.refunds}
        return self.detail is not None and all(number(head.id) in known for head in self.order.refunds)

    @property
    def quantities(self) -> list[tuple[int, Line, int]]:
        """Every line in the order of its id, with how many are booked; an edit may have left none."""
        back = refunded_units(refund for _, refund in self.refunds)
        ordered = sorted(self.lines, key=lambda one: one[0])
        return [(line_id, line, booked_quantity(line, back.get(line_id, 0))) for line_id, line in ordered]

    @property
    def shipping(self) -> tuple[ShippingLine, ...]:
        """Every shipping line, those that were removed too."""
        if self.detail is not None:
            return self.detail.shipping_lines
        return (self.order.shipping_line,) if self.order.shipping_line else ()


def booking(told: Told, terms: Terms) -> Booking | Review:
    """`told` has to be whole. The same order under the same terms makes the same booking, with the same keys. Where
    taxes on separate discounts leave a gap, these are made as small as can be, if that is better."""
    order = told.order
    if order.currency_code not in terms.currencies:
        return review(Cause.CURRENCY, f"It is in {order.currency_code or 'no currency'}.")
    if found := unanswered(_all_keys(told, terms), terms.taxes):
        return found
    if order.total_price_set is None:
        return review(Cause.TOTAL, "Shopify says no total.")
    try:
        plainly = _booked(told, terms, terms.grain(order.currency_code))
        if not _missed(plainly):
            return plainly
        return min(plainly, _booked(told, terms, terms.grain(order.currency_code, close=True)), key=_missed)
    except OverflowError:
        return review(Cause.SIZE)


def _missed(made: Booking | Review) -> Decimal:
    """What had to be rounded; more than that for what could not be booked."""
    return abs(made.rounding) if isinstance(made, Booking) else MOST_ROUNDING + 1


# -- lines ---------------------------------------------------------------------------------------------------------


def _goods(told: Told, terms: Terms, grain: Grain) -> tuple[list[BookingLine], bool]:
    """The lines of goods, each with its separate discount directly behind it, and whether an edit took units out of
    the order without a refund. Places count all lines, so that no key changes when one is removed."""
    found: list[BookingLine] = []
    removed = False
    for place, (line_id, line, quantity) in enumerate(told.quantities):
        removed = removed or quantity < line.quantity
        if quantity:
            taxes = keys_of(line.tax_lines, bool(told.order.taxes_included), terms.taxes)
            found += _line(line_id, line, quantity, taxes, own_key(told.order_id, Role.DISCOUNT, place), grain)
    return found, removed


def _line(
    line_id: int, line: Line, quantity: int, taxes: tuple[TaxKey, ...], own: int, grain: Grain
) -> Iterable[BookingLine]:
    unit, amount = shop(line.original_unit_price_set), line_amount(line, quantity, grain.money)
    price = price_of(unit, quantity, amount, grain)
    why = reasons(line.discount_allocations)
    was = f"Instead of {plain(unit)} each" if not price.discount and price.price_unit != unit else ""
    name = "\n".join(part for part in (_title(line), was, why) if part)
    yield BookingLine(
        line_id, _role(line), name, quantity, price.price_unit, amount, price.discount, taxes,
        number(line.variant.id) if line.variant else None, one_line(line.sku),
    )  # fmt: skip
    if price.off:
        yield BookingLine(own, Role.DISCOUNT, why or "Discount", 1, -price.off, taxes=taxes, of=line_id)


def _booked_lines(told: Told) -> list[Line]:
    return [line for _, line, quantity in told.quantities if quantity]


def _role(line: Line) -> Role:
    if line.is_gift_card:
        return Role.GIFT_CARD_SOLD
    return Role.PRODUCT if line.variant else Role.CUSTOM


def _title(line: Line) -> str:
    """As it was sold; Odoo wants a name of every line."""
    title = one_line(line.title) or one_line(line.sku) or "Custom item"
    variant = one_line(line.variant_title)
    return f"{title} - {variant}" if variant and variant != "Default Title" else title


# -- total ---------------------------------------------------------------------------------------------------------


def _booked(told: Told, terms: Terms, grain: Grain) -> Booking | Review:
    order = told.order
    goods, removed = _goods(told, terms, grain)
    sold = extras.Sold(told.order_id, order, _booked_lines(told), told.shipping, terms.taxes, grain)
    lines = (*goods, *extras.extra_lines(sold))
    expected = expected_total(order, (refund for _, refund in told.refunds), removed)
    sums = sums_of(lines, terms, order.currency_code)
    rest = extras.closing(told.order_id, order, expected - sums.total, MOST_ROUNDING, grain)
    if rest is not None:
        lines = (*lines, rest)
        sums = sums_of(lines, terms, order.currency_code)
    if sums.total != expected:
        return review(Cause.TOTAL, _explained(told, terms, sums, expected))
    return Booking(
        told.order_id,
        f"gid://shopify/Order/{told.order_id}",
        one_line("Shopify", order.name),
        _date(order.processed_at or order.created_at),
        order.currency_code,
        bool(order.taxes_included),
        lines,
        sums.untaxed,
        sums.total,
        note_of(order),
        rest.amount if rest and rest.role is Role.ROUNDING else ZERO,
        number(order.customer.id) if order.customer else None,
    )


def sums_of(lines: Iterable[BookingLine], terms: Terms, currency: str) -> Sums:
    """What Odoo will say of these lines; taxes by the id of Odoo's tax."""
    return predicted([priced(line, terms.taxes) for line in lines], terms.currencies[currency], terms.rounding)


def _date(text: str | None) -> str:
    """`2026-11-01 10:00:00`, in UTC: sent with the context's time zone set to it."""
    return moment(text).replace("T", " ").removesuffix("Z") if text else ""


def _explained(told: Told, terms: Terms, sums: Sums, expected: Decimal) -> str:
    money = told.order.currency_code
    head = f"Odoo would make it {plain(sums.total)} {money}, Shopify says {plain(expected)} {money}."
    differ = [f"{label}: {plain(ours)} instead of {plain(theirs)}" for label, ours, theirs in _taxes(told, terms, sums)]
    return f"{head} Taxes that differ: {'; '.join(differ)}." if differ else f"{head} Its taxes agree."


def _taxes(told: Told, terms: Terms, sums: Sums) -> Iterable[tuple[str, Decimal, Decimal]]:
    """(tax, Odoo's amount, Shopify's) where these differ. Taxes of Shopify that are one tax of Odoo count together."""
    labels: dict[object, str] = {}
    theirs: dict[object, Decimal] = {}
    for tax in _all_taxes(told):
        key = key_of(tax, bool(told.order.taxes_included))
        odoo = charges((key,), terms.taxes) if key in terms.taxes else ()
        which: object = odoo[0].tax if odoo else key
        labels.setdefault(which, key.label)
        theirs[which] = theirs.get(which, ZERO) + shop(tax.price_set)
    for which, amount in theirs.items():
        ours = sums.taxes.get(which, ZERO)
        if ours != amount:
            yield labels[which], ours, amount


def _all_keys(told: Told, terms: Terms) -> tuple[TaxKey, ...]:
    return keys_of(_all_taxes(told), bool(told.order.taxes_included), terms.taxes)


def _all_taxes(told: Told) -> Iterable[Tax]:
    """Of everything that is booked."""
    for line in _booked_lines(told):
        yield from line.tax_lines
        for duty in line.duties:
            yield from duty.tax_lines
    for shipping in told.shipping:
        if not shipping.is_removed:
            yield from shipping.tax_lines
    for fee in told.order.additional_fees:
        yield from fee.tax_lines
