"""What went wrong while deliveries were worked off, and what that means: for the whole store, or for one record."""

from __future__ import annotations

from datetime import timedelta

from mooring.db import inbox, operations_parked, stores, stores_marks
from mooring.db.inbox import Delivery
from mooring.db.stores import Store
from mooring.domain.lifecycle import LIVE
from mooring.domain.timing import next_check
from mooring.errors import AppRejected, AuthLost, MooringError, OutcomeUnknown, Permanent, Retriable, StoreUnavailable
from mooring.usecases.context import App
from mooring.usecases.drain_lease import Lease
from mooring.usecases.lost import lose, lost_by

BY = "webhooks"
"""Whose error it is, on the store's card."""

_LONGEST = 600.0
_LOOK_AGAIN = 10.0
_OWN_FAULTS = 5
"""After how many failures of our own a record is given up."""
_SPLIT_AFTER = 2
_OF_STORE = frozenset({"shop_not_found", "access_refused", "redirected", "host_not_allowed", "no_date"})
"""What can never succeed and has nothing to do with the records that were asked for."""


def is_of_store(error: Exception) -> bool:
    """Whether it would be the same for any other record of this store."""
    if isinstance(error, Permanent):
        return error.code in _OF_STORE
    return isinstance(error, Retriable | OutcomeUnknown | AuthLost | AppRejected)


def worth_splitting(deliveries: list[Delivery], error: Exception) -> bool:
    """A fault of our own is given another chance before the culprit is looked for: it may be the moment's."""
    return isinstance(error, Permanent) or _attempts(deliveries) >= _SPLIT_AFTER


def put_off(app: App, lease: Lease, store: Store, deliveries: list[Delivery], error: Exception) -> int:
    """Nothing is lost and nothing is given up: the store is left alone for a while, longer each time."""
    if isinstance(error, AuthLost):
        _lose_auth(app, store, error)
        lease.rest(_LOOK_AGAIN)
        return 0
    seconds = min(_LONGEST, max(_asked_for(error), 2.0 ** min(_attempts(deliveries), 9)))
    sentence = error.sentence if isinstance(error, MooringError) else _own_fault(app, store, error)
    if isinstance(error, StoreUnavailable | AppRejected | Permanent):
        _mark_store(app, store, error)
    until = app.clock.now() + timedelta(seconds=seconds)
    with app.db.write() as connection:
        inbox.postpone(connection, [one.id for one in deliveries], not_before=until, reason=sentence)
    if is_of_store(error):
        lease.rest(seconds)
    return len(deliveries)


def _asked_for(error: Exception) -> float:
    match error:
        case Retriable():
            return error.retry_after
        case AppRejected() | Permanent():
            return _LONGEST
        case OutcomeUnknown():
            return _LOOK_AGAIN
        case _:
            return 1.0


def blame(app: App, store: Store, deliveries: list[Delivery], error: Exception) -> int:
    """The culprit is alone: a dead letter with the reason, to be replayed when that is mended."""
    if isinstance(error, Permanent):
        return settle(app, deliveries, "dead", error.sentence, store)
    sentence = error.sentence if isinstance(error, MooringError) else _own_fault(app, store, error)
    if _attempts(deliveries) + 1 >= _OWN_FAULTS:
        return settle(app, deliveries, "dead", sentence, store)
    wait = timedelta(seconds=2.0 ** _attempts(deliveries))
    with app.db.write() as connection:
        ids = [one.id for one in deliveries]
        inbox.postpone(connection, ids, not_before=app.clock.now() + wait, reason=sentence)
    return len(deliveries)


def settle(app: App, deliveries: list[Delivery], state: str, reason: str | None, store: Store) -> int:
    with app.db.write() as connection:
        ids = [one.id for one in deliveries]
        inbox.settle(connection, ids, state, at=app.clock.now(), reason=reason, store_id=store.id)
    return len(deliveries)


def _attempts(deliveries: list[Delivery]) -> int:
    return max([one.attempts for one in deliveries], default=0)


def _own_fault(app: App, store: Store, error: Exception) -> str:
    reference = app.ids.new()
    app.log.error("drain_error", store=store.id, reference=reference, exc_info=error)
    return f"Mooring met an error of its own (reference {reference})."


def _lose_auth(app: App, store: Store, error: AuthLost) -> None:
    """The deliveries wait for the next READY, like everything else of this store."""
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        lose(app, connection, store, reason=error.sentence, lost=lost_by(error))
        operations_parked.park_all(connection, store.id, at=app.clock.now())


def clear(app: App, store: Store) -> None:
    """It goes again. In a transaction of its own: one that has fenced the store does not write its row."""
    with app.db.write() as connection:
        stores_marks.clear_error(connection, store.id, by=BY)


def _mark_store(app: App, store: Store, error: MooringError) -> None:
    now = app.clock.now()
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        if store.state in LIVE:
            due = next_check(store.id, now, error)
            stores_marks.mark_error(connection, store, error.sentence, by=BY, check_due_at=due)
