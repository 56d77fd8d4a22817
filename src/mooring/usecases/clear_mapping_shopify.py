"""What a clear does at Shopify: the definitions of the mapping's metafields go, with all values, in one document.

Shopify deletes the values later and says nothing when it is done, so it is looked for until they are gone: first at a
few records, then, as the proof, at all of them, by one bulk operation per kind. Look, delete, three exports and
their files: eight calls besides polls, however large the store.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from mooring.db import clearing, odoo_kinds
from mooring.domain.lifecycle import Purpose
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.domain.metafields import MAPPING, NAMESPACE, ODOO_ID
from mooring.domain.wording import counted
from mooring.errors import Permanent
from mooring.ports import Reply
from mooring.usecases import metafields_read, mutations
from mooring.usecases.clear_mapping_place import Job, Outcome, Phase, Told
from mooring.usecases.clear_mapping_stop import AT_ONCE, stop, strays
from mooring.usecases.metafields_few import gid
from mooring.usecases.mutations import Mutation
from mooring.usecases.operations_run import Again, Next, Wait

PATIENCE = 300.0
"""Seconds that Shopify is given to delete values before the rest is left to an open task."""
_SAMPLE = 20
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_STOP_WAIT = 2.0
_OWNERS = ("customers", "products", "variants", "orders")


class _Definition(msgspec.Struct, rename="camel"):
    id: str
    key: str
    owner_type: str
    metafields_count: int = 0


class _Definitions(msgspec.Struct):
    nodes: list[_Definition]


def clear(job: Job) -> Next | Told:
    """One slice; how it ended, once it has."""
    return _PHASES[job.place.shopify.phase](job)


def _look(job: Job) -> Next | Told:
    """What of ours there is, once nothing of ours writes any more."""
    at = job.place.shopify
    reply = _call(job, "mapping_definitions", {"namespace": NAMESPACE, "writing": True},
                  "polls" if at.stopped else "requests")  # fmt: skip
    if not stop(job, reply, _call):
        return _found(job, _definitions(reply))
    if job.now() - job.place.progress_at >= PATIENCE:
        raise Permanent("Shopify does not stop a bulk mutation of ours.", code="bulk_runs")
    job.save()
    return Wait(_STOP_WAIT)


def _found(job: Job, found: list[_Definition]) -> Next | Told:
    """Definitions that are leaving since an earlier clear may still have values."""
    at = job.place.shopify
    with job.app.db.read() as connection:
        known = odoo_kinds.of_store(connection, job.store_id)
        sample = clearing.written(connection, job.store_id, job.kinds, _SAMPLE)
    at.kinds = [kind for kind in job.kinds if _of_kind(kind, found) or known[kind].definitions != "none"]
    if not at.kinds:
        return Told(Outcome.NOTHING, sentence="There are none: Mooring has not written any metafields of the mapping.")
    at.found = [one.id for kind in at.kinds for one in _of_kind(kind, found)]
    at.values = sum(one.metafields_count for kind in at.kinds for one in _of_kind(kind, found) if one.key == ODOO_ID)
    at.sample = [gid(MappedKind(kind), id_) for kind, id_ in sample]
    at.phase = Phase.REMOVE if at.found else Phase.GONE
    with job.checkpoint() as connection:
        for kind in at.kinds:
            odoo_kinds.change(connection, job.store_id, kind, definitions="leaving")
    return Again()


def _of_kind(kind: SyncKind, found: list[_Definition]) -> list[_Definition]:
    """Only the mapping's own keys: engagement lives in the same namespace."""
    ours = {(one.owner, one.key) for one in MAPPING[kind]}
    return [one for one in found if (one.owner_type, one.key) in ours]


def _remove(job: Job) -> Next:
    """One document. A lost answer does no harm: what is gone already is well."""
    gone = [
        Mutation(
            id_, "metafieldDefinitionDelete", f"id: $d{place}, deleteAllAssociatedMetafields: true",
            {f"d{place}": ("ID!", id_)},
        )
        for place, id_ in enumerate(job.place.shopify.found)
    ]  # fmt: skip
    call = partial(_counted, job)
    for _, objections in mutations.send("ClearMapping", gone, call):
        if said := [text for text in objections or () if not _says_gone(text)]:
            raise Permanent(f"Shopify refused to delete a metafield definition: {said[0]}", code="refused_by_shopify")
    job.place.shopify.phase = Phase.GONE
    job.place.progress_at = job.now()
    job.save()
    return Again()


