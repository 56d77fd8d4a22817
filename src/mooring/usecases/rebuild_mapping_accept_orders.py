"""What is bound of orders that a rebuild found: the pairs with their lines, compared field by field as a sync would;
how far each has come, and its invoices. Nothing is written to an order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from mooring.db import mappings, order_books, rebuild
from mooring.db.mappings import Mapping
from mooring.db.order_books import Book
from mooring.db.rebuild import Match
from mooring.domain.mapping import MappedKind
from mooring.domain.plan import LINKED
from mooring.usecases import odoo_gate
from mooring.usecases import sync_odoo_orders as orders
from mooring.usecases.rebuild_mapping_orders import ours_of, terms_of
from mooring.usecases.rebuild_mapping_place import Job
from mooring.usecases.sync_odoo_family import Family
from mooring.usecases.sync_odoo_place import Job as SyncJob
from mooring.usecases.sync_odoo_read import EVERYTHING, Batch, batch_of

_ORDER, _LINE = MappedKind.ORDER, MappedKind.ORDER_LINE


@dataclass(slots=True)
class Found:
    """A page of orders. `families`: those that a sync could book by now, planned; `matches`: what is to be bound, by
    record; `parents`: the order of each line; `after`: the last order of the page."""

    families: list[Family]
    matches: dict[tuple[MappedKind, int], Match]
    parents: dict[int, int]
    after: int
    invoices: dict[int, list[int]] = field(default_factory=dict[int, list[int]])

    def rest(self, sync: SyncJob, bound: Iterable[Mapping]) -> list[Mapping]:
        """Pairs that are known without anything being said of their fields."""
        done = {(one.kind, one.shopify_id) for one in bound}
        return [self._row(sync, one) for key, one in self.matches.items() if key not in done]

    def _row(self, sync: SyncJob, one: Match) -> Mapping:
        assert one.odoo_id is not None
        parent = self.parents.get(one.shopify_id) if one.kind is _LINE else None
        return Mapping(
            kind=one.kind, shopify_id=one.shopify_id, odoo_id=one.odoo_id, fingerprint=sync.fingerprint, origin=LINKED,
            epoch=sync.epoch, parent_id=parent,
        )  # fmt: skip

    @property
    def books(self) -> list[Book]:
        """Of orders that come to the same money in Odoo: the next sync looks what of them is there, and goes on."""
        return [one.book for one in self.families if one.book is not None and one.root.key in self.matches]


def look(job: Job, sync: SyncJob, page: Sequence[Match]) -> Found:
    """As many of these orders as a sync takes at once."""
    batch = batch_of(sync, [one.shopify_id for one in page])
    known = {one.shopify_id: one for one in page if one.shopify_id <= batch.after and _is_matched(one)}
    ours = ours_of(job, sync, list(known))
    parents = {line: order_id for order_id, lines in ours.items() for line in lines}
    with job.app.db.read() as connection:
        inner = rebuild.of(connection, job.store_id, _LINE, parents)
    matches = {(_ORDER, id_): one for id_, one in known.items()}
    matches |= {(_LINE, id_): one for id_, one in inner.items() if _is_matched(one)}
    invoices = _invoices(job, sync, {one.odoo_id: id_ for id_, one in known.items() if one.odoo_id})
    return Found(_families(sync, batch, known), matches, parents, batch.after, invoices)


def _is_matched(one: Match) -> bool:
    return one.state == "matched" and one.odoo_id is not None


def _families(sync: SyncJob, batch: Batch, known: Iterable[int]) -> list[Family]:
    """Of the batch, those that were found."""
    batch.digests = {id_: batch.digests[id_] for id_ in known if id_ in batch.digests}
    if not batch.digests or terms_of(sync) is None:
        return []
    return orders.families(sync, batch, frozenset(), frozenset())


def _invoices(job: Job, sync: SyncJob, orders_: dict[int, int]) -> dict[int, list[int]]:
    """By Shopify's order, what was invoiced in Odoo and not cancelled there; without credit notes."""
    if not orders_ or not sync.odoo.details.sees_invoices:
        return {}
    asked = [["id", "in", sorted(orders_)]]
    rows = odoo_gate.search_read(job.app, sync.ticket, "sale.order", asked, ["invoice_ids"], context=EVERYTHING)
    there = {id_ for row in rows for id_ in row["invoice_ids"]}
    if not there:
        return {}
    alive = [["id", "in", sorted(there)], ["move_type", "=", "out_invoice"], ["state", "!=", "cancel"]]
    found = {row["id"] for row in odoo_gate.search_read(job.app, sync.ticket, "account.move", alive, ["id"])}
    return {orders_[row["id"]]: sorted(found & {*row["invoice_ids"]}) for row in rows}


def keep(connection: Connection, job: Job, found: Found) -> None:
    """In the transaction that binds the pairs."""
    order_books.put(connection, job.store_id, found.books, at=job.app.clock.now())
    for order_id, ids in found.invoices.items():
        mappings.note_invoices(connection, job.store_id, order_id, ids)
