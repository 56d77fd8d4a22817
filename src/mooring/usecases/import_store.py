"""Import a store: Shopify -> hub, complete and proved, resumable at the byte.

One operation covers the chosen kinds. Each has a place of its own and goes through the phases of
`import_store_place.Phase`; one that fails does not stop the others. A slice does one bounded step for one kind, in
this order: probe what may be read, ask Shopify to make the files, work on the files that are there, ask after the
others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from mooring.db import records_chunks, records_kinds, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain import records_access as access
from mooring.domain import rules
from mooring.domain.kinds import Kind
from mooring.domain.rules import Role, Work
from mooring.errors import InvalidInput, Permanent
from mooring.usecases import gate, store_settings, subscriptions
from mooring.usecases import import_store_bulk as bulk
from mooring.usecases import import_store_details as details
from mooring.usecases import import_store_prove as prove
from mooring.usecases import import_store_read as reading
from mooring.usecases import import_store_write as write
from mooring.usecases.context import App
from mooring.usecases.import_store_pieces import Piece
from mooring.usecases.import_store_place import Job, Pace, Phase, Place
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Again, Done, Next, Run, Wait
from mooring.usecases.who import Who

# -- asking for one ------------------------------------------------------------------------------------------------


def request(app: App, who: Who, store_id: str, kinds: Iterable[Kind] = ()) -> Operation:
    """Re-sync, or with kinds Retry. Raises `Refused` saying why not now."""
    store = store_settings.store_of(app, who, store_id, Role.EDITOR)
    with app.db.write() as connection:
        store = stores.fence(connection, store_id, store.generation)
        operation = begin(app, connection, who, store, kinds)
    app.engine.start(operation.id)
    return operation


def begin(app: App, connection: Connection, who: Who, store: Store, kinds: Iterable[Kind] = ()) -> Operation:
    """The operation row, in the caller's transaction. Start it with `app.engine.start` after the commit."""
    gate.require_readable(store)
    chosen = chosen_kinds(store, kinds)
    if store.initial_sync_started_at is None:
        stores.change(connection, store.id, initial_sync_started_at=app.clock.now())
        subscriptions.ask(app, connection, store)
    return issue(app, connection, who, store, Work.IMPORT, {"kinds": [str(kind) for kind in chosen]})


