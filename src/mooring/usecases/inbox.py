"""The inbox of a store: how many deliveries are where, which could not be obeyed and why, and a person's word on those.

A dead letter that names a record can be replayed: it waits again like a new one, and what it points at is read as it is
then. One that names nothing cannot, since no body was ever kept; it can only be let go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from mooring.db import audit, inbox, inbox_listing, stores, stores_domains
from mooring.db.inbox import Delivery
from mooring.db.stores import Store
from mooring.domain.lifecycle import GOING
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, Refused
from mooring.usecases import paging
from mooring.usecases.context import App
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

STATES = {
    "new": "Waiting",
    "held": "Held",
    "done": "Obeyed",
    "dropped": "Dropped",
    "dead": "Dead letters",
}
"""What a delivery's state is called on pages."""

MOST = 1000
"""How many can be chosen one by one."""
_LET_GO = "Let go by a person."
_KEPT = timedelta(days=7)
"""How long obeyed and dropped deliveries can still be looked at."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery as people see it. `what` names what it is about; `replayable`: it points at something."""

    delivery: Delivery
    what: str
    replayable: bool


@dataclass(frozen=True, slots=True)
class StoreInbox:
    """`counts` by state, every state named. `dropped` counts for ever what came too late to be obeyed."""

    store: Store
    counts: dict[str, int]
    dropped: int


@dataclass(frozen=True, slots=True)
class Shown:
    inbox: StoreInbox
    state: str
    letters: tuple[Letter, ...]
    following: str | None


# -- looking -------------------------------------------------------------------------------------------------------


def of_project(app: App, who: Who, project_id: str) -> list[StoreInbox]:
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        return [_counted(connection, store) for store in stores.of_project(connection, project_id)]


def show(app: App, who: Who, store_id: str, *, state: str = "dead", cursor: str | None = None) -> Shown:
    """Newest first."""
    store = store_of(app, who, store_id, Role.VIEWER)
    if state not in STATES:
        raise InvalidInput(f"Deliveries are {', '.join(STATES)}.", field="which")
    before = paging.number(cursor)
    with app.db.read() as connection:
        counted, domains = _counted(connection, store), _domains(connection, store)
        found = inbox_listing.listed(connection, store_id, domains, state=state, before=before, limit=paging.LIMIT + 1)
    page = found[: paging.LIMIT]
    following = paging.encode(page[-1].id) if len(found) > len(page) else None
    return Shown(counted, state, tuple(map(_letter, page)), following)


def _counted(connection: Connection, store: Store) -> StoreInbox:
    found = inbox_listing.counts(connection, store.id, _domains(connection, store))
    return StoreInbox(store, {state: found.get(state, 0) for state in STATES}, store.dropped)


def _domains(connection: Connection, store: Store) -> list[str]:
    """Whose unopened deliveries are this store's: of whoever speaks for the shop."""
    return stores_domains.of_store(connection, store.id) if store.claim else []


def _letter(one: Delivery) -> Letter:
    kind = (one.kind or "").removesuffix("s")
    if one.kind is None:
        what = "Nothing that can be told"
    elif one.other_id is not None:
        what = f"{kind.capitalize()} {one.record_id} merged into {one.other_id}"
    else:
        what = f"{kind.capitalize()} {one.record_id}" if one.record_id else kind.capitalize()
    return Letter(one, what, one.kind is not None)


# -- deciding ------------------------------------------------------------------------------------------------------


def replay(app: App, who: Who, store_id: str, ids: Sequence[int] | None = None) -> int:
    """Have dead letters (these, or all) worked off once more. Returns how many; those that name nothing stay dead."""
    count = _decide(app, who, store_id, ids, "new")
    app.receiver.arrived.set()
    return count


def drop(app: App, who: Who, store_id: str, ids: Sequence[int] | None = None) -> int:
    """Let dead letters (these, or all) go. Pulls and sweeps see what they told of."""
    return _decide(app, who, store_id, ids, "dropped")


def _decide(app: App, who: Who, store_id: str, ids: Sequence[int] | None, state: str) -> int:
    store = store_of(app, who, store_id, Role.EDITOR)
    if store.state in GOING:
        raise Refused("This store is being deleted, and its inbox with it.", code="deleting")
    if ids is not None and len(ids) > MOST:
        raise InvalidInput(f"Choose {MOST:,} at most, or all.", field="ids")
    now = app.clock.now()
    with app.db.write() as connection:
        domains = _domains(connection, store)
        if state == "new":
            count = inbox_listing.replay(connection, store_id, domains, ids)
        else:
            count = inbox_listing.let_go(connection, store_id, domains, ids, at=now, reason=_LET_GO)
        audit.write(
            connection,
            at=now,
            project_id=store.project_id,
            store_id=store_id,
            actor=who.id,
            event=f"inbox.{'replay' if state == 'new' else 'drop'}",
            detail={"count": count},
        )
    return count


# -- forgetting ----------------------------------------------------------------------------------------------------


def forget(app: App) -> None:
    """For the schedule: a thousand at a time, so that nobody waits long for the database."""
    with app.db.read() as connection:
        if not inbox.prunable(connection, before=app.clock.now() - _KEPT):
            return
    with app.db.write() as connection:
        inbox.prune(connection, before=app.clock.now() - _KEPT)
