"""What the receipts file tells of stores and this database does not know: the latest line of each store."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mooring.db import people, stores
from mooring.db.stores import Store
from mooring.domain.lifecycle import GOING, State
from mooring.usecases.context import App

SETTLED_FACT = "receipts_settled_until"
"""Lines of the receipts file up to this moment were made good when a restore was accepted."""
REMOVAL, PAUSE, GRANT = frozenset({"deleting", "erased"}), frozenset({"disconnected"}), frozenset({"authorized"})


@dataclass(frozen=True, slots=True)
class Line:
    event: str
    at: datetime
    store_id: str
    shop_domain: str
    generation: int


def lines(app: App) -> list[Line]:
    """A line of another shape is none of ours."""
    found: list[Line] = []
    for entry in app.ledger.entries():
        if entry.get("event") not in REMOVAL | PAUSE | GRANT:
            continue
        try:
            at = datetime.fromisoformat(entry["at"])
            line = Line(entry["event"], at, entry["store"], entry["shop_domain"], int(entry["generation"]))
        except (KeyError, TypeError, ValueError):
            app.log.warning("receipts_line_unreadable")
            continue
        found.append(line)
    return found


def news(connection: Connection, found: list[Line]) -> list[tuple[Line, Store | None]]:
    """The latest line of each store, where this database does not know what it tells. A line that was added late, after
    a crash, stands behind later ones."""
    settled = people.fact(connection, SETTLED_FACT)
    until = datetime.fromisoformat(settled) if settled else None
    known = {store.id: store for store in stores.every(connection)}
    in_time = sorted(found, key=lambda line: line.at)
    last = {line.store_id: line for line in in_time if until is None or line.at > until}
    return [(line, known.get(line.store_id)) for line in last.values() if not _knows(known.get(line.store_id), line)]


def _knows(store: Store | None, line: Line) -> bool:
    if store is None:
        return line.event in REMOVAL
    if store.state in GOING:
        return True
    if line.event in REMOVAL:
        return False
    if line.event in PAUSE and store.state is State.DISCONNECTED:
        return True
    return store.generation >= line.generation or (store.authorized_at is not None and store.authorized_at >= line.at)


@dataclass(frozen=True, slots=True)
class Since:
    """Something the receipts file knows and this database does not. `store_id` is None for a store that is not in this
    database at all."""

    shop_domain: str
    at: datetime
    store_id: str | None
    name: str | None

    @property
    def sentence(self) -> str:
        return f"{self.shop_domain} ({self.at:%d %b %Y, %H:%M} UTC)"


def of(news: list[tuple[Line, Store | None]], events: AbstractSet[str]) -> tuple[Since, ...]:
    return tuple(since(line, store) for line, store in news if line.event in events and store)


def since(line: Line, store: Store | None) -> Since:
    return Since(line.shop_domain, line.at, store.id if store else None, store.name if store else None)