def chosen_kinds(store: Store, kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """What to import: all that the toggles want, or those asked for. Raises `InvalidInput` for one switched off."""
    wanted = rules.wanted_kinds(store.settings)
    asked = tuple(kinds)
    for kind in asked:
        if kind not in wanted:
            raise InvalidInput(f"{kind.label} are switched off in this store's sync settings.", field="kinds")
    return tuple(kind for kind in wanted if not asked or kind in asked)


class ImportJob(Job):
    """Whole records, written as they come."""

    safe = "What arrived is kept, nothing was removed or blanked, and the catch-up point has not moved."

    def prepare(self, connection: Connection, kind: Kind, place: Place) -> None:
        bulk.prepare(self, connection, kind, place)

    def query(self, kind: Kind, place: Place) -> str:
        return bulk.query(self, kind, place)

    def commit(self, kind: Kind, place: Place, piece: Piece, pace: Pace) -> None:
        write.commit(self, kind, place, piece, pace)

    def proved(self, kind: Kind, place: Place) -> None:
        prove.proved(self, kind, place)

    def failed(self, connection: Connection, kind: Kind, sentence: str) -> None:
        records_kinds.change(connection, self.store_id, kind, state="failed", error=sentence, rate=None, verified=False)

    def retry(self, kind: Kind) -> str:
        return f"Retry {kind} to have Shopify make the file again."


# -- driving one ---------------------------------------------------------------------------------------------------

_PATIENCE, _LOOK_AGAIN = timedelta(seconds=20), 0.5
"""How long a fresh import waits for the webhooks, and after how many seconds it looks again."""
_Step = Callable[[Job, Kind, Place], Next]
_STEPS: dict[Phase, _Step] = {
    Phase.NEW: bulk.probe,
    Phase.STARTING: bulk.look_for,
    Phase.READY: bulk.start,
    Phase.READING: reading.read,
    Phase.COUNTING: prove.count,
    Phase.TIDYING: prove.tidy,
    Phase.DETAILING: details.read_details,
}
_FIRST = (Phase.NEW, Phase.STARTING, Phase.READY)
_FILE = (Phase.READING, Phase.COUNTING, Phase.TIDYING)


def advance(app: App, run: Run) -> Next:
    """One slice."""
    job = ImportJob(app, run)
    if not job.places:
        return _set_out(job)
    if _is_fresh(job) and (wait := _after_webhooks(job)):
        return wait
    waits: list[float] = []
    for step in _steps(job):
        done = step()
        if not isinstance(done, Wait):
            return done
        waits.append(done.seconds)
    return Wait(min(waits)) if waits else _finish(job)


def _steps(job: Job) -> Iterator[Callable[[], Next]]:
    for kind, place in _in_turn(job):
        yield partial(_step, job, kind, place)
    if running := job.in_phase(Phase.RUNNING):
        yield partial(bulk.poll, job, running)


def _step(job: Job, kind: Kind, place: Place) -> Next:
    """What can never succeed ends this kind, and leaves the others alone."""
    try:
        return _STEPS[place.phase](job, kind, place)
    except Permanent as error:
        job.fail(kind, f"{error.sentence} What was imported before is as it was. Retry {kind} when this is mended.")
        return Again()


def _in_turn(job: Job) -> Iterator[tuple[Kind, Place]]:
    """All files are asked for before the first is read; then one file after another; pages by id come last, because
    Shopify's rate limit makes them slow."""
    for phase in _FIRST:
        yield from job.in_phase(phase)
    yield from job.in_phase(*_FILE)
    yield from job.in_phase(Phase.DETAILING)


def _is_fresh(job: Job) -> bool:
    """Whether nothing was asked of Shopify yet."""
    return {place.phase for place in job.places.values()} - {Phase.WAITING} == {Phase.NEW}


def _after_webhooks(job: Job) -> Wait | None:
    """Webhooks are registered first, so that no change falls between the files and them. Only a look at them that gets
    on is waited for, and not for long: pulls fill that gap as well."""
    since = job.run.operation.created_at
    if since is None or job.app.clock.now() - since >= _PATIENCE:
        return None
    asked = subscriptions.under_way(job.app, job.run.store.id)
    if asked is None:
        return None
    job.app.engine.start(asked)
    return Wait(_LOOK_AGAIN)


def _set_out(job: Job) -> Next:
    """A place for each chosen kind; those whose permission is missing wait, and the others go on."""
    store = job.run.store
    chosen = chosen_kinds(store, [Kind(name) for name in job.run.arguments.get("kinds", ())])
    readable = rules.importable_kinds(store.settings, store.granted_scopes)
    job.places = {kind: Place(began=job.now()) for kind in chosen}
    with job.checkpoint() as connection:
        records_chunks.clear_finished(connection, store.id)
        for kind in chosen:
            records_kinds.begin(connection, store.id, kind, job.run.id)
    for kind in chosen:
        if kind not in readable:
            bulk.wait_for(job, kind, job.places[kind])
    return Again()


# -- the end -------------------------------------------------------------------------------------------------------


def ended(connection: Connection, operation: Operation, sentence: str) -> None:
    """In the transaction that ends an import from outside (cancelled, given up): no kind may say Syncing for ever."""
    if operation.store_id is not None:
        records_kinds.fail_unfinished(connection, operation.store_id, operation.id, sentence)


def called_off(app: App, run: Run) -> None:
    """A person cancelled: Shopify need not go on making the files."""
    bulk.cancel_remote(ImportJob(app, run))


def _finish(job: Job) -> Next:
    failed = [place.error for place in job.places.values() if place.phase is Phase.FAILED]
    return Done(_receipt(job), failed=" ".join(failed) or None)


def _receipt(job: Job) -> dict[str, Any]:
    counts = job.run.counts
    return {
        "kinds": {str(kind): _kind_receipt(place) for kind, place in job.places.items()},
        "requests": counts["requests"],
        "detail_requests": counts["detail_requests"],
        "polls": counts["polls"],
        "notes": _notes(job),
    }


def _kind_receipt(place: Place) -> dict[str, Any]:
    """`written` and `unchanged` count records; `rows_…` count their addresses, lines and variants too."""
    done = place.phase is Phase.DONE
    return {
        "state": {Phase.DONE: "synced", Phase.WAITING: "waiting"}.get(place.phase, "failed"),
        "count": place.distinct_roots if done else place.roots,
        "expected": place.root_objects if place.created_at else None,
        "verified": done,
        "written": place.written,
        "unchanged": place.unchanged,
        "rows_written": place.rows_written,
        "rows_unchanged": place.rows - place.rows_written,
        "removed": place.removed,
        "details": place.details,
        "seconds": round(place.seconds, 3),
        "error": place.error or None,
    }


def _notes(job: Job) -> list[str]:
    """What this import could not see, in words."""
    notes: list[str] = []
    orders = job.places.get(Kind.ORDERS)
    if orders and orders.created_at and not rules.sees_all_orders(job.run.store.granted_scopes):
        since = datetime.fromisoformat(orders.created_at) - prove.ORDER_WINDOW
        notes.append(f"Orders created before {since:%Y-%m-%d} are not shown to this app (read_all_orders).")
    denied = access.unapproved(path for place in job.places.values() for path in place.unapproved)
    if words := access.unapproved_words(denied):
        notes.append(
            f"Shopify has not approved this app to read {_list(words)}. What was imported of it before is kept."
        )
    return notes


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
