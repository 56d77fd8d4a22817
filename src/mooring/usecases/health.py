"""Check health: one call with the stored credentials says whether the store is well, and what that changes.

Passed: an error is cleared, and a store that waited for a reconnect is ready again if its permissions are all there.
Failed: credentials that are lost ask for a reconnect; anything else is an error that the next success clears.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from mooring.db import operations, stores
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.lifecycle import Event, Lost, Purpose, State
from mooring.domain.rules import Role
from mooring.errors import AuthLost, MooringError, Permanent, Refused, Stale
from mooring.usecases import authorize, gate
from mooring.usecases.authorize import Identity
from mooring.usecases.context import App
from mooring.usecases.lost import lose
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class Health:
    """`sentence` says what failed; None when the check passed."""

    store: Store
    sentence: str | None

    @property
    def passed(self) -> bool:
        return self.sentence is None


def check(app: App, who: Who, store_id: str) -> Health:
    """Raises `Refused` where no call may be made: disconnected, being deleted, another project's claim."""
    store = store_of(app, who, store_id, Role.EDITOR)
    try:
        found = _ask(app, store)
    except (Refused, Stale):
        raise
    except AuthLost as lost:
        return _lost(app, who, store, lost.sentence, {}, parks=True)
    except MooringError as error:
        return _failed(app, store, error.sentence)
    missing = rules.missing_scopes(store.settings, found.scopes)
    facts = {"granted_scopes": " ".join(sorted(found.scopes))}
    if missing:
        return _lost(app, who, store, authorize.permission_missing(missing), facts, parks=False)
    return _passed(app, who, store, facts)


def _ask(app: App, store: Store) -> Identity:
    ticket = gate.Ticket(store.id, store.generation, Purpose.HEALTH)
    found = authorize.identity_of(gate.call(app, ticket, app.shopify.document("shop"), {}))
    if found.shop_id != store.shop_id:
        sentence = f"{store.shop_domain} now belongs to another shop; delete this card first."
        raise Permanent(sentence, code="another_shop")
    return found


def _passed(app: App, who: Who, store: Store, facts: dict[str, Any]) -> Health:
    started: list[str] = []
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        _note(app, connection, store, "passed", None, facts)
        if store.state is State.RECONNECT_REQUIRED:
            store = stores.move(
                connection, store, Event.READY, at=app.clock.now(), actor=who.id, health_check_passed=True
            )
            started = operations.issue_again(connection, store.id, generation=store.generation)
        store = stores.load(connection, store.id)
    for operation_id in started:
        app.engine.start(operation_id)
    return Health(store, None)


def _lost(app: App, who: Who, store: Store, sentence: str, facts: dict[str, Any], *, parks: bool) -> Health:
    """The store needs a reconnect. Its work waits, parked, for the next READY; but where only a permission is missing,
    what is permitted keeps coming in."""
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        lost = Lost.CREDENTIALS if parks else Lost.SCOPES
        lose(app, connection, store, reason=sentence, lost=lost, actor=who.id)
        if parks:
            operations.park_all(connection, store.id, at=app.clock.now())
        _note(app, connection, store, "failed", store.error, facts)
        return Health(stores.load(connection, store.id), sentence)


def _failed(app: App, store: Store, sentence: str) -> Health:
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        _note(app, connection, store, "failed", sentence, {})
        return Health(stores.load(connection, store.id), sentence)


def _note(
    app: App, connection: Connection, store: Store, health: str, error: str | None, facts: dict[str, Any]
) -> None:
    stores.change(connection, store.id, checked_at=app.clock.now(), health=health, error=error, **facts)
