"""When a store is swept, and which of its records a sweep may judge."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from hashlib import sha256

DAY = timedelta(days=1)
AGAIN = timedelta(hours=1)
"""A sweep that failed is repeated sooner than the next day's."""
ORDER_WINDOW = timedelta(days=60)
"""How far back Shopify shows orders to an app without `read_all_orders`."""
MARGIN = timedelta(days=1)
"""Orders this near to the end of the window are not judged: it moves on while the file is made and read."""


def next_sweep(store_id: str, at: datetime) -> datetime:
    """The store's own time of day (UTC), the next time after `at`: many stores are spread over the day."""
    seconds = int.from_bytes(sha256(store_id.encode()).digest()[:4], "big") % int(DAY.total_seconds())
    today = datetime.combine(at.astimezone(UTC).date(), time(tzinfo=UTC)) + timedelta(seconds=seconds)
    return today if today > at else today + DAY


def judged_from(now_there: datetime, *, sees_all: bool) -> datetime | None:
    """Orders created before this moment of Shopify's clock may be out of sight, not gone. None: all are judged."""
    return None if sees_all else now_there - ORDER_WINDOW + MARGIN
