"""Check health: one call with the stored credentials says whether the store is well, and what that changes.

Passed: an error is cleared, a store that waited for a reconnect is ready again if its permissions are all there, and
what failed is tried again. Failed: credentials that are lost ask for a reconnect; anything else is an error that the
next success clears. Only what Shopify itself answers decides: a webhook that says "uninstalled" leads to such a call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import operations_parked, stores, stores_domains, stores_marks
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.lifecycle import Event, Lost, Purpose, State
from mooring.domain.rules import Role, Work
from mooring.domain.timing import next_check
from mooring.errors import AuthLost, MooringError, Permanent, Refused, Stale, Throttled
from mooring.usecases import authorize, gate, resume
from mooring.usecases.authorize import Identity
from mooring.usecases.context import App
from mooring.usecases.lost import lose, lost_by
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Done, Next, Run
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import SYSTEM, Who

UNINSTALLED = "Mooring was uninstalled at Shopify."


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
    return look(app, who, store_of(app, who, store_id, Role.EDITOR))


# -- on a schedule -------------------------------------------------------------------------------------------------


def scheduled(app: App) -> None:
    """A job of the schedule: one check for every store whose turn has come. It also keeps tokens alive."""
    now = app.clock.now()
    with app.db.read() as connection:
        waiting = [one for one in stores.live(connection) if one.check_due_at is None or one.check_due_at <= now]
    for store in waiting:
        if operation_id := _in_turn(app, store):
            app.engine.start(operation_id)


def _in_turn(app: App, store: Store) -> str | None:
    """None when another process was quicker, or something is in the way: the next turn comes."""
    with app.db.write() as connection:
        if not stores_marks.take_check(connection, store, following=next_check(store.id, app.clock.now(), None)):
            return None
        try:
            return issue(app, connection, SYSTEM, stores.load(connection, store.id), Work.HEALTH_CHECK, {}).id
        except Refused:
            return None


def advance(app: App, run: Run) -> Next:
    with app.db.read() as connection:
        store = stores.fence_read(connection, run.store.id, run.operation.generation or 0)
    found = look(app, SYSTEM, store)
    return Done({"health": "passed" if found.passed else "failed", "reason": found.sentence})


# -- the check -----------------------------------------------------------------------------------------------------


def look(app: App, who: Who, store: Store) -> Health:
    try:
        found = ask(app, store)
    except (Refused, Stale, Throttled):  # no answer about the store
        raise
    except AuthLost as lost:
        return _lost(app, who, store, lost.sentence, lost_by(lost))
    except MooringError as error:
        return _failed(app, store, error)
    if missing := rules.missing_scopes(store.settings, found.scopes):
        return _permission_lost(app, who, store, found, authorize.permission_missing(missing))
    return _passed(app, who, store, found)


def ask(app: App, store: Store) -> Identity:
    ticket = gate.Ticket(store.id, store.generation, Purpose.HEALTH)
    found = authorize.identity_of(gate.call(app, ticket, app.shopify.document("shop"), {}))
    if found.shop_id != store.shop_id:
        sentence = f"{store.shop_domain} now belongs to another shop; delete this card first."
        raise Permanent(sentence, code="another_shop")
    return found


def _passed(app: App, who: Who, store: Store, found: Identity) -> Health:
    with app.db.write() as connection:
        before = stores.fence(connection, store.id, store.generation)
        store = _keep(app, connection, before, found)
        started: list[str] = []
        if store.state is not State.CONNECTED:
            store = stores.move(
                connection, store, Event.READY, at=app.clock.now(), actor=who.id, health_check_passed=True
            )
            started = resume.resume(app, connection, who, store)
        elif before.error or before.granted_scopes != store.granted_scopes:
            started = _mend(app, connection, who, store)
        store = stores.load(connection, store.id)
    _start(app, started)
    return Health(store, None)


def _keep(app: App, connection: Connection, store: Store, found: Identity) -> Store:
    """What the shop says of itself now; whatever failed before is over. A domain it was renamed to is adopted."""
    if found.domain != store.shop_domain:
        stores_domains.add(connection, store.id, found.domain, at=app.clock.now())
    stores_marks.clear_error(connection, store.id, by=stores_marks.HEALTH)
    _note(
        app, connection, store, "passed", None,
        granted_scopes=" ".join(sorted(found.scopes)), shop=msgspec.json.encode(found.shop).decode(), name=found.name,
    )  # fmt: skip
    return stores.load(connection, store.id)


def _mend(app: App, connection: Connection, who: Who, store: Store) -> list[str]:
    """Nothing goes on by itself before the first import was asked for."""
    if store.initial_sync_started_at is None:
        return []
    return resume.retry_failed(app, connection, who, store)


def _lost(app: App, who: Who, store: Store, sentence: str, lost: Lost) -> Health:
    """The store needs a reconnect. Its work waits, parked, for the next READY."""
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        reason = _lose(app, connection, who, store, sentence, lost).reason
        operations_parked.park_all(connection, store.id, at=app.clock.now(), but=frozenset({Work.HEALTH_CHECK}))
        _note(app, connection, store, "failed", None)
        return Health(stores.load(connection, store.id), reason or sentence)


def _permission_lost(app: App, who: Who, store: Store, found: Identity, sentence: str) -> Health:
    """What is permitted keeps coming in; after lost credentials, it goes on coming in."""
    with app.db.write() as connection:
        before = stores.fence(connection, store.id, store.generation)
        store = _keep(app, connection, before, found)
        store = _lose(app, connection, who, store, sentence, Lost.SCOPES)
        _note(app, connection, store, "failed", None)
        regained = before.lost in (Lost.CREDENTIALS, Lost.UNINSTALLED)
        started = resume.resume(app, connection, who, store) if regained else []
        store = stores.load(connection, store.id)
    _start(app, started)
    return Health(store, sentence)


def _lose(app: App, connection: Connection, who: Who, store: Store, sentence: str, lost: Lost) -> Store:
    """Said once: the log needs no line for every check that finds what is known. After an uninstall the credentials are
    refused because of it: the cause stays."""
    if (store.state, store.lost, lost) == (State.RECONNECT_REQUIRED, Lost.UNINSTALLED, Lost.CREDENTIALS):
        return store
    if (store.state, store.lost, store.reason) == (State.RECONNECT_REQUIRED, lost, sentence):
        return store
    return lose(app, connection, store, reason=sentence, lost=lost, actor=who.id)


def _failed(app: App, store: Store, error: MooringError) -> Health:
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        stores_marks.mark_error(connection, store, error.sentence, by=stores_marks.HEALTH)
        _note(app, connection, store, "failed", error)
        return Health(stores.load(connection, store.id), error.sentence)


def _note(
    app: App, connection: Connection, store: Store, health: str, failure: MooringError | None, **facts: Any
) -> None:
    now = app.clock.now()
    due = next_check(store.id, now, failure)
    stores.change(connection, store.id, checked_at=now, health=health, check_due_at=due, **facts)


def _start(app: App, operation_ids: list[str]) -> None:
    for operation_id in operation_ids:
        app.engine.start(operation_id)
