"""Amounts of an order as Shopify tells them, in the shop's currency.

Shopify's words: `total…` is after edits and before refunds, `current…` after both. A refund is what takes units,
shipping or plain amounts out of an order, with or without paying money back: an edit that removes units leaves one too.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from mooring.domain.order_money import ZERO, rounded
from mooring.domain.records import Bag, number
from mooring.domain.records_orders import Line, Order, Refund, ShippingLine


def shop(bag: Bag | None) -> Decimal:
    return Decimal(bag.shop_money.amount) if bag else ZERO


def presented(bag: Bag | None) -> Decimal:
    """In the currency that the customer saw."""
    return Decimal(bag.presentment_money.amount) if bag else ZERO


# -- lines ---------------------------------------------------------------------------------------------------------


def refunded_units(refunds: Iterable[Refund]) -> dict[int, int]:
    """How many units of each line refunds took out."""
    found: dict[int, int] = {}
    for refund in refunds:
        for line in refund.refund_line_items:
            if line.line_item:
                key = number(line.line_item.id)
                found[key] = found.get(key, 0) + line.quantity
    return found


def booked_quantity(line: Line, refunded: int) -> int:
    """After edits and before refunds: what is left, and what refunds took out."""
    left = line.quantity if line.current_quantity is None else line.current_quantity
    return max(0, min(line.quantity, left + refunded))


def line_amount(line: Line, quantity: int, decimals: int) -> Decimal:
    """What `quantity` units cost after every discount, before taxes on top. Discounts are told for all units that
    were ordered, so fewer units have their share of them."""
    off = sum((shop(one.allocated_amount_set) for one in line.discount_allocations), ZERO)
    if quantity != line.quantity:
        off = rounded(off * quantity / line.quantity, decimals)
    return shop(line.original_unit_price_set) * quantity - off


def shipping_amount(line: ShippingLine) -> Decimal:
    if line.discounted_price_set:
        return shop(line.discounted_price_set)
    off = sum((shop(one.allocated_amount_set) for one in line.discount_allocations), ZERO)
    return shop(line.original_price_set) - off


# -- totals --------------------------------------------------------------------------------------------------------


def taken_out(refund: Refund, taxes_included: bool) -> Decimal:
    """By how much a refund lowers what the order costs: goods, shipping and duties with their taxes, less its
    adjustments. An adjustment is what these are worth less what is credited: positive where a fee is kept, negative
    for what is given back beyond them."""
    on_top = 0 if taxes_included else 1
    total = sum((shop(duty.amount_set) for duty in refund.duties or ()), ZERO)
    for line in refund.refund_line_items:
        total += shop(line.subtotal_set) + on_top * shop(line.total_tax_set)
    for line in refund.refund_shipping_lines:
        total += shop(line.subtotal_amount_set) + on_top * shop(line.tax_amount_set)
    return total - adjusted(refund)


def adjusted(refund: Refund) -> Decimal:
    return sum((shop(one.amount_set) + shop(one.tax_amount_set) for one in refund.order_adjustments), ZERO)


def expected_total(order: Order, refunds: Iterable[Refund], removed: bool) -> Decimal:
    """After edits, before refunds. `removed`: units left the order by an edit that made no refund of it; then
    Shopify's total still counts them, and what is left with what refunds took out is the total."""
    if not removed:
        return shop(order.total_price_set)
    included = bool(order.taxes_included)
    return shop(order.current_total_price_set) + sum((taken_out(refund, included) for refund in refunds), ZERO)
