"""Words on an order that go to Odoo: why something costs less, and what the customer saw and wrote."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from mooring.domain.order_amounts import presented, shop
from mooring.domain.order_booking import plain
from mooring.domain.records_orders import Allocation, Discount, Order
from mooring.domain.translate_odoo import one_line


def reasons(allocations: Iterable[Allocation]) -> str:
    """`Discount: WELCOME10, Scratched`; empty where there is none. An allocation of nothing has no reason."""
    named = dict.fromkeys(_named(one.discount_application) for one in allocations if shop(one.allocated_amount_set))
    return f"Discount: {', '.join(named)}" if named else ""


def _named(discount: Discount | None) -> str:
    if discount is None:
        return "Shopify"
    return one_line(discount.code) or one_line(discount.title) or one_line(discount.description) or "Shopify"


def note_of(order: Order) -> str:
    """HTML, as Odoo keeps the note of an order: each paragraph one thing, escaped."""
    return "".join(f"<p>{_lines(text)}</p>" for text in (_presentment(order), order.note or "") if text.strip())


def _presentment(order: Order) -> str:
    """What the customer saw, where it was other money than the shop's."""
    seen = order.presentment_currency_code
    if not seen or seen == order.currency_code:
        return ""
    return f"The customer saw {plain(presented(order.total_price_set))} {seen}."


def _lines(text: str) -> str:
    kept = (escape(one_line(line), quote=False) for line in text.splitlines())
    return "<br>".join(line for line in kept if line)
