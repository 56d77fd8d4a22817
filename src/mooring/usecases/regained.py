"""Which kinds have to be imported whole, because what may be read now could not be read before.

A permission that was taken back and granted again, an approval, a toggle: whatever was written meanwhile lacks those
fields, and Shopify does not call a record changed because an app may see more of it.
"""

from __future__ import annotations

from sqlalchemy import Connection

from mooring.db import records_kinds
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.kinds import Kind
from mooring.usecases import fetch


def kinds(connection: Connection, store: Store) -> tuple[Kind, ...]:
    """Of those that can be imported now and were before."""
    hidden = fetch.unread(store)
    return tuple(
        kind
        for kind, row in records_kinds.of_store(connection, store.id).items()
        if kind in rules.importable_kinds(store.settings, store.granted_scopes)
        and row.catch_up_point is not None
        and not records_kinds.read_without(connection, store.id, kind).keys() <= hidden
    )
