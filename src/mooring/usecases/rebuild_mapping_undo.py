"""What a rebuild bound is taken back, until the next sync: pairs, external ids that it planted, and that sync went on.

External ids that were there before it stay: they were not its making.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import Connection

from mooring.db import mappings, odoo_kinds, operations, order_books, rebuild
from mooring.db.rebuild import Match
from mooring.domain.mapping import MappedKind
from mooring.domain.rules import Work
from mooring.usecases.operations_run import Next
from mooring.usecases.rebuild_mapping_place import Hold, Job
from mooring.usecases.rebuild_mapping_plant import unplant

_PAGE = 250


def undo(job: Job) -> Next | None:
    """One page of what was accepted."""

    def accepted(connection: Connection, kind: MappedKind) -> list[Match]:
        return rebuild.page(connection, job.store_id, kind, state="accepted", after=0, limit=_PAGE)

    return job.by_pages(accepted, partial(_take_back, job))


def _take_back(job: Job, some: list[Match]) -> None:
    sync, kind, ids = job.sync(), some[0].kind, [one.shopify_id for one in some]
    planted = [sync.name(kind, one.shopify_id).name for one in some if one.found_by != "external_id"]
    unplant(job, sync, planted)
    with job.checkpoint() as connection:
        _hold_again(job, connection)
        mappings.unlink(connection, job.store_id, kind, ids)
        if kind is MappedKind.ORDER:
            order_books.forget(connection, job.store_id, ids)
        rebuild.settle(connection, job.store_id, kind, ids, "undone", at=job.app.clock.now())
        job.count(kind, "undone", len(ids))


def _hold_again(job: Job, connection: Connection) -> None:
    """Automatic sync waits once more for what accepting let it go on for."""
    at = rebuild.accepted_at(connection, job.store_id, job.kind)
    hold = _released(job, connection, at) if at is not None else None
    if hold is not None:
        facts = {"held_since": hold.since, "held_by": hold.by, "held_reason": hold.reason}
        odoo_kinds.change(connection, job.store_id, job.kind, **facts)


def _released(job: Job, connection: Connection, at: datetime) -> Hold | None:
    """Whoever accepted these has ended after they were bound."""
    ended = operations.finished_since(connection, job.store_id, Work.REBUILD_MAPPING, at)
    found = [one.receipt["released"].get(str(job.kind)) for one in ended if one.receipt]
    return next((msgspec.convert(one, Hold) for one in found if one), None)
