"""The mapping's third home: metafields at Shopify, written for every pair that owes them.

Definitions are made by API before the first value, so that all values can be taken back by deleting them. Up to `FEW`
records go by `metafieldsSet`, 25 values in a call, all or none; more go by one bulk mutation: an upload, a start and
polls, whatever the number. The home is optional: a kind whose write permission is missing, or whose keys a clear has
not seen leave yet, does without, and two homes suffice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import mappings_metafields, odoo_kinds, stores
from mooring.db.mappings_metafields import Owed
from mooring.db.stores import Store
from mooring.domain.lifecycle import Purpose
from mooring.domain.mapping import MAPPED, MappedKind, SyncKind
from mooring.domain.metafields import (
    AT_ONCE,
    INVOICE_ID,
    MAPPING,
    NAMESPACE,
    ODOO_DATABASE,
    ODOO_ID,
    OWNERS,
    WRITE_SCOPES,
    Definition,
)
from mooring.errors import OutcomeUnknown, Permanent
from mooring.ports import Reply
from mooring.usecases.context import App
from mooring.usecases.metafields_bulk import MOST, Sent, Writing, look, send
from mooring.usecases.operations_run import Again, Next, Run

FEW = 250
"""Records that are written call by call, eight at once: about as long as a bulk mutation takes, upload to answer."""
_TYPES = {
    MappedKind.CUSTOMER: "Customer",
    MappedKind.PRODUCT: "Product",
    MappedKind.VARIANT: "ProductVariant",
    MappedKind.ORDER: "Order",
}


class Home(msgspec.Struct, omit_defaults=True):
    """Kept in the cursor of whoever writes. `left_out`: kinds that do without, and why; `at_once`: how many records go
    into a call, fewer once Shopify blamed none of them; `alone`: a bulk mutation wrote nothing, so
    the rest goes call by call."""

    defined: list[SyncKind] = []
    left_out: dict[SyncKind, str] = {}
    at_once: int = 8
    alone: bool = False
    writing: Writing = msgspec.field(default_factory=Writing)


@dataclass(slots=True)
class Job:
    app: App
    run: Run
    home: Home
    kinds: Sequence[SyncKind]
    checkpoint: Callable[[], AbstractContextManager[Connection]]

    @property
    def store(self) -> Store:
        return self.run.store

    @property
    def usable(self) -> list[SyncKind]:
        return [kind for kind in self.kinds if kind not in self.home.left_out]

    def call(self, document: str, variables: dict[str, Any]) -> Reply:
        reply = self.run.call(self.app.shopify.document(document), variables, purpose=Purpose.WRITE_BACK)
        self.count("calls")
        return reply

    def count(self, what: str, number: int = 1) -> None:
        counts = self.run.counts.setdefault("metafields", {})
        counts[what] = counts.get(what, 0) + number

    def save(self) -> None:
        with self.checkpoint():
            pass


def why_not(store: Store, kind: SyncKind, definitions: str) -> str | None:
    """Why the home is not kept for a kind, in words; None where it is."""
    if not store.claim:
        return "Another project speaks for this shop, so no metafields are written there."
    if WRITE_SCOPES[kind] not in store.granted_scopes:
        return f"The permission {WRITE_SCOPES[kind]} is not granted, so no metafields are written; two homes suffice."
    if definitions == "leaving":
        return "Shopify has not been seen to have deleted the metafields of an earlier mapping, so none are written."
    return None


def advance(job: Job) -> Next | None:
    """One slice; None when nothing is owed any more that can be paid."""
    with job.app.db.read() as connection:
        store = stores.load(connection, job.store.id)
        known = odoo_kinds.of_store(connection, store.id)
        job.home.left_out |= {
            kind: why for kind in job.kinds if (why := why_not(store, kind, known[kind].definitions)) is not None
        }
        mapped = [one for kind in job.usable for one in MAPPED[kind] if one in OWNERS]
        due = mappings_metafields.count(connection, store.id, mapped) if mapped else 0
    if job.home.writing.bulk_id:
        return look(_sending(job))
    if not due:
        return None
    undefined = [kind for kind in job.usable if kind not in job.home.defined]
    if undefined:
        return _define(job, undefined[0])
    return _few(job, mapped) if due <= FEW or job.home.alone else _many(job, mapped)


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


def user_errors(reply: Reply, field: str) -> list[dict[str, Any]]:
    answer: dict[str, Any] = reply.data.get(field) or {}
    return answer.get("userErrors") or []


# -- a few ---------------------------------------------------------------------------------------------------------


def inputs(one: Owed) -> list[dict[str, str]]:
    """The values of a record. `odoo_database` comes with each, so that a copied shop does not mislead anybody."""
    values = {ODOO_ID: str(one.odoo_id), ODOO_DATABASE: one.fingerprint}
    if one.invoices:
        values[INVOICE_ID] = msgspec.json.encode(one.invoices).decode()
    types = {definition.key: definition.type for kind in MAPPING.values() for definition in kind}
    owner = gid(one.kind, one.shopify_id)
    return [
        {"ownerId": owner, "namespace": NAMESPACE, "key": key, "type": types[key], "value": value}
        for key, value in values.items()
    ]


def gid(kind: MappedKind, shopify_id: int) -> str:
    return f"gid://shopify/{_TYPES[kind]}/{shopify_id}"


def _few(job: Job, mapped: Sequence[MappedKind]) -> Next:
    with job.app.db.read() as connection:
        some = mappings_metafields.owed(connection, job.store.id, mapped, job.home.at_once)
    values = [(one, value) for one in some for value in inputs(one)][:AT_ONCE]
    reply = job.call("metafields_set", {"metafields": [value for _, value in values]})
    errors = user_errors(reply, "metafieldsSet")
    if errors:
        return _isolate(job, some, values, errors)
    _settle(job, some, "written")
    return Again()


def _isolate(
    job: Job, some: Sequence[Owed], values: list[tuple[Owed, dict[str, str]]], errors: list[dict[str, Any]]
) -> Next:
    """Those that Shopify names take no value: they are gone there. If it names none of several, fewer are sent."""
    named = [_index(one, len(values)) for one in errors]
    blamed = {values[at][0] for at in named if at is not None} or ({some[0]} if len(some) == 1 else set[Owed]())
    if blamed:
        _settle(job, list(blamed), "none")
        return Again()
    job.home.at_once = max(1, len(some) // 2)
    job.save()
    return Again()


def _index(error: dict[str, Any], count: int) -> int | None:
    """`["metafields", "3", "value"]` -> 3."""
    named = [part for part in error.get("field") or () if part.isdecimal()]
    return int(named[0]) if named and int(named[0]) < count else None


def _settle(job: Job, some: Sequence[Owed], state: str) -> None:
    job.count("written" if state == "written" else "refused", len(some))
    with job.checkpoint() as connection:
        mappings_metafields.mark(connection, job.store.id, [(one.kind, one.shopify_id) for one in some], state)


# -- many ----------------------------------------------------------------------------------------------------------


def _many(job: Job, mapped: Sequence[MappedKind]) -> Next:
    """All of them in one file. Sent twice it does no harm: the values are the same."""
    with job.app.db.read() as connection:
        some = mappings_metafields.owed(connection, job.store.id, mapped, MOST)
    try:
        return send(_sending(job), [inputs(one) for one in some])
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


_KINDS = {type_: kind for kind, type_ in _TYPES.items()}


def _pair(owner: str) -> tuple[MappedKind, int]:
    type_, _, number = owner.removeprefix("gid://shopify/").partition("/")
    return _KINDS[type_], int(number)
