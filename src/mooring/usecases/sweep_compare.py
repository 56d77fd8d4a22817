"""A proved file of ids beside the hub: who is gone, who was never here, and when a person has to be asked.

Rule 1: gone is what lives here, is not in the file, was fetched before the file was begun, and, where Shopify shows
sixty days of orders only, was created well inside them. Each one is confirmed by its id before it is marked.
Rule 2: more of a kind than max(20, 10 %) are not marked at all until a person has said so.
Rule 3: what is in the file and not here is read by id.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mooring.db import holds as rows_of_holds
from mooring.db import privacy, records_chunks, records_deleted, sweeping
from mooring.domain import changed, rules
from mooring.domain.kinds import Kind
from mooring.domain.proof import root_key, unpack
from mooring.domain.sweeping import judged_from
from mooring.domain.translate import LAYOUTS
from mooring.ports import Reply
from mooring.usecases import changes, fetch, holds
from mooring.usecases.import_store_place import Phase
from mooring.usecases.operations_run import Again, Next
from mooring.usecases.sweep_job import SweepJob, SweepPlace

_BATCH = 50_000
"""How many of the hub's ids are held beside the file's keys at once."""
_CONFIRMED = 250
"""How many ids one question carries."""


def compare(job: SweepJob, kind: Kind, place: SweepPlace) -> Next:
    """Count who is gone, one batch of the hub at a time; after the last, decide."""
    batch = _judged(job, kind, place)
    missing = _missing(job, kind, batch)
    place.judged, place.gone = place.judged + len(batch), place.gone + len(missing)
    place.after = (max(batch, default=0), 0)
    with job.checkpoint() as connection:
        if len(batch) < _BATCH:
            place.after = (0, 0)
            place.phase = Phase.MARKING if _may_mark(connection, job, kind, place) else Phase.FINDING
    return Again()


def _judged(job: SweepJob, kind: Kind, place: SweepPlace) -> dict[int, datetime | None]:
    with job.app.db.read() as connection:
        return sweeping.judged(
            connection, job.store_id, kind, after=place.after[0], limit=_BATCH,
            fetched_before=datetime.fromisoformat(place.created_at),
            created_after=_window(job, kind, place.now_there(job.now())),
        )  # fmt: skip


def _window(job: SweepJob, kind: Kind, now_there: datetime) -> datetime | None:
    sees_all = kind is not Kind.ORDERS or rules.sees_all_orders(job.run.store.granted_scopes)
    return judged_from(now_there, sees_all=sees_all)


def _missing(job: SweepJob, kind: Kind, batch: dict[int, datetime | None]) -> list[int]:
    """In the order of their ids."""
    missing = {root_key(one): one for one in batch}
    with job.app.db.read() as connection:
        for blob in records_chunks.keys(connection, job.run.id, kind) if missing else ():
            for key in unpack(blob):
                missing.pop(key, None)
    return sorted(missing.values())


def _may_mark(connection: Connection, job: SweepJob, kind: Kind, place: SweepPlace) -> bool:
    """Suspiciously many are marked only with a person's leave, which is good for one sweep."""
    store, total = job.run.store, records_deleted.living(connection, job.store_id, kind)
    allowed = holds.allowance(connection, store, kind, "sweep")
    kept = holds.kept_before(connection, store, kind, "sweep", place.gone)
    rows_of_holds.use(connection, store.id, kind, "sweep", job.run.id)
    if not rules.mass_deletion(place.gone, total) or place.gone <= allowed:
        holds.settled(connection, job.app, store, kind, "sweep")
        return place.gone > 0
    if kept:
        place.kept = place.gone
        return False
    holds.hold(connection, job.app, store, kind, "sweep", place.gone, total)
    place.held = place.gone
    return False


# -- marking -------------------------------------------------------------------------------------------------------


def mark(job: SweepJob, kind: Kind, place: SweepPlace) -> Next:
    """Ask for the next ones by id, and mark those that Shopify no longer knows."""
    batch = _judged(job, kind, place)
    asked = _missing(job, kind, batch)[:_CONFIRMED]
    reply = _ask(job, kind, asked) if asked else None
    with job.checkpoint() as connection:
        if reply is not None:
            _mark(connection, job, kind, place, {one: batch[one] for one in asked}, reply)
        through = len(asked) < _CONFIRMED
        place.after = (max(batch, default=0) if through else asked[-1], 0)
        if through and len(batch) < _BATCH:
            place.phase = Phase.FINDING
    return Again()


def _ask(job: SweepJob, kind: Kind, asked: list[int]) -> Reply:
    type_ = LAYOUTS[kind].root_type
    return job.call(job.app.shopify.document("present"), {"ids": [f"gid://shopify/{type_}/{one}" for one in asked]})


def _mark(
    connection: Connection,
    job: SweepJob,
    kind: Kind,
    place: SweepPlace,
    asked: dict[int, datetime | None],
    reply: Reply,
) -> None:
    """A null of what has left the window meanwhile says nothing."""
    since = _window(job, kind, reply.at)
    unknown = [one for one, node in zip(asked, reply.data["nodes"], strict=True) if node is None]
    gone = [one for one in unknown if since is None or (asked[one] or since) > since]
    place.still_there += len(asked) - len(unknown)
    place.marked += records_deleted.mark_deleted(
        connection, job.store_id, kind, gone, fetched_at=reply.at, at=job.app.clock.now()
    )


# -- finding -------------------------------------------------------------------------------------------------------


def find(job: SweepJob, kind: Kind, place: SweepPlace) -> Next:
    """Read what is in the file and not here, chunk by chunk of the file."""
    if place.owed:
        return _read(job, kind, place)
    with job.app.db.read() as connection:
        chunk = sweeping.next_chunk(connection, job.run.id, kind, place.chunk)
        absent = _absent(connection, job, kind, place, chunk[1]) if chunk else []
    place.found += len(absent)
    place.beyond = changed.cheaper_in_bulk(place.found, place.distinct_roots)
    place.owed = [] if place.beyond else absent
    with job.checkpoint() as connection:
        if chunk is None or place.beyond:
            _end(connection, job, kind, place)
        else:
            place.chunk = chunk[0]
    return Again()


def _absent(connection: Connection, job: SweepJob, kind: Kind, place: SweepPlace, keys: bytes) -> list[int]:
    """Whoever was erased on request is rightly not here."""
    erased = privacy.forgotten(connection, job.store_id).customers if kind is Kind.CUSTOMERS else frozenset[int]()
    ids = [key >> 1 for key in unpack(keys)]
    since = datetime.fromisoformat(place.created_at)
    here = sweeping.here(connection, job.store_id, kind, ids, since=since)
    return [one for one in ids if one not in here and one not in erased]


def _read(job: SweepJob, kind: Kind, place: SweepPlace) -> Next:
    store = job.run.store
    ids = place.owed[: fetch.fitting(job.app, store, kind)]
    fetched = fetch.read(job.app, changes.ticket(job.run), store, kind, ids)
    job.run.counts["requests"] += fetched.requests
    with job.checkpoint() as connection:
        result = fetch.write(connection, job.app, store, fetched)
        place.owed = place.owed[len(ids) :]
        place.recovered += len(result.new) + len(result.restored)
    return Again()


def _end(connection: Connection, job: SweepJob, kind: Kind, place: SweepPlace) -> None:
    place.phase, place.seconds = Phase.DONE, job.now() - place.began
    records_chunks.clear(connection, job.run.id, kind)
