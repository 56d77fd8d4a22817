"""How a store is synced to Odoo: kind by kind, with the newest preview and the newest sync. For pages, API and CLI."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from mooring.db import odoo_kinds, operations, stores, sync_listing
from mooring.db.odoo_kinds import OdooKind
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role, Work
from mooring.domain.tabs import Tab
from mooring.usecases import sync_odoo_request
from mooring.usecases.context import App
from mooring.usecases.sync_odoo import SYNCED
from mooring.usecases.who import Who

_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class KindView:
    """`against`: why it cannot be synced just now, in a sentence."""

    settings: OdooKind
    against: str | None
    counts: dict[Tab, int]


@dataclass(frozen=True, slots=True)
class SyncView:
    """`against`: why nothing of the store can be synced just now; a kind may have a reason of its own besides.
    `preview`: the newest one that can be looked at or accepted; `last`: the newest sync, finished or not."""

    store: Store
    kinds: tuple[KindView, ...]
    against: str | None
    preview: Operation | None
    last: Operation | None


def show(app: App, who: Who, store_id: str) -> SyncView:
    with app.db.read() as connection:
        store = stores.load(connection, store_id)
        who.require(store.project_id, Role.VIEWER)
        return _of(connection, store)


def of_project(app: App, who: Who, project_id: str) -> tuple[SyncView, ...]:
    """Every store of a project, in its order."""
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        return tuple(_of(connection, store) for store in stores.of_project(connection, project_id))


def _of(connection: Connection, store: Store) -> SyncView:
    settings = odoo_kinds.of_store(connection, store.id)
    kinds = tuple(_kind(connection, store, settings[kind]) for kind in SYNCED)
    known = operations.of_project(connection, store.project_id, store_id=store.id, limit=_LOOKED_AT)
    parts = ("home", "book")
    syncs = [one for one in known if one.kind is Work.SYNC_ODOO and not any(map(one.arguments.get, parts))]
    refused = sync_odoo_request.reason_against(connection, store, sync_odoo_request.ready(connection, store))
    against = refused.sentence if refused else None
    return SyncView(store, kinds, against, _first(syncs, preview=True), _first(syncs, preview=False))


def _kind(connection: Connection, store: Store, settings: OdooKind) -> KindView:
    kind: SyncKind = settings.kind
    refused = sync_odoo_request.reason_against(connection, store, [kind])
    counts = sync_listing.counts(connection, kind, store.id)
    return KindView(settings, refused.sentence if refused else None, counts)


def _first(syncs: list[Operation], *, preview: bool) -> Operation | None:
    return next((one for one in syncs if bool(one.arguments.get("preview")) is preview), None)
