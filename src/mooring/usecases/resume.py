"""What a store does once it may speak to Shopify again, in the transaction of READY: webhooks are registered, parked
work goes on from its cursor, what failed is tried again, and a catch-up brings in what was missed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from mooring.db import operations, operations_parked, records_kinds, stores
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.kinds import Kind
from mooring.domain.rules import OVER_AT_RECONNECT
from mooring.errors import Refused
from mooring.usecases import catch_up, import_store, regained, subscriptions
from mooring.usecases.context import App
from mooring.usecases.who import Who


def resume(app: App, connection: Connection, who: Who, store: Store) -> list[str]:
    """Ids of the operations to start after the commit. Where nothing was ever imported there is nothing to go on with:
    no data moves before a person has chosen what."""
    now = app.clock.now()
    operations_parked.end_all(
        connection, store.id, OVER_AT_RECONNECT, at=now, sentence="Done anew after a reconnect.", parked_only=True
    )
    started = operations_parked.issue_again(connection, store.id, generation=store.generation)
    if store.initial_sync_started_at is None:
        stores.change(connection, store.id, gap_from=None)
        return started
    started += [*_subscribe(app, connection, who, store), *retry_failed(app, connection, who, store)]
    return [*started, *_catch_up(app, connection, who, store)]


def retry_failed(app: App, connection: Connection, who: Who, store: Store) -> list[str]:
    """An import of the kinds that failed, or that waited for a permission which is there now, or lack what it shows.
    Not what a person cancelled, and not beside another import: Retry is there for that, and the daily sweep."""
    kinds = tuple(_to_retry(connection, store))
    try:
        return [import_store.begin(app, connection, who, store, kinds).id] if kinds else []
    except Refused:
        return []


def _to_retry(connection: Connection, store: Store) -> Iterator[Kind]:
    rows, lacking = records_kinds.of_store(connection, store.id), regained.kinds(connection, store)
    for kind in rules.importable_kinds(store.settings, store.granted_scopes):
        row = rows[kind]
        waited = row.state == "pending" and row.error is not None
        if waited or kind in lacking or (row.state == "failed" and not _was_cancelled(connection, row.operation_id)):
            yield kind


def _was_cancelled(connection: Connection, operation_id: str | None) -> bool:
    return operation_id is not None and operations.load(connection, operation_id).state == "cancelled"


def _subscribe(app: App, connection: Connection, who: Who, store: Store) -> list[str]:
    asked = subscriptions.ask(app, connection, store, who)
    return [asked] if asked else []


def _catch_up(app: App, connection: Connection, who: Who, store: Store) -> list[str]:
    """One that is under way already reads down to the same point."""
    try:
        return [catch_up.begin(app, connection, who, store).id]
    except Refused:
        return []
