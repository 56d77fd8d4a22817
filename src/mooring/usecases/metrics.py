"""What `/metrics` tells: counts over the whole installation."""

from __future__ import annotations

from dataclasses import dataclass

from mooring import __version__
from mooring.db import counting
from mooring.usecases.context import App


@dataclass(frozen=True, slots=True)
class Family:
    """One metric in Prometheus's sense. Samples are (labels, value)."""

    name: str
    type: str
    help: str
    samples: list[tuple[dict[str, str], int]]


def gather(app: App) -> list[Family]:
    with app.db.read() as connection:
        stores = counting.stores_by_state(connection)
        work = counting.operations_by_kind(connection)
        kinds = counting.kinds_by_state(connection)
        records = counting.records_by_kind(connection)
    return [
        Family("mooring_info", "gauge", "Which version runs.", [({"version": __version__}, 1)]),
        Family("mooring_stores", "gauge", "Stores by state.", _by(stores, "state")),
        Family("mooring_operations", "gauge", "Operations by kind and state.", _by_two(work)),
        Family("mooring_kinds", "gauge", "Kinds of records of all stores by state.", _by_two(kinds)),
        Family("mooring_records", "gauge", "Imported records by kind.", _by(records, "kind")),
    ]


def _by(counts: dict[str, int], label: str) -> list[tuple[dict[str, str], int]]:
    return [({label: name}, count) for name, count in counts.items()]


def _by_two(counts: dict[tuple[str, str], int]) -> list[tuple[dict[str, str], int]]:
    return [({"kind": kind, "state": state}, count) for (kind, state), count in counts.items()]
