"""What a delete does at Shopify, best effort: take back what we put there, and last of all the grant itself.

A slice makes the calls of one task. What fails is tried again until five minutes have passed without anything having
succeeded; from then on every task left is tried once and the delete goes on. What could not be done stands in the
receipt, with how to finish it by hand. "Already gone" is success.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mooring.db import pending
from mooring.domain import metafields
from mooring.domain.lifecycle import Purpose
from mooring.errors import AuthLost, MooringError, Permanent, Refused, Stale, Throttled
from mooring.ports import Reply
from mooring.usecases.delete_place import Job, Outcome, Step, Task, Told
from mooring.usecases.operations_run import Again, Next, Wait

PATIENCE = 300.0
"""Seconds without progress after which Shopify is given up."""
_LONGEST_WAIT = 30.0
_MOST_SUBSCRIPTIONS = 500


class Problem(msgspec.Struct):
    message: str


class Node(msgspec.Struct):
    id: str
    status: str = ""
    uri: str = ""


class Nodes(msgspec.Struct):
    nodes: list[Node]


class Changed(msgspec.Struct, rename="camel"):
    user_errors: list[Problem] = []


# -- slice by slice ------------------------------------------------------------------------------------------------


def skip(job: Job, reason: str, *, look: bool) -> Next:
    """No call is made; the receipt says why."""
    _tell_all(job, Told(Outcome.SKIPPED, sentence=reason, look=look))
    return _leave(job)


def revoke(job: Job) -> Next:
    """The next task, or the next step when all are through."""
    place = job.place
    task = next((one for one in Task if one not in place.told), None)
    if task is None:
        return _leave(job)
    place.progress_at = place.progress_at or job.now()
    try:
        place.told[task] = _TASKS[task](job)
    except Stale:
        raise
    except (MooringError, msgspec.ValidationError) as error:
        return _failed(job, task, error)
    return _went_well(job)


def _leave(job: Job) -> Next:
    job.place.step = Step.ODOO
    with job.checkpoint():
        pass
    return Again()


def _went_well(job: Job) -> Next:
    """Progress gives the others their full time."""
    place = job.place
    if place.patient:
        place.progress_at, place.tries = job.now(), 0
    with job.checkpoint():
        pass
    return Again()


def _failed(job: Job, task: Task, error: MooringError | msgspec.ValidationError) -> Next:
    """The errors that settle everything at once; of the others each gets its time."""
    match error:
        case AuthLost() if not _new_pair_comes(job):
            return _locked_out(job, error)
        case Permanent(code="shop_not_found"):
            return _settle(job, Told(Outcome.ALREADY_GONE, sentence=error.sentence))
        case Refused(code="no_claim"):
            return _settle(job, Told(Outcome.SKIPPED, sentence=error.sentence))
        case _:
            return _try_again(job, task, error)


def _try_again(job: Job, task: Task, error: Exception) -> Next:
    place, sentence = job.place, _words(error)
    place.tries += 1
    if place.patient and job.now() - place.progress_at < PATIENCE:
        return _rest(job, error, sentence)
    place.patient = False
    place.told[task] = Told(Outcome.NOT_DONE, sentence=sentence, look=True)
    return _went_well(job)


def _new_pair_comes(job: Job) -> bool:
    """A reconnect that was under way has exchanged its code, which killed the old pair; the new one is put on this card
    as soon as the shop was read with it."""
    with job.app.db.read() as connection:
        return pending.pair_waits(connection, job.store_id)


def _rest(job: Job, error: Exception, sentence: str) -> Next:
    place, asked = job.place, error.retry_after if isinstance(error, Throttled) else 0.0
    job.trouble = sentence
    with job.checkpoint():
        pass
    left = PATIENCE - (job.now() - place.progress_at)
    return Wait(max(1.0, min(_LONGEST_WAIT, max(asked, 2.0 ** min(place.tries, 5)), left)))


def _words(error: Exception) -> str:
    if isinstance(error, MooringError):
        return error.sentence
    return "Shopify answered something that Mooring does not understand."


def _locked_out(job: Job, lost: AuthLost) -> Next:
    """Shopify takes our credentials no longer. After an uninstall of ours whose answer was lost, that was it."""
    if job.place.uninstalling:
        return _settle(job, Told(Outcome.DONE, 1))
    if lost.code == "app_not_installed":
        return _settle(job, Told(Outcome.ALREADY_GONE, sentence=lost.sentence))
    return _settle(job, Told(Outcome.ALREADY_GONE, sentence=lost.sentence, look=True))


def _settle(job: Job, told: Told) -> Next:
    _tell_all(job, told)
    return _went_well(job)


def _tell_all(job: Job, told: Told) -> None:
    for task in Task:
        job.place.told.setdefault(task, told)


# -- the tasks -----------------------------------------------------------------------------------------------------


def _call(job: Job, document: str, variables: dict[str, Any] | None = None) -> Reply:
    return job.run.call(job.app.shopify.document(document), variables or {}, purpose=Purpose.DELETE)


def _metafields(job: Job) -> Told:
    """The definitions in our own namespace, each with all its values: one call, however many there are."""
    removed = 0
    for owner in sorted({one.owner for one in metafields.EVERY}):
        for one in _definitions(job, owner):
            _accepted(_call(job, "metafield_delete", {"id": one.id}), "metafieldDefinitionDelete")
            removed += 1
            _progress(job)
    return Told(Outcome.DONE, removed)


def _definitions(job: Job, owner: str) -> list[Node]:
    """None where the permission to write is missing, for then none were ever written."""
    reply = _call(job, "metafield_definitions", {"owner": owner, "namespace": metafields.NAMESPACE})
    found = reply.data.get("metafieldDefinitions")
    return msgspec.convert(found, Nodes).nodes if found or not reply.denied() else []


def _bulk_operations(job: Job) -> Told:
    """Exports of ours that nobody will read any more; and what still writes metafields, before those go."""
    found = [_nodes(job, "bulk_mutations"), _nodes(job, "bulk_recent")]
    running = [one.id for nodes in found for one in nodes if one.status in ("CREATED", "RUNNING")]
    for bulk_id in running:
        _accepted(_call(job, "bulk_cancel", {"id": bulk_id}), "bulkOperationCancel")
        _progress(job)
    return Told(Outcome.DONE, len(running))


def _nodes(job: Job, document: str) -> list[Node]:
    return msgspec.convert(_call(job, document).data.get("bulkOperations"), Nodes).nodes


def _subscriptions(job: Job) -> Told:
    """Those that lead to us. Looked for again until none are left, so that a crash in between costs nothing."""
    removed = 0
    while ours := _ours(job):
        for one in ours:
            _accepted(_call(job, "subscription_delete", {"id": one.id}), "webhookSubscriptionDelete")
            _progress(job)
        removed += len(ours)
        if removed > _MOST_SUBSCRIPTIONS:
            raise Permanent("Shopify keeps naming webhook subscriptions that were removed.", code="endless")
    return Told(Outcome.DONE, removed)


def _ours(job: Job) -> list[Node]:
    found = msgspec.convert(_call(job, "clean_up_look").data.get("webhookSubscriptions"), Nodes).nodes
    return [one for one in found if urlsplit(one.uri).path.endswith(f"/hooks/{job.run.store.app_id}")]


def _grant(job: Job) -> Told:
    """The intention is saved first: an answer that is lost on the way is then known to have been asked for."""
    job.place.uninstalling = True
    with job.checkpoint():
        pass
    _accepted(_call(job, "uninstall"), "appUninstall")
    return Told(Outcome.DONE, 1)


_TASKS: dict[Task, Callable[[Job], Told]] = {
    Task.METAFIELDS: _metafields,
    Task.BULK_OPERATIONS: _bulk_operations,
    Task.SUBSCRIPTIONS: _subscriptions,
    Task.GRANT: _grant,
}


def _progress(job: Job) -> None:
    if job.place.patient:
        job.place.progress_at = job.now()


def _accepted(reply: Reply, field: str) -> None:
    """Raises `Permanent` with Shopify's words when it did not do it. What is gone already is well."""
    answer = msgspec.convert(reply.data.get(field) or {}, Changed)
    said = "; ".join(one.message for one in answer.user_errors)
    if said and "not exist" not in said.lower() and "not found" not in said.lower():
        raise Permanent(f"Shopify refused: {said}", code="refused_by_shopify")
