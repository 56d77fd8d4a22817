"""The daily sweep: what was deleted at Shopify without a webhook, and what was created without one.

Shopify exports the ids of each kind; the file is proved like an import's and held against the hub. A truncated, dropped
or doubled line fails loudly and removes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, cast

from sqlalchemy import Connection

from mooring.db import due, operations, records_chunks, records_kinds, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.rules import Role, Work, excluded_by
from mooring.domain.sweeping import AGAIN, next_sweep
from mooring.errors import Permanent
from mooring.usecases import changes, regained
from mooring.usecases import import_store_bulk as bulk
from mooring.usecases import import_store_prove as prove
from mooring.usecases import import_store_read as reading
from mooring.usecases import sweep_compare as comparing
from mooring.usecases.context import App
from mooring.usecases.import_store_place import Phase, Place
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Again, Done, Next, Run, Wait
from mooring.usecases.pull import require_readable
from mooring.usecases.store_settings import store_of
from mooring.usecases.sweep_job import SweepJob, SweepPlace
from mooring.usecases.who import SYSTEM, Who

# -- asking for one ------------------------------------------------------------------------------------------------


def scheduled(app: App) -> None:
    """A job of the schedule: one sweep for every store whose time of day has come."""
    with app.db.read() as connection:
        ids = due.readable(connection, "sweep_due_at", app.clock.now())
    for store_id in ids:
        if operation := _in_turn(app, store_id):
            app.engine.start(operation.id)


def _in_turn(app: App, store_id: str) -> Operation | None:
    """A store that is busy keeps its turn. One that never had a turn is given its time of day."""
    now = app.clock.now()
    with app.db.write() as connection:
        store = stores.load(connection, store_id)
        if store.sweep_due_at is not None and _busy(connection, store):
            return None
        following = next_sweep(store_id, now)
        if not stores.take_turn(connection, store_id, "sweep_due_at", at=now, following=following):
            return None
        if store.sweep_due_at is None or not changes.kinds_with_a_point(connection, store):
            return None
        return issue(app, connection, SYSTEM, store, Work.SWEEP, {})


def _busy(connection: Connection, store: Store) -> bool:
    running = frozenset(one.kind for one in operations.unfinished(connection, store.id))
    return bool(excluded_by(Work.SWEEP, running))


def soon(app: App, connection: Connection, store: Store) -> Operation | None:
    """A sweep besides the daily ones: at once, or as soon as what runs has ended. The caller starts it."""
    if not changes.kinds_with_a_point(connection, store):
        return None
    if _busy(connection, store):
        stores.change(connection, store.id, sweep_due_at=app.clock.now())
        return None
    return issue(app, connection, SYSTEM, store, Work.SWEEP, {})


def request(app: App, who: Who, store_id: str, kinds: Iterable[Kind] = ()) -> Operation:
    """Compare with Shopify now. Raises `Refused` saying why not."""
    store = store_of(app, who, store_id, Role.EDITOR)
    with app.db.write() as connection:
        store = stores.fence(connection, store_id, store.generation)
        require_readable(connection, store)
        arguments = {"kinds": [str(kind) for kind in kinds]} if kinds else {}
        operation = issue(app, connection, who, store, Work.SWEEP, arguments)
    app.engine.start(operation.id)
    return operation


# -- driving one ---------------------------------------------------------------------------------------------------

_Step = Callable[[Any, Kind, Any], Next]
_STEPS: dict[Phase, _Step] = {
    Phase.STARTING: bulk.look_for,
    Phase.READY: bulk.start,
    Phase.READING: reading.read,
    Phase.COUNTING: prove.count,
    Phase.COMPARING: comparing.compare,
    Phase.MARKING: comparing.mark,
    Phase.FINDING: comparing.find,
}
_ONCE_IN = timedelta(hours=20)
_FIRST = (Phase.STARTING, Phase.READY)
_THEN = (Phase.READING, Phase.COUNTING, Phase.COMPARING, Phase.MARKING, Phase.FINDING)


def advance(app: App, run: Run) -> Next:
    """One slice: one bounded step for one kind."""
    job = SweepJob(app, run)
    if not job.places:
        return _set_out(job)
    waits: list[float] = []
    for step in _steps(job):
        done = step()
        if not isinstance(done, Wait):
            return done
        waits.append(done.seconds)
    return Wait(min(waits)) if waits else _finish(app, job)


def _steps(job: SweepJob) -> Iterator[Callable[[], Next]]:
    """All files are asked for before the first is read; then one file after another."""
    for phase in (*((one,) for one in _FIRST), _THEN):
        for kind, place in job.in_phase(*phase):
            yield partial(_step, job, kind, place)
    if running := job.in_phase(Phase.RUNNING):
        yield partial(bulk.poll, job, running)


def _step(job: SweepJob, kind: Kind, place: Place) -> Next:
    """What can never succeed ends this kind, and leaves the others alone."""
    try:
        return _STEPS[place.phase](job, kind, place)
    except Permanent as error:
        job.fail(kind, f"{error.sentence} {job.retry(kind)}")
        return Again()


def _set_out(job: SweepJob) -> Next:
    asked = [Kind(name) for name in job.run.arguments.get("kinds", ())]
    with job.checkpoint() as connection:
        records_chunks.clear_finished(connection, job.store_id)
        readable = changes.kinds_with_a_point(connection, job.run.store)
        job.places = {
            kind: SweepPlace(phase=Phase.READY, began=job.now()) for kind in readable if not asked or kind in asked
        }
    return Again() if job.places else _finish(job.app, job)


def called_off(app: App, run: Run) -> None:
    """A person cancelled: Shopify need not go on making the files."""
    bulk.cancel_remote(SweepJob(app, run))


# -- the end -------------------------------------------------------------------------------------------------------


def _finish(app: App, job: SweepJob) -> Done:
    failed = [place.error for place in job.places.values() if place.phase is Phase.FAILED]
    with job.checkpoint() as connection:
        following = _hand_over(app, connection, job)
        if failed:
            stores.change(connection, job.store_id, sweep_due_at=app.clock.now() + AGAIN)
    if following is not None:
        app.engine.start(following.id)
    return Done(_receipt(job), failed=" ".join(failed) or None)


def _hand_over(app: App, connection: Connection, job: SweepJob) -> Operation | None:
    """A kind of which so much is not here is imported whole by a catch-up, as soon as this sweep has ended; and one
    that lacks what may be read by now."""
    lacking = _lacking(app, connection, job)
    beyond = [str(kind) for kind in job.places if job.place(kind).beyond or kind in lacking]
    running = {one.kind for one in operations.unfinished(connection, job.store_id)}
    if not beyond or Work.CATCH_UP in running:
        return None
    return issue(app, connection, SYSTEM, job.run.store, Work.CATCH_UP, {"bulk": beyond})


def _lacking(app: App, connection: Connection, job: SweepJob) -> list[Kind]:
    """Not again what was imported whole within a day: a sweep follows that import, and would ask for it for ever."""
    states, since = records_kinds.of_store(connection, job.store_id), app.clock.now() - _ONCE_IN
    found = regained.kinds(connection, stores.load(connection, job.store_id))
    return [kind for kind in found if states[kind].last_bulk_at is None or states[kind].last_bulk_at < since]


def _receipt(job: SweepJob) -> dict[str, Any]:
    counts = job.run.counts
    return {
        "kinds": {str(kind): _kind_receipt(cast(SweepPlace, place)) for kind, place in job.places.items()},
        "requests": counts["requests"],
        "polls": counts["polls"],
    }


def _kind_receipt(place: SweepPlace) -> dict[str, Any]:
    """`gone`: not at Shopify any more; of these `marked`, `held` for a person, or `kept` by one. `recovered`: was not
    here."""
    names = ("judged", "gone", "marked", "still_there", "held", "kept", "found", "recovered")
    return {
        "state": "compared" if place.phase is Phase.DONE else "failed",
        "at_shopify": place.distinct_roots,
        **{name: getattr(place, name) for name in names},
        "seconds": round(place.seconds, 3),
        "error": place.error or None,
    }
