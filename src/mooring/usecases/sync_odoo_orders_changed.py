"""What is shown of an order that changed after it was confirmed, and what is remembered if it is ignored."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mooring.db.order_books import Book
from mooring.domain.order_booking import Booking, difference, frozen, frozen_digest, plain


def changed(before: Book, made: Booking) -> dict[str, Any]:
    """Line by line: it is written down what it was booked as."""
    changes = difference((before.frozen or "").encode(), frozen(made))
    return {"changes": list(changes), **_money(before.total, made)}


def other_than(total: Decimal, made: Booking) -> dict[str, Any]:
    """`total`: what it comes to in Odoo; nothing else is known of what it was booked as."""
    was, now, money = plain(total), plain(made.total), made.currency
    return {"changes": [f"The total was {was} {money} and is {now} {money}."], **_money(was, made)}


def _money(was: str | None, made: Booking) -> dict[str, Any]:
    return {
        "money": {"booked": was, "now": plain(made.total), "currency": made.currency},
        "ignore": {"digest": frozen_digest(frozen(made)).hex()},
    }
