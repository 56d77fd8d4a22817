"""Whether anything that a store sent to Odoo may still happen: asked before its external ids are taken away, so that
none comes into being behind our back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection

from mooring.db import odoo_turns, operations, order_steps, sync_intents
from mooring.db.odoo import OdooConnection
from mooring.db.stores import Store
from mooring.domain.mapping import MAPPED, MODELS, MappedKind, SyncKind, database_of
from mooring.ports import ODOO_LIMIT
from mooring.usecases.context import App

_SETTLED = ODOO_LIMIT + timedelta(seconds=30)
"""After so long nothing that was sent to Odoo can happen any more."""


def is_quiet(app: App, store: Store, kinds: Sequence[SyncKind], found: OdooConnection) -> bool:
    """No call of this store is under way, and nothing of it that was sent can still happen. Other stores of the same
    database go on meanwhile: what they plant is their own."""
    database, at = database_of(found.fingerprint), app.clock.now()
    mapped = [one for kind in kinds for one in MAPPED[kind]]
    with app.db.read() as connection:
        holders = [odoo_turns.holder(connection, database, model, at=at) for model in _models(mapped)]
        busy = operations.are_of(connection, store.id, [one for one in holders if one is not None])
        return not busy and not _may_still_happen(app, connection, store, mapped, database)


def _models(kinds: Sequence[MappedKind]) -> list[str]:
    return list(dict.fromkeys(MODELS[one] for one in kinds))


def _may_still_happen(
    app: App, connection: Connection, store: Store, kinds: Sequence[MappedKind], database: str
) -> bool:
    """A record that was sent to be created, or a step of an order whose answer is not known."""
    since = app.clock.now() - _SETTLED
    sent = sync_intents.in_database(connection, database, kinds)
    if any(one.store_id == store.id and one.at > since for one in sent):
        return True
    return MappedKind.ORDER in kinds and order_steps.any_since(connection, store.id, since)
