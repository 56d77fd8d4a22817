"""Disconnect: the reversible pause. Local first and final; what is left at Shopify is cleaned up afterwards.

At the commit the schedules are off, running work is parked with its cursor, and whoever was started before can write
nothing more. Nothing waits for Shopify, so it works with a dead token and for a shop that is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from mooring.db import cards, operations, people, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event, apply
from mooring.domain.rules import NEVER_PARKED, OVER_AT_RECONNECT, ROUTINE, Role
from mooring.domain.wording import counted
from mooring.errors import Conflict
from mooring.usecases import clean_up, ledger
from mooring.usecases.clean_up import Outlook
from mooring.usecases.context import App
from mooring.usecases.operations import DOING, running_since
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

PROMPT = "Are you sure you want to disconnect? You can reconnect later."

_STOPS = (
    "Webhooks are no longer obeyed. Late ones are dropped and counted; requests about personal data still are.",
    "The ten-minute pull, the daily sweep and the health check stop.",
    "Changes made here no longer reach Shopify, and this store's records are not synced to Odoo.",
)
_STAYS = (
    "Sync settings, the customer list and the history.",
    "The card. Reconnect goes on where it stopped and brings in what was missed.",
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a disconnect would do. `parked` tells of running work, one sentence each."""

    store: Store
    prompt: str
    stops: tuple[str, ...]
    stays: tuple[str, ...]
    parked: tuple[str, ...]
    clean_up: Outlook


@dataclass(frozen=True, slots=True)
class Disconnected:
    """`parked` counts operations; `clean_up` tidies up at Shopify. None: there is nothing to do it with."""

    store: Store
    parked: int
    clean_up: Operation | None


def preview(app: App, who: Who, store_id: str) -> Preview:
    """Raises `Refused` where there is nothing to disconnect."""
    store = store_of(app, who, store_id, Role.ADMIN)
    apply(store.state, Event.DISCONNECT)
    with app.db.read() as connection:
        running = _running(connection, store.id)
        return Preview(
            store=store,
            prompt=PROMPT,
            stops=_STOPS,
            stays=(_records(cards.counts(connection, store.id)), *_STAYS),
            parked=tuple(_told(connection, one) for one in running),
            clean_up=clean_up.outlook(connection, store),
        )


def request(app: App, who: Who, store_id: str, *, generation: int | None = None) -> Disconnected:
    """One transaction. Of two admins at once the second is told that somebody was first. With the generation of a
    preview it is refused if the store has moved on since."""
    store_of(app, who, store_id, Role.ADMIN)
    with app.db.write() as connection:
        store = stores.load(connection, store_id)
        if generation not in (None, store.generation):
            raise Conflict("This store has changed since the preview. Look at it again.", code="preview_over")
        moved = stores.move(connection, store, Event.DISCONNECT, at=app.clock.now(), actor=who.id)
        parked = [one for one in operations.unfinished(connection, store_id) if one.state == "parked"]
        tidying = clean_up.begin(app, connection, who, moved)
    ledger.note(app, moved, "disconnected", moved.state_since)
    if tidying is not None:
        app.engine.start(tidying.id)
    return Disconnected(moved, len(parked), tidying)


def _running(connection: Connection, store_id: str) -> list[Operation]:
    """What people would miss; the schedule's own work goes without saying."""
    found = operations.unfinished(connection, store_id)
    return [one for one in found if one.state != "parked" and one.kind not in ROUTINE | NEVER_PARKED]


def _told(connection: Connection, operation: Operation) -> str:
    by = people.name_of(connection, operation.created_by)
    later = "is begun anew" if operation.kind in OVER_AT_RECONNECT else "goes on where it stopped"
    doing = f"{DOING[operation.kind]} {running_since(operation)}"
    return f"{doing}, started by {by}. It pauses, and {later} after a reconnect."


def _records(counts: dict[Kind, int]) -> str:
    listed = ", ".join(counted(count, kind) for kind, count in counts.items())
    return f"Everything imported: {listed}."
