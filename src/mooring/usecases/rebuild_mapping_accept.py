"""What was matched becomes the mapping again, and can be taken back until the next sync.

Accepting plants the external ids that are missing, binds the pairs, and keeps the hashes of those fields in which both
sides agree now: a sync of an unchanged world then writes nothing. No business record is written to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from mooring.db import mappings, mappings_copied, odoo, odoo_kinds, rebuild
from mooring.db.mappings import Mapping
from mooring.db.rebuild import Match
from mooring.domain.mapping import MAPPED, MODELS, MODULE, MappedKind, SyncKind
from mooring.domain.plan import LINKED, Link
from mooring.errors import Permanent, Stale
from mooring.usecases import odoo_gate
from mooring.usecases.operations_run import Again, Next
from mooring.usecases.rebuild_mapping_find import PLAN
from mooring.usecases.rebuild_mapping_orders import lines_of
from mooring.usecases.rebuild_mapping_place import Job
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_place import Job as SyncJob
from mooring.usecases.sync_odoo_read import batch_of, external_ids

_PAGE = 250


def accept(job: Job) -> Next | None:
    """One page of the records people see, with what lives inside them; None when all are through."""
    if not job.place.kinds:
        return None
    sync, outer = job.sync(), MAPPED[job.kind][0]
    with job.app.db.read() as connection:
        page = rebuild.page(connection, job.store_id, outer, state=None, after=job.place.after, limit=_PAGE)
    if not page:
        return _next_kind(job)
    ids = [one.shopify_id for one in page]
    rows, reached = _orders(job, sync, page) if job.kind is SyncKind.ORDERS else _planned(job, sync, ids)
    _bind(job, sync, rows)
    job.place.after = reached
    job.save()
    return Again()


def _next_kind(job: Job) -> Next:
    """Nothing is held back any more once a kind is rebuilt and accepted."""
    with job.checkpoint() as connection:
        if job.run.arguments.get("resume"):
            odoo_kinds.change(
                connection, job.store_id, job.kind, held_since=None, held_by=None, held_reason=None
            )  # fmt: skip
        job.place.kinds, job.place.after = job.place.kinds[1:], 0
    return Again()


# -- what to bind --------------------------------------------------------------------------------------------------


def _planned(job: Job, sync: SyncJob, ids: Sequence[int]) -> tuple[list[Mapping], int]:
    """Planned anew: what has changed since it was shown is not bound. Also how far that came: a batch may be less than
    a page, where much lives inside its records."""
    batch = batch_of(sync, ids)
    families = PLAN[job.kind](sync, batch, frozenset(), frozenset())
    matches = _matches(job, [one for family in families for one in family.members()])
    return [row for family in families for row in _of_family(sync, family, matches)], batch.after


def _matches(job: Job, members: Sequence[Member]) -> dict[tuple[MappedKind, int], Match]:
    found: dict[tuple[MappedKind, int], Match] = {}
    with job.app.db.read() as connection:
        for kind in {one.wanted.kind for one in members}:
            ids = [one.wanted.shopify_id for one in members if one.wanted.kind is kind]
            found |= {(kind, id_): one for id_, one in rebuild.of(connection, job.store_id, kind, ids).items()}
    return {key: one for key, one in found.items() if one.state == "matched" and one.odoo_id is not None}


def _of_family(sync: SyncJob, family: Family, matches: dict[tuple[MappedKind, int], Match]) -> list[Mapping]:
    """The digest, which has a sync pass the record over, only where all of it is bound and both sides agree."""
    rows = {one.key: _row(sync, one, match) for one in family.members() if (match := matches.get(one.key))}
    whole = all(one.key in rows and _agrees(one, matches[one.key]) for one in family.members())
    root = rows.get(family.root.key)
    if whole and root is not None:
        rows[family.root.key] = replace(root, digest=family.digest)
    return list(rows.values())


def _agrees(one: Member, match: Match) -> bool:
    plan = one.plan
    return isinstance(plan, Link) and plan.odoo_id == match.odoo_id and not plan.write and not plan.differs


def _row(sync: SyncJob, one: Member, match: Match) -> Mapping:
    fields = one.plan.fields if isinstance(one.plan, Link) and one.plan.odoo_id == match.odoo_id else dict[str, str]()
    assert match.odoo_id is not None
    return Mapping(
        kind=match.kind, shopify_id=match.shopify_id, odoo_id=match.odoo_id, fingerprint=sync.fingerprint,
        origin=LINKED, epoch=sync.epoch, parent_id=one.wanted.parent_id, fields=fields,
    )  # fmt: skip


def _orders(job: Job, sync: SyncJob, page: Sequence[Match]) -> tuple[list[Mapping], int]:
    """With the lines of these orders."""
    lines = lines_of(job, [one.shopify_id for one in page])
    with job.app.db.read() as connection:
        inner = rebuild.of(connection, job.store_id, MappedKind.ORDER_LINE, list(lines))
    every = [*page, *inner.values()]
    bound = [_order_row(sync, one, lines) for one in every if one.state == "matched" and one.odoo_id is not None]
    return bound, page[-1].shopify_id


def _order_row(sync: SyncJob, one: Match, lines: dict[int, int]) -> Mapping:
    assert one.odoo_id is not None
    parent = lines.get(one.shopify_id) if one.kind is MappedKind.ORDER_LINE else None
    return Mapping(
        kind=one.kind, shopify_id=one.shopify_id, odoo_id=one.odoo_id, fingerprint=sync.fingerprint, origin=LINKED,
        epoch=sync.epoch, parent_id=parent,
    )  # fmt: skip


# -- binding -------------------------------------------------------------------------------------------------------


def _bind(job: Job, sync: SyncJob, rows: Sequence[Mapping]) -> None:
    if not rows:
        return
    planted = _plant(job, sync, rows)
    with job.checkpoint() as connection:
        odoo.fence(connection, job.run.store.project_id, sync.place.generation)
        if odoo_kinds.fenced(connection, job.store_id, job.kind) != sync.epoch:
            raise Stale("The mapping was cleared meanwhile, so nothing of this is kept.", code="stale_mapping")
        mappings.bind(connection, job.store_id, planted, at=job.app.clock.now())
        for kind in {one.kind for one in planted}:
            ids = [one.shopify_id for one in planted if one.kind is kind]
            rebuild.settle(connection, job.store_id, kind, ids, "accepted", at=job.app.clock.now())
            job.count(kind, "accepted", len(ids))


def _plant(job: Job, sync: SyncJob, rows: Sequence[Mapping]) -> list[Mapping]:
    """Our external ids, where they are missing; counted apart from what a sync writes. Where one means another record,
    a person has chosen, and it is put right."""
    names = {sync.name(one.kind, one.shopify_id).name: one for one in rows}
    known = external_ids(sync, {name: one.kind for name, one in names.items()})
    wrong = [name for name, one in names.items() if name in known and known[name] != one.odoo_id]
    if wrong:
        domain = [["module", "=", MODULE], ["name", "in", wrong]]
        found = odoo_gate.search_read(job.app, sync.ticket, "ir.model.data", domain, ["id"])
        odoo_gate.unlink(job.app, sync.ticket, "ir.model.data", [row["id"] for row in found])
    missing = [name for name in names if name not in known or name in wrong]
    values: list[dict[str, Any]] = [
        {"module": MODULE, "name": name, "model": MODELS[names[name].kind], "res_id": names[name].odoo_id}
        for name in missing
    ]
    if values:
        _create(job, sync, values)
    job.place.replanted += len(values)
    return [replace(one, planted=True) for one in rows]


def _create(job: Job, sync: SyncJob, values: Sequence[dict[str, Any]]) -> None:
    """One that somebody planted a moment ago is looked up again with the next try."""
    try:
        odoo_gate.create(job.app, sync.ticket, "ir.model.data", values)
    except Permanent as refused:
        if refused.code == "odoo_access":
            return
        raise


def _accepted(job: Job, connection: Connection, kind: MappedKind) -> list[Match]:
    return rebuild.page(connection, job.store_id, kind, state="accepted", after=0, limit=_PAGE)


# -- taking it back ------------------------------------------------------------------------------------------------


def undo(job: Job) -> Next | None:
    """One page of what was accepted; external ids that stand in Odoo are taken away with it."""
    if not job.place.kinds:
        return None
    kinds = MAPPED[job.kind]
    with job.app.db.read() as connection:
        pages = {one: _accepted(job, connection, one) for one in kinds}
    kind = next((one for one in kinds if pages[one]), None)
    if kind is None:
        job.place.kinds = job.place.kinds[1:]
        job.save()
        return Again()
    sync, ids = job.sync(), [one.shopify_id for one in pages[kind]]
    names = [sync.name(kind, id_).name for id_ in ids]
    domain = [["module", "=", MODULE], ["name", "in", names]]
    if found := odoo_gate.search_read(job.app, sync.ticket, "ir.model.data", domain, ["id"]):
        odoo_gate.unlink(job.app, sync.ticket, "ir.model.data", [row["id"] for row in found])
    with job.checkpoint() as connection:
        mappings.unlink(connection, job.store_id, kind, ids)
        rebuild.settle(connection, job.store_id, kind, ids, "undone", at=job.app.clock.now())
        job.count(kind, "undone", len(ids))
    return Again()


# -- a mapping that was imported -----------------------------------------------------------------------------------


def plant(job: Job) -> Next | None:
    """External ids for pairs that came from a file: without them they would look like records that are missing."""
    if not job.place.kinds:
        return None
    with job.app.db.read() as connection:
        pages = [mappings_copied.unplanted(connection, job.store_id, one, _PAGE) for one in MAPPED[job.kind]]
    some = next((page for page in pages if page), None)
    if some is None:
        job.place.kinds = job.place.kinds[1:]
        job.save()
        return Again()
    sync = job.sync()
    _plant(job, sync, [_of_pair(sync, one) for one in some])
    with job.checkpoint() as connection:
        mappings_copied.mark_planted(connection, job.store_id, some[0].kind, [one.shopify_id for one in some])
    return Again()


def _of_pair(sync: SyncJob, one: mappings_copied.Pair) -> Mapping:
    return Mapping(
        kind=one.kind, shopify_id=one.shopify_id, odoo_id=one.odoo_id, fingerprint=one.fingerprint, origin=LINKED,
        epoch=sync.epoch,
    )  # fmt: skip
