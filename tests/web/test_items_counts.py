"""What a tab counts is what it lists: whatever a record's mapping, item and intent say, it is in one tab, once."""

from __future__ import annotations

from itertools import product

from sqlalchemy import insert

from mooring.db import sync_listing, sync_totals, tables
from mooring.db.reading import Span, Wanted
from mooring.domain.mapping import SyncKind
from mooring.domain.tabs import Tab
from tests.usecases.world import World
from tests.web import records
from tests.web.face import Face

KIND = SyncKind.CUSTOMERS
STATES = (None, "queued", "in_progress", "failed", "review", "decided")


def stored(world: World) -> str:
    """A customer for each combination there can be, and rows about customers that are not in the hub."""
    store_id, now = world.connect().store_id, world.app.clock.now()
    facts = list(product(STATES, (False, True), (False, True)))
    for number in range(1, len(facts) + 1):
        records.customer(world, store_id, number)
    one = {"store_id": store_id}
    with world.app.db.write() as connection:
        for number, (state, mapped, sent) in enumerate([*facts, ("review", True, True), (None, True, False)], 1):
            about = one | {"shopify_id": number}
            common = about | {"kind": "customer", "fingerprint": "f", "model": "res.partner", "epoch": 1}
            if state:
                connection.execute(insert(tables.sync_items).values(about | {"kind": KIND, "state": state, "at": now}))
            if mapped:
                row = common | {"odoo_id": number, "origin": "linked", "written_at": now}
                connection.execute(insert(tables.mappings).values(row))
            if sent:
                row = common | {"operation_id": "x", "at": now}
                connection.execute(insert(tables.sync_intents).values(row))
    return store_id


def test_every_tab_counts_what_it_lists(face: Face) -> None:
    store_id = stored(face.world)
    with face.world.app.db.read() as connection:
        counts = sync_listing.counts(connection, KIND, store_id)
        listed = {tab: sync_listing.page(connection, KIND, store_id, tab, Wanted(), Span(), limit=100) for tab in Tab}
    assert counts == {tab: len(rows) for tab, rows in listed.items()}
    parts = [row["shopify_id"] for tab, rows in listed.items() if tab is not Tab.ALL for row in rows]
    assert sorted(parts) == sorted(row["shopify_id"] for row in listed[Tab.ALL])
    assert min(counts.values()) > 0


def test_the_card_counts_the_same_where_nothing_is_on_its_way(face: Face) -> None:
    store_id = stored(face.world)
    with face.world.app.db.write() as connection:
        connection.execute(tables.sync_intents.delete().where(tables.sync_intents.c.store_id == store_id))
        for table in (tables.mappings, tables.sync_items):
            connection.execute(table.delete().where(table.c.store_id == store_id, table.c.shopify_id > 24))
    with face.world.app.db.read() as connection:
        counts = sync_listing.counts(connection, KIND, store_id)
        found = sync_totals.of_store(connection, store_id)[KIND]
    assert (found.synced, found.failed, found.review, found.under_way) == (
        counts[Tab.SYNCED], counts[Tab.FAILED], counts[Tab.REVIEW], counts[Tab.IN_PROGRESS])  # fmt: skip
