"""An order with a step that was sent to Odoo and not answered is in progress, on the list and in its numbers."""

from __future__ import annotations

from mooring.db import order_steps, sync_listing
from mooring.db.order_steps import Sent
from mooring.db.reading import Span, Wanted
from mooring.domain.mapping import SyncKind
from mooring.domain.tabs import Tab
from tests.usecases.booking import set_up
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.test_book_orders import MUG, done, put, world

__all__ = ["world"]


def listed(world: OdooWorld, tab: Tab) -> tuple[list[int], int]:
    with world.app.db.read() as connection:
        rows = sync_listing.page(connection, SyncKind.ORDERS, world.store_id, tab, Wanted(), Span(), limit=9)
        numbers = sync_listing.counts(connection, SyncKind.ORDERS, world.store_id)
    return [row["shopify_id"] for row in rows], numbers[tab]


def test_it_is_in_progress_until_the_answer_is_known(world: OdooWorld) -> None:
    for number in (7, 8):
        put(world, number, {**MUG, "id": number * 10}, total="12.50")
    set_up(world)
    done(world)
    assert listed(world, Tab.SYNCED) == ([8, 7], 2)
    with world.app.db.write() as connection:
        order_steps.put(connection, world.store_id, Sent(7, "post", "an operation", 1, world.app.clock.now()))
    assert listed(world, Tab.IN_PROGRESS) == ([7], 1) and listed(world, Tab.SYNCED) == ([8], 1)
