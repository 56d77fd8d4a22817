"""Rows of `deliveries` as people look at them: counts, lists, and what is done with dead letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Update, func, or_, select, update

from mooring.db.inbox import COLUMNS, Delivery, delivery_of
from mooring.db.tables import deliveries


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
    query = select(*COLUMNS).where(of_store(store_id, domains), row.state == state)
    if before is not None:
        query = query.where(row.id < before)
    return [delivery_of(found) for found in connection.execute(query.order_by(row.id.desc()).limit(limit))]


def replay(connection: Connection, store_id: str, domains: Sequence[str], ids: Iterable[int] | None) -> int:
    """Dead letters (`ids`, or all of the store) wait again as if they were new, if they name anything."""
    waiting = {"state": "new", "settled_at": None, "reason": None, "not_before": None, "attempts": 0}
    dead = _dead(store_id, domains, ids).where(deliveries.c.kind.is_not(None))
    return connection.execute(dead.values(**waiting)).rowcount


def let_go(
    connection: Connection,
    store_id: str,
    domains: Sequence[str],
    ids: Iterable[int] | None,
    *,
    at: datetime,
    reason: str,
) -> int:
    """Dead letters (`ids`, or all of the store) are dropped after all."""
    dead = _dead(store_id, domains, ids)
    return connection.execute(dead.values(state="dropped", settled_at=at, reason=reason)).rowcount


def _dead(store_id: str, domains: Sequence[str], ids: Iterable[int] | None) -> Update:
    row = deliveries.c
    dead = update(deliveries).where(of_store(store_id, domains), row.state == "dead")
    return dead if ids is None else dead.where(row.id.in_(list(ids)))
