"""The steps of a delete that happen here: erase in chunks, scrub, overwrite, close the card. None makes a call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import credentials, erase, idempotency, stores, suppressions
from mooring.db.stores import Store
from mooring.db.suppressions import Suppression
from mooring.domain.consent import Channel
from mooring.domain.lifecycle import Event
from mooring.domain.wording import counted
from mooring.usecases import ledger, notices
from mooring.usecases.delete_place import Job, Step
from mooring.usecases.operations_run import Again, Next, Wait
from mooring.usecases.who import CLI, SYSTEM

_SLICE = 1.0
"""Seconds of erasing between two looks at whether this worker is still wanted."""
FEWEST, USUAL, MOST = 200, 2_000, 5_000
"""Rows in a chunk. As long as nobody else wants the writer it is never fewer than usual: large chunks are quicker."""
_ALONE, _WANTED = 0.060, 0.006
"""Seconds that one chunk and its commit should hold the writer: when nobody else wants it, and when somebody does."""
_SCRUBBED_AT_ONCE = 500
_WIPE_PATIENCE = timedelta(minutes=10)
_WIPE_WAIT = 1.0


# -- erase ---------------------------------------------------------------------------------------------------------


def erase_rows(job: Job) -> Next:
    """Chunks for a while. A chunk is fenced by its checkpoint, so whatever call was in flight when the delete began can
    write nothing any more and nobody has to wait for it."""
    place = job.place
    if not place.erasing_since:
        return _count(job)
    clock = job.app.clock
    until = clock.monotonic() + _SLICE
    while place.part < len(erase.PARTS) and clock.monotonic() < until:
        _erase_chunk(job)
    if place.part < len(erase.PARTS):
        return Again()
    place.step = Step.SCRUB
    with job.checkpoint():
        pass
    return Again()


def _count(job: Job) -> Next:
    """What there is, counted once, so that progress can be told."""
    with job.checkpoint() as connection:
        job.place.totals = erase.counts(connection, job.store_id)
        job.place.erasing_since = job.now()
    return Again()


def _erase_chunk(job: Job) -> None:
    place, part, clock = job.place, erase.PARTS[job.place.part], job.app.clock
    limit = place.chunk or USUAL
    with job.checkpoint() as connection:
        begun = clock.monotonic()
        rows = erase.chunk(connection, part, job.store_id, limit)
        place.erased[part.name] = place.erased.get(part.name, 0) + rows
        wanted = job.app.db.writer_wanted
        if ended := rows < limit:
            place.part += 1
    if not ended:
        place.chunk = fitting(rows, clock.monotonic() - begun, wanted=wanted)


def fitting(rows: int, seconds: float, *, wanted: bool) -> int:
    """How many rows the next chunk takes, by how long this one took; never more than twice as many."""
    turn, fewest = (_WANTED, FEWEST) if wanted else (_ALONE, USUAL)
    fit = int(rows * turn / seconds) if seconds > 0 else rows * 2
    return max(fewest, min(MOST, rows * 2, fit))


# -- scrub ---------------------------------------------------------------------------------------------------------


def scrub(job: Job) -> Next:
    """What outlives the store keeps its numbers and loses everything else."""
    place = job.place
    with job.checkpoint() as connection:
        done = erase.scrub_operations(connection, job.store_id, job.run.id, _SCRUBBED_AT_ONCE)
        done += erase.scrub_recoveries(connection, job.store_id, _SCRUBBED_AT_ONCE)
        place.scrubbed += done
        if not done:
            _scrub_rest(job, connection)
            place.step = Step.WIPE
    return Again()


def _scrub_rest(job: Job, connection: Connection) -> None:
    _meet_requests(job, connection)
    stores.change(
        connection, job.store_id, shop="{}", reason=None, error=None, error_by=None, delete_failed=None,
        subscriptions=None, denied_fields="[]", granted_scopes="", health=None,
    )  # fmt: skip
    credentials.destroy(connection, job.store_id)
    before, everywhere = job.run.store.state_since, (CLI.id, SYSTEM.id)
    idempotency.forget_answers(connection, job.run.store.project_id, before=before, others=everywhere)


def _meet_requests(job: Job, connection: Connection) -> None:
    """Requests for privacy that are open, the latest included: the delete does what they ask, and they forget whose
    they were."""
    now, store = job.app.clock.now(), job.run.store
    _suppress_erased(connection, store, now)
    receipt = msgspec.json.encode({"sentence": "Everything of this store was deleted.", "operation": job.run.id})
    erase.scrub_privacy(connection, store.id, at=now, receipt=receipt.decode())


def _suppress_erased(connection: Connection, store: Store, now: Any) -> None:
    """Who asked to be erased must not be contacted either, even if the delete was faster than the erasure."""
    for request in erase.open_erasures(connection, store.id):
        for channel, hashed in ((Channel.EMAIL, request["email_hash"]), (Channel.SMS, request["phone_hash"])):
            if hashed:
                found = Suppression(channel, hashed, "redact", store.id, now)
                suppressions.put(connection, store.project_id, found)


# -- overwrite -----------------------------------------------------------------------------------------------------


def wipe(job: Job) -> Next:
    """SQLite's write-ahead log still holds pages as they were, and PostgreSQL its dead rows, until this is done."""
    place = job.place
    if not place.wiping_since:
        place.wiping_since = job.now()
    if job.app.db.wipe(erase.TABLES):
        return _wiped(job, None)
    if job.now() - place.wiping_since >= _WIPE_PATIENCE.total_seconds():
        return _wiped(job, _STILL_READ)
    job.trouble = "Something still reads the database as it was before."
    with job.checkpoint():
        pass
    return Wait(_WIPE_WAIT)


