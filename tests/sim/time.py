"""One time for Mooring and the sandbox. It stands still until the story moves it, so that a seed tells one story."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import count

from mooring_sandbox.clock import Clock

START = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


class Time:
    def __init__(self) -> None:
        self.now = START

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def restart(self) -> None:
        self.now = START


class SandboxClock(Clock):
    """The sandbox's side of it."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self._time = time

    def now(self) -> datetime:
        return self._time.now

    @property
    def offset(self) -> timedelta:
        return self._time.now - START

    def advance(self, by: timedelta) -> datetime:
        self._time.now += by
        return self._time.now

    def set(self, to: datetime) -> datetime:
        self._time.now = to
        return to


class MooringClock:
    """Mooring's side of it. Whoever sleeps lets time pass for everybody and does not wait."""

    def __init__(self, time: Time) -> None:
        self._time = time

    def now(self) -> datetime:
        return self._time.now

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        self._time.advance(seconds)


class CountedIds:
    """Ids that grow and are the same in every run."""

    def __init__(self, first: int = 1) -> None:
        self._next = count(first)

    def new(self) -> str:
        return f"{next(self._next):028x}"

    def token(self) -> str:
        return f"token-{next(self._next):040x}"
