"""What changed at Shopify since the catch-up point, read kind by kind and written where it wins.

The machinery under a pull and a catch-up. All kinds are listed on one page, newest first, down to their points; what
differs from the hub is read by id and written page by page, with the place saved each time, so that whoever is killed
goes on where the last commit left off. A kind's point moves in the commit that completes it, and in no other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import records_deleted, records_fetched, records_kinds
from mooring.db.stores import Store
from mooring.domain import changed, rules
from mooring.domain.changed import Known, Listed
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Purpose
from mooring.domain.records import number
from mooring.domain.translate import LAYOUTS
from mooring.errors import Permanent
from mooring.ports import Reply
from mooring.usecases import fetch, gate
from mooring.usecases.changes_place import Job, Page, Place
from mooring.usecases.fetch import Fetched
from mooring.usecases.operations_run import Again, Next, Run, Wait

_REMEMBERED = 2_000
"""At most so many records are remembered as read without anything to write. Any more are only read once again."""
_SAME_SECOND = 1.0


def kinds_with_a_point(connection: Connection, store: Store) -> dict[Kind, datetime]:
    """What can be read on from somewhere: wanted, permitted, and once imported completely."""
    states = records_kinds.of_store(connection, store.id)
    points = {
        kind: states[kind].catch_up_point for kind in rules.importable_kinds(store.settings, store.granted_scopes)
    }
    return {kind: point for kind, point in points.items() if point is not None}


def set_out(job: Job, kinds: Iterable[Kind]) -> None:
    """A place for each of these kinds that has a point."""
    with job.checkpoint() as connection:
        points = kinds_with_a_point(connection, job.store)
        for kind in kinds:
            if kind in points:
                total = records_deleted.living(connection, job.store.id, kind)
                job.places[kind] = Place(point=points[kind], total=total)


def step(job: Job) -> Next | None:
    """One bounded slice; None when every kind has ended."""
    for kind, place in job.open():
        if place.owed:
            return _read(job, kind, place)
    if kinds := [kind for kind, _ in job.open()]:
        return _list(job, kinds)
    return None


def cover_everything(job: Job) -> bool:
    """Whether every kind that is wanted was read to its end."""
    wanted = rules.wanted_kinds(job.store.settings)
    return all(kind in job.places and job.places[kind].done for kind in wanted)


# -- listing -------------------------------------------------------------------------------------------------------


def _list(job: Job, kinds: list[Kind]) -> Next:
    """The next page of each of these kinds, in one request."""
    variables: dict[str, Any] = {}
    for kind in Kind:
        variables |= {str(kind): kind in kinds}
        variables |= {f"{kind}After": job.places[kind].after if kind in kinds else None}
    reply = job.run.call(job.app.shopify.document("changes"), variables)
    job.run.counts["requests"] += 1
    hidden = reply.denied() or {str(kind) for kind in kinds if not reply.data.get(kind)}
    with job.checkpoint() as connection:
        for kind in kinds:
            if hidden:
                _leave_out(job.places[kind], kind, hidden)
            else:
                _take_page(connection, job, kind, reply)
    return Again()


def _leave_out(place: Place, kind: Kind, hidden: Iterable[str]) -> None:
    """One kind that this app may not see takes the whole answer with it; the others are asked for again."""
    if kind in hidden:
        place.error = f"Shopify does not show this app the {kind} now. Check its permissions, or reconnect the store."


def _take_page(connection: Connection, job: Job, kind: Kind, reply: Reply) -> None:
    place, page = job.places[kind], msgspec.convert(reply.data[kind], Page)
    if place.first_page_at is None:
        place.first_page_at = reply.at
        place.newest = max((row.updated_at for row in page.nodes), default=None)
    rows = [Listed(number(row.id), row.updated_at) for row in page.nodes if row.updated_at >= place.point]
    place.listed += len(rows)
    place.after = page.page_info.end_cursor
    place.turned = len(rows) < len(page.nodes) or not page.page_info.has_next_page
    place.owed = _owed(connection, job, kind, place, rows)
    if changed.cheaper_in_bulk(place.read + len(place.owed), place.total):
        place.beyond, place.owed = True, []
    _complete(connection, job, kind, place)


def _owed(connection: Connection, job: Job, kind: Kind, place: Place, rows: list[Listed]) -> list[int]:
    """Those that have to be read; the others of them that were read lately stay remembered."""
    known = known_of(connection, job.store.id, kind, [row.id for row in rows])
    before = records_kinds.read_lately(connection, job.store.id, kind)
    owed = [row.id for row in rows if changed.must_read(row, known.get(row.id), before)]
    unread = set(owed)
    for row in rows:
        if row.id not in unread and before.get(row.id) == row.updated_at:
            _remember(place, row.id, row.updated_at)
    return owed


def known_of(connection: Connection, store_id: str, kind: Kind, ids: list[int]) -> dict[int, Known]:
    found = records_fetched.stored(connection, LAYOUTS[kind].root, store_id, ids)
    return {one: Known(row.updated_at, row.fetched_at, row.deleted) for one, row in found.items()}


def _remember(place: Place, shopify_id: int, updated_at: datetime) -> None:
    in_reach = place.newest is not None and updated_at >= place.newest - changed.OVERLAP
    if in_reach and len(place.lately) < _REMEMBERED:
        place.lately.append((shopify_id, updated_at))


# -- reading -------------------------------------------------------------------------------------------------------


def _read(job: Job, kind: Kind, place: Place) -> Next:
    """The next records that are owed. One that cannot be read keeps the kind from being complete, not the others from
    being written."""
    ids = place.owed[: 1 if place.one_by_one else fetch.fitting(job.app, job.store, kind)]
    try:
        fetched = fetch.read(job.app, ticket(job.run), job.store, kind, ids)
    except Permanent as error:
        return _cannot(job, place, ids, error)
    job.run.counts["requests"] += fetched.requests
    with job.checkpoint() as connection:
        again = _write(connection, job, place, fetched)
        place.owed = [*place.owed[len(ids) :], *again]
        _complete(connection, job, kind, place)
    return Wait(_SAME_SECOND) if again else Again()


def ticket(run: Run) -> gate.Ticket:
    return gate.Ticket(run.store.id, run.operation.generation or 0, Purpose.IMPORT)


def _write(connection: Connection, job: Job, place: Place, fetched: Fetched) -> list[int]:
    """Returns those of which two answers of the same second differ: the clock cannot tell which one is newer."""
    result = fetch.write(connection, job.app, job.store, fetched)
    place.written += result.written
    place.new += len(result.new)
    place.missing += len(fetched.missing)
    tied = set(result.again)
    place.read += len(fetched.visible) + len(fetched.missing) - len(tied)
    for page in fetched.pages:
        for node in page.nodes:
            shopify_id, updated_at = number(node["id"]), datetime.fromisoformat(node["updatedAt"])
            if shopify_id not in tied and changed.is_settled(updated_at, page.at):
                _remember(place, shopify_id, updated_at)
    return sorted(tied)


def _cannot(job: Job, place: Place, ids: list[int], error: Permanent) -> Next:
    if error.code == "kind_denied":
        place.error = error.sentence
    elif len(ids) > 1:
        place.one_by_one = True
    else:
        place.unreadable, place.owed = place.unreadable + 1, place.owed[1:]
        if not place.owed and place.turned:
            place.error = error.sentence
    with job.checkpoint():
        pass
    return Again()


# -- the end of a kind ---------------------------------------------------------------------------------------------


def _complete(connection: Connection, job: Job, kind: Kind, place: Place) -> None:
    """With the last record written the point moves; a kind with an unreadable one keeps it."""
    if place.ended or place.owed or not place.turned:
        return
    if place.unreadable:
        place.error = f"{place.unreadable:,} of the {kind} could not be read. They are tried again."
        return
    assert place.first_page_at is not None
    point = changed.next_point(place.point, place.newest, place.first_page_at)
    place.done = True
    records_kinds.pulled(
        connection, job.store.id, kind, point=point, at=job.app.clock.now(),
        lately={one: at for one, at in place.lately if point is None or at >= point},
    )  # fmt: skip
