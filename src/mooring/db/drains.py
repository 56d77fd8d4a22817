"""Who works off a store's deliveries: one worker at a time, by a lease on the store's row.

A worker that has trouble with a store keeps everybody away from it until a moment; one that vanished is followed by
another as soon as its lease has lapsed. What a worker writes is bound to the lease, in the very transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Text, cast, func, literal, or_, select, update

from mooring.db.tables import deliveries, metadata, stores
from mooring.domain.kinds import Kind
from mooring.errors import Stale

_RESTS = "rests "
"""With the generation behind it in `drain_worker`: the store is left alone, as long as it stays of that generation."""


def take(connection: Connection, store_id: str, worker: str, *, at: datetime, until: datetime) -> bool:
    """Take the lease, or keep it. False while it is somebody else's, or while the store is to be left alone."""
    row = stores.c
    left_alone = row.drain_worker.like(f"{_RESTS}%")
    outlived = left_alone & (row.drain_worker != literal(_RESTS) + cast(row.generation, Text))
    free = or_(row.drain_until.is_(None), row.drain_until <= at, row.drain_worker == worker, outlived)
    done = connection.execute(
        update(stores).where(row.id == store_id, free).values(drain_worker=worker, drain_until=until)
    )
    return done.rowcount == 1


def require(connection: Connection, store_id: str, worker: str) -> None:
    """Raises `Stale` when another worker has taken over. After `stores.fence`, which keeps the row as it is."""
    mine = select(stores.c.id).where(stores.c.id == store_id, stores.c.drain_worker == worker)
    if connection.execute(mine).first() is None:
        raise Stale("Another worker has taken over this store's deliveries.", code="stale_lease")


def let_go(connection: Connection, store_id: str, worker: str) -> None:
    mine = (stores.c.id == store_id, stores.c.drain_worker == worker)
    connection.execute(update(stores).where(*mine).values(drain_worker=None, drain_until=None))


def rest(connection: Connection, store_id: str, worker: str, *, until: datetime) -> None:
    """Nobody takes it before, unless the store is connected anew."""
    mine = (stores.c.id == store_id, stores.c.drain_worker == worker)
    marked = literal(_RESTS) + cast(stores.c.generation, Text)
    connection.execute(update(stores).where(*mine).values(drain_worker=marked, drain_until=until))


def release_all(connection: Connection) -> None:
    """Forget every lease. Only for a process that holds the data directory's lock: nobody else can be at work."""
    connection.execute(
        update(stores).where(stores.c.drain_until.is_not(None)).values(drain_worker=None, drain_until=None)
    )


def count_dropped(connection: Connection, store_id: str, number: int) -> None:
    connection.execute(update(stores).where(stores.c.id == store_id).values(dropped=stores.c.dropped + number))


# -- how much is being deleted -------------------------------------------------------------------------------------


def told_deleted(connection: Connection, store_id: str, domains: Iterable[str], kind: Kind, *, since: datetime) -> int:
    """Of how many records that are in the hub, or were until then, delete webhooks came since `since`. Those that a
    person agreed to do not count."""
    row, told = metadata.tables[str(kind)].c, deliveries.c
    reported = select(told.record_id).where(
        told.id > _last_before(connection, since),
        func.lower(told.shop_domain).in_(list(domains)),  # by its id: the index on domains knows no time
        told.topic == f"{kind}/delete",
        told.received_at >= since,
        told.state.in_(("new", "held", "done")),
        or_(told.hold_id.is_(None), told.state == "held"),
    )
    query = select(func.count()).where(
        row.store_id == store_id,
        row.shopify_id.in_(reported),
        or_(row.deleted_at.is_(None), row.deleted_at >= since),
    )
    return connection.execute(query).scalar_one()


def _last_before(connection: Connection, since: datetime) -> int:
    """Ids grow with time, so the search goes back from the newest and ends at the first that is old enough."""
    told = deliveries.c
    query = select(told.id).where(told.received_at < since).order_by(told.id.desc()).limit(1)
    return connection.execute(query).scalar() or 0


def held_records(connection: Connection, store_id: str, hold_id: str) -> set[int]:
    row = deliveries.c
    held = select(row.record_id).where(row.store_id == store_id, row.state == "held", row.hold_id == hold_id)
    return {one for one in connection.execute(held).scalars() if one is not None}


def hold(connection: Connection, store_id: str, ids: Iterable[int], hold_id: str) -> None:
    """These wait for a person's word."""
    row = deliveries.c
    connection.execute(
        update(deliveries)
        .where(row.id.in_(list(ids)), row.state == "new")
        .values(state="held", hold_id=hold_id, store_id=store_id, not_before=None)
    )
