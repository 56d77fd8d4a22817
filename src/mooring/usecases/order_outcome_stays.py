"""Orders in Odoo that no outcome takes further: those that wait for a person before anything is done to them, and those
that were cancelled in Odoo."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from mooring.db import mappings, sync_items
from mooring.db.odoo import OdooConnection
from mooring.db.stores import Store
from mooring.db.sync_items import Item
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.usecases import odoo_gate
from mooring.usecases.book_orders_wanted import is_ours
from mooring.usecases.context import App
from mooring.usecases.sync_odoo_read import EVERYTHING

_CHUNK = 1_000
_OURS = "gid://shopify/Order/"


def staying(app: App, store: Store, there: OdooConnection) -> set[int]:
    """By Shopify id. One request to Odoo."""
    cancelled = _cancelled(app, store)
    with app.db.read() as connection:
        found = mappings.of_odoo(connection, there.fingerprint, MappedKind.ORDER, cancelled).values()
        stays = {shopify_id for owners in found for store_id, shopify_id in owners if store_id == store.id}
        return stays | {one.shopify_id for one in _waiting(connection, store) if not is_ours(one)}


def _cancelled(app: App, store: Store) -> list[int]:
    """Odoo's ids, of whichever store."""
    ticket = odoo_gate.ticket(app, store.project_id)
    asked = [["state", "=", "cancel"], ["client_order_ref", "like", _OURS]]
    return [row["id"] for row in odoo_gate.search_read(app, ticket, "sale.order", asked, ["id"], context=EVERYTHING)]


def _waiting(connection: Connection, store: Store) -> Iterator[Item]:
    after = 0
    while found := sync_items.in_state(connection, store.id, SyncKind.ORDERS, ["review"], after=after, limit=_CHUNK):
        yield from found
        after = found[-1].shopify_id
