"""What is known of a batch of orders before Odoo is asked: the hub, the mapping, the settings, what people decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Connection

from mooring.db import mappings, odoo_kinds, order_books, sync_items, sync_orders, sync_source
from mooring.db.mappings import Mapping as Mapped
from mooring.db.order_books import Book
from mooring.db.sync_intents import Key
from mooring.db.sync_items import Item
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.domain.records import number
from mooring.domain.records_orders import Line, Order, OrderDetail, Refund
from mooring.domain.translate_odoo import one_line
from mooring.domain.translate_odoo_order_rows import COMING, Shelf
from mooring.domain.translate_odoo_orders import Told
from mooring.errors import Refused
from mooring.usecases import odoo_gate, order_terms
from mooring.usecases.operations_run import Run
from mooring.usecases.order_terms import NotReady, OrderTerms
from mooring.usecases.sync_odoo_place import Job

_order = msgspec.json.Decoder(Order).decode
_line = msgspec.json.Decoder(Line).decode
_refund = msgspec.json.Decoder(Refund).decode
_detail = msgspec.json.Decoder(OrderDetail).decode
_terms: WeakKeyDictionary[Run, OrderTerms] = WeakKeyDictionary()
"""By sync, while a worker holds it."""


def terms_of(job: Job) -> OrderTerms:
    """How this store's orders are booked. Raises `Refused` where nobody has said."""
    if job.run not in _terms:
        found = order_terms.terms(job.app, job.odoo, job.store, job.ticket)
        if isinstance(found, NotReady):
            raise Refused(found.sentence, code=found.code)
        _terms[job.run] = found
    return _terms[job.run]


@dataclass(frozen=True, slots=True)
class Hub:
    """`mapped`: orders and lines of this epoch. `partners`: the contact of each customer; `waiting`: customers that are
    in the hub and not in Odoo yet."""

    told: Mapping[int, Told]
    mapped: Mapping[Key, Mapped]
    books: Mapping[int, Book]
    items: Mapping[int, Item]
    partners: Mapping[int, int]
    waiting: frozenset[int]
    shelf: Shelf

    def odoo_id(self, kind: MappedKind, shopify_id: int) -> int | None:
        row = self.mapped.get((kind, shopify_id))
        return row.odoo_id if row else None

    def lines_of(self, order_id: int) -> list[int]:
        """The keys of its lines that are mapped."""
        return [key for (kind, key), row in self.mapped.items()
                if kind is MappedKind.ORDER_LINE and row.parent_id == order_id]  # fmt: skip


def read(job: Job, ids: Sequence[int], terms: OrderTerms) -> Hub:
    with job.app.db.read() as connection:
        told = tell(job, connection, ids)
        partners, waiting = _partners(job, connection, told)
        return Hub(
            told,
            _mapped(job, connection, ids),
            order_books.of(connection, job.store.id, job.fingerprint, ids),
            sync_items.of(connection, job.store.id, job.kind, ids),
            partners,
            waiting,
            _shelf(job, connection, told, terms),
        )


def tell(job: Job, connection: Connection, ids: Sequence[int]) -> dict[int, Told]:
    store_id = job.store.id
    lines = sync_source.inner_bodies(connection, job.source, store_id, ids)
    refunds = sync_orders.refunds(connection, store_id, ids)
    details = sync_orders.details(connection, store_id, ids)
    return {
        order_id: Told(
            order_id,
            _order(body),
            [(one, _line(text)) for one, text in lines.get(order_id, [])],
            [(one, _refund(text)) for one, text in refunds.get(order_id, [])],
            _detail(details[order_id]) if order_id in details else None,
        )
        for order_id, body, _ in sync_source.bodies(connection, job.source, store_id, ids)
    }


def _mapped(job: Job, connection: Connection, ids: Sequence[int]) -> dict[Key, Mapped]:
    outer, inner = job.kinds
    both = (
        (outer, mappings.of(connection, job.store.id, outer, ids)),
        (inner, mappings.below(connection, job.store.id, inner, ids)),
    )
    return {(kind, one): row for kind, rows in both for one, row in rows.items() if row.epoch == job.epoch}


# -- what orders need ----------------------------------------------------------------------------------------------


def _partners(
    job: Job, connection: Connection, told: Mapping[int, Told]
) -> tuple[dict[int, int], frozenset[int]]:  # fmt: skip
    """A preview counts on customers who come before."""
    wanted = {number(one.order.customer.id) for one in told.values() if one.order.customer}
    found = _known(job, connection, SyncKind.CUSTOMERS, MappedKind.CUSTOMER, wanted)
    waiting = sync_orders.customers_there(connection, job.store.id, wanted - found.keys())
    if job.preview:
        return {**dict.fromkeys(waiting, COMING), **found}, frozenset()
    return found, frozenset(waiting)


def _shelf(job: Job, connection: Connection, told: Mapping[int, Told], terms: OrderTerms) -> Shelf:
    wanted = {number(line.variant.id) for one in told.values() for _, line in one.lines if line.variant}
    found = _known(job, connection, SyncKind.PRODUCTS, MappedKind.VARIANT, wanted)
    waiting = sync_orders.products_of(connection, job.store.id, wanted - found.keys())
    gone = wanted - found.keys() - waiting.keys()
    if job.preview:
        return Shelf({**dict.fromkeys(waiting, COMING), **found}, terms.services, gone)
    items = sync_items.of(connection, job.store.id, SyncKind.PRODUCTS, {*waiting.values()})
    asked = {product_id for product_id, item in items.items() if item.state in ("review", "decided")}
    unsure = {variant for variant, product_id in waiting.items() if product_id in asked}
    return Shelf(found, terms.services, gone, unsure)


def with_skus(job: Job, hub: Hub) -> Hub:
    """Goods whose variant Shopify does not have any more stand on the one active variant of Odoo that has the SKU they
    were sold under. Odoo is asked only where there are such goods."""
    lines = [line for one in hub.told.values() for _, line in one.lines]
    skus = {sku for line in lines if _is_gone(line, hub.shelf) and (sku := one_line(line.sku))}
    if not skus:
        return hub
    asked = [["default_code", "in", sorted(skus)]]
    rows = odoo_gate.search_read(job.app, job.ticket, "product.product", asked, ["default_code"])
    counted = Counter(row["default_code"] for row in rows)
    alone = {row["default_code"]: row["id"] for row in rows if counted[row["default_code"]] == 1}
    return replace(hub, shelf=replace(hub.shelf, skus=alone))


def _is_gone(line: Line, shelf: Shelf) -> bool:
    return line.variant is None or number(line.variant.id) in shelf.gone


def _known(job: Job, connection: Connection, kind: SyncKind, mapped: MappedKind, ids: set[int]) -> dict[int, int]:
    """What these records are in this Odoo, as far as their mapping counts."""
    epoch = odoo_kinds.load(connection, job.store.id, kind).epoch
    rows = mappings.of(connection, job.store.id, mapped, ids) if ids else {}
    return {one: row.odoo_id for one, row in rows.items()
            if (row.epoch, row.fingerprint) == (epoch, job.fingerprint)}  # fmt: skip
