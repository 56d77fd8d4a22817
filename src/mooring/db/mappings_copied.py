"""The mapping as a file: every pair of some stores, read in pages and put back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from mooring.db.tables import mappings
from mooring.domain.mapping import MAPPED, MappedKind, SyncKind


@dataclass(frozen=True, slots=True)
class Pair:
    """`extra`: of an order, its invoices, as JSON."""

    kind: MappedKind
    shopify_id: int
    parent_id: int | None
    fingerprint: str
    odoo_id: int
    extra: str | None


def page(
    connection: Connection, store_id: str, kinds: Sequence[SyncKind], after: tuple[str, int], limit: int
) -> list[Pair]:
    """In the order of kinds' names and ids."""
    row, chosen = mappings.c, [str(mapped) for kind in kinds for mapped in MAPPED[kind]]
    behind = (row.kind > after[0]) | ((row.kind == after[0]) & (row.shopify_id > after[1]))
    query = select(row.kind, row.shopify_id, row.parent_id, row.fingerprint, row.odoo_id, row.extra).where(
        row.store_id == store_id, row.kind.in_(chosen), behind
    )
    return [
        Pair(MappedKind(one.kind), one.shopify_id, one.parent_id, one.fingerprint, one.odoo_id, one.extra)
        for one in connection.execute(query.order_by(row.kind, row.shopify_id).limit(limit))
    ]


def keep_extra(connection: Connection, store_id: str, kind: MappedKind, shopify_id: int, extra: str) -> None:
    row = mappings.c
    mine = (row.store_id == store_id, row.kind == str(kind), row.shopify_id == shopify_id)
    connection.execute(update(mappings).where(*mine).values(extra=extra))


def unplanted(connection: Connection, store_id: str, kind: MappedKind, limit: int) -> list[Pair]:
    """Pairs whose external id is not known to stand in Odoo."""
    row = mappings.c
    query = select(row.kind, row.shopify_id, row.parent_id, row.fingerprint, row.odoo_id, row.extra).where(
        row.store_id == store_id, row.kind == str(kind), row.planted.is_(False)
    )
    return [
        Pair(MappedKind(one.kind), one.shopify_id, one.parent_id, one.fingerprint, one.odoo_id, one.extra)
        for one in connection.execute(query.order_by(row.shopify_id).limit(limit))
    ]


def mark_planted(connection: Connection, store_id: str, kind: MappedKind, ids: Sequence[int]) -> None:
    row = mappings.c
    mine = (row.store_id == store_id, row.kind == str(kind), row.shopify_id.in_(list(ids)))
    connection.execute(update(mappings).where(*mine).values(planted=True))