_STILL_READ = (
    "The database was read without a pause by something else, so its log could not be emptied at once. "
    "It is emptied as soon as nothing reads, at the latest when Mooring is stopped."
)


def _wiped(job: Job, note: str | None) -> Next:
    if note:
        job.place.notes.append(note)
    job.place.step = Step.END
    with job.checkpoint():
        pass
    return Again()


# -- close ---------------------------------------------------------------------------------------------------------


def close(job: Job) -> Next:
    """Counted again; if nothing is left the card becomes a tombstone and its claim is free. One transaction."""
    place, now = job.place, job.app.clock.now()
    with job.checkpoint() as connection:
        if _personal(erase.left(connection, job.store_id)):
            place.step, place.part, place.wiping_since = Step.ERASE, 0, 0.0
            return Again()
        _drop_signals(job, connection)
        _meet_requests(job, connection)
        erase.rest(connection, job.store_id)
        store = stores.fence(connection, job.store_id, job.run.operation.generation or 0)
        removed = stores.move(connection, store, Event.ERASED, at=now, actor=job.run.operation.created_by)
        _tell(job, connection, removed, now)
        place.step = Step.OVER
    ledger.note(job.app, removed, "erased", removed.deleted_at or now)
    return Again()


def _personal(left: tuple[str, ...]) -> bool:
    """Deliveries keep coming in as long as the card stands; they are signals and go with it."""
    return bool(set(left) - {"deliveries"})


def _drop_signals(job: Job, connection: Connection) -> None:
    for part in erase.PARTS:
        if part.name == "deliveries":
            while rows := erase.chunk(connection, part, job.store_id, MOST):
                job.place.erased[part.name] = job.place.erased.get(part.name, 0) + rows


def _tell(job: Job, connection: Connection, store: Store, now: Any) -> None:
    notices.raise_notice(
        connection,
        at=now,
        project_id=store.project_id,
        kind=notices.NoticeKind.DELETE_FINISHED,
        key=f"delete_finished.{job.run.id}",
        sentence=f"{store.name} ({store.shop_domain}) was deleted: {counted(job.place.rows, 'rows')} erased.",
        store_id=store.id,
        address=f"/operations/{job.run.id}",
    )
