"""What a card shows of work that is going on: the one operation that people wait for, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mooring.db import operations
from mooring.db.operations import Operation
from mooring.domain.kinds import Kind
from mooring.domain.rules import Work

_WORTH_SHOWING = (Work.DELETE, Work.IMPORT, Work.CATCH_UP, Work.REDACT)
"""The first of these that runs is shown."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`total` is None while nobody knows how many there are. `finished` names the kinds that are through. `trouble` is
    what stands in the way just now; it is tried again without anybody's help. `kind` is set for an import."""

    operation_id: str
    work: Work
    sentence: str
    trouble: str | None
    kind: Kind | None
    done: int
    total: int | None
    rate: int | None
    finished: tuple[str, ...]
    started_at: datetime | None


def of_store(connection: Connection, store_id: str, kinds: dict[Kind, Any]) -> Progress | None:
    running = {one.kind: one for one in operations.unfinished(connection, store_id) if one.state != "parked"}
    shown = next((running[work] for work in _WORTH_SHOWING if work in running), None)
    if shown is None:
        return None
    return _of_import(shown, kinds) if shown.kind is Work.IMPORT else _of_counts(shown)


def _of_import(running: Operation, kinds: dict[Kind, Any]) -> Progress:
    mine = {kind: row for kind, row in kinds.items() if row.operation_id == running.id}
    current = next((kind for kind in Kind if kind in mine and mine[kind].state == "syncing" and mine[kind].count), None)
    row = mine.get(current) if current else None
    return Progress(
        operation_id=running.id,
        work=running.kind,
        sentence=f"Importing {current}" if current else "Shopify is preparing the files",
        trouble=running.error,
        kind=current,
        done=row.count if row else 0,
        total=row.expected if row else None,
        rate=row.rate if row else None,
        finished=tuple(_finished(kind, mine[kind]) for kind in Kind if kind in mine and mine[kind].state == "synced"),
        started_at=running.started_at or running.created_at,
    )


def _finished(kind: Kind, row: Any) -> str:
    return f"{kind.label} done, verified {row.count:,} of {row.expected if row.expected is not None else row.count:,}"


_SENTENCES = {
    Work.CATCH_UP: "Bringing in what was missed",
    Work.DELETE: "Deleting",
    Work.REDACT: "Erasing what a person has asked to have erased",
}


def _of_counts(running: Operation) -> Progress:
    counts = running.counts
    done, total = _read(counts)
    return Progress(
        operation_id=running.id,
        work=running.kind,
        sentence=counts.get("sentence") or _SENTENCES[running.kind],
        trouble=counts.get("trouble") or running.error,
        kind=None,
        done=done,
        total=total,
        rate=counts.get("rate"),
        finished=(),
        started_at=running.started_at or running.created_at,
    )


def _read(counts: dict[str, Any]) -> tuple[int, int | None]:
    """Rows of a delete; records of a catch-up, of those that it has listed so far."""
    if "kinds" not in counts:
        return counts.get("done") or 0, counts.get("total")
    read = sum(one.get("read", 0) for one in counts["kinds"].values())
    listed = sum(one.get("listed", 0) for one in counts["kinds"].values())
    return read, listed or None
