"""What a sweep asks the hub: which records live that Shopify should still have, and which of Shopify's are not here.

Nothing that was fetched after the file was begun is judged by it. Ids come in their order, a batch at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Table, or_, select

from mooring.db.tables import import_chunks, metadata
from mooring.domain.kinds import Kind

_AT_ONCE = 1_000


def judged(
    connection: Connection,
    store_id: str,
    kind: Kind,
    *,
    after: int,
    limit: int,
    fetched_before: datetime,
    created_after: datetime | None,
) -> dict[int, datetime | None]:
    """Living records by Shopify id, with when they were created. One whose creation is unknown is judged only where
    everything is."""
    row = _table(kind).c
    query = select(row.shopify_id, row.created_at).where(
        row.store_id == store_id, row.shopify_id > after, row.deleted_at.is_(None), row.fetched_at < fetched_before
    )
    if created_after is not None:
        query = query.where(row.created_at > created_after)
    found = connection.execute(query.order_by(row.shopify_id).limit(limit))
    return {one.shopify_id: one.created_at for one in found}


def here(connection: Connection, store_id: str, kind: Kind, ids: Iterable[int], *, since: datetime) -> set[int]:
    """Which of these are in the hub: living, or marked as deleted by an answer that is not older than `since`."""
    row, wanted, found = _table(kind).c, list(ids), set[int]()
    for at in range(0, len(wanted), _AT_ONCE):
        query = select(row.shopify_id).where(
            row.store_id == store_id,
            row.shopify_id.in_(wanted[at : at + _AT_ONCE]),
            or_(row.deleted_at.is_(None), row.fetched_at >= since),
        )
        found.update(connection.execute(query).scalars())
    return found


def next_chunk(connection: Connection, operation_id: str, kind: Kind, after: int) -> tuple[int, bytes] | None:
    """The packed keys of the next committed chunk of a file, and where it begins."""
    row = import_chunks.c
    query = select(row.first_byte, row["keys"]).where(
        row.operation_id == operation_id, row.kind == kind, row.first_byte > after
    )
    found = connection.execute(query.order_by(row.first_byte).limit(1)).first()
    return (found[0], found[1]) if found else None


def _table(kind: Kind) -> Table:
    return metadata.tables[str(kind)]
