"""What a slice learned, in one transaction: mappings with their hashes, items that need somebody, intents settled.

The transaction is fenced by the store's generation, the operation's epoch, the connection's generation and the epoch of
the kind: whatever was planned before a Clear binds nothing after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from mooring.db import mappings, order_books, order_taxes, sync_intents, sync_items
from mooring.db.mappings import Mapping
from mooring.db.sync_intents import Key
from mooring.db.sync_items import Item
from mooring.domain import sync_words
from mooring.domain.mapping import MODELS, MappedKind, SyncKind
from mooring.domain.order_causes import Review
from mooring.domain.order_taxes import TaxKey
from mooring.domain.plan import CREATED, Ambiguous, Create, Link, Update, hashes
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_place import Job
from mooring.usecases.sync_odoo_read import Batch
from mooring.usecases.sync_odoo_turn import Turn


def bind(job: Job, taken: Turn, batch: Batch, families: Sequence[Family], lost: Iterable[Key]) -> None:
    """`lost`: intents that lead to no record of the hub any more."""
    done = [family for family in families if not family.later]
    _count(job, batch, done)
    new, known = list(_new(job, done)), list(_known(job, done))
    job.save()
    with job.run.checkpoint() as connection:
        job.fence(connection)
        _begin_anew(job, connection, [one.id for one in done if one.moved or one.ignores is not None])
        mappings.bind(connection, job.store.id, new, at=job.now)
        mappings.refresh(connection, job.store.id, known)
        order_books.put(connection, job.store.id, [family.book for family in done if family.book], at=job.now)
        for family in done:
            if family.ignores is not None:
                order_books.ignore(connection, job.store.id, family.id, digest=family.ignores)
        if job.kind is SyncKind.ORDERS:
            order_books.unsettle(connection, job.store.id, [family.id for family in done])
        _keep_items(job, connection, batch, done)
        order_taxes.note_seen(connection, job.store.id, _unanswered(done), at=job.now)
        sync_intents.settle(connection, job.store.id, [*_settled(done), *lost])
        taken.release(connection)


def _begin_anew(job: Job, connection: Connection, ids: Sequence[int]) -> None:
    """Orders that are another order of Odoo from now on: its lines, invoices and credit notes are not those of the
    former one."""
    if not ids:
        return
    order_books.forget(connection, job.store.id, ids)
    lines = mappings.below(connection, job.store.id, MappedKind.ORDER_LINE, ids)
    mappings.unlink(connection, job.store.id, MappedKind.ORDER_LINE, list(lines))


# -- counting ------------------------------------------------------------------------------------------------------


def count_passed(job: Job, batch: Batch) -> None:
    """Those of a batch that nothing had to be done for."""
    counted = Counter(batch.resting)
    counted["unchanged"] += batch.unchanged
    counted["excluded"] += len(batch.excluded)
    for outcome, number in counted.items():
        job.count(outcome, number)


def _count(job: Job, batch: Batch, done: Sequence[Family]) -> None:
    count_passed(job, batch)
    counted = Counter(_outcome(family) for family in done)
    counted["differs"] = sum(1 for family in done if family.differs)
    for outcome, number in counted.items():
        job.count(outcome, number)


_DONE = {"create": "created", "link": "linked", "update": "updated"}


def _outcome(family: Family) -> str:
    """What is failed is not also created: it is looked at once, in one tab. What was found under our own external id,
    after its creation was sent and not answered, was created."""
    if any(one.failed is not None for one in family.members()):
        return "failed"
    if family.outcome == "link" and family.root.origin == CREATED and family.root.came_of_ours:
        return "created"
    return _DONE.get(family.outcome, family.outcome)


# -- mappings ------------------------------------------------------------------------------------------------------


def _new(job: Job, done: Iterable[Family]) -> Iterator[Mapping]:
    """Where something was written to Odoo, or planted there."""
    for family in done:
        for one in family.members():
            if one.bound and (isinstance(one.plan, Create | Link) or (isinstance(one.plan, Update) and one.plan.write)):
                yield _row(job, family, one)


def _known(job: Job, done: Iterable[Family]) -> Iterator[Mapping]:
    """Where only what is known of it has changed."""
    for family in done:
        for one in family.members():
            written = isinstance(one.plan, Create | Link) or (isinstance(one.plan, Update) and one.plan.write)
            if one.mapping is None or (written and one.bound):
                continue
            fields = one.plan.fields if isinstance(one.plan, Update) and one.bound else one.mapping.fields
            row = replace(one.mapping, digest=_digest(family, one), fields=fields)
            if row != one.mapping:
                yield row


def _row(job: Job, family: Family, one: Member) -> Mapping:
    assert isinstance(one.plan, Create | Update) and one.odoo_id is not None
    fields = one.plan.fields if isinstance(one.plan, Update) else hashes(one.wanted.values)
    return Mapping(
        kind=one.wanted.kind, shopify_id=one.wanted.shopify_id, odoo_id=one.odoo_id, fingerprint=job.fingerprint,
        origin=one.origin, epoch=job.epoch, parent_id=one.wanted.parent_id, digest=_digest(family, one),
        fields=fields, planted=one.planted or bool(one.mapping and one.mapping.planted),
    )  # fmt: skip


def _digest(family: Family, one: Member) -> bytes | None:
    """The root's, and only when nothing of the family is left to do: then it is passed over until something changes."""
    if one is not family.root or family.review or any(member.open for member in family.members()):
        return None
    return family.digest


