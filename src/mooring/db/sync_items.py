"""Rows of `sync_items`: what of a store is not simply synced or not synced, and what people decided about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mooring.db import bulk
from mooring.db.tables import sync_items
from mooring.domain.mapping import SyncKind

UNDER_WAY = ("queued", "in_progress")


@dataclass(frozen=True, slots=True)
class Item:
    """`cause`: a stable word. `detail`: candidates or differences; it may hold personal data, as the hub does."""

    kind: SyncKind
    shopify_id: int
    state: str
    cause: str | None = None
    sentence: str | None = None
    detail: Mapping[str, Any] | None = None
    decision: Mapping[str, Any] | None = None
    operation_id: str | None = None
    attempts: int = 0
    at: datetime | None = None


def _of(row: Row[Any]) -> Item:
    return Item(
        kind=SyncKind(row.kind), shopify_id=row.shopify_id, state=row.state, cause=row.cause, sentence=row.sentence,
        detail=msgspec.json.decode(row.detail) if row.detail else None,
        decision=msgspec.json.decode(row.decision) if row.decision else None,
        operation_id=row.operation_id, attempts=row.attempts, at=row.at,
    )  # fmt: skip


def _json(value: Any) -> str | None:
    return msgspec.json.encode(value).decode() if value is not None else None


# -- reading -------------------------------------------------------------------------------------------------------


def of(connection: Connection, store_id: str, kind: SyncKind, ids: Iterable[int]) -> dict[int, Item]:
    row = sync_items.c
    query = select(sync_items).where(
        row.store_id == store_id, row.kind == kind, bulk.within(connection, row.shopify_id, ids)
    )
    return {one.shopify_id: _of(one) for one in connection.execute(query)}


def one(connection: Connection, store_id: str, kind: SyncKind, shopify_id: int) -> Item | None:
    return of(connection, store_id, kind, [shopify_id]).get(shopify_id)


def between(connection: Connection, store_id: str, kind: SyncKind, first: int, last: int) -> dict[int, Item]:
    """Those that failed, were decided on or unlinked, or are missing in Odoo, by Shopify id."""
    row = sync_items.c
    query = select(sync_items).where(
        row.store_id == store_id, row.kind == kind, row.shopify_id.between(first, last),
        or_(row.state.in_(("failed", "decided")), row.cause.in_(("unlinked", "missing"))),
    )  # fmt: skip
    return {one.shopify_id: _of(one) for one in connection.execute(query)}


def in_state(
    connection: Connection, store_id: str, kind: SyncKind, states: Sequence[str], *, after: int = 0, limit: int
) -> list[Item]:
    row = sync_items.c
    query = select(sync_items).where(row.store_id == store_id, row.kind == kind, row.state.in_(states))
    query = query.where(row.shopify_id > after).order_by(row.shopify_id).limit(limit)
    return [_of(one) for one in connection.execute(query)]


def counts(connection: Connection, store_id: str, kind: SyncKind) -> dict[str, int]:
    row = sync_items.c
    query = select(row.state, func.count().label("number")).where(row.store_id == store_id, row.kind == kind)
    return {found.state: found.number for found in connection.execute(query.group_by(row.state))}


# -- writing -------------------------------------------------------------------------------------------------------


def put(connection: Connection, store_id: str, items: Sequence[Item], *, at: datetime) -> None:
    """A failure counts up; every other state begins anew. What was decided is over: it was carried out, or it led
    somewhere else."""
    if not items:
        return
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    made = ours(sync_items)
    names = ("state", "cause", "sentence", "detail", "decision", "operation_id", "at")
    anew: dict[str, Any] = {name: made.excluded[name] for name in names}
    anew["attempts"] = case((made.excluded.state == "failed", sync_items.c.attempts + 1), else_=0)
    connection.execute(
        made.on_conflict_do_update(index_elements=["store_id", "kind", "shopify_id"], set_=anew),
        [_row(store_id, item, at) for item in items],
    )


def _row(store_id: str, item: Item, at: datetime) -> dict[str, Any]:
    return {
        "store_id": store_id, "kind": item.kind, "shopify_id": item.shopify_id, "state": item.state,
        "cause": item.cause, "sentence": item.sentence, "detail": _json(item.detail), "decision": _json(item.decision),
        "operation_id": item.operation_id, "attempts": int(item.state == "failed"), "at": at,
    }  # fmt: skip


def queue(
    connection: Connection, store_id: str, kind: SyncKind, ids: Iterable[int], operation_id: str, *, at: datetime
) -> None:
    """Somebody asked for these. What waits for a person, or was decided, stays what it is meanwhile."""
    ours = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    made, row = ours(sync_items), sync_items.c
    fresh = or_(*(row.state == state for state in ("failed", *UNDER_WAY)))
    again = made.on_conflict_do_update(
        index_elements=["store_id", "kind", "shopify_id"],
        set_={"state": case((fresh, "queued"), else_=row.state), "operation_id": operation_id, "at": at},
    )
    asked = {"store_id": store_id, "kind": kind, "state": "queued", "operation_id": operation_id, "at": at}
    rows = [asked | {"shopify_id": one} for one in ids]
    if rows:
        connection.execute(again, rows)


def chosen(connection: Connection, store_id: str, kind: SyncKind, operation_id: str, *, after: int) -> list[int]:
    """What an operation was asked for and has not come to yet."""
    row = sync_items.c
    query = select(row.shopify_id).where(
        row.store_id == store_id, row.kind == kind, row.operation_id == operation_id, row.shopify_id > after
    )
    return list(connection.execute(query.order_by(row.shopify_id)).scalars())


def failed_in(connection: Connection, store_id: str, kind: SyncKind, operation_id: str, ids: Iterable[int]) -> set[int]:
    """Those of these records that have failed in this very operation."""
    row = sync_items.c
    query = select(row.shopify_id).where(
        row.store_id == store_id, row.kind == kind, row.operation_id == operation_id, row.state == "failed",
        bulk.within(connection, row.shopify_id, ids),
    )  # fmt: skip
    return set(connection.execute(query).scalars())


def decide(
    connection: Connection, store_id: str, kind: SyncKind, shopify_id: int, decision: Mapping[str, Any], *,
    at: datetime,
) -> bool:  # fmt: skip
    """Whether there was something to decide."""
    row = sync_items.c
    done = connection.execute(
        update(sync_items)
        .where(row.store_id == store_id, row.kind == kind, row.shopify_id == shopify_id)
        .where(row.state.in_(("review", "decided")))
        .values(state="decided", decision=_json(decision), at=at)
    )
    return done.rowcount == 1


def remove(connection: Connection, store_id: str, kind: SyncKind, ids: Iterable[int]) -> int:
    row = sync_items.c
    gone = delete(sync_items).where(
        row.store_id == store_id, row.kind == kind, bulk.within(connection, row.shopify_id, ids)
    )
    return connection.execute(gone).rowcount


def no_longer(connection: Connection, store_id: str, kind: SyncKind, cause: str, *, before: datetime) -> None:
    """What has waited for a person for this cause since before this moment waits no longer."""
    row = sync_items.c
    mine = (row.store_id == store_id, row.kind == kind, row.state == "review", row.cause == cause)
    connection.execute(delete(sync_items).where(*mine, row.at < before))


def waiting(connection: Connection, store_ids: Collection[str], cause: str) -> int:
    """How many records of these stores wait for a person for this cause."""
    row = sync_items.c
    query = select(func.count()).where(row.store_id.in_(list(store_ids)), row.state == "review", row.cause == cause)
    return connection.execute(query).scalar_one()


def let_go(connection: Connection, store_id: str, operation_id: str) -> None:
    """An operation ended without having come to these."""
    row = sync_items.c
    connection.execute(
        delete(sync_items).where(row.store_id == store_id, row.operation_id == operation_id, row.state.in_(UNDER_WAY))
    )
