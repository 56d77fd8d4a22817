"""Syncs that the clock asks for: of kinds in which something came in, of orders with a step nobody heard the end of,
and of metafields that are still owed.

Automatic sync of a kind begins when somebody has accepted a preview of it, and rests while the kind is held after a
Clear, or because its store is new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mooring.db import mappings_metafields, odoo, odoo_kinds, operations, order_books, records_kinds, stores
from mooring.db.odoo_kinds import OdooKind
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import IMPORTING
from mooring.domain.mapping import SyncKind, sync_kind
from mooring.domain.metafields import OWNERS
from mooring.domain.rules import Work, excluded_by
from mooring.usecases import sync_odoo_request
from mooring.usecases.context import App
from mooring.usecases.metafields_place import why_not
from mooring.usecases.sync_odoo import SYNCED
from mooring.usecases.who import SYSTEM

_APART = timedelta(minutes=1)
"""How long automatic syncs of a store keep from one another: webhooks come in by the second."""
_OWED_FOR = timedelta(hours=1)
"""How long after the last sync metafields that it could not write are tried again."""


def scheduled(app: App) -> None:
    """A job of the schedule: a sync for every store in which something came in since the last one."""
    _start(app, _due, _sync)


def owed(app: App) -> None:
    """A job of the schedule: metafields, where some are owed and no sync has come by for a while."""
    _start(app, _owes, _pay)


def _start(
    app: App, due: Callable[[App, Connection, Store], object], begin: Callable[[App, Connection, Store], Operation]
) -> None:
    """Looked at twice: a look alone costs no transaction that writes."""
    with app.db.read() as connection:
        ids = [store.id for store in _connected(connection) if due(app, connection, store)]
    for store_id in ids:
        operation = None
        with app.db.write() as connection:
            store = stores.load(connection, store_id)
            if due(app, connection, store) and _is_free(connection, store):
                operation = begin(app, connection, store)
        if operation is not None:
            app.engine.start(operation.id)


def _connected(connection: Connection) -> Iterator[Store]:
    for found in odoo.every(connection):
        if found.state == "connected":
            yield from (store for store in stores.of_project(connection, found.project_id) if store.state in IMPORTING)


def _is_free(connection: Connection, store: Store) -> bool:
    busy = frozenset(one.kind for one in operations.unfinished(connection, store.id))
    return not excluded_by(Work.SYNC_ODOO, busy)


# -- what came in --------------------------------------------------------------------------------------------------


def _due(app: App, connection: Connection, store: Store) -> list[SyncKind]:
    """Kinds that are synced by themselves, are not held, and in which something came in since."""
    settings, now = odoo_kinds.of_store(connection, store.id), app.clock.now()
    on = [kind for kind in SYNCED if _is_on(settings[kind]) and (settings[kind].due_at or now) <= now]
    states = records_kinds.of_store(connection, store.id) if on else {}
    came = [kind for kind in on if _came_in(states.get(Kind(kind)), settings[kind])]
    return [kind for kind in came if sync_odoo_request.reason_against(connection, store, [kind]) is None]


def _is_on(settings: OdooKind) -> bool:
    return settings.auto and settings.accepted_at is not None and settings.held_since is None


def _came_in(state: Any, settings: OdooKind) -> bool:
    """A kind that is being imported for the first time, or anew, waits for the end of it."""
    if state is None or state.state == "syncing":
        return False
    moments = [at for at in (state.last_bulk_at, state.last_webhook_at, state.last_pull_at) if at is not None]
    return bool(moments) and (settings.synced_at is None or max(moments) > settings.synced_at)


def _sync(app: App, connection: Connection, store: Store) -> Operation:
    kinds = _due(app, connection, store)
    for kind in kinds:
        odoo_kinds.change(connection, store.id, kind, due_at=app.clock.now() + _APART)
    return sync_odoo_request.begin(app, connection, SYSTEM, store, kinds, auto=True)


# -- steps whose answers were never heard --------------------------------------------------------------------------


def booked(app: App) -> None:
    """A job of the schedule: orders with a step of which nobody heard what became of it, once it is too late to happen.
    Whoever began it is not there any more, so automatic sync need not be on."""
    _start(app, _waited, _book)


def _waited(app: App, connection: Connection, store: Store) -> bool:
    found = odoo.find(connection, store.project_id)
    due = order_books.next_due(connection, store.id, found.fingerprint) if found else None
    if due is None or due > app.clock.now():
        return False
    return sync_odoo_request.reason_against(connection, store, [SyncKind.ORDERS]) is None


def _book(app: App, connection: Connection, store: Store) -> Operation:
    return sync_odoo_request.begin(app, connection, SYSTEM, store, [SyncKind.ORDERS], auto=True, book=True)


# -- what is owed --------------------------------------------------------------------------------------------------


def _owes(app: App, connection: Connection, store: Store) -> bool:
    """Kinds that do without metafields owe none."""
    known = odoo_kinds.of_store(connection, store.id)
    kept = {kind for kind in SyncKind if why_not(store, kind, known[kind].definitions) is None}
    owners = [one for one in OWNERS if sync_kind(one) in kept]
    if not owners or not mappings_metafields.owes(connection, store.id, owners):
        return False
    return _is_long_ago(connection, store, app.clock.now()) and (
        sync_odoo_request.reason_against(connection, store, ()) is None
    )


def _is_long_ago(connection: Connection, store: Store, now: datetime) -> bool:
    last = operations.newest(connection, store.id, Work.SYNC_ODOO)
    return last is None or (last.finished_at is not None and last.finished_at <= now - _OWED_FOR)


def _pay(app: App, connection: Connection, store: Store) -> Operation:
    return sync_odoo_request.begin(app, connection, SYSTEM, store, (), auto=True, home=True)
