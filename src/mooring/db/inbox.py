"""Rows of `deliveries`: every received webhook once, and what has become of it.

Rule 1: of two deliveries with the same (shop domain, webhook id) the second leaves no trace.
Rule 2: the shop domain comes from an unsigned header. Who works a delivery off looks who speaks for that shop, and
drops it when that store's Shopify app is not the one whose secret signed (`app_id`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, literal_column, or_, select, text, update

from mooring.db import bulk
from mooring.db.tables import deliveries


@dataclass(frozen=True, slots=True)
class Arrival:
    """A webhook as it comes in. `state` is `new`, or `dead` with a `reason` when nothing can be made of it."""

    app_id: str
    shop_domain: str
    webhook_id: str
    topic: str
    triggered_at: str | None
    received_at: datetime
    kind: str | None
    record_id: int | None
    other_id: int | None
    state: str = "new"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """`kind`: of a record, or `app`, `shop`, `bulk`, `privacy`. `other_id`: of a merge, the one that stays."""

    id: int
    app_id: str
    shop_domain: str
    webhook_id: str
    topic: str
    triggered_at: str | None
    received_at: datetime
    store_id: str | None
    kind: str | None
    record_id: int | None
    other_id: int | None
    state: str
    reason: str | None
    attempts: int
    not_before: datetime | None
    settled_at: datetime | None
    hold_id: str | None


def _of(row: Row[Any]) -> Delivery:
    return Delivery(**row._mapping)


# -- coming in -----------------------------------------------------------------------------------------------------

_COLUMNS = "app_id, shop_domain, webhook_id, topic, triggered_at, received_at, kind, record_id, other_id, state, reason"
_TYPES = ["text", "text", "text", "text", "text", "timestamptz", "text", "bigint", "bigint", "text", "text"]
_ONCE = "ON CONFLICT (shop_domain, webhook_id) DO NOTHING"
_SQLITE = f"INSERT INTO deliveries ({_COLUMNS}, attempts) VALUES ({'?, ' * 11}0) {_ONCE}"  # noqa: S608 - own words only
_POSTGRES = (
    f"INSERT INTO deliveries ({_COLUMNS}, attempts) "  # noqa: S608 - own words only
    f"SELECT arrived.*, 0 FROM unnest({', '.join(f'?::{one}[]' for one in _TYPES)}) AS arrived {_ONCE}"
)


def add_many(connection: Connection, rows: Sequence[Arrival]) -> int:
    """One statement for all of them. Returns how many were not known already."""
    if not rows:
        return 0
    if bulk.is_postgres(connection):
        columns = [list(column) for column in zip(*map(astuple, rows), strict=True)]
        return bulk.execute(connection, _POSTGRES, columns).rowcount
    return bulk.execute_many(connection, _SQLITE, [_sqlite_row(row) for row in rows])


def _sqlite_row(row: Arrival) -> tuple[Any, ...]:
    return (
        row.app_id, row.shop_domain, row.webhook_id, row.topic, row.triggered_at, _sortable(row.received_at),
        row.kind, row.record_id, row.other_id, row.state, row.reason,
    )  # fmt: skip


def _sortable(moment: datetime) -> str:
    """As `OurTime` writes it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


# -- working off ---------------------------------------------------------------------------------------------------


_WAITING = deliveries.c.state == literal_column("'new'")
"""Spelled out, not bound: SQLite matches the condition of a partial index by its text."""


def _ripe(at: datetime) -> Any:
    return or_(deliveries.c.not_before.is_(None), deliveries.c.not_before <= at)


def shops_waiting(connection: Connection, *, at: datetime) -> list[str]:
    """Domains with a delivery that may be worked off now. One look into the index per shop, however long its queue."""
    row, found, last = deliveries.c, list[str](), ""
    while True:
        after = select(func.min(row.shop_domain)).where(_WAITING, row.shop_domain > last)
        domain = connection.execute(after).scalar()
        if domain is None:
            return found
        if next_batch(connection, domain, limit=1, at=at):
            found.append(domain)
        last = domain


