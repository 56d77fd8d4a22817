"""Which pairs of the mapping owe their record at Shopify its metafields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from mooring.db.mappings import NO_MORE, invoices_in
from mooring.db.tables import mappings
from mooring.domain.mapping import MappedKind


@dataclass(frozen=True, slots=True)
class Owed:
    kind: MappedKind
    shopify_id: int
    odoo_id: int
    fingerprint: str
    invoices: tuple[int, ...]


def counts(connection: Connection, store_id: str, kinds: Iterable[MappedKind]) -> dict[MappedKind, int]:
    """Kinds of which none owes any are left out."""
    row = mappings.c
    mine = (row.store_id == store_id, row.kind.in_([str(one) for one in kinds]), row.metafield == "due")
    query = select(row.kind, func.count().label("number")).where(*mine).group_by(row.kind)
    return {MappedKind(found.kind): found.number for found in connection.execute(query)}


def owes(connection: Connection, store_id: str, kinds: Iterable[MappedKind]) -> bool:
    """Asked by the clock, so it looks at one row at most."""
    row = mappings.c
    mine = (row.store_id == store_id, row.kind.in_([str(one) for one in kinds]), row.metafield == "due")
    return connection.execute(select(row.kind).where(*mine).limit(1)).first() is not None


def owed(connection: Connection, store_id: str, kinds: Iterable[MappedKind], limit: int) -> list[Owed]:
    """In the order of kinds' names and ids."""
    row = mappings.c
    columns = (row.kind, row.shopify_id, row.odoo_id, row.fingerprint, row.extra)
    mine = (row.store_id == store_id, row.kind.in_([str(one) for one in kinds]), row.metafield == "due")
    query = select(*columns).where(*mine).order_by(row.kind, row.shopify_id).limit(limit)
    return [
        Owed(MappedKind(one.kind), one.shopify_id, one.odoo_id, one.fingerprint, invoices_in(one.extra))
        for one in connection.execute(query)
    ]


def bereft(connection: Connection, store_id: str, limit: int) -> list[int]:
    """Orders that had invoices and have none any more, as long as Shopify may still say which: Shopify takes no empty
    list for a value, so it has to go."""
    row = mappings.c
    mine = (row.store_id == store_id, row.kind == MappedKind.ORDER, row.metafield == "due", row.extra == NO_MORE)
    return list(connection.execute(select(row.shopify_id).where(*mine).order_by(row.shopify_id).limit(limit)).scalars())


def settle_bereft(connection: Connection, store_id: str, ids: Sequence[int]) -> None:
    """Unless one has an invoice again by now."""
    row = mappings.c
    mine = (row.store_id == store_id, row.kind == MappedKind.ORDER, row.shopify_id.in_(ids), row.extra == NO_MORE)
    connection.execute(update(mappings).where(*mine).values(extra=None))


def mark(connection: Connection, store_id: str, pairs: Sequence[tuple[MappedKind, int]], state: str) -> None:
    """`written`, or `none` for a record that Shopify takes no value for. Only where it is still owed: a pair that leads
    elsewhere by now owes it again."""
    row = mappings.c
    for kind in {kind for kind, _ in pairs}:
        ids = [id_ for one, id_ in pairs if one is kind]
        for at in range(0, len(ids), _AT_ONCE):
            some = row.shopify_id.in_(ids[at : at + _AT_ONCE])
            due = (row.store_id == store_id, row.kind == str(kind), some, row.metafield == "due")
            connection.execute(update(mappings).where(*due).values(metafield=state))


_AT_ONCE = 500
