"""The ten-minute pull: what changed at Shopify since the catch-up point, whether or not a webhook told of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from mooring.db import due, operations, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.rules import EXCLUDES, Role, Work
from mooring.errors import Refused
from mooring.usecases import changes, gate
from mooring.usecases.changes_place import Job, Place
from mooring.usecases.context import App
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Done, Next, Run
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import SYSTEM, Who

EVERY = timedelta(minutes=10)
_NOT_BESIDE = EXCLUDES[Work.PULL] | {Work.CATCH_UP}
"""A catch-up reads the same, and more."""


# -- asking for one ------------------------------------------------------------------------------------------------


def scheduled(app: App) -> None:
    """A job of the schedule: one pull for every store whose turn has come."""
    with app.db.read() as connection:
        ids = due.readable(connection, "pull_due_at", app.clock.now())
    for store_id in ids:
        if operation := _in_turn(app, store_id):
            app.engine.start(operation.id)


def _in_turn(app: App, store_id: str) -> Operation | None:
    """A store that is busy keeps its turn; one with nothing to read from waits for the next."""
    now = app.clock.now()
    with app.db.write() as connection:
        if _NOT_BESIDE & {one.kind for one in operations.unfinished(connection, store_id)}:
            return None
        if not stores.take_turn(connection, store_id, "pull_due_at", at=now, following=now + EVERY):
            return None
        store = stores.load(connection, store_id)
        if not changes.kinds_with_a_point(connection, store):
            return None
        return issue(app, connection, SYSTEM, store, Work.PULL, {})


def request(app: App, who: Who, store_id: str) -> Operation:
    """Look for changes now, without waiting for the clock. Raises `Refused` saying why not."""
    store = store_of(app, who, store_id, Role.EDITOR)
    with app.db.write() as connection:
        store = stores.fence(connection, store_id, store.generation)
        require_readable(connection, store)
        stores.change(connection, store_id, pull_due_at=app.clock.now() + EVERY)
        operation = issue(app, connection, who, store, Work.PULL, {})
    app.engine.start(operation.id)
    return operation


def require_readable(connection: Connection, store: Store) -> None:
    """Raises `Refused` for a store from which nothing can be read on."""
    gate.require_readable(store)
    if not changes.kinds_with_a_point(connection, store):
        raise Refused(
            "Nothing was imported completely yet. Start the initial sync, or retry what failed.", code="never_complete"
        )


# -- driving one ---------------------------------------------------------------------------------------------------


def advance(app: App, run: Run) -> Next:
    """One slice."""
    job = Job(app, run)
    if not job.places:
        changes.set_out(job, Kind)
    return changes.step(job) or _finish(app, run, job)


def _finish(app: App, run: Run, job: Job) -> Done:
    beyond = [kind for kind, place in job.places.items() if place.beyond]
    failed = [place.error for place in job.places.values() if place.error]
    with run.checkpoint() as connection:
        catching_up = Work.CATCH_UP in {one.kind for one in operations.unfinished(connection, run.store.id)}
        handed = _hand_over(app, connection, run, beyond) if beyond and not catching_up else None
        if changes.cover_everything(job) and not catching_up:
            stores.change(connection, run.store.id, gap_from=None)
    if handed:
        app.engine.start(handed.id)
    return Done(_receipt(run, job), failed=" ".join(failed) or None)


def _hand_over(app: App, connection: Connection, run: Run, beyond: list[Kind]) -> Operation:
    """So much has changed that a catch-up has these kinds exported as a whole, as soon as this pull has ended."""
    return issue(app, connection, SYSTEM, run.store, Work.CATCH_UP, {"bulk": [str(kind) for kind in beyond]})


def _receipt(run: Run, job: Job) -> dict[str, Any]:
    return {
        "kinds": {str(kind): kind_receipt(place) for kind, place in job.places.items()},
        "requests": run.counts["requests"],
    }


def kind_receipt(place: Place) -> dict[str, Any]:
    return {
        "state": "complete" if place.done else "exported" if place.beyond else "failed",
        "listed": place.listed,
        "read": place.read,
        "written": place.written,
        "new": place.new,
        "not_visible": place.missing,
        "error": place.error or None,
    }
