"""How many records of a store are synced, failed or wait for a person, by kind. Cheap enough to be asked for again and
again: of what is mapped it counts an index, and of the rest only what stands in `sync_items`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select

from mooring.db.tables import mappings, sync_items
from mooring.domain.mapping import MAPPED, SyncKind


@dataclass(frozen=True, slots=True)
class Totals:
    """`mapped`: records people see that have a counterpart in Odoo; those of them that also wait, failed or are on
    their way are not `synced`."""

    mapped: int
    synced: int
    failed: int
    review: int
    under_way: int


def of_store(connection: Connection, store_id: str) -> dict[SyncKind, Totals]:
    return {kind: _of_kind(connection, store_id, kind) for kind in SyncKind}


def _of_kind(connection: Connection, store_id: str, kind: SyncKind) -> Totals:
    row, item, mapped = mappings.c, sync_items.c, MAPPED[kind][0]
    count = select(func.count()).select_from(mappings).where(row.store_id == store_id, row.kind == mapped)
    pair = and_(row.store_id == store_id, row.kind == mapped, row.shopify_id == item.shopify_id)
    found = (
        select(item.state, func.count().label("number"), func.count(row.odoo_id).label("mapped"))
        .select_from(sync_items.outerjoin(mappings, pair))
        .where(item.store_id == store_id, item.kind == kind)
        .group_by(item.state)
    )
    all_of = connection.execute(count).scalar_one()
    states = {one.state: (one.number, one.mapped) for one in connection.execute(found)}
    in_state = {state: number for state, (number, _) in states.items()}
    return Totals(
        mapped=all_of,
        synced=all_of - sum(mapped for _, mapped in states.values()),
        failed=in_state.get("failed", 0),
        review=in_state.get("review", 0) + in_state.get("decided", 0),
        under_way=in_state.get("queued", 0) + in_state.get("in_progress", 0),
    )
