"""The throttle bucket of one app in one shop: points come back with the sandbox's clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass
class _Level:
    points: float
    at: datetime


class Buckets:
    """One bucket per (shop, app); a request takes what it asks for and gets back what it did not use."""

    def __init__(self, maximum: float, restore_rate: float) -> None:
        self.maximum = maximum
        self.restore_rate = restore_rate
        self._levels: dict[tuple[int, int], _Level] = {}
        self._lock = threading.Lock()

    def configure(self, maximum: float, restore_rate: float, available: float | None) -> None:
        with self._lock:
            self.maximum, self.restore_rate = maximum, restore_rate
            for level in self._levels.values():
                level.points = min(level.points if available is None else available, maximum)

    def refill(self) -> None:
        """As if nobody had ever asked for anything: time may begin anew as well."""
        with self._lock:
            self._levels.clear()

    def drain(self, key: tuple[int, int], available: float, now: datetime) -> None:
        with self._lock:
            self._levels[key] = _Level(min(available, self.maximum), now)

    def take(self, key: tuple[int, int], cost: float, now: datetime) -> bool:
        """False, and nothing taken, if there is not enough."""
        with self._lock:
            level = self._restored(key, now)
            if level.points < cost:
                return False
            level.points -= cost
            return True

    def give_back(self, key: tuple[int, int], points: float, now: datetime) -> None:
        with self._lock:
            level = self._restored(key, now)
            level.points = min(self.maximum, level.points + points)

    def status(self, key: tuple[int, int], now: datetime) -> dict[str, Any]:
        with self._lock:
            points = int(self._restored(key, now).points)
        return {
            "maximumAvailable": float(self.maximum),
            "currentlyAvailable": points,
            "restoreRate": float(self.restore_rate),
        }

    def _restored(self, key: tuple[int, int], now: datetime) -> _Level:
        level = self._levels.setdefault(key, _Level(self.maximum, now))
        passed = max(0.0, (now - level.at).total_seconds())
        level.points = min(self.maximum, level.points + passed * self.restore_rate)
        level.at = max(now, level.at) if passed else now
        return level
