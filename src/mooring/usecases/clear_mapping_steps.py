"""The steps of a clear, a slice each. Whatever is killed goes on from its place; what was done already is done again
without harm."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection

from mooring.db import clear_tasks, clearing, odoo
from mooring.db.clear_tasks import ClearTask
from mooring.domain.mapping import SyncKind
from mooring.errors import Held, MooringError, OutcomeUnknown, Refused, Retriable, Stale, Throttled
from mooring.usecases import clear_mapping_odoo, clear_mapping_receipt, clear_mapping_shopify
from mooring.usecases.clear_mapping_place import Job, Outcome, Side, Step, Told
from mooring.usecases.clear_mapping_tasks import failed, next_try
from mooring.usecases.odoo_quiet import is_quiet
from mooring.usecases.operations_run import Again, Done, Next, Wait

PATIENCE = clear_mapping_shopify.PATIENCE
"""Seconds without progress after which a side that cannot be reached is left to an open task."""
_LONGEST_WAIT = 30.0
_TURN_WAIT = 2.0
_ROWS = 2_000

_BEHIND: dict[Step, Step] = {
    Step.WAIT: Step.SHOPIFY,
    Step.SHOPIFY: Step.ODOO,
    Step.ODOO: Step.LIST,
    Step.LIST: Step.ROWS,
    Step.ROWS: Step.COUNT,
    Step.COUNT: Step.OVER,
}


def step(job: Job) -> Next:
    if not job.place.began:
        return _set_out(job)
    match job.place.step:
        case Step.WAIT:
            return _wait(job)
        case Step.SHOPIFY:
            return _side(job, Side.SHOPIFY, clear_mapping_shopify.clear)
        case Step.ODOO:
            return _side(job, Side.ODOO, clear_mapping_odoo.clear)
        case Step.LIST:
            return Again() if clear_mapping_odoo.list_owed(job) else _next(job)
        case Step.ROWS:
            return _rows(job)
        case Step.COUNT:
            return _count(job)
        case Step.OVER:
            return Done(clear_mapping_receipt.make(job), failed=clear_mapping_receipt.still_open(job))


def _set_out(job: Job) -> Next:
    """An open task begins, and ends, with its own side."""
    job.place.began = job.place.progress_at = job.now()
    if job.task_id is not None:
        job.place.step = Step(job.run.arguments["side"])
    job.save()
    return Again()


def _next(job: Job) -> Next:
    """To the step behind this one. An open task has only one."""
    place = job.place
    place.step = Step.OVER if job.task_id is not None else _BEHIND[place.step]
    place.progress_at, place.tries = job.now(), 0
    job.save()
    return Again()


# -- the call in flight --------------------------------------------------------------------------------------------


def _wait(job: Job) -> Next:
    """What was planned before binds nothing any more; here what was sent before is waited for, so that no external id
    comes into being behind our back."""
    with job.app.db.read() as connection:
        found = odoo.find(connection, job.run.store.project_id)
    if found is not None and not is_quiet(job.app, job.run.store, job.kinds, found):
        job.trouble = "A call to Odoo is still under way."
        job.save()
        return Wait(_TURN_WAIT)
    return _next(job)


# -- the two other homes -------------------------------------------------------------------------------------------


def _side(job: Job, side: Side, work: Callable[[Job], Next | Told]) -> Next:
    try:
        done = work(job)
    except (Stale, Held):
        raise
    except (MooringError, msgspec.ValidationError) as error:
        return _failed(job, side, error)
    return _ended(job, side, done) if isinstance(done, Told) else done


def _ended(job: Job, side: Side, told: Told) -> Next:
    """What an earlier clear still owed of this is done with it."""
    job.place.told[side] = told
    with job.checkpoint() as connection:
        for task in clear_tasks.open_of_store(connection, job.store_id):
            over = task.id == job.task_id or (job.task_id is None and set(task.kinds) <= set(job.kinds))
            if over and task.side == side:
                clear_tasks.settle(connection, task.id, "done", by="system", at=job.app.clock.now())
    return _next(job)


def _failed(job: Job, side: Side, error: MooringError | msgspec.ValidationError) -> Next:
    """Nobody is ever stuck: a side that does not answer in five minutes is left to an open task."""
    if isinstance(error, Refused) and error.code == "no_claim":
        return _ended(job, side, Told(Outcome.SKIPPED, sentence=error.sentence))
    said = error.sentence if isinstance(error, MooringError) else "It answered something Mooring does not understand."
    passing = isinstance(error, Retriable | OutcomeUnknown | msgspec.ValidationError)
    if passing and job.now() - job.place.progress_at < PATIENCE:
        return _rest(job, error, said)
    return _leave_open(job, side, said)


def _rest(job: Job, error: Exception, said: str) -> Next:
    place, asked = job.place, error.retry_after if isinstance(error, Throttled) else 0.0
    place.tries += 1
    job.trouble = said
    job.save()
    left = PATIENCE - (job.now() - place.progress_at)
    return Wait(max(1.0, min(_LONGEST_WAIT, max(asked, 2.0 ** min(place.tries, 5)), left)))


def _leave_open(job: Job, side: Side, said: str) -> Next:
    job.place.told[side] = Told(Outcome.OPEN, job.place.unlinked if side is Side.ODOO else 0, said)
    with job.checkpoint() as connection:
        if job.task_id is not None:
            failed(connection, clear_tasks.load(connection, job.task_id), said, at=job.app.clock.now())
        else:
            _open(job, connection, side, said)
    return _next(job)


def _open(job: Job, connection: Connection, side: Side, said: str) -> None:
    """One that an earlier clear left goes on, with what this one adds."""
    found, now = odoo.find(connection, job.run.store.project_id), job.app.clock.now()
    mark = found.fingerprint if found and side is Side.ODOO else None
    earlier = [one for one in clear_tasks.open_of_store(connection, job.store_id) if _covers(one, job, side, mark)]
    id_ = earlier[0].id if earlier else job.app.ids.new()
    if not earlier:
        clear_tasks.create(
            connection, id=id_, project_id=job.run.store.project_id, store_id=job.store_id, operation_id=job.run.id,
            side=side, kinds=job.kinds, fingerprint=mark, error=said, at=now, next_at=next_try(now, 0),
        )  # fmt: skip
    if side is Side.ODOO:
        job.place.task = id_


def _covers(task: ClearTask, job: Job, side: Side, fingerprint: str | None) -> bool:
    return task.side == side and task.fingerprint == fingerprint and set(task.kinds) >= set(job.kinds)


# -- here ----------------------------------------------------------------------------------------------------------


def _rows(job: Job) -> Next:
    """One chunk. Nothing writes such rows meanwhile: what is older than the epoch binds nothing."""
    place = job.place
    if not place.total:
        with job.checkpoint() as connection:
            place.total = clearing.left(connection, job.store_id, job.kinds)
            place.invoices = clearing.invoices(connection, job.store_id) if SyncKind.ORDERS in job.kinds else 0
        if not place.total:
            return _next(job)
    tables = clearing.tables_of(job.kinds)
    table = tables[place.table]
    with job.checkpoint() as connection:
        gone = clearing.chunk(connection, table, job.store_id, job.kinds, _ROWS)
        place.forgotten[table.name] = place.forgotten.get(table.name, 0) + gone
        place.table += gone < _ROWS
    return Again() if place.table < len(tables) else _next(job)


def _count(job: Job) -> Next:
    """Counted again until nothing is left."""
    with job.app.db.read() as connection:
        left = clearing.left(connection, job.store_id, job.kinds)
    if not left:
        return clear_mapping_receipt.close(job) or _next(job)
    job.place.step, job.place.table = Step.ROWS, 0
    job.save()
    return Again()
