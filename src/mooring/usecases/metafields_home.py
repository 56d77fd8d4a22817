"""The mapping's third home: metafields at Shopify, written for every pair that owes them.

Definitions are made by API before the first value, so that all values can be taken back by deleting them. Up to `FEW`
records go by `metafieldsSet`, 25 values in a call, all or none; more go by one bulk mutation: an upload, a start and
polls, whatever the number. The home is optional: a kind whose write permission is missing, or whose keys a clear has
not seen leave yet, does without, and two homes suffice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from mooring.db import mappings_metafields, odoo_kinds, stores
from mooring.domain.mapping import MappedKind, SyncKind, sync_kind
from mooring.domain.metafields import INVOICE_ID, MAPPING, NAMESPACE, OWNERS, Definition
from mooring.errors import OutcomeUnknown, Permanent
from mooring.usecases import metafields_few
from mooring.usecases.metafields_bulk import MOST, Sent, look, send
from mooring.usecases.metafields_few import SHOPIFYS
from mooring.usecases.metafields_place import FEW, Job, user_errors, why_not
from mooring.usecases.operations_run import Again, Next


def advance(job: Job) -> Next | None:
    """One slice; None when nothing is owed any more that can be paid. Where Shopify takes no bulk mutation only `FEW`
    are paid at a time: the number of calls never grows with the store."""
    if job.home.writing.bulk_id:
        job.count("polls")
        return look(_sending(job))
    owed = _owed(job)
    left = FEW - job.home.singly
    if not owed or (job.home.alone and left <= 0):
        return None
    undefined = [kind for kind in SyncKind if kind in set(map(sync_kind, owed)) - set(job.home.defined)]
    if undefined:
        return _define(job, undefined[0])
    if MappedKind.ORDER in owed and (following := _take_back(job)):
        return following
    few = job.home.alone or sum(owed.values()) <= FEW
    return metafields_few.write(job, list(owed)) if few else _many(job, list(owed))


def _owed(job: Job) -> dict[MappedKind, int]:
    """How many records of each kind owe theirs; without the kinds that do without."""
    with job.app.db.read() as connection:
        store = stores.load(connection, job.store.id)
        known = odoo_kinds.of_store(connection, store.id)
        job.home.left_out |= {
            kind: why for kind in job.kinds if (why := why_not(store, kind, known[kind].definitions)) is not None
        }
        return mappings_metafields.counts(connection, store.id, [one for one in OWNERS if sync_kind(one) in job.usable])


# -- definitions ---------------------------------------------------------------------------------------------------


def _define(job: Job, kind: SyncKind) -> Next:
    """Look, and make what is missing. Somebody else may have been first."""
    there: dict[str, Any] = job.call("mapping_definitions", {"namespace": NAMESPACE}).data
    known = {(one["ownerType"], one["key"]) for nodes in there.values() if nodes for one in nodes["nodes"]}
    for definition in MAPPING[kind]:
        if (definition.owner, definition.key) not in known and (refused := _make(job, definition)):
            job.home.left_out[kind] = refused
            job.save()
            return Again()
    job.home.defined.append(kind)
    with job.checkpoint() as connection:
        odoo_kinds.change(connection, job.store.id, kind, definitions="made")
    return Again()


def _make(job: Job, definition: Definition) -> str | None:
    asked = {
        "ownerType": definition.owner,
        "namespace": NAMESPACE,
        "key": definition.key,
        "type": definition.type,
        "name": definition.name,
        "description": definition.description,
        "access": {"admin": "MERCHANT_READ"},
    }
    reply = job.call("metafield_define", {"definition": asked})
    errors = user_errors(reply, "metafieldDefinitionCreate")
    if not errors or {one.get("code") for one in errors} == {"TAKEN"}:
        return None
    return f"Shopify did not take the definition of the metafield {definition.key}: {errors[0]['message']}"


# -- invoices that are gone ----------------------------------------------------------------------------------------

_GONE_AT_ONCE = 250
"""Shopify takes so many names in one call."""


def _take_back(job: Job) -> Next | None:
    """The values of orders that have no invoice any more; None where there are none of these."""
    with job.app.db.read() as connection:
        ids = mappings_metafields.bereft(connection, job.store.id, _GONE_AT_ONCE)
    if not ids:
        return None
    owners = [metafields_few.gid(MappedKind.ORDER, one) for one in ids]
    named = [{"ownerId": owner, "namespace": NAMESPACE, "key": INVOICE_ID} for owner in owners]
    refused = user_errors(job.call("metafields_delete", {"metafields": named}), "metafieldsDelete")
    if refused:
        raise Permanent(f"Shopify refused to delete a metafield: {refused[0]['message']}", code="refused_by_shopify")
    with job.checkpoint() as connection:
        mappings_metafields.settle_bereft(connection, job.store.id, ids)
    return Again()


# -- many ----------------------------------------------------------------------------------------------------------


def _many(job: Job, mapped: Sequence[MappedKind]) -> Next:
    """All of them in one file. Sent twice it does no harm: the values are the same."""
    with job.app.db.read() as connection:
        some = mappings_metafields.owed(connection, job.store.id, mapped, MOST)
    try:
        return send(_sending(job), [metafields_few.inputs(one) for one in some])
    except OutcomeUnknown:
        return Again()
    except Permanent as refused:
        job.home.alone = True
        job.app.log.warning("metafields_bulk_refused", store=job.store.id, reason=refused.code)
        job.save()
        return Again()


def _sending(job: Job) -> Sent:
    def written(connection: Connection, owners: Sequence[str]) -> None:
        pairs = [_pair(owner) for owner in owners]
        job.count("written", len(pairs))
        mappings_metafields.mark(connection, job.store.id, pairs, "written")

    def over() -> None:
        job.home.alone = not job.home.writing.marked

    return Sent(job.app, job.run, job.home.writing, job.checkpoint, job.call, written, over)


_KINDS = {type_: kind for kind, type_ in SHOPIFYS.items()}


def _pair(owner: str) -> tuple[MappedKind, int]:
    type_, _, number = owner.removeprefix("gid://shopify/").partition("/")
    return _KINDS[type_], int(number)
