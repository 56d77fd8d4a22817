"""Deliveries that tell of no record: the app was uninstalled or has other permissions, the shop has other facts, a bulk
operation has ended. They are signals too: Shopify is asked, and only its answer counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from sqlalchemy import Connection

from mooring.db import operations, operations_woken, stores
from mooring.db.inbox import Delivery
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.lifecycle import LIVE, Lost
from mooring.domain.records import number
from mooring.domain.rules import Work
from mooring.errors import Refused, Stale
from mooring.usecases import drain_faults, health_signals
from mooring.usecases.context import App
from mooring.usecases.drain_lease import Lease
from mooring.usecases.import_store_place import Phase

UNREADABLE = "Mooring cannot read this."
CANNOT_ASK = "The store was not connected, so nothing could be asked."
_Answer = Callable[[App, Store, list[Delivery]], None]


def obey(app: App, lease: Lease, store: Store, waiting: list[Delivery]) -> int:
    """One topic; all that wait for it are answered at once."""
    topics: defaultdict[str, list[Delivery]] = defaultdict(list)
    for one in waiting:
        topics[one.topic].append(one)
    topic, told = next(iter(topics.items()))
    answer = _ANSWERS.get(topic)
    if answer is None:
        return drain_faults.settle(app, told, "dead", UNREADABLE, store)
    if topic in _ASKS and not _can_ask(store):
        return drain_faults.settle(app, told, "dropped", CANNOT_ASK, store)
    try:
        answer(app, store, told)
    except (Stale, Refused):
        raise
    except Exception as error:  # every error is an instruction; unknown ones are our own fault
        if drain_faults.is_of_store(error):
            return drain_faults.put_off(app, lease, store, told, error)
        return drain_faults.blame(app, store, told, error)
    return drain_faults.settle(app, told, "done", None, store)


def _can_ask(store: Store) -> bool:
    return store.state in LIVE and store.lost not in (Lost.CREDENTIALS, Lost.UNINSTALLED)


# -- app and shop --------------------------------------------------------------------------------------------------


def _uninstalled(app: App, store: Store, _: list[Delivery]) -> None:
    health_signals.confirm_uninstalled(app, store.id, store.generation)


def _looked_at(app: App, store: Store, _: list[Delivery]) -> None:
    """One look at the shop tells its permissions, its facts, and the domain it was renamed to."""
    health_signals.rescope(app, store.id, store.generation)


# -- bulk operations -----------------------------------------------------------------------------------------------


def _finished(app: App, store: Store, told: list[Delivery]) -> None:
    """Whoever waits for the file asks after it now instead of at the end of its pause."""
    ended = {one.record_id for one in told}
    with app.db.write() as connection:
        for one in operations.unfinished(connection, store.id):
            if ended & _awaited(one):
                operations_woken.wake(connection, one.id, at=app.clock.now())


def _awaited(operation: Operation) -> set[int]:
    """The bulk operations at Shopify that this one asks after, unless it is in trouble and pauses for that."""
    if operation.kind not in _READERS or operation.error is not None:
        return set()
    places = operation.cursor.get("kinds", {}).values()
    return {number(place["bulk_id"]) for place in places if place.get("phase") == Phase.RUNNING}


_READERS = (Work.IMPORT, Work.SWEEP)
_ANSWERS: dict[str, _Answer] = {
    "app/uninstalled": _uninstalled,
    "app/scopes_update": _looked_at,
    "shop/update": _looked_at,
    "bulk_operations/finish": _finished,
}
_ASKS = frozenset({"app/scopes_update", "shop/update"})
"""What is answered by a call to Shopify and is worth nothing later: a reconnect asks all the same."""


def named(connection: Connection, window: list[Delivery]) -> Store | None:
    """For a domain nobody has heard of: the card of the shop that is named in one of these bodies, which are signed.

    The domain stands in a header, which is not. So that card's shop is asked, under the domain that is known.
    """
    for one in window:
        if one.kind in ("app", "shop") and one.record_id:
            card = stores.claim_holder(connection, one.record_id)
            if card is not None and card.app_id == one.app_id:
                return card
    return None


def of_shop(window: list[Delivery], store: Store) -> list[Delivery]:
    return [one for one in window if one.kind in ("app", "shop") and one.record_id == store.shop_id]
