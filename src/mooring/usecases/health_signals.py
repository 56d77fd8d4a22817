"""What Shopify says of the app itself is a signal: it was uninstalled, or has other permissions. One call decides."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection

from mooring.db import audit, operations_parked, stores, stores_marks
from mooring.db.stores import Store
from mooring.domain.lifecycle import LIVE, Event, Lost
from mooring.errors import AppRejected, AuthLost
from mooring.usecases.context import App
from mooring.usecases.health import UNINSTALLED, Health, ask, look
from mooring.usecases.lost import lose
from mooring.usecases.who import SYSTEM

Verdict = Literal["uninstalled", "alive", "noted"]


def confirm_uninstalled(app: App, store_id: str, generation: int | None = None) -> Verdict:
    """`app/uninstalled` was received: one call with the stored credentials decides. Alive: a late delivery from before
    a reinstall, ignored and logged. Where no call may leave it is noted. Raises what makes the answer wait."""
    store = _present(app, store_id, generation)
    if store.state not in LIVE or not store.claim:
        return _note_uninstalled(app, store)
    try:
        ask(app, store)
    except (AuthLost, AppRejected):  # refused altogether, after such a message, is an uninstall as well
        return _uninstall(app, store)
    with app.db.write() as connection:
        _log(app, connection, store, "store.uninstall_ignored")
    return "alive"


def rescope(app: App, store_id: str, generation: int | None = None) -> Health | None:
    """`app/scopes_update` was received: the permissions are read again. None where no call may leave."""
    store = _present(app, store_id, generation)
    if store.state not in LIVE or not store.claim:
        return None
    return look(app, SYSTEM, store)


def _present(app: App, store_id: str, generation: int | None) -> Store:
    """Raises `Stale` if it has moved on since whoever asks has looked."""
    with app.db.read() as connection:
        if generation is not None:
            return stores.fence_read(connection, store_id, generation)
        return stores.load(connection, store_id)


def _uninstall(app: App, store: Store) -> Verdict:
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        if store.lost is not Lost.UNINSTALLED:
            lose(app, connection, store, Event.UNINSTALLED, reason=UNINSTALLED, lost=Lost.UNINSTALLED)
            operations_parked.park_all(connection, store.id, at=app.clock.now())
        stores_marks.clear_error(connection, store.id, by=stores_marks.HEALTH)
    return "uninstalled"


def _note_uninstalled(app: App, store: Store) -> Verdict:
    """Disconnected or going: the state stays. A card that lost the claim is not the one that was meant."""
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        if store.state in LIVE:
            _log(app, connection, store, "store.uninstall_ignored")
        else:
            lose(app, connection, store, Event.UNINSTALLED, reason=UNINSTALLED, lost=Lost.UNINSTALLED)
    return "noted"


def _log(app: App, connection: Connection, store: Store, event: str) -> None:
    audit.write(
        connection,
        at=app.clock.now(),
        project_id=store.project_id,
        store_id=store.id,
        actor=SYSTEM.id,
        event=event,
        generation=store.generation,
    )
