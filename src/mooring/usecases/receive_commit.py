"""Group commit: many requests, one transaction. What was accepted is on disk before anybody hears of it.

One thread takes whatever waits, writes it in one transaction, and tells all who waited for it at once; meanwhile the
next group gathers. The queue is bounded: when it is full, or once the end has begun, nothing more is taken in.
"""

from __future__ import annotations

import threading
from asyncio import AbstractEventLoop, Future, get_running_loop
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from mooring.ports import Log

T = TypeVar("T")

BOUND = 2000
"""How many may wait. At a thousand commits a second that is two seconds of the five Shopify gives a delivery."""
GROUP = 500


class _Waiting(NamedTuple, Generic[T]):
    item: T
    loop: AbstractEventLoop
    told: Future[bool]


class GroupCommit(Generic[T]):
    """`write` gets a group and returns when all of it is durable. The thread begins with the first item."""

    def __init__(self, write: Callable[[list[T]], None], log: Log, *, bound: int = BOUND, group: int = GROUP) -> None:
        self._write, self._log = write, log
        self._bound, self._group = bound, group
        self._changed = threading.Condition()
        self._queue: list[_Waiting[T]] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    async def add(self, item: T) -> bool:
        """Whether it is durable now. False: not taken in, or the write failed; whoever sent it has to send it again."""
        loop = get_running_loop()
        told: Future[bool] = loop.create_future()
        with self._changed:
            if self._closed or len(self._queue) >= self._bound:
                return False
            self._queue.append(_Waiting(item, loop, told))
            self._begin()
        return await told

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
            self._thread.start()
        elif len(self._queue) == 1:
            self._changed.notify()

    def close(self) -> None:
        """Take nothing more in, and write what was."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while group := self._take():
            self._tell(group, self._attempt([one.item for one in group]))

    def _take(self) -> list[_Waiting[T]]:
        """The next group; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            group = self._queue[: self._group]
            del self._queue[: self._group]
        return group

    def _attempt(self, items: list[T]) -> bool:
        try:
            self._write(items)
        except Exception as error:  # whatever it was: nothing of it is in, and they hear so
            self._log.error("intake_failed", lost=0, refused=len(items), exc_info=error)
            return False
        return True

    def _tell(self, group: list[_Waiting[T]], durable: bool) -> None:
        """One hop into each event loop, however many wait in it."""
        waiting = defaultdict[AbstractEventLoop, list[Future[bool]]](list)
        for one in group:
            waiting[one.loop].append(one.told)
        for loop, told in waiting.items():
            with suppress(RuntimeError):  # a loop that has ended: nobody listens there
                loop.call_soon_threadsafe(_settle, told, durable)


def _settle(told: list[Future[bool]], durable: bool) -> None:
    for one in told:
        if not one.done():  # somebody who hung up
            one.set_result(durable)
