"""The mapping of a whole project, across its stores: how much there is, and what was written last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from mooring.db import odoo_kinds, stores
from mooring.db.tables import mappings
from mooring.domain.mapping import MAPPED, ExternalId, MappedKind, SyncKind, sync_kind
from mooring.domain.odoo_guard import Written


def by_fingerprint(connection: Connection, project_id: str) -> dict[str, int]:
    """How many rows belong to which Odoo database and company."""
    at = mappings.c
    query = select(at.fingerprint, func.count()).where(at.store_id.in_(_stores(connection, project_id)))
    return {row[0]: row[1] for row in connection.execute(query.group_by(at.fingerprint))}


def is_elsewhere(connection: Connection, project_id: str, fingerprint: str) -> bool:
    """Whether some of it belongs to another Odoo database or company than this."""
    row = mappings.c
    other = or_(row.fingerprint < fingerprint, row.fingerprint > fingerprint)
    query = select(row.shopify_id).where(row.store_id.in_(_stores(connection, project_id)), other)
    return connection.execute(query.limit(1)).first() is not None


def others_products(connection: Connection, store_id: str, database: str) -> bool:
    """Whether another store, of whatever project, has products mapped in this Odoo database."""
    row = mappings.c
    here = row.fingerprint.startswith(f"{database}/", autoescape=True)
    query = select(row.shopify_id).where(row.store_id != store_id, row.kind == MappedKind.PRODUCT, here)
    return connection.execute(query.limit(1)).first() is not None


def by_kind(connection: Connection, project_id: str) -> dict[MappedKind, int]:
    row = mappings.c
    query = select(row.kind, func.count()).where(row.store_id.in_(_stores(connection, project_id)))
    return {MappedKind(kind): count for kind, count in connection.execute(query.group_by(row.kind))}


def last_written(connection: Connection, project_id: str, fingerprint: str, limit: int) -> list[Written]:
    """Newest first, of all stores of the project, without what is being cleared just now: its external ids go before
    its rows do. Index: (store_id, written_at)."""
    found: list[Written] = []
    for store in stores.of_project(connection, project_id):
        row, kinds = mappings.c, odoo_kinds.of_store(connection, store.id)
        current = [and_(row.kind.in_(MAPPED[kind]), row.epoch == kinds[kind].epoch) for kind in SyncKind]
        query = select(mappings).where(row.store_id == store.id, row.fingerprint == fingerprint, or_(*current))
        newest = query.order_by(row.written_at.desc(), row.odoo_id.desc()).limit(limit)
        found += [_written(one, store.shop_id) for one in connection.execute(newest)]
    found.sort(key=lambda one: (one.written_at, one.odoo_id), reverse=True)
    return found[:limit]


def is_current(connection: Connection, one: Written) -> bool:
    """Whether this pair is still in the mapping, and not being cleared."""
    row, epoch = mappings.c, odoo_kinds.load(connection, one.store_id, sync_kind(one.kind)).epoch
    mine = (row.store_id == one.store_id, row.kind == one.kind, row.shopify_id == one.shopify_id)
    return connection.execute(select(row.epoch).where(*mine, row.odoo_id == one.odoo_id)).scalar() == epoch


def _written(row: Row[Any], shop_id: int) -> Written:
    kind = MappedKind(row.kind)
    return Written(
        store_id=row.store_id,
        kind=kind,
        shopify_id=row.shopify_id,
        name=ExternalId(shop_id, kind, row.shopify_id).name,
        model=row.model,
        odoo_id=row.odoo_id,
        created=row.origin == "created",
        written_at=row.written_at,
    )


def adopt(connection: Connection, project_id: str, fingerprint: str) -> int:
    """Every row of the project belongs to this database from now on: somebody has looked and said so."""
    row = mappings.c
    elsewhere = (row.store_id.in_(_stores(connection, project_id)), row.fingerprint != fingerprint)
    return connection.execute(update(mappings).where(*elsewhere).values(fingerprint=fingerprint)).rowcount


def _stores(connection: Connection, project_id: str) -> Sequence[str]:
    return [one.id for one in stores.of_project(connection, project_id)]