# -- items ---------------------------------------------------------------------------------------------------------


def _keep_items(job: Job, connection: Connection, batch: Batch, done: Sequence[Family]) -> None:
    found = [item for family in done if (item := _item(job, family)) is not None]
    kept = {item.shopify_id for item in found}
    over = [family.id for family in done if family.id not in kept]
    sync_items.remove(connection, job.store.id, job.kind, [*over, *batch.excluded])
    sync_items.put(connection, job.store.id, found, at=job.now)


def _item(job: Job, family: Family) -> Item | None:
    """One thing at a time: first what failed, then what cannot be booked, then what may be several, then what
    differs."""
    members = list(family.members())
    failed = [one for one in members if one.failed is not None]
    if failed:
        return _told(
            job, family, "failed", "odoo", failed[0].failed or "", {one.label: {"failed": one.failed} for one in failed}
        )
    if family.review is not None:
        return _reviewed(job, family, family.review)
    unsure = [one for one in members if isinstance(one.plan, Ambiguous)]
    if unsure:
        return _unsure(job, family, unsure)
    differing = {one.label: one.differs for one in members if one.differs}
    if not differing:
        return None
    fields = {
        label: {"fields": {name: {"odoo": held, "shopify": said} for name, (held, said) in differs.items()}}
        for label, differs in differing.items()
    }
    if any(one.withheld for one in members):
        return _told(job, family, "review", "barcode", sync_words.BARCODE, fields)
    return _told(job, family, "review", "differs", sync_words.differing(next(iter(differing.values()))), fields)


def _reviewed(job: Job, family: Family, found: Review) -> Item:
    told: dict[str, Any] = {"fix": found.fix, **family.shown}
    return _told(job, family, "review", str(found.cause), found.sentence, {family.root.label: told})


def _unsure(job: Job, family: Family, unsure: Sequence[Member]) -> Item:
    records: dict[str, Any] = {}
    for one in unsure:
        assert isinstance(one.plan, Ambiguous)
        shown = [
            {"id": id_, "model": MODELS[one.wanted.kind], **family.candidates.get(id_, {})}
            for id_ in one.plan.candidates
        ]
        records[one.label] = {"by": one.plan.by, "candidates": shown}
    first = unsure[0]
    assert isinstance(first.plan, Ambiguous)
    return _told(job, family, "review", first.plan.by, sync_words.ambiguous(first.wanted.kind, first.plan), records)


def _unanswered(done: Iterable[Family]) -> list[TaxKey]:
    """Taxes that orders wait for: they stand in the tax table from now on."""
    return list(dict.fromkeys(key for family in done if family.review for key in family.review.taxes))


def _told(job: Job, family: Family, state: str, cause: str, sentence: str, records: dict[str, Any]) -> Item:
    """As long as it is nothing in Odoo again, it stays known what it was."""
    detail: dict[str, Any] = {"records": records}
    if family.was and not family.root.bound:
        detail["was"] = {f"{kind}.{number}": odoo_id for (kind, number), odoo_id in family.was.items()}
    return Item(job.kind, family.id, state, cause=cause, sentence=sentence, detail=detail, operation_id=job.run.id)


# -- intents -------------------------------------------------------------------------------------------------------


def _settled(done: Iterable[Family]) -> Iterator[Key]:
    """What was announced and is answered. One that was refused now, but may be under way since an earlier sending, is
    left to grow old."""
    for family in done:
        for one in family.members():
            announced = one.sent or isinstance(one.plan, Create)
            if announced and not (one.pending and one.failed is not None):
                yield one.key
