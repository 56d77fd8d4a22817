"""What an order costs besides goods: shipping, fees, duties, a tip, and what closes the last gap to its total."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mooring.domain.order_amounts import shipping_amount, shop
from mooring.domain.order_booking import BookingLine, Role, own_key, plain
from mooring.domain.order_money import ZERO
from mooring.domain.order_notes import reasons
from mooring.domain.order_pricing import Grain, price_of, single_price
from mooring.domain.order_taxes import TaxKey, TaxTable, keys_of
from mooring.domain.records import number
from mooring.domain.records_orders import Line, Order, ShippingLine, Tax
from mooring.domain.translate_odoo import one_line


@dataclass(frozen=True, slots=True)
class Sold:
    """What the extra lines are made of. `lines`: of goods."""

    order_id: int
    order: Order
    lines: Sequence[Line]
    shipping: Sequence[ShippingLine]
    table: TaxTable
    grain: Grain

    def taxes(self, taxes: Iterable[Tax]) -> tuple[TaxKey, ...]:
        return keys_of(taxes, bool(self.order.taxes_included), self.table)


def extra_lines(sold: Sold) -> Iterator[BookingLine]:
    """In the order in which they stand behind the goods."""
    yield from _shipping(sold)
    yield from _fees(sold)
    yield from _duties(sold)
    if tip := shop(sold.order.total_tip_received_set):
        yield _extra(sold.order_id, Role.TIP, 0, "Tip", tip, sold.grain)


def _shipping(sold: Sold) -> Iterator[BookingLine]:
    """One line each, those that are free too: they say how the parcel went. Places count removed ones."""
    for place, one in enumerate(sold.shipping):
        if one.is_removed:
            continue
        unit, amount = shop(one.original_price_set), shipping_amount(one)
        price = price_of(unit, 1, amount, sold.grain)
        was = f"Instead of {plain(unit)}" if not price.discount and price.price_unit != unit else ""
        title = one_line("Shipping:", one.title) if one.title else "Shipping"
        name = "\n".join(part for part in (title, was, reasons(one.discount_allocations)) if part)
        yield BookingLine(
            own_key(sold.order_id, Role.SHIPPING, place), Role.SHIPPING, name, 1, price.price_unit, amount,
            price.discount, sold.taxes(one.tax_lines), shopify_id=number(one.id) if one.id else None,
        )  # fmt: skip


def _fees(sold: Sold) -> Iterator[BookingLine]:
    """Place 0 is that of cash rounding."""
    for place, fee in enumerate(sold.order.additional_fees, 1):
        name, taxes = one_line(fee.name) or "Fee", sold.taxes(fee.tax_lines)
        yield _extra(sold.order_id, Role.FEE, place, name, shop(fee.price), sold.grain, taxes, number(fee.id))


def _duties(sold: Sold) -> Iterator[BookingLine]:
    """One line for all duties with the same taxes. Nothing where prices include them. Where the lines do not tell what
    the order does, one line says it, without taxes."""
    amount = ZERO if sold.order.duties_included else shop(sold.order.original_total_duties_set)
    by_taxes: dict[tuple[TaxKey, ...], Decimal] = {}
    for duty in (duty for line in sold.lines for duty in line.duties):
        taxes = sold.taxes(duty.tax_lines)
        by_taxes[taxes] = by_taxes.get(taxes, ZERO) + shop(duty.price)
    if sum(by_taxes.values(), ZERO) != amount:
        by_taxes = {(): amount}
    for place, (taxes, part) in enumerate(by_taxes.items()):
        if part:
            yield _extra(sold.order_id, Role.DUTY, place, "Duties", part, sold.grain, taxes)


def _extra(
    order_id: int, role: Role, place: int, name: str, amount: Decimal, grain: Grain, taxes: tuple[TaxKey, ...] = (),
    shopify_id: int | None = None,
) -> BookingLine:  # fmt: skip
    price = single_price(amount, grain)
    return BookingLine(own_key(order_id, role, place), role, name, 1, price.price_unit, amount, price.discount, taxes,
                       shopify_id=shopify_id)  # fmt: skip


def closing(order_id: int, order: Order, gap: Decimal, most: Decimal, grain: Grain) -> BookingLine | None:
    """The line that makes up for what Odoo would leave out of the total (`gap`): cash rounding if that is what Shopify
    says it is, else a rounding of at most `most`. None where nothing is missing, or too much."""
    if gap and abs(gap) <= most:
        return _extra(order_id, Role.ROUNDING, 0, "Rounding", gap, grain)
    if gap and gap == cash_rounding(order):
        return _extra(order_id, Role.FEE, 0, "Cash rounding", gap, grain)
    return None


def cash_rounding(order: Order) -> Decimal:
    """What rounding to coins added to what was paid, less than zero where it took something off. It is a line only
    where Shopify counts it into the total; else the payments differ from the total by it."""
    return shop(order.total_cash_rounding_adjustment.payment_set) if order.total_cash_rounding_adjustment else ZERO
