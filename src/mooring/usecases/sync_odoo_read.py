"""What a slice of a sync reads: which records of the hub changed, and what Odoo holds under our external ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import mappings, sync_items, sync_source
from mooring.db.mappings import Mapping as Mapped
from mooring.db.sync_intents import Key
from mooring.db.sync_items import Item
from mooring.db.sync_source import Head
from mooring.domain.mapping import MODELS, MODULE, MappedKind, pattern
from mooring.domain.plan import MISSING, UNDECIDED, Decision, unchanged
from mooring.domain.records import HASH_BYTES
from mooring.domain.translate_odoo import digest
from mooring.usecases import odoo_gate
from mooring.usecases.sync_odoo_orders_rule import ruled_out
from mooring.usecases.sync_odoo_place import HEADS, ROWS, Job

UNLINKED = "unlinked"
"""The cause of items that somebody unlinked."""
_FIRST_REST, _LONGEST_REST = timedelta(minutes=30), timedelta(days=1)
EVERYTHING: dict[str, Any] = {"active_test": False}
"""The context in which Odoo shows archived records too."""


@dataclass(slots=True)
class Batch:
    """What one slice works on. `digests`: of the records that have to be planned, by Shopify id; `after`: the last
    record looked at; `over`: there are no more; `full`: it could take no more. `resting`: what those are counted as
    that are left alone for now. `afresh`: compare with Odoo whatever is known here. `left_over`: external ids that an
    unlink was to take off, and could not be sure of."""

    digests: dict[int, bytes] = field(default_factory=dict[int, bytes])
    unchanged: int = 0
    excluded: list[int] = field(default_factory=list[int])
    resting: list[str] = field(default_factory=list[str])
    after: int = 0
    over: bool = False
    full: bool = False
    afresh: bool = False
    left_over: list[str] = field(default_factory=list[str])

    @property
    def ids(self) -> list[int]:
        return list(self.digests)


# -- the hub -------------------------------------------------------------------------------------------------------


def next_batch(job: Job) -> Batch:
    """The next records that changed, as many as make one load: an address of each stands on its contact, and a variant
    of each is its product."""
    with job.app.db.read() as connection:
        if job.chosen is not None:
            return _chosen(job, connection, [one for one in job.chosen if one not in job.place.early])
        limit, (after, before) = ROWS if job.place.full else HEADS, job.place.span
        heads = sync_source.heads(connection, job.source, job.store.id, after=after, before=before, limit=limit)
        return _changed(job, connection, heads, over=len(heads) < limit)


def batch_of(job: Job, ids: Iterable[int]) -> Batch:
    """These very records, or the first of them, wherever the sync stands."""
    with job.app.db.read() as connection:
        return _chosen(job, connection, sorted(ids))


def _changed(job: Job, connection: Connection, heads: list[Head], *, over: bool) -> Batch:
    batch = Batch(after=job.place.after, over=True)
    if not heads:
        return batch
    first, last, store_id = heads[0][0], heads[-1][0], job.store.id
    inner = sync_source.inner_hashes(connection, job.source, store_id, first, last)
    kept = mappings.digests(connection, store_id, job.source.kind, first, last)
    special = sync_items.between(connection, store_id, job.kind, first, last)
    left_out = ruled_out(job, connection, first, last) - kept.keys()
    master, epoch, early, rows = job.master, job.epoch, frozenset(job.place.early), 0
    for shopify_id, content_hash, deleted in heads:
        batch.after = shopify_id
        if shopify_id in early:
            continue
        if deleted or shopify_id in left_out:
            batch.excluded.append(shopify_id)
            continue
        below = inner.get(shopify_id, b"")
        now = digest(master, (content_hash, below))
        item = special.get(shopify_id)
        same = unchanged(now, kept.get(shopify_id), epoch)
        if same and item is None:
            batch.unchanged += 1
        elif resting := _rests(job, item, same=same):
            batch.resting.append(resting)
        else:
            batch.digests[shopify_id] = now
            rows += max(1, len(below) // HASH_BYTES)
            if rows >= ROWS:
                batch.full = True
                break
    batch.over = over and batch.after == last
    return batch


def _rests(job: Job, item: Item | None, *, same: bool) -> str | None:
    """What it is counted as, if it is left alone. What somebody unlinked is, until somebody asks for it, and so is what
    is missing in Odoo, while it stays the `same` here. What failed is not tried again by every sync that the clock asks
    for; a person who asks is not kept waiting."""
    if item is None:
        return None
    if item.state == "review" and (same or item.cause == UNLINKED):
        return "ambiguous"
    if item.state != "failed" or not job.auto or item.at is None:
        return None
    rest = min(_FIRST_REST * 2 ** min(item.attempts, 10), _LONGEST_REST)
    return "failed" if job.now < item.at + rest else None


def _chosen(job: Job, connection: Connection, ids: list[int]) -> Batch:
    """Compared with Odoo even where nothing changed here: somebody asks for it."""
    some = ids[:ROWS]
    batch = Batch(after=job.place.after, over=True, afresh=True)
    heads = sync_source.heads_of(connection, job.source, job.store.id, some)
    inner = sync_source.inner_hashes_of(connection, job.source, job.store.id, some) if heads else {}
    rows = 0
    for shopify_id, content_hash, deleted in heads:
        below = inner.get(shopify_id, b"")
        if deleted:
            batch.excluded.append(shopify_id)
        elif rows < ROWS:
            batch.digests[shopify_id] = digest(job.master, (content_hash, below))
            rows += max(1, len(below) // HASH_BYTES)
        else:
            batch.over = False
            break
        batch.after = shopify_id
    batch.over = batch.over and len(ids) <= ROWS
    if batch.over or not heads:
        batch.after = max(batch.after, some[-1] if some else 0)
    return batch


def owners(job: Job, keys: Iterable[Key]) -> dict[Key, int]:
    """The records of the hub that these are, or live inside of."""
    outer, inner = job.kinds
    listed = list(keys)
    inside = [shopify_id for kind, shopify_id in listed if kind is inner]
    with job.app.db.read() as connection:
        found = sync_source.owners(connection, job.source, job.store.id, inside)
    owner = {key: key[1] if key[0] is outer else found.get(key[1]) for key in listed}
    return {key: shopify_id for key, shopify_id in owner.items() if shopify_id is not None}


# -- what people decided -------------------------------------------------------------------------------------------


class Said(msgspec.Struct):
    """What somebody chose for one record."""

    link: int | None = None
    create: bool = False
    take: frozenset[str] = frozenset()


class Chosen(msgspec.Struct):
    """The decision of an item, by record: `{"records": {"customer.5": {"link": 7}, "address.6": {"create": true}}}`."""

    records: dict[str, Said] = {}


def decisions(items: Iterable[Item]) -> dict[Key, Decision]:
    found: dict[Key, Decision] = {}
    for item in items:
        for label, said in msgspec.convert(item.decision or {}, Chosen).records.items():
            found[labelled(label)] = Decision(said.link, said.create, said.take)
        root = sync_source.SOURCES[item.kind].kind, item.shopify_id
        if was := unlinked_from(item).get(root):
            found[root] = replace(found.get(root, UNDECIDED), was=was)
    return found


def labelled(label: str) -> Key:
    """`customer.5`, as items and decisions name a record."""
    kind, _, number = label.partition(".")
    return MappedKind(kind), int(number)


def unlinked_from(item: Item) -> dict[Key, int]:
    """Which records of Odoo those of an item were until somebody unlinked it."""
    was: Mapping[str, int] = (item.detail or {}).get("was") or {}
    return {labelled(label): odoo_id for label, odoo_id in was.items()}


def doubted(items: Iterable[Item]) -> frozenset[int]:
    """Those that were missing in Odoo: they are looked for again, though nothing changed here."""
    return frozenset(item.shopify_id for item in items if item.cause == MISSING)


# -- Odoo ----------------------------------------------------------------------------------------------------------


def look_for_planted(job: Job, *, unanswered: bool) -> None:
    """Once for a kind: where none of its external ids stands in Odoo they need not be looked up batch by batch. Only
    what this store has sent and heard nothing of may come in between; then they are."""
    if unanswered:
        job.place.planted[job.kind] = True
    if job.kind in job.place.planted:
        return
    ours = either(*(["name", "=like", pattern(job.store.shop_id, kind)] for kind in job.kinds))
    count = odoo_gate.count(job.app, job.ticket, "ir.model.data", ["&", ["module", "=", MODULE], *ours])
    job.place.planted[job.kind] = count > 0


def external_ids(job: Job, wanted: Mapping[str, MappedKind], mapped: Iterable[Mapped] = ()) -> dict[str, int]:
    """Which records our external ids mean, by name; one that means a record of another model is not ours to use.
    `mapped`: the pairs among them; where one says that it was planted, that is looked up whatever was found before."""
    expected = job.place.planted.get(job.kind, True) or any(row.planted for row in mapped)
    if not wanted or not expected:
        return {}
    domain = [["module", "=", MODULE], ["name", "in", list(wanted)]]
    rows = odoo_gate.search_read(job.app, job.ticket, "ir.model.data", domain, ["name", "model", "res_id"])
    return {row["name"]: row["res_id"] for row in rows if row["model"] == MODELS[wanted[row["name"]]]}


def without_lost(job: Job, mapped: Mapping[Key, Mapped], external: Mapping[str, int]) -> dict[Key, Mapped]:
    """The pairs, with no id where our external id was planted and is gone: what has the number now may be anybody's,
    for a database that was restored gives its numbers away again."""

    def is_lost(key: Key, row: Mapped) -> bool:
        return row.planted and job.name(*key).name not in external

    return {key: replace(row, odoo_id=0) if is_lost(key, row) else row for key, row in mapped.items()}


def without_unlinked(job: Job, external: Mapping[str, int], was: Mapping[Key, int]) -> tuple[dict[str, int], list[str]]:
    """What our external ids mean, without those that still mean the record somebody unlinked them from; and the names
    of these, which are to be taken off."""
    left_over = [name for key, odoo_id in was.items() if external.get(name := job.name(*key).name) == odoo_id]
    return {name: odoo_id for name, odoo_id in external.items() if name not in left_over}, left_over


def either(*conditions: list[Any]) -> list[Any]:
    """A domain that is met by any of these; `conditions` must not be empty."""
    return [*("|" for _ in conditions[1:]), *conditions]
