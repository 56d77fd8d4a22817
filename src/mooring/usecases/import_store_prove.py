"""After the last line: is the file complete, what has vanished since, and what is owed by id."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from mooring.db import records_chunks, records_kinds, records_tidy
from mooring.db.records_tidy import Child
from mooring.domain.changed import OVERLAP
from mooring.domain.kinds import Kind
from mooring.domain.proof import Announced, Distinct, count_part, difference, parts, root_key, unpack
from mooring.domain.rules import sees_all_orders
from mooring.domain.sweeping import ORDER_WINDOW
from mooring.domain.translate import LAYOUTS
from mooring.usecases.import_store_place import Job, Phase, Place
from mooring.usecases.operations_run import Again, Next

_BATCH = 50_000
"""How many children of the hub are held beside the file's keys at once."""


def count(job: Job, kind: Kind, place: Place) -> Next:
    """Count one part of the keys; after the last part, judge."""
    of = parts(place.lines)
    with job.app.db.read() as connection:
        found = count_part(records_chunks.keys(connection, job.run.id, kind), place.part, of)
    place.part, place.distinct = place.part + 1, place.distinct + found.lines
    place.distinct_roots += found.roots
    if place.part < of:
        with job.checkpoint():
            pass
        return Again()
    return _judge(job, kind, place)


def _judge(job: Job, kind: Kind, place: Place) -> Next:
    announced = Announced(place.objects, place.root_objects)
    wrong = difference(announced, place.lines, Distinct(place.distinct, place.distinct_roots), cut=place.cut)
    if wrong is not None:
        job.fail(kind, f"{wrong} {job.safe} {job.retry(kind)}")
    else:
        job.proved(kind, place)
    return Again()


def proved(job: Job, kind: Kind, place: Place) -> None:
    """An import's file is whole; what is not in it may go."""
    place.phase = Phase.TIDYING
    with job.checkpoint() as connection:
        records_kinds.change(
            connection, job.store_id, kind, verified=True, count=place.distinct_roots, expected=place.root_objects
        )


# -- what vanished -------------------------------------------------------------------------------------------------


def tidy(job: Job, kind: Kind, place: Place) -> Next:
    """Remove children that Shopify no longer has, one batch of the hub's children at a time."""
    children = [] if _nothing_vanished(job, kind, place) else _next_children(job, kind, place)
    gone = _gone(job, kind, children) if children else []
    layout = LAYOUTS[kind]
    with job.checkpoint() as connection:
        place.removed += records_tidy.remove(
            connection, layout.child, layout.root, job.store_id, gone, place.created_at
        )
        if children:
            place.after = children[-1].place
        if len(children) < _BATCH:
            _tidied(job, kind, place)
            records_chunks.clear(connection, job.run.id, kind)
    if place.phase is Phase.DONE:
        finish(job, kind, place)
    return Again()


def _nothing_vanished(job: Job, kind: Kind, place: Place) -> bool:
    """Children were not read at all, or all the file's are in the hub and there are no more than those."""
    layout = LAYOUTS[kind]
    if f"{kind}.{layout.connection}" in place.unread:
        return True
    if place.after != (0, 0) or place.passed_over:
        return False
    with job.app.db.read() as connection:
        held = records_tidy.count(connection, layout.child, job.store_id)
    return held == place.distinct - place.distinct_roots


def _next_children(job: Job, kind: Kind, place: Place) -> list[Child]:
    with job.app.db.read() as connection:
        return records_tidy.batch(connection, LAYOUTS[kind].child, job.store_id, place.after, _BATCH)


def _gone(job: Job, kind: Kind, children: list[Child]) -> list[Child]:
    """Those that are not in the file although the record they belong to is."""
    missing = {child.key for child in children}
    with job.app.db.read() as connection:
        for blob in records_chunks.keys(connection, job.run.id, kind):
            missing.difference_update(unpack(blob))
        suspects = [child for child in children if child.key in missing]
        seen = _seen(records_chunks.keys(connection, job.run.id, kind), {root_key(one.parent) for one in suspects})
    return [child for child in suspects if root_key(child.parent) in seen]


def _seen(blobs: Iterable[bytes], wanted: set[int]) -> set[int]:
    found: set[int] = set()
    if wanted:
        for blob in blobs:
            found |= wanted.intersection(unpack(blob))
    return found


def _tidied(job: Job, kind: Kind, place: Place) -> None:
    place.phase = Phase.DETAILING if kind is Kind.ORDERS else Phase.DONE


# -- the end -------------------------------------------------------------------------------------------------------


def finish(job: Job, kind: Kind, place: Place) -> None:
    """Synced: from here on, what changed since the bulk operation began is for pulls and webhooks."""
    made = datetime.fromisoformat(place.created_at)
    hidden = kind is Kind.ORDERS and not sees_all_orders(job.run.store.granted_scopes)
    place.phase, place.seconds = Phase.DONE, job.now() - place.began
    with job.checkpoint() as connection:
        records_kinds.change(
            connection, job.store_id, kind,
            state="synced", verified=True, count=place.distinct_roots, expected=place.root_objects, error=None,
            written=place.written, unchanged=place.unchanged,
            last_bulk_at=job.app.clock.now(), catch_up_point=made - OVERLAP,
            visible_since=made - ORDER_WINDOW if hidden else None,
        )  # fmt: skip
        records_kinds.settle_without(connection, job.store_id, kind, left_out=place.unread, made=made)
