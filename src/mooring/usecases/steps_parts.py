"""What the steps of a running operation are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mooring.db.operations import Operation

State = Literal["done", "now", "next", "failed"]


@dataclass(frozen=True, slots=True)
class Step:
    """`done` of `total` where something is counted; `total` is None while nobody knows it."""

    title: str
    state: State
    sentence: str = ""
    done: int | None = None
    total: int | None = None


def plain(operation: Operation) -> tuple[Step, ...]:
    sentence = str(operation.counts.get("sentence") or "")
    return (Step(_WAITING[operation.state], STATE[operation.state], sentence),)


_WAITING = {
    "pending": "Waiting for its turn",
    "running": "At work",
    "parked": "Parked until the store is connected again",
    "done": "Done",
    "failed": "Stopped",
    "cancelled": "Cancelled",
    "stale": "Overtaken",
}
STATE: dict[str, State] = {
    "pending": "next",
    "running": "now",
    "parked": "next",
    "done": "done",
    "failed": "failed",
    "cancelled": "done",
    "stale": "done",
}


def states_of(operation: Operation, order: Sequence[str], current: str | None) -> list[State]:
    """Of steps that follow one another; with none current, all are done."""
    at = len(order) if operation.state == "done" or current is None else order.index(current)
    now: State = "failed" if operation.state == "failed" else "now"
    return ["done" if n < at else now if n == at else "next" for n in range(len(order))]
