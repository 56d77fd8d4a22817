"""Work off the inbox: what webhooks point at is read again by id, and what wins is written. No body was ever kept.

Rule 1: a delivery is a signal, so order, repetition and delay cannot matter: of all that wait for one record, one
reading settles all that were there when it began.
Rule 2: one transaction writes the records and settles their deliveries, bound to the store's generation and to the
worker's lease. Whoever is killed or overtaken in between has changed nothing, and the deliveries are still there.
Rule 3: who speaks for the shop *now* decides what a delivery is worth: with nobody, or a disconnected or vanishing
store, it is dropped and counted; so it is when another Shopify app has signed it than the store is connected by.
Rule 4: what cannot be read does not keep the others back: it is told apart, and becomes a dead letter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from mooring.db import drains, inbox, stores
from mooring.db.inbox import Delivery
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import IMPORTING, LIVE, Lost
from mooring.errors import Refused, Stale
from mooring.usecases import drain_signals, fetch, held, privacy
from mooring.usecases.context import App
from mooring.usecases.drain_lease import Lease
from mooring.usecases.drain_records import Batch, obey

_WINDOW = 5_000
"""How many waiting deliveries are looked at together."""
_TURNS = 50
"""How often one shop is gone on with before the others get their turn."""
_RECORDS = {str(kind): kind for kind in Kind}

NOBODY = "No connected store speaks for this shop."
NOT_OURS = "This was signed for another Shopify app than the one the store is connected by."
NOT_STARTED = "The initial sync had not been started yet; it reads everything."
UNREADABLE = "This names nothing that could be read again."


@dataclass(frozen=True, slots=True)
class Route:
    """Who speaks for a shop, and what becomes of its records: read, dropped for a `reason`, or they wait."""

    store: Store
    reason: str | None = None
    waits: bool = False


# -- whose turn it is ----------------------------------------------------------------------------------------------


def drain_all(app: App) -> int:
    """Every shop with something to do, each by one worker at a time. Returns how many deliveries were worked off.

    What customers and shops ask for comes in by the same door, and does not wait for the clock either.
    """
    if held.held(app) is not None:
        return 0
    _take_in_requests(app)
    with app.db.read() as connection:
        waiting = inbox.shops_waiting(connection, at=app.clock.now())
    return sum(_attempt(app, domain) for domain in waiting)


def _take_in_requests(app: App) -> None:
    try:
        privacy.take_in(app)
    except Exception as error:  # the schedule tries again, and the records have their turn all the same
        app.log.error("take_in_failed", exc_info=error)


def _attempt(app: App, shop_domain: str) -> int:
    """Trouble with one shop does not keep the others from their turn."""
    try:
        return drain_shop(app, shop_domain)
    except Exception as error:
        app.log.error("drain_failed", shop=shop_domain, exc_info=error)
        return 0


def drain_shop(app: App, shop_domain: str) -> int:
    """Until nothing waits that can be worked off now, for a bounded while."""
    with app.db.read() as connection:
        known = holder(connection, shop_domain)
        signals = inbox.next_batch(connection, shop_domain, limit=_WINDOW, at=app.clock.now(), but=_RECORDS)
        store = known or drain_signals.named(connection, signals)
    if store is None:
        return _drop_unseen(app, shop_domain)
    if known and route_of(known).waits and not signals:
        return 0
    lease = Lease(app, store.id)
    if not lease.take():
        return 0
    try:
        return _turns(app, lease, store.id, shop_domain)
    finally:
        lease.let_go()


def _turns(app: App, lease: Lease, store_id: str, shop_domain: str) -> int:
    total = 0
    for _ in range(_TURNS):
        try:
            done = _turn(app, lease, store_id, shop_domain)
        except (Stale, Refused):  # the store has moved: the next look sees what it is now
            break
        total += done
        if not done or lease.resting:
            break
    return total


def _turn(app: App, lease: Lease, store_id: str, shop_domain: str) -> int:
    """One reading of one kind at most. Returns how many deliveries were worked off; 0 when nothing more can be now."""
    with app.db.read() as connection:
        store = holder(connection, shop_domain)
        route = route_of(store) if store else None
        at, but = app.clock.now(), _RECORDS if route and route.waits else ()
        window = inbox.next_batch(connection, shop_domain, limit=_WINDOW, at=at, but=but)
        store = store or drain_signals.named(connection, window)
    if store is None or store.id != store_id:
        return 0
    lease.beat()
    if route is None:
        return drain_signals.obey(app, lease, store, drain_signals.of_shop(window, store))
    strangers = [one for one in window if one.app_id != store.app_id]
    if strangers:
        return _drop(app, strangers, NOT_OURS, store)
    signals = [one for one in window if one.kind not in _RECORDS]
    if signals:
        return drain_signals.obey(app, lease, store, signals)
    return _records(app, lease, route, window) if window else 0


# -- who speaks for the shop ---------------------------------------------------------------------------------------


def holder(connection: Connection, shop_domain: str) -> Store | None:
    """The card with the claim. A domain that two shops have had belongs to the one that has it now."""
    cards = [one for one in stores.known_by_domain(connection, shop_domain) if one.claim]
    return min(cards, key=lambda one: one.shop_domain != shop_domain, default=None)


def route_of(store: Store) -> Route:
    if store.state not in LIVE:
        return Route(store, reason=f"The store was {store.state.replace('_', ' ')}.")
    if store.initial_sync_started_at is None:
        return Route(store, reason=NOT_STARTED)
    cut_off = store.lost in (Lost.CREDENTIALS, Lost.UNINSTALLED)
    return Route(store, waits=cut_off or store.state not in IMPORTING)


# -- records -------------------------------------------------------------------------------------------------------


def _records(app: App, lease: Lease, route: Route, window: list[Delivery]) -> int:
    store = route.store
    if route.reason is not None:
        return _drop(app, window, route.reason, store)
    nameless = [one for one in window if one.record_id is None]
    if nameless:
        return _settle(app, nameless, "dead", UNREADABLE, store)
    kind = _RECORDS[str(window[0].kind)]
    of_kind = [one for one in window if one.kind == kind]
    if unwanted := _unwanted(store, kind):
        return _settle(app, of_kind, "dropped", unwanted, store)
    return obey(app, lease, store, Batch.of(kind, of_kind, fetch.fitting(app, store, kind)))


def _unwanted(store: Store, kind: Kind) -> str | None:
    """Why a kind is not imported, if so. What is switched on or permitted later is read as a whole then."""
    if kind not in rules.wanted_kinds(store.settings):
        return f"{kind.label} are switched off in this store's sync settings."
    if kind not in rules.importable_kinds(store.settings, store.granted_scopes):
        return f"{kind.label} wait for the permission {rules.kind_scope(kind)}."
    return None


# -- what is not obeyed --------------------------------------------------------------------------------------------


def _drop_unseen(app: App, shop_domain: str) -> int:
    """Nobody speaks for the shop, so nobody needs to look at them one by one."""
    with app.db.write() as connection:
        return inbox.drop_waiting(connection, shop_domain, limit=_WINDOW, at=app.clock.now(), reason=NOBODY)


def _drop(app: App, window: list[Delivery], reason: str, store: Store) -> int:
    """Counted on the card, if they told of records."""
    with app.db.write() as connection:
        done = inbox.settle(connection, _ids(window), "dropped", at=app.clock.now(), reason=reason, store_id=store.id)
        told = min(done, sum(one.kind in _RECORDS for one in window))
        if told:
            drains.count_dropped(connection, store.id, told)
    return len(window)


def _settle(app: App, window: list[Delivery], state: str, reason: str, store: Store | None) -> int:
    with app.db.write() as connection:
        store_id = store.id if store else None
        inbox.settle(connection, _ids(window), state, at=app.clock.now(), reason=reason, store_id=store_id)
    return len(window)


def _ids(window: Iterable[Delivery]) -> list[int]:
    return [one.id for one in window]
