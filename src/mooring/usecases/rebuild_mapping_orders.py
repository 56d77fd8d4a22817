"""Orders for a rebuild: by external id, metafield or our reference in Odoo; their lines by what they say and by their
place.

The lines of an order are those that a sync would write: goods, shipping, tips, discounts. Where nobody has said yet how
the store's orders are booked, they are the line items of Shopify, which can only be told by their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select

from mooring.db import mappings, rebuild, tables
from mooring.db.rebuild import Match
from mooring.domain.mapping import MappedKind
from mooring.domain.order_booking import Booking, BookingLine
from mooring.domain.order_lines import paired
from mooring.domain.translate_odoo import Values, amount, exact, row_values
from mooring.domain.translate_odoo_orders import booking
from mooring.errors import Refused
from mooring.usecases import odoo_gate
from mooring.usecases import sync_odoo_orders_hub as hub
from mooring.usecases.operations_run import Again, Next, Run
from mooring.usecases.order_terms import OrderTerms
from mooring.usecases.rebuild_mapping_place import Job
from mooring.usecases.sync_odoo_place import Job as SyncJob
from mooring.usecases.sync_odoo_read import EVERYTHING, external_ids

_PAGE = 250
Hints = Callable[[Job, SyncJob, Iterable[Match]], dict[tuple[MappedKind, int], Match]]
Lines = Mapping[int, Mapping[int, Values]]
"""By order, what each of its lines says, in their order."""


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


def _lines(job: Job, sync: SyncJob, orders: Sequence[Match]) -> list[Match]:
    """Only of orders that are in Odoo: those that were never booked are many, and nobody has to see their lines."""
    there = {one.shopify_id: one.odoo_id for one in orders if one.odoo_id}
    ours, theirs = ours_of(job, sync, list(there)), _theirs(job, sync, list(there.values()))
    names = {sync.name(MappedKind.ORDER_LINE, id_).name: MappedKind.ORDER_LINE for ids in ours.values() for id_ in ids}
    planted = external_ids(sync, names)
    found: list[Match] = []
    for order_id, odoo_id in there.items():
        lines = ours.get(order_id, {})
        known = {id_: at for id_ in lines if (at := planted.get(sync.name(MappedKind.ORDER_LINE, id_).name))}
        found += _paired(lines, known, theirs.get(odoo_id, {}))
    return found


def _paired(lines: Mapping[int, Values], known: Mapping[int, int], there: Mapping[int, Values]) -> Iterable[Match]:
    left = {id_: said for id_, said in there.items() if id_ not in known.values()}
    found = paired({id_: said for id_, said in lines.items() if id_ not in known}, left)
    candidates = tuple(id_ for id_ in left if id_ not in found.values())
    for id_ in lines:
        if id_ in known:
            yield Match(MappedKind.ORDER_LINE, id_, "matched", "external_id", known[id_])
        elif id_ in found:
            yield Match(MappedKind.ORDER_LINE, id_, "matched", "sequence", found[id_])
        else:
            state = "ambiguous" if candidates else "unmatched"
            yield Match(MappedKind.ORDER_LINE, id_, state, "sequence" if candidates else None, None, candidates)


def ours_of(job: Job, sync: SyncJob, ids: Sequence[int]) -> Lines:
    """As they are booked; Shopify's own of orders that cannot be."""
    terms = terms_of(sync) if ids else None
    booked = _booked(sync, ids, terms) if terms else {}
    return _items(job, [id_ for id_ in ids if id_ not in booked]) | booked


_terms: WeakKeyDictionary[Run, OrderTerms | None] = WeakKeyDictionary()


def terms_of(sync: SyncJob) -> OrderTerms | None:
    """None where nobody has said how orders are booked in this Odoo: asked once by a worker that holds a rebuild."""
    if sync.run not in _terms:
        try:
            _terms[sync.run] = hub.terms_of(sync)
        except Refused:
            _terms[sync.run] = None
    return _terms[sync.run]


def _booked(sync: SyncJob, ids: Sequence[int], terms: OrderTerms) -> dict[int, dict[int, Values]]:
    told = [one for one in hub.read(sync, ids, terms).told.values() if one.is_whole]
    made = {one.order_id: booking(one, terms.terms) for one in told}
    return {order_id: {line.key: _said(line) for line in one.lines}
            for order_id, one in made.items() if isinstance(one, Booking)}  # fmt: skip


def _said(line: BookingLine) -> Values:
    """As a sync says it."""
    return {
        "name": line.name, "product_uom_qty": amount(line.quantity), "price_unit": exact(line.price_unit),
        "discount": exact(line.discount),
    }  # fmt: skip


def _items(job: Job, ids: list[int]) -> dict[int, dict[int, Values]]:
    row = tables.order_lines.c
    query = select(row.order_id, row.shopify_id).where(row.store_id == job.store_id, row.order_id.in_(ids))
    found: dict[int, dict[int, Values]] = {}
    with job.app.db.read() as connection:
        for order_id, line_id in connection.execute(query.order_by(row.order_id, row.shopify_id)):
            found.setdefault(order_id, {})[line_id] = {}
    return found


def _theirs(job: Job, sync: SyncJob, ids: list[int]) -> dict[int, dict[int, Values]]:
    """Without what costs nothing: sections, notes, and lines that were emptied."""
    if not ids:
        return {}
    domain: list[Any] = [["order_id", "in", ids], ["display_type", "=", False]]
    fields = ["order_id", "name", "product_uom_qty", "price_unit", "discount"]
    rows = odoo_gate.search_read(
        job.app, sync.ticket, "sale.order.line", domain, fields, order="order_id, sequence, id"
    )  # fmt: skip
    found: dict[int, dict[int, Values]] = {}
    for row in rows:
        if row["product_uom_qty"]:
            found.setdefault(row["order_id"][0], {})[row["id"]] = row_values(MappedKind.ORDER_LINE, row)
    return found