def next_batch(connection: Connection, shop_domain: str, *, limit: int, at: datetime) -> list[Delivery]:
    """The oldest that wait, in the order they came in."""
    row = deliveries.c
    query = select(deliveries).where(row.shop_domain == shop_domain, _WAITING, _ripe(at))
    return [_of(found) for found in connection.execute(query.order_by(row.id).limit(limit))]


def settle(
    connection: Connection,
    ids: Iterable[int],
    state: str,
    *,
    at: datetime,
    reason: str | None = None,
    store_id: str | None = None,
) -> int:
    """`done`, `dropped`, `dead` or `held`: these are worked off. Returns how many still waited."""
    values: dict[str, Any] = {"state": state, "settled_at": at, "reason": reason, "not_before": None}
    if store_id is not None:
        values["store_id"] = store_id
    row = deliveries.c
    waiting = update(deliveries).where(row.id.in_(list(ids)), _WAITING)
    return connection.execute(waiting.values(**values)).rowcount


def postpone(connection: Connection, ids: Iterable[int], *, not_before: datetime, reason: str) -> None:
    """They could not be worked off now; `reason` says why, for people."""
    row = deliveries.c
    connection.execute(
        update(deliveries)
        .where(row.id.in_(list(ids)), _WAITING)
        .values(attempts=row.attempts + 1, not_before=not_before, reason=reason)
    )


def prune(connection: Connection, *, before: datetime, limit: int = 1000) -> int:
    """Forget done and dropped ones settled before `before`, a bounded number at a time. Dead letters stay."""
    row = deliveries.c
    old = select(row.id).where(text("state IN ('done', 'dropped')"), row.settled_at < before).limit(limit)
    return connection.execute(delete(deliveries).where(row.id.in_(old))).rowcount


# -- looking -------------------------------------------------------------------------------------------------------


def of_store(store_id: str, domains: Sequence[str]) -> Any:
    """Whose a delivery is: named by the worker, or not named yet and sent for one of the domains of the shop. Give
    `domains` only for the store that speaks for the shop."""
    row = deliveries.c
    return or_(row.store_id == store_id, row.store_id.is_(None) & row.shop_domain.in_(list(domains)))


def counts(connection: Connection, store_id: str, domains: Sequence[str] = ()) -> dict[str, int]:
    """How many of a store there are in each state."""
    state = deliveries.c.state
    query = select(state, func.count()).where(of_store(store_id, domains)).group_by(state)
    return {row.state: row[1] for row in connection.execute(query)}


def counts_by_state(connection: Connection) -> dict[str, int]:
    """Over the whole installation, for metrics."""
    state = deliveries.c.state
    query = select(state, func.count()).group_by(state).order_by(state)
    return {row.state: row[1] for row in connection.execute(query)}


def listed(
    connection: Connection,
    store_id: str,
    domains: Sequence[str],
    *,
    state: str,
    before: int | None = None,
    limit: int = 50,
) -> list[Delivery]:
    """Newest first; `before` is the id the page before ended with."""
    row = deliveries.c
    query = select(deliveries).where(of_store(store_id, domains), row.state == state)
    if before is not None:
        query = query.where(row.id < before)
    return [_of(found) for found in connection.execute(query.order_by(row.id.desc()).limit(limit))]


def decide(
    connection: Connection,
    store_id: str,
    domains: Sequence[str],
    ids: Iterable[int] | None,
    state: str,
    *,
    at: datetime | None,
    reason: str | None,
) -> int:
    """A person's word on dead letters (`ids`, or all of the store): back to `new` with a fresh count, or `dropped`."""
    row = deliveries.c
    dead = update(deliveries).where(of_store(store_id, domains), row.state == "dead")
    if ids is not None:
        dead = dead.where(row.id.in_(list(ids)))
    values = {"state": state, "settled_at": at, "reason": reason, "not_before": None, "attempts": 0}
    return connection.execute(dead.values(**values)).rowcount
