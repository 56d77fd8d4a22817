"""What orders need in Odoo before them: a sync of orders alone brings along those customers and products that its
orders lack there. Where all kinds are synced these come first anyway.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from mooring.db import clear_tasks, odoo_kinds, sync_items, sync_orders
from mooring.domain.mapping import SyncKind
from mooring.usecases.sync_odoo_orders_rule import ruled_out
from mooring.usecases.sync_odoo_place import Job
from mooring.usecases.sync_odoo_read import Batch

_NEEDED = (SyncKind.CUSTOMERS, SyncKind.PRODUCTS)


def bring(job: Job, batch: Batch) -> bool:
    """Whether something has to come before this batch of orders. Asked once for each: what does not come, because
    nobody knows which contact it is, say, leaves its orders waiting in Needs review."""
    if job.kind is not SyncKind.ORDERS or not batch.digests or job.place.is_brought:
        return False
    needs = _needs(job, batch)
    job.place.bring(needs)
    if needs:
        job.save()
        with job.run.checkpoint():
            pass
    return bool(needs)


def _needs(job: Job, batch: Batch) -> dict[SyncKind, list[int]]:
    with job.app.db.read() as connection:
        kinds = [kind for kind in _NEEDED if _may_come(job, connection, kind)]
        if not kinds:
            return {}
        taken = set(batch.ids) - ruled_out(job, connection, min(batch.ids), max(batch.ids))
        customers, products = sync_orders.needs(connection, job.store.id, taken)
        lacking = {SyncKind.CUSTOMERS: customers, SyncKind.PRODUCTS: products}
        found = {kind: _unasked(job, connection, kind, lacking[kind]) for kind in kinds}
    return {kind: ids for kind, ids in found.items() if ids}


def _may_come(job: Job, connection: Connection, kind: SyncKind) -> bool:
    """What somebody was promised to be asked about first comes along with nothing that the clock begins."""
    if str(kind) in job.run.arguments["kinds"] and not job.run.arguments.get("chosen"):
        return False
    if any(kind in task.kinds for task in clear_tasks.open_of_store(connection, job.store.id)):
        return False
    settings = odoo_kinds.load(connection, job.store.id, kind)
    return not job.auto or (settings.accepted_at is not None and settings.held_since is None)


def _unasked(job: Job, connection: Connection, kind: SyncKind, ids: Iterable[int]) -> list[int]:
    """Without those that wait for a person or failed: the clock does not try them again with every order."""
    known = sync_items.of(connection, job.store.id, kind, ids) if job.auto else {}
    return sorted(one for one in ids if one not in known)
