"""Records read by id: what is stored of them, and what they no longer have.

Rule: nothing that was fetched later than the answer, or belongs to a record fetched later, is touched. The statements
say so themselves, because on PostgreSQL another worker may have written since the caller looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, bindparam, delete, exists, or_, select, update

from mooring.db.tables import metadata, orders
from mooring.domain.translate_rows import MEMBERSHIP, Shape


@dataclass(frozen=True, slots=True)
class Stored:
    updated_at: datetime
    fetched_at: datetime
    digest: bytes
    deleted: bool


def stored(connection: Connection, shape: Shape, store_id: str, ids: Iterable[int]) -> dict[int, Stored]:
    """Roots of a store as they are kept now, by Shopify id."""
    row = _table(shape).c
    query = select(row.shopify_id, row.updated_at, row.fetched_at, row.content_hash, row.deleted_at).where(
        row.store_id == store_id, row.shopify_id.in_(list(ids))
    )
    return {
        one.shopify_id: Stored(one.updated_at, one.fetched_at, bytes(one.content_hash), one.deleted_at is not None)
        for one in connection.execute(query)
    }


def remove_children(
    connection: Connection,
    shape: Shape,
    parents: Shape,
    store_id: str,
    kept: Mapping[int, Sequence[int]],
    fetched_at: datetime,
) -> int:
    """`kept`: by root, the children it has. All its others go. A root that lost some counts as fetched now, so that an
    older answer which still has them comes too late. Returns how many went."""
    removed = 0
    for root, children in kept.items():
        gone = _remove(connection, shape, parents, store_id, root, children, fetched_at)
        if gone:
            _touch(connection, parents, store_id, root, fetched_at)
        removed += gone
    return removed


def _remove(
    connection: Connection,
    shape: Shape,
    parents: Shape,
    store_id: str,
    root: int,
    kept: Sequence[int],
    fetched_at: datetime,
) -> int:
    table, roots = _table(shape), _table(parents).c
    of_root, own_id = table.c[shape.parent or ""], table.c["product_id" if shape is MEMBERSHIP else "shopify_id"]
    current = exists().where(roots.store_id == store_id, roots.shopify_id == root, roots.fetched_at <= fetched_at)
    statement = delete(table).where(table.c.store_id == store_id, of_root == root, own_id.not_in(list(kept)), current)
    if shape.sealed:
        statement = statement.where(table.c.fetched_at <= fetched_at)
    return connection.execute(statement).rowcount


def _touch(connection: Connection, shape: Shape, store_id: str, root: int, fetched_at: datetime) -> None:
    row = _table(shape).c
    connection.execute(
        update(_table(shape))
        .where(row.store_id == store_id, row.shopify_id == root, row.fetched_at < fetched_at)
        .values(fetched_at=fetched_at)
    )


def save_details(
    connection: Connection, store_id: str, details: Mapping[int, str | None], fetched_at: datetime
) -> None:
    """Orders' details by Shopify id, None where an order is told whole without. What is stored already is not written
    again."""
    row = orders.c
    statement = (
        update(orders)
        .where(row.store_id == store_id, row.shopify_id == bindparam("order"), row.fetched_at <= fetched_at)
        .where(or_(row.detail_due, row.detail.is_distinct_from(bindparam("text"))))
        .values(detail=bindparam("text"), detail_due=False)
    )
    if details:
        connection.execute(statement, [{"order": order, "text": text} for order, text in details.items()])


def _table(shape: Shape) -> Table:
    return metadata.tables[shape.table]
