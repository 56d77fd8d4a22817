"""Calls whose clients are gone, carried out when their time has come on the sandbox's clock."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from mooring_sandbox.clock import Clock

_LOOK_SECONDS = 0.05


class Late:
    def __init__(self, clock: Clock, stopping: threading.Event) -> None:
        self._clock, self._stopping = clock, stopping
        self._waiting: list[tuple[datetime, int, Callable[[], Any]]] = []
        self._numbers = itertools.count()
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self.done = 0

    def add(self, seconds: float, work: Callable[[], Any]) -> None:
        with self._lock:
            due = self._clock.now() + timedelta(seconds=seconds)
            heapq.heappush(self._waiting, (due, next(self._numbers), work))
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="sandbox-odoo-late", daemon=True)
                self._thread.start()

    def waiting(self) -> int:
        with self._lock:
            return len(self._waiting)

    def settle(self, *, all_of_them: bool = False) -> int:
        """Does what is due, oldest first. Nobody hears how it went; a call that is refused leaves nothing behind."""
        with self._lock:
            count = 0
            while self._waiting and (all_of_them or self._waiting[0][0] <= self._clock.now()):
                _, _, work = heapq.heappop(self._waiting)
                with contextlib.suppress(Exception):
                    work()
                count += 1
            self.done += count
            return count

    def forget(self) -> None:
        with self._lock:
            self._waiting.clear()

    def _look(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            self.settle()

    def close(self) -> None:
        self.forget()
        if self._thread is not None:
            self._thread.join(timeout=5)