def _says_gone(objection: str) -> bool:
    return "not found" in objection.lower() or "not exist" in objection.lower()


def _gone(job: Job) -> Next:
    """Poll until neither the definitions nor the values of a few records are there. Values that do not go although the
    definitions have are read for all the same: they stand there without one."""
    at, late = job.place.shopify, job.now() - job.place.progress_at >= PATIENCE
    found = _definitions(_call(job, "mapping_definitions", {"namespace": NAMESPACE}, "polls"))
    left = [one for kind in at.kinds for one in _of_kind(kind, found)]
    at.sample = _carrying(job, at.sample)
    if not left and (late or not at.sample):
        at.phase = Phase.PROVE
        metafields_read.begin(job, at.kinds)
        job.save()
        return Again()
    if late:
        raise Permanent("Shopify has not deleted all definitions of our metafields yet.", code="definitions_left")
    at.polls += 1
    job.save()
    return Wait(min(_LONGEST_WAIT, _FIRST_WAIT * 1.5 ** min(at.polls, 20)))


def _carrying(job: Job, ids: list[str]) -> list[str]:
    if not ids:
        return []
    reply = _call(job, "mapping_values", {"ids": ids, "namespace": NAMESPACE}, "polls")
    return [id_ for id_, node in zip(ids, reply.data["nodes"], strict=True) if node and any(node.values())]


def _prove(job: Job) -> Next | Told:
    """Read all of them. Those that still carry a value are waited for, and read again if that may be."""
    if (following := metafields_read.advance(job)) is not None:
        return following
    at = job.place.shopify
    left = {SyncKind(kind): place for kind, place in job.reading.kinds.items() if place.carrying}
    if not left:
        return _proved(job)
    count = sum(place.carrying for place in left.values())
    at.kinds, at.sample = list(left), [id_ for place in left.values() for id_ in place.some]
    if count == len(at.sample) <= AT_ONCE:
        at.phase = Phase.STRAYS
    elif job.reading.started + len(left) > job.most:
        raise Permanent(f"Shopify still shows our metafields on {counted(count, 'records')}.", code="values_left")
    else:
        at.phase = Phase.GONE
    job.save()
    return Again()


def _strays(job: Job) -> Told:
    """All that is left is known by its ids: the last values of a call that was under way, without a definition."""
    strays(job, job.place.shopify.sample, _call)
    if _carrying(job, job.place.shopify.sample):
        raise Permanent("Shopify still shows metafields of ours that it was told to delete.", code="values_left")
    return _proved(job)


def _proved(job: Job) -> Told:
    with job.checkpoint() as connection:
        for kind in job.kinds:
            odoo_kinds.change(connection, job.store_id, kind, definitions="none")
    at = job.place.shopify
    return Told(Outcome.DONE, at.values, f"Read through afterwards: no record carries one. {_requests(job)}")


def _requests(job: Job) -> str:
    asked, polls = job.run.counts.get("requests", 0), job.run.counts.get("polls", 0)
    exports = counted(job.reading.started, "exports")
    return f"{counted(asked, 'calls')}, {exports} among them, and {counted(polls, 'polls')}."


_PHASES: dict[Phase, Callable[[Job], Next | Told]] = {
    Phase.LOOK: _look,
    Phase.REMOVE: _remove,
    Phase.GONE: _gone,
    Phase.PROVE: _prove,
    Phase.STRAYS: _strays,
}


# -- calls ---------------------------------------------------------------------------------------------------------


def _definitions(reply: Reply) -> list[_Definition]:
    """None of a kind this app may not look at, for then it never wrote any."""
    owners = [reply.data.get(name) for name in _OWNERS]
    found = [msgspec.convert(one, _Definitions).nodes for one in owners if one]
    return [one for nodes in found for one in nodes]


def _call(job: Job, document: str, variables: dict[str, Any], count_as: str = "requests") -> Reply:
    return _counted(job, job.app.shopify.document(document), variables, count_as)


def _counted(job: Job, document: str, variables: dict[str, Any], count_as: str = "requests") -> Reply:
    reply = job.run.call(document, variables, purpose=Purpose.CLEAR)
    job.run.counts[count_as] = job.run.counts.get(count_as, 0) + 1
    return reply
