"""What Clear sync data counts and takes away here: the mapping of some kinds of a store, with all that hangs on it; of
orders also how far each has come in Odoo. Their settings stay."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, func, select

from mooring.db import bulk, odoo_kinds
from mooring.db import mappings as pairs
from mooring.db.tables import mappings, order_books, order_steps, rebuild_rows, sync_intents, sync_items
from mooring.domain.mapping import MAPPED, MappedKind, SyncKind

Place = tuple[MappedKind, int]
FIRST: Place = (MappedKind.ADDRESS, 0)
"""Before every row: kinds are gone through in the order of their names."""

TABLES: tuple[Table, ...] = (sync_intents, order_steps, sync_items, rebuild_rows, order_books, mappings)
"""In this order they go. `sync_items` is kept by what people choose, the others by record."""
_OF_ORDERS = frozenset({order_steps.name, order_books.name})
"""Nothing but orders stands in these."""


def tables_of(kinds: Sequence[SyncKind]) -> tuple[Table, ...]:
    """Those of them in which anything of these kinds can stand."""
    return tuple(one for one in TABLES if SyncKind.ORDERS in kinds or one.name not in _OF_ORDERS)


def kinds_in(table: Table, kinds: Sequence[SyncKind]) -> tuple[str, ...]:
    """By what its rows are told apart; of a table that holds one kind alone, nothing."""
    if table.name in _OF_ORDERS:
        return ()
    if table is sync_items:
        return tuple(str(one) for one in kinds)
    return tuple(str(mapped) for one in kinds for mapped in MAPPED[one])


def counts(connection: Connection, store_id: str) -> dict[MappedKind, int]:
    """Pairs of the mapping by what they stand for; those there are none of are left out."""
    row = mappings.c
    query = select(row.kind, func.count()).where(row.store_id == store_id).group_by(row.kind)
    return {MappedKind(kind): count for kind, count in connection.execute(query)}


def metafields(connection: Connection, store_id: str) -> dict[MappedKind, int]:
    """How many records carry our metafields at Shopify, as far as is known here."""
    row = mappings.c
    query = select(row.kind, func.count()).where(row.store_id == store_id, row.metafield == "written")
    return {MappedKind(kind): count for kind, count in connection.execute(query.group_by(row.kind))}


def planted(connection: Connection, store_id: str, kinds: Sequence[SyncKind]) -> dict[str, int]:
    """How many external ids stand in which Odoo, by fingerprint, as far as is known here."""
    row = mappings.c
    query = select(row.fingerprint, func.count()).where(
        row.store_id == store_id, row.planted.is_(True), row.kind.in_(kinds_in(mappings, kinds))
    )
    return {row[0]: row[1] for row in connection.execute(query.group_by(row.fingerprint))}


def invoices(connection: Connection, store_id: str) -> int:
    """How many invoices the orders remember."""
    query = select(mappings.c.extra).where(mappings.c.store_id == store_id, mappings.c.extra.is_not(None))
    return sum(len(pairs.invoices_in(extra)) for extra in connection.execute(query).scalars())


def written(connection: Connection, store_id: str, kinds: Sequence[SyncKind], limit: int) -> list[tuple[str, int]]:
    """Some records of each kind that carry our metafields: (mapped kind, Shopify id)."""
    row, found = mappings.c, list[tuple[str, int]]()
    for kind in kinds_in(mappings, kinds):
        query = select(row.kind, row.shopify_id).where(
            row.store_id == store_id, row.kind == kind, row.metafield == "written"
        )
        found += [(one.kind, one.shopify_id) for one in connection.execute(query.limit(limit))]
    return found


def owed(
    connection: Connection, store_id: str, kinds: Sequence[SyncKind], fingerprint: str, after: Place, limit: int
) -> list[tuple[MappedKind, int, str, int]]:
    """Pairs whose external id stands in this Odoo: (kind, Shopify id, model, Odoo id), a page of them."""
    row, chosen = mappings.c, kinds_in(mappings, kinds)
    behind = (row.kind > str(after[0])) | ((row.kind == str(after[0])) & (row.shopify_id > after[1]))
    query = select(row.kind, row.shopify_id, row.model, row.odoo_id).where(
        row.store_id == store_id, row.kind.in_(chosen), row.fingerprint == fingerprint, row.planted.is_(True), behind
    )
    found = connection.execute(query.order_by(row.kind, row.shopify_id).limit(limit))
    return [(MappedKind(one.kind), one.shopify_id, one.model, one.odoo_id) for one in found]


def chunk(connection: Connection, table: Table, store_id: str, kinds: Sequence[SyncKind], limit: int) -> int:
    """Delete at most so many rows; how many went."""
    chosen = kinds_in(table, kinds)
    of_them = f" AND kind IN ({', '.join('?' * len(chosen))})" if chosen else ""
    rows = f"FROM {table.name} WHERE store_id = ?{of_them} LIMIT {int(limit)}"
    inner = (
        f"ctid = ANY(ARRAY(SELECT ctid {rows}))" if bulk.is_postgres(connection) else f"rowid IN (SELECT rowid {rows})"
    )
    statement = f"DELETE FROM {table.name} WHERE {inner}"  # noqa: S608 - names out of our own schema
    return bulk.execute(connection, statement, (store_id, *chosen)).rowcount


def outdated(connection: Connection, store_id: str, kind: SyncKind, limit: int) -> int:
    """Delete at most so many pairs of an older epoch than the kind's own; how many went."""
    row, epoch = mappings.c, odoo_kinds.load(connection, store_id, kind).epoch
    older = (row.store_id == store_id, row.kind.in_(kinds_in(mappings, [kind])), row.epoch < epoch)
    found = connection.execute(select(row.kind, row.shopify_id).where(*older).limit(limit)).all()
    for mapped in {one.kind for one in found}:
        pairs.unlink(connection, store_id, mapped, [one.shopify_id for one in found if one.kind == mapped])
    return len(found)


def left(connection: Connection, store_id: str, kinds: Sequence[SyncKind]) -> int:
    """How many rows of any of the tables are left."""
    found = 0
    for table in tables_of(kinds):
        chosen = kinds_in(table, kinds)
        of_them = [table.c.kind.in_(chosen)] if chosen else []
        query = select(func.count()).select_from(table).where(table.c.store_id == store_id, *of_them)
        found += connection.execute(query).scalar_one()
    return found
