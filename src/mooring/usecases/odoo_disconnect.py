"""Disconnect Odoo, with what becomes of the mapping: Keep (default), or Clear first. Rebuilding it on another database
can follow whenever one is connected. It never waits for Odoo, and the records in Odoo stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import Connection

from mooring.db import mappings_of, odoo, operations, people, stores
from mooring.db.odoo import OdooConnection
from mooring.db.operations import Operation
from mooring.domain.mapping import MAPPED, SyncKind
from mooring.domain.odoo_guard import LooksLike, held_sentence
from mooring.domain.rules import Role, Work
from mooring.domain.wording import counted
from mooring.errors import Conflict, InvalidInput, MooringError, Refused
from mooring.usecases import clear_mapping, ledger, odoo_connect, odoo_notices
from mooring.usecases.clear_mapping import PHRASE
from mooring.usecases.context import App
from mooring.usecases.operations import DOING
from mooring.usecases.who import SYSTEM, Who

Choice = Literal["keep", "clear"]
Clear = Callable[[App, Who, str], int]
"""Begins Clear sync data for every store of a project, with all kinds; how many stores."""
PROMPT = "Are you sure you want to disconnect Odoo? You can connect it again later."
ODOO_WORK = frozenset({Work.SYNC_ODOO, Work.VERIFY_MAPPING, Work.CLEAR_MAPPING, Work.REBUILD_MAPPING})
_GRACE = timedelta(minutes=1)
"""Between the hold and the first operation of Clear."""

_STOPS = (
    "Nothing is synced to Odoo any more, and no call leaves for it.",
    "The API key is destroyed here. In Odoo it lives on until somebody deletes it there.",
)
_STAYS = (
    "Everything in Odoo: contacts, products, orders and invoices, with their reference fields.",
    "Everything imported from Shopify, and the rules and settings of the sync.",
)


@dataclass(frozen=True, slots=True)
class Way:
    """What can become of the mapping."""

    choice: Choice
    title: str
    sentence: str


WAYS = (
    Way("keep", "Keep", "The mapping stays. Connected to the same database again, the sync goes on where it stopped; "
        "on another one, Rebuild mapping finds the records anew."),
    Way("clear", "Clear", "Clear sync data runs for every store first: Mooring forgets which records belong together, "
        "in all three places. The connection is closed when that is done."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preview:
    """`mapped`: a sentence about what the mapping holds. `running`: one sentence for each operation it would end.
    `phrase`: to be typed for Clear."""

    connection: OdooConnection
    prompt: str
    stops: tuple[str, ...]
    stays: tuple[str, ...]
    mapped: str
    running: tuple[str, ...]
    ways: tuple[Way, ...]
    phrase: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """`clearing`: how many stores are being cleared first; the connection is held until then."""

    connection: OdooConnection
    clearing: int


def preview(app: App, who: Who, project_id: str) -> Preview:
    """Raises `Refused` where there is nothing to disconnect."""
    who.require(project_id, Role.ADMIN)
    with app.db.read() as connection:
        found = odoo.load(connection, project_id)
        _require_there(found)
        running = tuple(_told(connection, one) for one in _running(connection, project_id))
        return Preview(found, PROMPT, _STOPS, _STAYS, _mapped(connection, project_id), running, WAYS, PHRASE)


def request(
    app: App, who: Who, project_id: str, *, choice: Choice = "keep", generation: int | None = None, typed: str = "",
    clear: Clear = clear_mapping.begin_all,
) -> Disconnected:  # fmt: skip
    """With the generation of a preview it is refused if the connection has moved on since. Clear asks for its phrase to
    be typed, as it does on its own page."""
    who.require(project_id, Role.ADMIN)
    with app.db.read() as connection:
        found = odoo.load(connection, project_id)
    _require_there(found)
    if generation not in (None, found.generation):
        raise Conflict("The connection has changed since the preview. Look at it again.", code="preview_over")
    if choice == "keep":
        return Disconnected(_close(app, who, found), 0)
    if " ".join(typed.lower().split()) != PHRASE:
        raise InvalidInput(f"Type “{PHRASE}” to confirm.", field="typed", code="phrase_mismatch")
    return _clear_first(app, who, found, clear)


def _require_there(found: OdooConnection) -> None:
    if found.state == "disconnected":
        raise Refused("Odoo is already disconnected.", code="odoo_disconnected")


# -- keep ----------------------------------------------------------------------------------------------------------


def _close(app: App, who: Who, found: OdooConnection) -> OdooConnection:
    """Local and final. What is under way meets a closed gate at its next call, and says so."""
    with app.db.write() as connection:
        closed = close(app, connection, who, odoo.fence(connection, found.project_id, found.generation))
    ledger.note_odoo(app, closed)
    return closed


def close(app: App, connection: Connection, who: Who, before: OdooConnection) -> OdooConnection:
    """In the caller's transaction; the receipts file is told after the commit."""
    now = app.clock.now()
    closed = odoo.change(
        connection, before, state="disconnected", state_since=now, key=None, reason=None, looks_like=None, error=None,
        generation=before.generation + 1,
    )  # fmt: skip
    odoo_notices.is_over(connection, before, at=now)
    odoo_connect.note(app, connection, who, closed, "odoo.disconnected")
    return closed


