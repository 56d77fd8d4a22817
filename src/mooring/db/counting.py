"""Numbers over the whole installation, for metrics. No row leaves here, only counts by words of our own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from mooring.db.tables import deliveries, kind_states, metadata, operations, stores
from mooring.domain.kinds import Kind


def stores_by_state(connection: Connection) -> dict[str, int]:
    query = select(stores.c.state, func.count()).group_by(stores.c.state).order_by(stores.c.state)
    return {row.state: row[1] for row in connection.execute(query)}


def operations_by_kind(connection: Connection) -> dict[tuple[str, str], int]:
    row = operations.c
    query = select(row.kind, row.state, func.count()).group_by(row.kind, row.state).order_by(row.kind, row.state)
    return {(kind, state): count for kind, state, count in connection.execute(query)}


def records_by_kind(connection: Connection) -> dict[str, int]:
    """What the hub holds. Those that were deleted at Shopify count too: so an index is enough, and no row is read."""
    queries = {str(kind): select(func.count()).select_from(metadata.tables[kind]) for kind in sorted(Kind)}
    return {kind: connection.execute(query).scalar_one() for kind, query in queries.items()}


def kinds_by_state(connection: Connection) -> dict[tuple[str, str], int]:
    row = kind_states.c
    query = select(row.kind, row.state, func.count()).group_by(row.kind, row.state).order_by(row.kind, row.state)
    return {(kind, state): count for kind, state, count in connection.execute(query)}


def oldest_delivery(connection: Connection) -> datetime | None:
    """When the oldest delivery came in that is still to be worked off."""
    row = deliveries.c
    return connection.execute(select(row.received_at).where(row.state == "new").order_by(row.id).limit(1)).scalar()
