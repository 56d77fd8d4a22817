"""An iterator that runs in a thread of its own, a little ahead: while one chunk is written the next one arrives."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
_LOOK_AGAIN = 0.5
"""Seconds after which a full queue is tried again, to see whether anybody still wants it emptied."""


class Ahead(Generic[T]):
    """What `make` yields and raises, in order. Whoever forgets it ends the thread, which closes the generator."""

    def __init__(self, make: Callable[[], Generator[T]], depth: int = 1) -> None:
        self._items: queue.Queue[_Item[T]] = queue.Queue(depth)
        stop = threading.Event()
        self.close = weakref.finalize(self, stop.set)
        threading.Thread(target=_fill, args=(make, self._items, stop), name="read-ahead", daemon=True).start()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        item = self._items.get()
        if item.error is not None:
            self._items.put(item)  # and so for ever: nothing comes after the end
            raise item.error
        assert item.value is not None
        return item.value


class _Item(Generic[T]):
    def __init__(self, value: T | None, error: BaseException | None = None) -> None:
        self.value, self.error = value, error


def _fill(make: Callable[[], Generator[T]], items: queue.Queue[_Item[T]], stop: threading.Event) -> None:
    made = make()
    try:
        for value in made:
            if not _put(items, _Item(value), stop):
                return
        _put(items, _Item(None, StopIteration()), stop)
    except BaseException as error:
        _put(items, _Item(None, error), stop)
    finally:
        made.close()


def _put(items: queue.Queue[_Item[T]], item: _Item[T], stop: threading.Event) -> bool:
    """False when nobody wants it any more."""
    while not stop.is_set():
        try:
            items.put(item, timeout=_LOOK_AGAIN)
        except queue.Full:
            continue
        return True
    return False
