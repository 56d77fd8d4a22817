"""An iterator that runs in a thread of its own, a little ahead: while one chunk is written the next one arrives."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
_LOOK_AGAIN = 0.5
"""Seconds after which the thread looks whether anybody still wants the next item."""


class Ahead(Generic[T]):
    """What `make` yields and raises, in order. Whoever forgets it ends the thread, which closes the generator.

    The next item is made while one is worked on, never a third: large items would add up.
    """

    def __init__(self, make: Callable[[], Generator[T]]) -> None:
        self._items: queue.SimpleQueue[_Item[T]] = queue.SimpleQueue()
        self._wanted = threading.Semaphore(1)
        stop = threading.Event()
        weakref.finalize(self, stop.set)
        arguments = (make, self._items, self._wanted, stop)
        threading.Thread(target=_fill, args=arguments, name="read-ahead", daemon=True).start()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        item = self._items.get()
        if item.error is not None:
            self._items.put(item)  # and so for ever: nothing comes after the end
            raise item.error
        self._wanted.release()
        assert item.value is not None
        return item.value


class _Item(Generic[T]):
    def __init__(self, value: T | None, error: BaseException | None = None) -> None:
        self.value, self.error = value, error


def _fill(
    make: Callable[[], Generator[T]],
    items: queue.SimpleQueue[_Item[T]],
    wanted: threading.Semaphore,
    stop: threading.Event,
) -> None:
    made = make()
    try:
        while _is_wanted(wanted, stop):
            items.put(_Item(next(made)))
    except BaseException as error:  # StopIteration included: it is the end of whoever reads
        items.put(_Item(None, error))
    finally:
        made.close()


def _is_wanted(wanted: threading.Semaphore, stop: threading.Event) -> bool:
    """Waits until the item before was taken. False when nobody reads any more."""
    while not stop.is_set():
        if wanted.acquire(timeout=_LOOK_AGAIN):
            return not stop.is_set()
    return False
