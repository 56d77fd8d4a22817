"""The sandbox's own clock: real time plus an offset that tests move."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """`now()` is aware UTC. `advance()` moves it for everyone who holds this clock; it never goes back by itself."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self._offset = offset
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    @property
    def offset(self) -> timedelta:
        """How far from real time it was moved."""
        return self._offset

    def advance(self, by: timedelta) -> datetime:
        with self._lock:
            self._offset += by
        return self.now()

    def set(self, to: datetime) -> datetime:
        with self._lock:
            self._offset = to - datetime.now(UTC)
        return self.now()


def iso(moment: datetime) -> str:
    """Shopify's DateTime: whole seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
