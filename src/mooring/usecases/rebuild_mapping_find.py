"""What a rebuild finds: external ids first, then metafields, then what Odoo holds. It reads, and creates nothing.

Customers and products are recognised by the very plan of a sync, so that what a rebuild matches a sync would link;
orders by our reference, their lines by their place in the order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mooring.db import rebuild
from mooring.db.rebuild import Match
from mooring.domain.mapping import MAPPED, MODELS, MappedKind, SyncKind
from mooring.domain.metafields import NAMESPACE, OWNERS
from mooring.domain.plan import Ambiguous, Create, Link
from mooring.errors import Held, MooringError, Stale
from mooring.usecases import metafields_read, odoo_gate, rebuild_mapping_orders
from mooring.usecases import sync_odoo_customers as customers
from mooring.usecases import sync_odoo_products as products
from mooring.usecases.operations_run import Again, Next
from mooring.usecases.rebuild_mapping_place import Job
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_place import Job as SyncJob
from mooring.usecases.sync_odoo_read import EVERYTHING, Batch, next_batch

PLAN: dict[SyncKind, Callable[[SyncJob, Batch, frozenset[object], frozenset[object]], list[Family]]] = {
    SyncKind.CUSTOMERS: customers.families,  # pyright: ignore[reportAssignmentType]
    SyncKind.PRODUCTS: products.families,  # pyright: ignore[reportAssignmentType]
}
_NO_METAFIELDS = "The metafields at Shopify could not be read ({why}), so they were left out."


def find(job: Job) -> Next | None:
    """One page; None when every kind is through."""
    place = job.place
    if not place.began:
        return _begin(job)
    if not place.read:
        return _metafields(job)
    if not place.kinds:
        return None
    return rebuild_mapping_orders.find(job, hinted) if job.kind is SyncKind.ORDERS else _page(job)


def _begin(job: Job) -> Next:
    """Where another database is there, metafields say no more than the mapping does: ids that somebody else has now."""
    job.place.began, job.place.read = True, job.anew
    with job.checkpoint() as connection:
        rebuild.forget(connection, job.store_id, job.kinds)
    return Again()


# -- metafields ----------------------------------------------------------------------------------------------------


def _metafields(job: Job) -> Next:
    """This home is optional: where it cannot be read, the others do."""
    try:
        following = _read(job)
    except (Stale, Held):
        raise
    except MooringError as error:
        job.place.note = _NO_METAFIELDS.format(why=error.sentence)
        following = None
    if following is not None:
        return following
    job.place.read = True
    job.save()
    return Again()


def _read(job: Job) -> Next | None:
    if not job.place.asked:
        owners = {one["ownerType"] for one in _definitions(job) if one["key"] == "odoo_id"}
        kinds = [kind for kind in job.kinds if any(OWNERS.get(mapped) in owners for mapped in MAPPED[kind])]
        metafields_read.begin(job, kinds)
        job.place.asked = True
        job.save()
        return Again() if kinds else None
    return metafields_read.advance(job)


def _definitions(job: Job) -> list[dict[str, str]]:
    reply = job.run.call(job.app.shopify.document("mapping_definitions"), {"namespace": NAMESPACE})
    return [one for nodes in reply.data.values() if nodes for one in nodes["nodes"]]


# -- customers and products ----------------------------------------------------------------------------------------


def _page(job: Job) -> Next:
    sync = job.sync()
    batch = next_batch(sync)
    families = PLAN[job.kind](sync, batch, frozenset(), frozenset()) if batch.ids else []
    keep(job, sync, [found for family in families for one in family.members() if (found := _match(one)) is not None])
    if batch.over:
        job.end_kind()
        return Again()
    job.place.after = batch.after
    job.save()
    return Again()


def _match(one: Member) -> Match | None:
    """None for what is mapped already, or excluded."""
    kind, shopify_id = one.wanted.kind, one.wanted.shopify_id
    match one.plan:
        case Link():
            return Match(kind, shopify_id, "matched", one.plan.by, one.plan.odoo_id)
        case Ambiguous():
            return Match(kind, shopify_id, "ambiguous", one.plan.by, None, one.plan.candidates)
        case Create():
            return Match(kind, shopify_id, "unmatched")
        case _:
            return None


def keep(job: Job, sync: SyncJob, found: Sequence[Match]) -> None:
    """With what the metafields say, where no external id is stronger."""
    hints = hinted(job, sync, found)
    rows = [
        one if one.found_by == "external_id" else hints.get((one.kind, one.shopify_id), one)
        for one in found
    ]  # fmt: skip
    for one in rows:
        job.count(one.kind, one.state)
    with job.checkpoint() as connection:
        rebuild.put(connection, job.store_id, job.run.id, rows, at=job.app.clock.now())


def hinted(job: Job, sync: SyncJob, found: Iterable[Match]) -> dict[tuple[MappedKind, int], Match]:
    """Metafields whose record is there in Odoo, by record."""
    by_kind: dict[MappedKind, list[int]] = {}
    for one in found:
        by_kind.setdefault(one.kind, []).append(one.shopify_id)
    said: dict[tuple[MappedKind, int], Match] = {}
    for kind, ids in by_kind.items():
        with job.app.db.read() as connection:
            known = [one for one in rebuild.of(connection, job.store_id, kind, ids).values() if _is_hint(one)]
        there = _there(job, sync, kind, [one.odoo_id for one in known if one.odoo_id])
        for one in known:
            if one.odoo_id in there:
                said[kind, one.shopify_id] = Match(kind, one.shopify_id, "matched", "metafield", one.odoo_id)
    return said


def _is_hint(one: Match) -> bool:
    return one.found_by == "metafield" and one.odoo_id is not None


def _there(job: Job, sync: SyncJob, kind: MappedKind, ids: list[int]) -> set[int]:
    if not ids:
        return set()
    domain = [["id", "in", ids]]
    rows = odoo_gate.search_read(job.app, sync.ticket, MODELS[kind], domain, ["id"], context=EVERYTHING)
    return {row["id"] for row in rows}
