"""Bulk operations at Shopify: probed for what may be read, started once, asked after until they are finished."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from mooring.db import records_kinds, stores
from mooring.domain import records_access as access
from mooring.domain.kinds import Kind
from mooring.domain.records import moment
from mooring.domain.rules import kind_scope, with_implied
from mooring.domain.wording import counted
from mooring.errors import OutcomeUnknown
from mooring.ports import Reply
from mooring.usecases.import_store_documents import asked, complete
from mooring.usecases.import_store_place import Job, Phase, Place
from mooring.usecases.operations_run import Again, Next, Wait

_STARTS = 4
"""How often a bulk operation that Shopify gave up is asked for again."""
_FIRST_WAIT, _LONGEST_WAIT, _GROWTH = 0.5, 30.0, 1.5
_ROOM_WAIT = 5.0
_CLOCKS_APART = 600.0
"""Seconds by which Shopify's clock and ours may differ when a lost bulk operation is looked for."""
_ROOM = frozenset({"OPERATION_IN_PROGRESS", "LIMIT_REACHED"})
_UNDER_WAY = frozenset({"CREATED", "RUNNING", "CANCELING"})
_MADE = frozenset({"CREATED", "RUNNING", "COMPLETED"})


class Problem(msgspec.Struct):
    message: str
    code: str | None = None


class BulkOperation(msgspec.Struct, rename="camel"):
    """As Shopify tells it; counts come as text."""

    id: str
    status: str
    created_at: str
    error_code: str | None = None
    object_count: str = "0"
    root_object_count: str = "0"
    url: str | None = None
    query: str = ""


class Started(msgspec.Struct, rename="camel"):
    bulk_operation: BulkOperation | None = None
    user_errors: list[Problem] = []


class Page(msgspec.Struct):
    nodes: list[BulkOperation | None]


def probe(job: Job, kind: Kind, place: Place) -> Next:
    """Ask for a few records with the selection of the bulk query: it tells what this app may not read."""
    store = job.run.store
    reply = job.call(asked(job.app, kind, _unread(job)).probe, {})
    denied = {access.plain(path) for path in reply.denied()}
    if str(kind) in denied:
        return _refused(job, kind, place)
    place.phase, place.unapproved = Phase.READY, tuple(sorted(denied))
    others = [path for path in store.denied_fields if path.partition(".")[0] not in job.places]
    found = {path for one in job.places.values() for path in one.unapproved}
    known = sorted({*others, *access.for_want_of_approval(found)})
    with job.checkpoint() as connection:
        stores.change(connection, store.id, denied_fields=msgspec.json.encode(known).decode())
    return Again()


def _unread(job: Job) -> frozenset[str]:
    store = job.run.store
    return access.switched_off(store.settings) | access.not_permitted(store.granted_scopes)


def _denials(job: Job) -> frozenset[str]:
    """What Shopify has not approved, as far as this import found out. A group denied on one kind is denied on all."""
    return access.unapproved(path for place in job.places.values() for path in place.unapproved)


def _refused(job: Job, kind: Kind, place: Place) -> Next:
    scope = kind_scope(kind)
    if scope not in with_implied(job.run.store.granted_scopes):
        wait_for(job, kind, place)
        return Again()
    job.fail(
        kind,
        f"Shopify has not approved this app to read {kind} (protected customer data). {job.safe} "
        f"Ask for the approval in the app's settings at Shopify, then retry {kind}.",
    )
    return Again()


def wait_for(job: Job, kind: Kind, place: Place) -> None:
    """A kind without its permission is neither read nor failed."""
    place.phase, place.error = Phase.WAITING, f"{kind.label} wait for the permission {kind_scope(kind)}."
    with job.checkpoint() as connection:
        records_kinds.change(connection, job.store_id, kind, state="pending", error=place.error, rate=None)


def prepare(job: Job, connection: Connection, kind: Kind, place: Place) -> None:
    """What an import leaves out this time, and what of that an earlier one read."""
    left_out = asked(job.app, kind, _unread(job).union(_denials(job))).left_out
    never = records_kinds.never_read(connection, job.store_id, kind)
    place.unread = tuple(sorted(left_out))
    place.missing = tuple(sorted(left_out - (left_out if never is None else never)))


def query(job: Job, kind: Kind, place: Place) -> str:
    return asked(job.app, kind, frozenset(place.unread)).bulk


# -- starting ------------------------------------------------------------------------------------------------------


def start(job: Job, kind: Kind, place: Place) -> Next:
    """Ask Shopify to run the query. The intention is saved first, so that a lost answer is known to be lost."""
    if place.not_before > job.now():
        return Wait(place.not_before - job.now())
    place.phase, place.asked_at = Phase.STARTING, job.now()
    with job.checkpoint() as connection:
        job.prepare(connection, kind, place)
    try:
        reply = job.call(job.app.shopify.document("bulk_run"), {"query": job.query(kind, place)})
    except OutcomeUnknown:
        return Wait(_FIRST_WAIT)
    return _started(job, kind, place, reply)


