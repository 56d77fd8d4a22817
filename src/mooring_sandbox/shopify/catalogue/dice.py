"""Randomness that can be repeated: every record has a stream of its own, made of seed, kind and index.

A record therefore looks the same whatever was made before it, so catalogues of different sizes agree on the
records they share. `random.Random(int).random()` is stable across Python versions and platforms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import TypeVar

T = TypeVar("T")

_KINDS = {
    name: number for number, name in enumerate(["shop", "person", "product", "order", "merchant", "collection"], 1)
}

DAY = 86_400


class Dice:
    """One reusable generator; `of()` points it at the stream of a record and returns its draw function."""

    def __init__(self, seed: int, kind: str) -> None:
        self._base = ((abs(seed) << 8) | _KINDS[kind]) << 64
        self._rng = Random()  # noqa: S311 - repeatable on purpose
        self.random: Callable[[], float] = self._rng.random

    def of(self, index: int) -> Callable[[], float]:
        self._rng.seed(self._base | index)
        return self.random

    def one(self, things: Sequence[T]) -> T:
        return things[int(self.random() * len(things))]

    def below(self, limit: int) -> int:
        return int(self.random() * limit)

    def between(self, low: int, high: int) -> int:
        return low + int(self.random() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def digits(self, count: int) -> str:
        return f"{int(self.random() * 10**count):0{count}d}"


def weighted(**weights: int) -> tuple[str, ...]:
    """A tuple in which each name stands as often as its weight: `dice.one` then draws by weight."""
    return tuple(name for name, weight in weights.items() for _ in range(weight))


def stamp(epoch: int) -> str:
    """Shopify's DateTime of a Unix second."""
    return datetime.fromtimestamp(epoch, UTC).isoformat()[:19] + "Z"
