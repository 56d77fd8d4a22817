"""The mapping as a file: every pair of some stores, read in pages and put back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, null, select, update

from mooring.db import bulk, tables
from mooring.db.tables import mappings
from mooring.domain.mapping import MAPPED, MappedKind, SyncKind
from mooring.domain.order_booking import order_of


@dataclass(frozen=True, slots=True)
class Pair:
    """`extra`: of an order, its invoices, as JSON. `planted`: our external id was put on the record in Odoo."""

    kind: MappedKind
    shopify_id: int
    parent_id: int | None
    fingerprint: str
    odoo_id: int
    extra: str | None
    planted: bool
    epoch: int


_READ: tuple[Any, ...] = (
    mappings.c.kind, mappings.c.shopify_id, mappings.c.parent_id, mappings.c.fingerprint, mappings.c.odoo_id,
    mappings.c.extra, mappings.c.planted, mappings.c.epoch,
)  # fmt: skip


def _pair(row: Any) -> Pair:
    return Pair(
        MappedKind(row.kind), row.shopify_id, row.parent_id, row.fingerprint, row.odoo_id, row.extra,
        bool(row.planted), row.epoch,
    )  # fmt: skip


def page(
    connection: Connection, store_id: str, kinds: Sequence[SyncKind], after: tuple[str, int], limit: int
) -> list[Pair]:
    """In the order of kinds' names and ids."""
    row, chosen = mappings.c, [str(mapped) for kind in kinds for mapped in MAPPED[kind]]
    behind = (row.kind > after[0]) | ((row.kind == after[0]) & (row.shopify_id > after[1]))
    query = select(*_READ).where(row.store_id == store_id, row.kind.in_(chosen), behind)
    return [_pair(one) for one in connection.execute(query.order_by(row.kind, row.shopify_id).limit(limit))]


_HUB: dict[MappedKind, tuple[Table, str | None]] = {
    MappedKind.CUSTOMER: (tables.customers, None),
    MappedKind.ADDRESS: (tables.addresses, "customer_id"),
    MappedKind.PRODUCT: (tables.products, None),
    MappedKind.VARIANT: (tables.variants, "product_id"),
    MappedKind.ORDER: (tables.orders, None),
    MappedKind.ORDER_LINE: (tables.order_lines, "order_id"),
}
"""Where the records of a kind stand in the hub, and what names the one they belong to."""


def in_hub(connection: Connection, store_id: str, kind: MappedKind, ids: Collection[int]) -> dict[int, int | None]:
    """Those of these that the hub has, each with what it belongs to. A line of an order that Shopify has no line item
    for, such as shipping, is there as long as its order is."""
    orders = {id_: order for id_ in ids if (order := order_of(id_))} if kind is MappedKind.ORDER_LINE else {}
    found = _rows_of(connection, store_id, kind, [id_ for id_ in ids if id_ not in orders])
    if orders:
        there = _rows_of(connection, store_id, MappedKind.ORDER, set(orders.values()))
        found |= {id_: order for id_, order in orders.items() if order in there}
    return found


def _rows_of(
    connection: Connection, store_id: str, kind: MappedKind, ids: Collection[int]
) -> dict[int, int | None]:  # fmt: skip
    table, parent = _HUB[kind]
    row = table.c
    above = row[parent] if parent else null()
    query = select(row.shopify_id, above.label("above")).where(
        row.store_id == store_id, bulk.within(connection, row.shopify_id, ids)
    )
    return {one.shopify_id: one.above for one in connection.execute(query)}


def unplanted(connection: Connection, store_id: str, kind: MappedKind, limit: int) -> list[Pair]:
    """Pairs whose external id is not known to stand in Odoo."""
    row = mappings.c
    query = select(*_READ).where(row.store_id == store_id, row.kind == str(kind), row.planted.is_(False))
    return [_pair(one) for one in connection.execute(query.order_by(row.shopify_id).limit(limit))]


def mark_planted(connection: Connection, store_id: str, kind: MappedKind, ids: Sequence[int]) -> None:
    row = mappings.c
    mine = (row.store_id == store_id, row.kind == str(kind), row.shopify_id.in_(list(ids)))
    connection.execute(update(mappings).where(*mine).values(planted=True))
