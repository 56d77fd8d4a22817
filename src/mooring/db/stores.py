"""Rows of `stores`: the only file that writes their `state`. A move is compare-and-set plus one audit row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Row, Select, bindparam, insert, or_, select, update

from mooring.db import audit, operations_parked
from mooring.db.tables import kind_states, store_domains, stores
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import LIVE, Event, Lost, State, apply
from mooring.domain.rules import OVER_AT_RECONNECT, Settings
from mooring.errors import Conflict, NotFound, Stale

Turn = Literal["pull_due_at", "sweep_due_at", "subscribe_due_at"]
"""What the schedule does for a store again and again."""


@dataclass(frozen=True, slots=True)
class Store:
    id: str
    project_id: str
    app_id: str
    state: State
    generation: int
    state_since: datetime
    reason: str | None
    lost: Lost | None
    gap_from: datetime | None
    claim: bool
    shop_id: int
    shop_domain: str
    name: str
    shop: dict[str, Any]
    granted_scopes: frozenset[str]
    settings: Settings
    denied_fields: tuple[str, ...]
    error: str | None
    error_by: str | None
    delete_failed: str | None
    authorized_at: datetime | None
    checked_at: datetime | None
    health: str | None
    initial_sync_started_at: datetime | None
    created_by: str | None
    created_at: datetime
    deleted_at: datetime | None
    pull_due_at: datetime | None
    sweep_due_at: datetime | None
    check_due_at: datetime | None
    subscribe_due_at: datetime | None
    subscriptions: dict[str, Any] | None
    dropped: int
    app_rejected_at: datetime | None


_BY_ID = select(stores).where(stores.c.id == bindparam("of_id"))
_FENCED = _BY_ID.where(stores.c.generation == bindparam("of_generation"))
_LOCKED = _FENCED.with_for_update(key_share=True)
"""Asked at every call and every write; making these anew took longer than asking them."""
_FACTS = tuple((at, name) for at, name in enumerate(stores.c.keys()) if name in Store.__dataclass_fields__)


def _of(row: Row[Any]) -> Store:
    """Of a row with all columns, in their order."""
    facts: dict[str, Any] = {name: row[at] for at, name in _FACTS}
    facts |= {
        "state": State(row.state),
        "lost": Lost(row.lost) if row.lost else None,
        "shop": msgspec.json.decode(row.shop),
        "subscriptions": msgspec.json.decode(row.subscriptions) if row.subscriptions else None,
        "granted_scopes": frozenset(row.granted_scopes.split()),
        "settings": msgspec.json.decode(row.settings, type=Settings),
        "denied_fields": tuple(msgspec.json.decode(row.denied_fields)),
    }
    return Store(**facts)


def load(connection: Connection, store_id: str) -> Store:
    row = connection.execute(_BY_ID, {"of_id": store_id}).first()
    if row is None:
        raise NotFound("There is no such store.")
    return _of(row)


def of_project(connection: Connection, project_id: str) -> list[Store]:
    """The cards of a project, without tombstones, oldest first."""
    query = select(stores).where(stores.c.project_id == project_id, stores.c.state != State.DELETED)
    return [_of(row) for row in connection.execute(query.order_by(stores.c.created_at, stores.c.id))]


def every(connection: Connection) -> Iterator[Store]:
    """Of all projects, tombstones included."""
    return map(_of, connection.execute(select(stores).order_by(stores.c.created_at, stores.c.id)))


def live(connection: Connection) -> list[Store]:
    """The stores whose Shopify may be asked: neither paused nor going, and speaking for their shop."""
    query = select(stores).where(stores.c.state.in_(LIVE), stores.c.claim.is_(True))
    return [_of(row) for row in connection.execute(query.order_by(stores.c.id))]


def card(connection: Connection, project_id: str, shop_id: int) -> Store | None:
    """The one card of this shop in this project that is not deleted."""
    query = select(stores).where(
        stores.c.project_id == project_id, stores.c.shop_id == shop_id, stores.c.state != State.DELETED
    )
    row = connection.execute(query).first()
    return _of(row) if row else None


def known_by_domain(connection: Connection, domain: str) -> list[Store]:
    """Every card that is not deleted and is or was reached under this domain."""
    query = (
        select(stores)
        .join(store_domains, store_domains.c.store_id == stores.c.id)
        .where(store_domains.c.domain == domain, stores.c.state != State.DELETED)
    )
    return [_of(row) for row in connection.execute(query)]


def was_deleted(connection: Connection, project_id: str, shop_id: int) -> bool:
    """Whether a card of this shop was deleted here before."""
    row = stores.c
    gone = (row.project_id == project_id, row.shop_id == shop_id, row.state == State.DELETED)
    return connection.execute(select(row.id).where(*gone).limit(1)).first() is not None


def claim_holder(connection: Connection, shop_id: int) -> Store | None:
    row = connection.execute(select(stores).where(stores.c.shop_id == shop_id, stores.c.claim.is_(True))).first()
    return _of(row) if row else None


def fence(connection: Connection, store_id: str, generation: int) -> Store:
    """The store, if it still is of this generation. Raises `Stale`. On PostgreSQL the row stays locked until commit:
    no lifecycle move can slip between the check and the write, and whoever writes rows of one store takes turns. A
    shared lock would not do: two that hold it and then change the store wait for each other."""
    return _fenced(connection, _LOCKED, store_id, generation)


def fence_read(connection: Connection, store_id: str, generation: int) -> Store:
    """The same question without a lock, for a call that is about to be made."""
    return _fenced(connection, _FENCED, store_id, generation)


def _fenced(connection: Connection, query: Select[Any], store_id: str, generation: int) -> Store:
    row = connection.execute(query, {"of_id": store_id, "of_generation": generation}).first()
    if row is None:
        raise Stale("The store has moved on since this work was started.", code="stale_generation")
    return _of(row)


def create(connection: Connection, *, at: datetime, actor: str, **facts: Any) -> Store:
    """AUTHORIZED from nothing: a new card in `connecting`, generation 1, with its audit row and pending kinds."""
    move = apply(None, Event.AUTHORIZED)
    row = facts | {"state": move.to, "generation": 1, "state_since": at, "created_at": at, "created_by": actor}
    connection.execute(insert(stores).values(**row, claim=False, authorized_at=at))
    for kind in Kind:
        connection.execute(insert(kind_states).values(store_id=row["id"], kind=kind))
    store = load(connection, row["id"])
    _note(connection, store, Event.AUTHORIZED, None, store, at, actor, {})
    return store


def move(
    connection: Connection,
    store: Store,
    event: Event,
    *,
    at: datetime,
    actor: str,
    reason: str | None = None,
    lost: Lost = Lost.CREDENTIALS,
    health_check_passed: bool = False,
) -> Store:
    """Carry out `event` as `domain.lifecycle` decides. Raises `Refused` (illegal) or `Conflict` (somebody was first).

    Whatever raises the generation parks the store's unfinished operations in the same transaction; AUTHORIZED ends
    those that would undo or repeat the reconnect. `lost` says what AUTH_LOST has lost.
    """
    step = apply(store.state, event, health_check_passed=health_check_passed)
    stays = step.to is store.state and not step.raises
    values: dict[str, Any] = {
        "state": step.to,
        "generation": store.generation + (1 if step.raises else 0),
        "state_since": store.state_since if stays else at,
        "reason": reason,
    }
    values |= _consequences(store, event, at, lost)
    done = connection.execute(
        update(stores)
        .where(stores.c.id == store.id, stores.c.state == store.state, stores.c.generation == store.generation)
        .values(**values)
    )
    if done.rowcount != 1:
        raise Conflict("This store was changed by somebody else a moment ago. Look again.", code="store_moved")
    if step.raises:
        operations_parked.park_all(connection, store.id, at=at)
        operations_parked.carry_over(connection, store.id, generation=values["generation"])
    if event is Event.AUTHORIZED:
        operations_parked.end_all(
            connection, store.id, OVER_AT_RECONNECT, at=at, sentence="The store was connected anew."
        )
    moved = load(connection, store.id)
    _note(connection, store, event, store.state, moved, at, actor, {"reason": reason} if reason else {})
    return moved


def _consequences(store: Store, event: Event, at: datetime, lost: Lost) -> dict[str, Any]:
    """What else a move writes: what was lost, and since when nothing comes in."""
    gap = {"gap_from": store.gap_from or at}
    match event:
        case Event.AUTHORIZED:
            return {"lost": None}
        case Event.READY:
            return {"lost": None, "error": None, "error_by": None, "app_rejected_at": None}
        case Event.AUTH_LOST:
            return {"lost": lost} | ({} if lost is Lost.SCOPES else gap)
        case Event.UNINSTALLED:
            return {"lost": Lost.UNINSTALLED} | gap
        case Event.DISCONNECT:
            return gap
        case Event.ERASED:  # whoever connects this shop next gets its claim
            return {"claim": False, "deleted_at": at}
        case _:
            return {}


def _note(
    connection: Connection,
    store: Store,
    event: Event,
    before: State | None,
    after: Store,
    at: datetime,
    actor: str,
    detail: dict[str, Any],
) -> None:
    audit.write(
        connection,
        at=at,
        project_id=store.project_id,
        store_id=store.id,
        actor=actor,
        event=f"store.{event}",
        from_state=before,
        to_state=after.state,
        generation=after.generation,
        detail=detail,
    )


def change(connection: Connection, store_id: str, **values: Any) -> None:
    """Facts about a store that are no lifecycle move. `state`, `generation` and `claim` cannot be written here."""
    if forbidden := {"state", "generation", "claim", "state_since"} & values.keys():
        raise AssertionError(f"{sorted(forbidden)} only change in a move")
    connection.execute(update(stores).where(stores.c.id == store_id).values(**values))


def take_turn(connection: Connection, store_id: str, turn: Turn, *, at: datetime, following: datetime) -> bool:
    """Take this turn of the schedule and set the next one. False when another process was quicker; on PostgreSQL the
    row stays locked until commit."""
    column = stores.c[turn]
    come = or_(column.is_(None), column <= at)
    done = connection.execute(update(stores).where(stores.c.id == store_id, come).values({turn: following}))
    return done.rowcount == 1


def take_claim(connection: Connection, store: Store) -> None:
    """The unique index on the claim is the judge; the caller has looked whether the holder may lose it."""
    connection.execute(
        update(stores).where(stores.c.shop_id == store.shop_id, stores.c.id != store.id).values(claim=False)
    )
    connection.execute(update(stores).where(stores.c.id == store.id).values(claim=True))
