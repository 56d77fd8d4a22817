"""Rows of `rebuild_rows`: what a rebuild found for each record, until the next sync."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mooring.db.tables import rebuild_rows
from mooring.domain.mapping import MAPPED, MappedKind, SyncKind


@dataclass(frozen=True, slots=True)
class Match:
    """`state`: matched, ambiguous, unmatched, accepted or undone. `found_by`: the home or the key it was found by."""

    kind: MappedKind
    shopify_id: int
    state: str
    found_by: str | None = None
    odoo_id: int | None = None
    candidates: tuple[int, ...] = ()


def _of(row: Row[Any]) -> Match:
    candidates = tuple(msgspec.json.decode(row.candidates, type=list[int])) if row.candidates else ()
    return Match(MappedKind(row.kind), row.shopify_id, row.state, row.found_by, row.odoo_id, candidates)


def of(connection: Connection, store_id: str, kind: MappedKind, ids: Iterable[int]) -> dict[int, Match]:
    row = rebuild_rows.c
    query = select(rebuild_rows).where(row.store_id == store_id, row.kind == str(kind), row.shopify_id.in_(list(ids)))
    return {one.shopify_id: _of(one) for one in connection.execute(query)}


def page(
    connection: Connection, store_id: str, kind: MappedKind, *, state: str | None, after: int, limit: int
) -> list[Match]:
    """In the order of Shopify ids."""
    row = rebuild_rows.c
    query = select(rebuild_rows).where(row.store_id == store_id, row.kind == str(kind), row.shopify_id > after)
    query = query.where(row.state == state) if state else query
    return [_of(one) for one in connection.execute(query.order_by(row.shopify_id).limit(limit))]


def counts(connection: Connection, store_id: str) -> dict[MappedKind, dict[str, int]]:
    row = rebuild_rows.c
    query = select(row.kind, row.state, func.count()).where(row.store_id == store_id).group_by(row.kind, row.state)
    found: dict[MappedKind, dict[str, int]] = {}
    for kind, state, count in connection.execute(query):
        found.setdefault(MappedKind(kind), {})[state] = count
    return found


def put(connection: Connection, store_id: str, operation_id: str, rows: Sequence[Match], *, at: datetime) -> None:
    if not rows:
        return
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    made = ours(rebuild_rows)
    names = ("operation_id", "state", "found_by", "odoo_id", "candidates", "at")
    anew = {name: made.excluded[name] for name in names}
    values = [
        {"store_id": store_id, "kind": str(one.kind), "shopify_id": one.shopify_id, "operation_id": operation_id,
         "state": one.state, "found_by": one.found_by, "odoo_id": one.odoo_id, "at": at,
         "candidates": msgspec.json.encode(one.candidates).decode() if one.candidates else None}
        for one in rows
    ]  # fmt: skip
    connection.execute(made.on_conflict_do_update(index_elements=["store_id", "kind", "shopify_id"], set_=anew), values)


def settle(
    connection: Connection, store_id: str, kind: MappedKind, ids: Sequence[int], state: str, *, at: datetime
) -> None:
    row = rebuild_rows.c
    mine = (row.store_id == store_id, row.kind == str(kind), row.shopify_id.in_(list(ids)))
    connection.execute(update(rebuild_rows).where(*mine).values(state=state, at=at))


def forget(connection: Connection, store_id: str, kinds: Iterable[SyncKind]) -> None:
    """Before a new rebuild."""
    row = rebuild_rows.c
    chosen = [str(mapped) for kind in kinds for mapped in MAPPED[kind]]
    connection.execute(delete(rebuild_rows).where(row.store_id == store_id, row.kind.in_(chosen)))


def forget_hints(connection: Connection, store_id: str, kind: SyncKind) -> None:
    """What metafields said of records that were not asked for: those that are mapped already, or not in the hub."""
    row = rebuild_rows.c
    chosen = [str(mapped) for mapped in MAPPED[kind]]
    hints = (row.state == "unmatched", row.found_by == "metafield")
    connection.execute(delete(rebuild_rows).where(row.store_id == store_id, row.kind.in_(chosen), *hints))


def accepted_at(connection: Connection, store_id: str, kind: SyncKind) -> datetime | None:
    row = rebuild_rows.c
    chosen = [str(mapped) for mapped in MAPPED[kind]]
    mine = (row.store_id == store_id, row.kind.in_(chosen), row.state == "accepted")
    return connection.execute(select(row.at).where(*mine).order_by(row.at.desc()).limit(1)).scalar()


def operation_of(connection: Connection, store_id: str, kind: MappedKind, shopify_id: int) -> str:
    row = rebuild_rows.c
    mine = (row.store_id == store_id, row.kind == str(kind), row.shopify_id == shopify_id)
    return connection.execute(select(row.operation_id).where(*mine)).scalar_one()
