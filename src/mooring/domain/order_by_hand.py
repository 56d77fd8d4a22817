"""Orders that a person booked in Odoo by hand and linked: Mooring leaves them as they are there, and says so when what
they cost changes in Shopify."""

from __future__ import annotations

from hashlib import blake2b

from msgspec import json

from mooring.domain.order_amounts import shop
from mooring.domain.order_booking import plain
from mooring.domain.order_causes import Cause, Review
from mooring.domain.translate_odoo_orders import Told

FIX = "Change the order in Odoo by hand as far as it takes, then choose Ignore."
_STANDS = "The order stands in Odoo as somebody made it there by hand, and "


def by_hand_digest(told: Told) -> bytes:
    """Of all that an order's money hangs on, as Shopify tells it: such an order need not be one that can be booked.
    Equal digests: nothing changed that whoever booked it has to know of."""
    order = told.order
    money = [plain(shop(one)) for one in (order.total_price_set, order.current_total_price_set)]
    lines = sorted((line_id, line.quantity, line.current_quantity) for line_id, line in told.lines)
    refunds = sorted(refund_id for refund_id, _ in told.refunds)
    facts = ("by hand", order.currency_code, money, bool(order.cancelled_at), lines, refunds)
    return blake2b(json.encode(facts), digest_size=16).digest()


def by_hand_review(told: Told) -> Review:
    """Of one whose digest is another than before. What it was before nobody wrote down, so this is what it is now."""
    if told.order.cancelled_at:
        return Review(Cause.CANCELLED_INVOICED, f"{_STANDS}it was cancelled in Shopify.")
    if told.refunds:
        return Review(Cause.REFUND, f"{_STANDS}it was refunded in Shopify.")
    return Review(Cause.CHANGED_AFTER_CONFIRM, f"{_STANDS}it was changed in Shopify.")
