"""Orders for a rebuild: by external id, metafield or our reference in Odoo; their lines by their place in the order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import select

from mooring.db import mappings, rebuild, tables
from mooring.db.rebuild import Match
from mooring.domain.mapping import MappedKind
from mooring.usecases import odoo_gate
from mooring.usecases.operations_run import Again, Next
from mooring.usecases.rebuild_mapping_place import Job
from mooring.usecases.sync_odoo_place import Job as SyncJob
from mooring.usecases.sync_odoo_read import EVERYTHING, external_ids

_PAGE = 250
Hints = Callable[[Job, SyncJob, Iterable[Match]], dict[tuple[MappedKind, int], Match]]


def find(job: Job, hinted: Hints) -> Next:
    sync = job.sync()
    with job.app.db.read() as connection:
        row = tables.orders.c
        query = select(row.shopify_id).where(row.store_id == job.store_id, row.shopify_id > job.place.after)
        ids = list(connection.execute(query.order_by(row.shopify_id).limit(_PAGE)).scalars())
    if not ids:
        job.end_kind()
        return Again()
    orders = _orders(job, sync, _unmapped(job, sync, MappedKind.ORDER, ids))
    hints = hinted(job, sync, orders)
    strong = [one if one.found_by == "external_id" else hints.get((one.kind, one.shopify_id), one) for one in orders]
    rows = [*strong, *_lines(job, sync, strong)]
    for one in rows:
        job.count(one.kind, one.state)
    job.place.after = ids[-1]
    with job.checkpoint() as connection:
        rebuild.put(connection, job.store_id, job.run.id, rows, at=job.app.clock.now())
    return Again()


def _unmapped(job: Job, sync: SyncJob, kind: MappedKind, ids: list[int]) -> list[int]:
    with job.app.db.read() as connection:
        known = mappings.of(connection, job.store_id, kind, ids)
    return [id_ for id_ in ids if id_ not in known or known[id_].epoch != sync.epoch]


def _orders(job: Job, sync: SyncJob, ids: list[int]) -> list[Match]:
    names = {sync.name(MappedKind.ORDER, id_).name: id_ for id_ in ids}
    planted = external_ids(sync, dict.fromkeys(names, MappedKind.ORDER))
    by_ref = _by_reference(job, sync, ids)
    return [_order(id_, planted.get(name), by_ref.get(_gid(id_), [])) for name, id_ in names.items()]


def _order(id_: int, planted: int | None, same: list[int]) -> Match:
    if planted is not None:
        return Match(MappedKind.ORDER, id_, "matched", "external_id", planted)
    if len(same) == 1:
        return Match(MappedKind.ORDER, id_, "matched", "reference", same[0])
    state = "ambiguous" if same else "unmatched"
    return Match(MappedKind.ORDER, id_, state, "reference" if same else None, None, tuple(same))


def _gid(id_: int) -> str:
    return f"gid://shopify/Order/{id_}"


def _by_reference(job: Job, sync: SyncJob, ids: list[int]) -> dict[str, list[int]]:
    domain = [["client_order_ref", "in", [_gid(id_) for id_ in ids]]]
    rows = odoo_gate.search_read(
        job.app, sync.ticket, "sale.order", domain, ["client_order_ref"], context=EVERYTHING, order="id"
    )
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row["client_order_ref"], []).append(row["id"])
    return found


# -- lines ---------------------------------------------------------------------------------------------------------


def _lines(job: Job, sync: SyncJob, orders: list[Match]) -> list[Match]:
    ours = _ours(job, [one.shopify_id for one in orders])
    theirs = _theirs(job, sync, [one.odoo_id for one in orders if one.odoo_id])
    names = {sync.name(MappedKind.ORDER_LINE, id_).name: MappedKind.ORDER_LINE for ids in ours.values() for id_ in ids}
    planted = external_ids(sync, names)
    found: list[Match] = []
    for order in orders:
        lines = ours.get(order.shopify_id, [])
        known = [planted.get(sync.name(MappedKind.ORDER_LINE, id_).name) for id_ in lines]
        found += _paired(lines, known, theirs.get(order.odoo_id or 0, []))
    return found


def _paired(lines: list[int], known: list[int | None], there: list[int]) -> list[Match]:
    """One to one by their place, where there are as many of them; otherwise a person says which is which."""
    left = [id_ for id_ in there if id_ not in known]
    open_ = [id_ for id_, at in zip(lines, known, strict=True) if at is None]
    by_place = dict(zip(open_, left, strict=False)) if len(open_) == len(left) else {}
    found: list[Match] = []
    for id_, at in zip(lines, known, strict=True):
        if at is not None:
            found.append(Match(MappedKind.ORDER_LINE, id_, "matched", "external_id", at))
        elif id_ in by_place:
            found.append(Match(MappedKind.ORDER_LINE, id_, "matched", "sequence", by_place[id_]))
        else:
            state = "ambiguous" if left else "unmatched"
            found.append(Match(MappedKind.ORDER_LINE, id_, state, "sequence" if left else None, None, tuple(left)))
    return found


def _ours(job: Job, ids: list[int]) -> dict[int, list[int]]:
    row = tables.order_lines.c
    query = select(row.order_id, row.shopify_id).where(row.store_id == job.store_id, row.order_id.in_(ids))
    found: dict[int, list[int]] = {}
    with job.app.db.read() as connection:
        for order_id, line_id in connection.execute(query.order_by(row.order_id, row.shopify_id)):
            found.setdefault(order_id, []).append(line_id)
    return found


def _theirs(job: Job, sync: SyncJob, ids: list[int]) -> dict[int, list[int]]:
    if not ids:
        return {}
    domain: list[Any] = [["order_id", "in", ids]]
    rows = odoo_gate.search_read(
        job.app, sync.ticket, "sale.order.line", domain, ["order_id", "sequence"], order="order_id, sequence, id"
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row["order_id"][0], []).append(row["id"])
    return found


def lines_of(job: Job, orders: list[int]) -> dict[int, int]:
    """Which order each line of these belongs to."""
    return {line: order for order, lines in _ours(job, orders).items() for line in lines}
