"""The mapping of a whole project, across its stores: how much there is, and what was written last."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, bindparam, func, or_, select, update

from mooring.db import odoo_kinds, stores, sync_items
from mooring.db.stores import Store
from mooring.db.tables import clear_tasks, mappings, order_books, order_settings, sync_intents
from mooring.domain.mapping import MAPPED, MODELS, ExternalId, MappedKind, SyncKind, sync_kind
from mooring.domain.odoo_guard import Written
from mooring.domain.plan import MISSING


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


def stores_with_any(connection: Connection, project_id: str) -> list[str]:
    """The stores of the project of which anything is mapped."""
    row, found = mappings.c, list[str]()
    for store_id in _stores(connection, project_id):
        if connection.execute(select(row.shopify_id).where(row.store_id == store_id).limit(1)).first() is not None:
            found.append(store_id)
    return found


def missing(connection: Connection, project_id: str) -> int:
    """How many records of the project are known to be missing in Odoo, and wait for a person."""
    return sync_items.waiting(connection, _stores(connection, project_id), MISSING)


def others_products(connection: Connection, store_id: str, database: str) -> bool:
    """Whether another store, of whatever project, has products mapped in this Odoo database."""
    row = mappings.c
    here = row.fingerprint.startswith(f"{database}/", autoescape=True)
    query = select(row.shopify_id).where(row.store_id != store_id, row.kind == MappedKind.PRODUCT, here)
    return connection.execute(query.limit(1)).first() is not None


def owners(connection: Connection, database: str, kind: MappedKind, odoo_id: int) -> list[tuple[str, int]]:
    """Which records (store, Shopify id) this record of an Odoo database stands for, of whatever project and company."""
    row = mappings.c
    here = row.fingerprint.startswith(f"{database}/", autoescape=True)
    mine = (row.model == MODELS[kind], row.kind == kind, row.odoo_id == odoo_id)
    found = connection.execute(select(row.store_id, row.shopify_id).where(here, *mine))
    return [(one.store_id, one.shopify_id) for one in found]


def by_kind(connection: Connection, project_id: str) -> dict[MappedKind, int]:
    row = mappings.c
    query = select(row.kind, func.count()).where(row.store_id.in_(_stores(connection, project_id)))
    return {MappedKind(kind): count for kind, count in connection.execute(query.group_by(row.kind))}


def looked_at(
    connection: Connection, project_id: str, fingerprints: Collection[str], *, last: int, highest: int
) -> list[Written]:
    """What tells whether the database is still the same, of all stores of the project: the `last` records that were
    written, and of each kind the `highest` ids, whatever was written since, for a restore loses those first. Without
    what is being cleared just now: its external ids go before its rows do."""
    written: list[Written] = []
    newest: dict[MappedKind, list[Written]] = {}
    for store in stores.of_project(connection, project_id):
        epochs = {kind: one.epoch for kind, one in odoo_kinds.of_store(connection, store.id).items()}
        written += _last_written(connection, store, fingerprints, epochs, last)
        for kind in MappedKind:
            newest.setdefault(kind, []).extend(_highest(connection, store, fingerprints, kind, epochs, highest))
    written.sort(key=lambda one: (one.written_at, one.odoo_id), reverse=True)
    chosen = written[:last]
    for some in newest.values():
        chosen += sorted(some, key=lambda one: one.odoo_id, reverse=True)[:highest]
    return list({(one.store_id, one.kind, one.shopify_id): one for one in chosen}.values())


def _last_written(
    connection: Connection, store: Store, fingerprints: Collection[str], epochs: Mapping[SyncKind, int], limit: int
) -> list[Written]:
    """Newest first. Index: (store_id, written_at)."""
    row = mappings.c
    current = [and_(row.kind.in_(MAPPED[kind]), row.epoch == epoch) for kind, epoch in epochs.items()]
    query = select(mappings).where(row.store_id == store.id, row.fingerprint.in_(list(fingerprints)), or_(*current))
    newest = query.order_by(row.written_at.desc(), row.odoo_id.desc()).limit(limit)
    return [_written(one, store.shop_id) for one in connection.execute(newest)]


_HIGHEST = (
    select(mappings)
    .where(mappings.c.fingerprint.in_(bindparam("of_marks", expanding=True)), mappings.c.model == bindparam("of_model"))
    .where(mappings.c.kind == bindparam("of_kind"), mappings.c.store_id == bindparam("of_store"))
    .where(mappings.c.epoch == bindparam("of_epoch"), mappings.c.planted.is_(True))
    .order_by(mappings.c.odoo_id.desc())
    .limit(bindparam("most"))
)
"""Asked before each run for each kind of each store; made once."""


def _highest(
    connection: Connection, store: Store, fingerprints: Collection[str], kind: MappedKind,
    epochs: Mapping[SyncKind, int], limit: int,
) -> list[Written]:  # fmt: skip
    """Highest first, of those whose external id is known to stand in Odoo, created or linked: what was rebuilt counts
    as linked, and is lost by a restore like the rest. Index: (fingerprint, model, odoo_id)."""
    wanted = {
        "of_marks": list(fingerprints), "of_model": MODELS[kind], "of_kind": kind, "of_store": store.id,
        "of_epoch": epochs[sync_kind(kind)], "most": limit,
    }  # fmt: skip
    return [_written(one, store.shop_id) for one in connection.execute(_HIGHEST, wanted)]


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
    """Every row of the project belongs to this database from now on: somebody has looked and said so. With them go how
    far its orders have come, and the settings of orders. How many rows of the mapping it were."""
    changed = [
        _renamed(connection, project_id, table, fingerprint) for table in (mappings, order_books, order_settings)
    ]
    return changed[0]


def _renamed(connection: Connection, project_id: str, table: Table, fingerprint: str) -> int:
    row = table.c
    elsewhere = (row.store_id.in_(_stores(connection, project_id)), row.fingerprint != fingerprint)
    return connection.execute(update(table).where(*elsewhere).values(fingerprint=fingerprint)).rowcount


def carry(connection: Connection, project_id: str, fingerprint: str) -> None:
    """The same database goes by a better name from now on, in all that speaks of it: the mapping, what is on its way,
    and what a clear still owes."""
    adopt(connection, project_id, fingerprint)
    for table in (sync_intents, clear_tasks):
        _renamed(connection, project_id, table, fingerprint)


def _stores(connection: Connection, project_id: str) -> Sequence[str]:
    return [one.id for one in stores.of_project(connection, project_id)]
