"""Clear sync data: forget which records of Shopify and Odoo belong together, in all three homes of that memory.

No customer, product or order is deleted anywhere. One transaction raises the epoch of the kinds, so that what was
planned before binds nothing, holds their automatic sync, ends syncs that run, and issues the operation. Its steps:
wait for the call in flight, Shopify, Odoo, our own rows in chunks, count until nothing is left. A side that cannot be
reached stays an open task (`clear_mapping_tasks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from mooring.db import odoo_kinds, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role, Work
from mooring.errors import InvalidInput
from mooring.usecases import clear_mapping_preview, clear_mapping_steps
from mooring.usecases.clear_mapping_place import Job
from mooring.usecases.clear_mapping_preview import PHRASE, Preview, chosen_stores
from mooring.usecases.context import App
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Next, Run
from mooring.usecases.who import Who

__all__ = ["PHRASE", "Preview", "advance", "begin", "begin_all", "preview", "request"]

preview = clear_mapping_preview.preview


def request(
    app: App, who: Who, project_id: str, store_ids: Sequence[str] = (), kinds: Iterable[SyncKind] = (), *,
    token: str, typed: str,
) -> list[Operation]:  # fmt: skip
    """One operation per store. Raises `InvalidInput` for another text, `ConfirmationMissing` (with what would be
    cleared now) when the token is none, too old, or what was previewed has changed since."""
    shown = preview(app, who, project_id, store_ids, kinds)
    if token and " ".join(typed.lower().split()) != PHRASE:
        raise InvalidInput(f"Type “{PHRASE}” to confirm.", field="typed", code="phrase_mismatch")
    previewed = clear_mapping_preview.confirmed(app, who, shown, token)
    with app.db.write() as connection:
        started = [
            begin(app, connection, who, one.store, shown.kinds, previewed=previewed[one.store.id])
            for one in shown.stores
        ]
    for operation in started:
        app.engine.start(operation.id)
    return started


def begin(
    app: App, connection: Connection, who: Who, store: Store, kinds: Sequence[SyncKind], *,
    previewed: dict[str, int] | None = None,
) -> Operation:  # fmt: skip
    """In the caller's transaction; start it with `app.engine.start` after the commit. Raises `Refused` naming what
    runs, `Stale` for a store that has moved on."""
    now = app.clock.now()
    store = stores.fence(connection, store.id, store.generation)
    held = {"held_since": now, "held_by": who.id, "held_reason": "cleared"}
    arguments = {"kinds": [str(kind) for kind in kinds], "previewed": previewed}
    operation = issue(app, connection, who, store, Work.CLEAR_MAPPING, arguments)
    known = odoo_kinds.of_store(connection, store.id)
    for kind in kinds:
        odoo_kinds.raise_epoch(connection, store.id, kind)
        definitions = "leaving" if known[kind].definitions != "none" else "none"
        odoo_kinds.change(connection, store.id, kind, synced_at=None, due_at=None, definitions=definitions, **held)
    return operation


def begin_all(app: App, who: Who, project_id: str) -> int:
    """Every store of the project with all kinds: what Disconnect Odoo with Clear asks for. How many there are."""
    who.require(project_id, Role.ADMIN)
    with app.db.write() as connection:
        here = chosen_stores(connection, project_id, ()) if stores.of_project(connection, project_id) else []
        started = [begin(app, connection, who, store, tuple(SyncKind)) for store in here]
    for operation in started:
        app.engine.start(operation.id)
    return len(started)


def advance(app: App, run: Run) -> Next:
    """One slice."""
    return clear_mapping_steps.step(Job(app, run))