def _started(job: Job, kind: Kind, place: Place, reply: Reply) -> Next:
    answer = msgspec.convert(reply.data["bulkOperationRunQuery"], Started)
    if any(problem.code in _ROOM for problem in answer.user_errors):
        return _no_room(job, place)
    if answer.bulk_operation is None:
        said = "; ".join(problem.message for problem in answer.user_errors) or "it gave no reason"
        job.fail(kind, f"Shopify does not run the query for {kind}: {said.rstrip('.')}. {job.safe}")
        return Again()
    _take(job, place, answer.bulk_operation)
    return Again()


def _no_room(job: Job, place: Place) -> Next:
    """Shopify runs five bulk queries of an app and shop at once. Ours waits its turn."""
    place.phase, place.not_before = Phase.READY, job.now() + _ROOM_WAIT
    with job.checkpoint():
        pass
    return Wait(_ROOM_WAIT)


def _take(job: Job, place: Place, operation: BulkOperation) -> None:
    place.phase, place.bulk_id, place.starts = Phase.RUNNING, operation.id, place.starts + 1
    place.created_at = moment(operation.created_at)
    job.polls_waited = 0
    with job.checkpoint():
        pass


def look_for(job: Job, kind: Kind, place: Place) -> Next:
    """The answer to a start was lost. If Shopify runs our query since then, it is ours; else it is started again."""
    reply = job.call(job.app.shopify.document("bulk_recent"), {})
    recent = msgspec.convert(reply.data["bulkOperations"], Page).nodes
    query, taken = job.query(kind, place), {one.bulk_id for one in job.places.values()}
    for operation in recent:
        if operation and operation.id not in taken and _is_ours(operation, query, place.asked_at):
            _take(job, place, operation)
            return Again()
    return start(job, kind, place)


def _is_ours(operation: BulkOperation, query: str, asked_at: float) -> bool:
    made = datetime.fromisoformat(operation.created_at).timestamp()
    same = operation.query.strip() == query.strip()
    return same and operation.status in _MADE and made >= asked_at - _CLOCKS_APART


# -- asking after --------------------------------------------------------------------------------------------------


def poll(job: Job, running: list[tuple[Kind, Place]]) -> Next:
    """One question for all that are running; the longer they take, the more seldom."""
    reply = job.call(complete(job.app, "bulk_status"), {"ids": [place.bulk_id for _, place in running]}, "polls")
    by_id = {node.id: node for node in msgspec.convert(reply.data, Page).nodes if node}
    for kind, place in running:
        _answer(job, kind, place, by_id.get(place.bulk_id))
    job.polls_waited += 1
    with job.checkpoint():
        pass
    return Wait(_pause(job)) if all(place.phase is Phase.RUNNING for _, place in running) else Again()


def _pause(job: Job) -> float:
    return min(_LONGEST_WAIT, _FIRST_WAIT * _GROWTH ** min(job.polls_waited - 1, 20))


def _answer(job: Job, kind: Kind, place: Place, operation: BulkOperation | None) -> None:
    if operation is None:
        _given_up(job, kind, place, "FORGOTTEN")
    elif operation.status in _UNDER_WAY:
        place.prepared = int(operation.object_count)
    elif operation.status == "COMPLETED":
        _completed(job, kind, place, operation)
    elif operation.error_code == "ACCESS_DENIED":
        job.fail(kind, f"Shopify refused to export {kind}: the app's permissions do not allow it. {job.safe}")
    else:
        _given_up(job, kind, place, operation.status)


def _completed(job: Job, kind: Kind, place: Place, operation: BulkOperation) -> None:
    """An empty file has no address."""
    place.objects, place.root_objects = int(operation.object_count), int(operation.root_object_count)
    place.prepared = place.objects
    if operation.url:
        job.urls[kind], place.phase = operation.url, Phase.READING
    elif place.objects == 0:
        place.phase = Phase.COUNTING
    else:
        said = f"Shopify announced {counted(place.objects, 'lines')} of {kind} but gave no file."
        job.fail(kind, f"{said} {job.safe} {job.retry(kind)}")


def _given_up(job: Job, kind: Kind, place: Place, status: str) -> None:
    """FAILED, CANCELED, EXPIRED, or forgotten. What it had exported until then is not trusted."""
    if place.starts >= _STARTS:
        said = f"Shopify ended the export of {kind} {counted(place.starts, 'times')} ({status.lower()})."
        job.fail(kind, f"{said} {job.safe} {job.retry(kind)}")
        return
    place.start_over()


def cancel_remote(job: Job) -> None:
    """Bulk operations nobody will read any more are stopped at Shopify, best effort."""
    for _, place in job.in_phase(Phase.RUNNING):
        job.call(job.app.shopify.document("bulk_cancel"), {"id": place.bulk_id})