# -- clear, then leave ---------------------------------------------------------------------------------------------


def _clear_first(app: App, who: Who, found: OdooConnection, clear: Clear) -> Disconnected:
    """The connection is held meanwhile, so that nothing is synced anew; Clear passes the gate all the same."""
    with app.db.write() as connection:
        before = odoo.fence(connection, found.project_id, found.generation)
        held = odoo.change(
            connection, before, state="held", state_since=app.clock.now(), looks_like=LooksLike.LEAVING,
            reason=held_sentence(LooksLike.LEAVING), generation=before.generation + 1,
        )  # fmt: skip
        odoo_notices.is_over(connection, before, at=app.clock.now())
    try:
        count = clear(app, who, found.project_id)
    except MooringError:
        _stay(app, held, before)
        raise
    return Disconnected(held, count) if count else Disconnected(_close(app, who, held), 0)


def _stay(app: App, held: OdooConnection, before: OdooConnection) -> None:
    """Something else runs that Clear has to wait for: nothing has happened."""
    with app.db.write() as connection:
        back = odoo.change(
            connection, odoo.fence(connection, held.project_id, held.generation), state=before.state,
            state_since=before.state_since, looks_like=before.looks_like, reason=before.reason,
        )  # fmt: skip
        if back.state == "held":
            odoo_notices.is_held(connection, back, at=app.clock.now())


def finish_leaving(app: App) -> None:
    """A job of the schedule: whoever waits for Clear is disconnected when that is done, or its open task dismissed."""
    with app.db.read() as connection:
        leaving = [one for one in odoo.every(connection) if one.looks_like == LooksLike.LEAVING]
        since = app.clock.now() - _GRACE
        waiting = [one for one in leaving if one.state_since < since]
        done = [one for one in waiting if not odoo.is_being_cleared(connection, one.project_id)]
    for one in done:
        _close(app, SYSTEM, one)


# -- words ---------------------------------------------------------------------------------------------------------


def _running(connection: Connection, project_id: str) -> list[Operation]:
    found = [operations.unfinished(connection, store.id) for store in stores.of_project(connection, project_id)]
    return [one for of_store in found for one in of_store if one.kind in ODOO_WORK]


def _told(connection: Connection, operation: Operation) -> str:
    by = people.name_of(connection, operation.created_by)
    return f"{DOING[operation.kind]} runs, started by {by}. It ends at its next call; what it wrote stays."


def _mapped(connection: Connection, project_id: str) -> str:
    counts = mappings_of.by_kind(connection, project_id)
    listed = [counted(counts.get(MAPPED[one][0], 0), one) for one in SyncKind]
    return f"The mapping holds {', '.join(listed)}."
