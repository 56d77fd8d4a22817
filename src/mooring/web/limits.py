"""How often something may be tried: a bucket per key that refills steadily. Kept in this process; with several web
processes each allows the same again, which is still far too few for guessing."""

from __future__ import annotations

import threading
from typing import Any

from litestar import Request

from mooring.domain.wording import counted
from mooring.ports import Clock
from mooring.web.problems import TooMany

_MOST_KEYS = 10_000


class Limit:
    """`burst` tries at once, then one each `seconds`."""

    def __init__(self, clock: Clock, *, burst: int, seconds: float) -> None:
        self._clock = clock
        self._burst = burst
        self._seconds = seconds
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}
        """When the bucket of a key is full again."""

    def take(self, key: str) -> None:
        """Raises `TooMany` saying how long to wait."""
        with self._lock:
            now = self._clock.monotonic()
            full_at = max(now, self._free_at.get(key, now)) + self._seconds
            wait = full_at - now - self._burst * self._seconds
            if wait > 0:
                raise TooMany(
                    f"Too many attempts. Try again in {counted(round(wait + 1), 'seconds')}.", retry_after=wait + 1
                )
            self._free_at[key] = full_at
            if len(self._free_at) > _MOST_KEYS:
                self._free_at = {k: at for k, at in self._free_at.items() if at > now}


class Limits:
    """The limits of one installation. `by_address` is for everything a stranger may send; `by_account` slows down
    guessing one person's password from many addresses."""

    def __init__(self, clock: Clock) -> None:
        self._address = Limit(clock, burst=20, seconds=6)
        self._account = Limit(clock, burst=10, seconds=30)

    def by_address(self, request: Request[Any, Any, Any]) -> None:
        """For sign-in, set-up and one-time links."""
        self._address.take(request.client.host if request.client else "local")

    def by_account(self, email: str) -> None:
        self._account.take(email.strip().lower()[:254])
