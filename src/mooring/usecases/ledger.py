"""The receipts file: an append-only line for each moment after which an older backup must not be believed blindly.

A restored database does not know that a store was authorised anew, disconnected or deleted since the backup; this file
does. A delete has two lines: from its first moment on nothing un-deletes, even if its end was never reached. Each line
is `{"event", "at", "store", "project", "shop_id", "shop_domain", "generation"}`: ids, domains and times, never
anything personal. It is written right after the commit it tells of. A crash in between loses no line: `mend` compares
file and database at every start.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from mooring.db import stores
from mooring.db.stores import Store
from mooring.domain.lifecycle import State
from mooring.usecases.context import App

Event = Literal["authorized", "disconnected", "deleting", "erased"]


def note(app: App, store: Store, event: Event, at: datetime) -> None:
    """Say that this happened to the store. The caller has committed it: should the disk refuse the line, it happened
    all the same, and the next start mends the file."""
    try:
        app.ledger.append(entry(store, event, at))
    except OSError as error:
        app.log.error("receipts_file_not_written", store=store.id, exc_info=error)


def entry(store: Store, event: Event, at: datetime) -> dict[str, Any]:
    return {
        "event": event,
        "at": at.isoformat(),
        "store": store.id,
        "project": store.project_id,
        "shop_id": store.shop_id,
        "shop_domain": store.shop_domain,
        "generation": store.generation,
    }


def mend(app: App) -> int:
    """Add what the file does not yet say of each store: its last authorisation, that it is paused or going, its
    removal. Returns how many lines."""
    told = {(line.get("event"), line.get("store"), line.get("at")) for line in app.ledger.entries()}
    with app.db.read() as connection:
        wanted = [line for store in stores.every(connection) for line in _of(store)]
    missing = [line for line in wanted if (line["event"], line["store"], line["at"]) not in told]
    for line in missing:
        app.ledger.append(line)
    return len(missing)


def _of(store: Store) -> list[dict[str, Any]]:
    moments: list[tuple[Event, datetime | None]] = [
        ("authorized", store.authorized_at),
        ("disconnected", store.state_since if store.state is State.DISCONNECTED else None),
        ("deleting", store.state_since if store.state is State.DELETING else None),
        ("erased", store.deleted_at),
    ]
    return [entry(store, event, at) for event, at in moments if at is not None]
