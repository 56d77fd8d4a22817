"""What was matched becomes the mapping again, and can be taken back until the next sync.

Accepting plants the external ids that are missing, binds the pairs, and keeps the hashes of those fields in which both
sides agree now: a sync of an unchanged world then writes nothing. No business record is written to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from mooring.db import mappings, odoo, odoo_kinds, rebuild
from mooring.db.mappings import Mapping
from mooring.db.rebuild import Match
from mooring.domain.mapping import MAPPED, MappedKind, SyncKind
from mooring.domain.plan import LINKED, Link
from mooring.errors import Stale
from mooring.usecases import rebuild_mapping_accept_orders as of_orders
from mooring.usecases import rebuild_mapping_anew
from mooring.usecases.operations_run import Again, Next
from mooring.usecases.rebuild_mapping_find import PLAN
from mooring.usecases.rebuild_mapping_place import Hold, Job
from mooring.usecases.rebuild_mapping_plant import plant_on
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_place import Job as SyncJob
from mooring.usecases.sync_odoo_read import batch_of

_PAGE = 250


def accept(job: Job) -> Next | None:
    """One page of the records people see, with what lives inside them; None when all are through."""
    if job.anew and not job.place.identified:
        return rebuild_mapping_anew.identify(job)
    if not job.place.kinds:
        return rebuild_mapping_anew.look_again(job) if job.anew else None
    sync, outer = job.sync(), MAPPED[job.kind][0]
    with job.app.db.read() as connection:
        page = rebuild.page(connection, job.store_id, outer, state=None, after=job.place.after, limit=_PAGE)
    if not page:
        return _end_kind(job)
    ids = [one.shopify_id for one in page]
    bound = _orders(job, sync, page) if job.kind is SyncKind.ORDERS else _planned(job, sync, ids)
    _bind(job, sync, bound)
    job.place.after = bound.after
    job.save()
    return Again()


def _end_kind(job: Job) -> Next:
    """Nothing is held back any more once a kind is rebuilt and accepted."""
    if job.anew and rebuild_mapping_anew.forget(job):
        return Again()
    with job.checkpoint() as connection:
        if job.run.arguments.get("resume"):
            _release(job, connection)
        job.place.kinds, job.place.after = job.place.kinds[1:], 0
    return Again()


def _release(job: Job, connection: Connection) -> None:
    held = odoo_kinds.load(connection, job.store_id, job.kind)
    if held.held_since is not None:
        job.place.released[job.kind] = Hold(held.held_since, held.held_by, held.held_reason)
        odoo_kinds.change(connection, job.store_id, job.kind, held_since=None, held_by=None, held_reason=None)


# -- what to bind --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bound:
    """`after`: how far a page came: a batch may be less, where much lives inside its records. `keep`: what is written
    down with the pairs."""

    rows: Sequence[Mapping]
    after: int
    keep: Callable[[Connection], None] = lambda _: None


def _planned(job: Job, sync: SyncJob, ids: Sequence[int]) -> Bound:
    """Planned anew: what has changed since it was shown is not bound."""
    batch = batch_of(sync, ids)
    families = PLAN[job.kind](sync, batch, frozenset(), frozenset())
    matches = _matches(job, [one for family in families for one in family.members()])
    return Bound([row for family in families for row in _of_family(sync, family, matches)], batch.after)


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
    if whole and root is not None and family.review is None:
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


def _orders(job: Job, sync: SyncJob, page: Sequence[Match]) -> Bound:
    """With the lines of these orders, whatever a sync could say of them by now."""
    found = of_orders.look(job, sync, page)
    rows = [row for family in found.families for row in _of_family(sync, family, found.matches)]
    return Bound([*rows, *found.rest(sync, rows)], found.after, partial(of_orders.keep, job=job, found=found))


# -- binding -------------------------------------------------------------------------------------------------------


def _bind(job: Job, sync: SyncJob, bound: Bound) -> None:
    if not bound.rows:
        return
    planted = plant_on(job, sync, bound.rows)
    with job.checkpoint() as connection:
        odoo.fence(connection, job.run.store.project_id, sync.place.generation)
        if odoo_kinds.fenced(connection, job.store_id, job.kind) != sync.epoch:
            raise Stale("The mapping was cleared meanwhile, so nothing of this is kept.", code="stale_mapping")
        mappings.bind(connection, job.store_id, planted, at=job.app.clock.now())
        for kind in {one.kind for one in planted}:
            ids = [one.shopify_id for one in planted if one.kind is kind]
            rebuild.settle(connection, job.store_id, kind, ids, "accepted", at=job.app.clock.now())
            job.count(kind, "accepted", len(ids))
        bound.keep(connection)
