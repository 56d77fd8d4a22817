"""When something is due again, and when something stands still. Pure: whoever asks brings the time."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from mooring.errors import AppRejected, MooringError, StoreUnavailable

CHECK_EVERY = timedelta(hours=6)
"""Between two health checks. Access tokens live for an hour, so each of them also renews the pair: no store that is
connected lets its refresh token run out (90 days)."""
CHECK_AGAIN = timedelta(minutes=10)
CHECK_UNAVAILABLE = timedelta(hours=1)
CHECK_REJECTED = timedelta(minutes=30)

STUCK_AFTER = timedelta(minutes=15)
MOST_RESTARTS = 3


def spread(store_id: str, every: timedelta) -> timedelta:
    """`every`, up to a tenth more or less, always the same for a store: many stores do not come due together."""
    part = int.from_bytes(sha256(store_id.encode()).digest()[:4], "big") / 2**32
    return every * (0.9 + 0.2 * part)


def next_check(store_id: str, at: datetime, failure: MooringError | None) -> datetime:
    """After a failed check sooner than usual, but a shop that is closed or an app that is refused is not pressed."""
    match failure:
        case None:
            return at + spread(store_id, CHECK_EVERY)
        case StoreUnavailable():
            return at + CHECK_UNAVAILABLE
        case AppRejected():
            return at + CHECK_REJECTED
        case _:
            return at + CHECK_AGAIN


def stands_still(*, worker: str | None, lease_until: datetime | None, lease: timedelta, at: datetime) -> bool:
    """Whether somebody holds an operation and has saved no progress for a quarter of an hour.

    Every saved progress renews the lease, and one that waits on purpose has a lease as long as its wait. What nobody
    holds (waiting for a free worker, or until `not_before`) stands in a queue, not still.
    """
    if worker is None or lease_until is None:
        return False
    return lease_until - lease + STUCK_AFTER <= at


def worth_a_restart(restarts: int) -> bool:
    """A third restart that stood still as well ends the operation."""
    return restarts < MOST_RESTARTS
