"""The second seed, statement by statement: what Clear sync data deletes, what that is needed for, what it looks like
afterwards, and when it is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from mooring.db import odoo_kinds, tables
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.domain.rules import Role
from mooring.errors import NotAllowed
from mooring.usecases import clear_mapping
from mooring.usecases.clear_mapping_preview import Preview
from mooring.usecases.operations import cancel
from mooring.usecases.who import SYSTEM, Who
from tests.usecases.clearing import ClearWorld, clear_world
from tests.usecases.importing import PROJECT


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    with clear_world(database_url, data_dir) as world:
        yield world


def shown(world: ClearWorld) -> Preview:
    return clear_mapping.preview(world.app, SYSTEM, PROJECT)


# -- What Gets Deleted ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(SyncKind))
def test_all_sync_status_and_odoo_mapping_information_of_the_kind_is_deleted(world: ClearWorld, kind: SyncKind):
    """The seed: All Orders / Products / Customers: sync status and Odoo mapping information."""
    owners = {SyncKind.CUSTOMERS: "CUSTOMER", SyncKind.PRODUCTS: "PRODUCT", SyncKind.ORDERS: "ORDER"}
    assert any(one.startswith(owners[kind]) for one in world.definitions())
    world.clear(kind)
    assert not any(one.startswith(owners[kind]) for one in world.definitions())
    assert not [one for one in world.metafields() if f"/{owners[kind].capitalize()}/" in str(one)]
    named = {SyncKind.CUSTOMERS: ".customer.", SyncKind.PRODUCTS: ".product.", SyncKind.ORDERS: ".order."}[kind]
    assert not any(named in name for name in world.w.odoo.external_ids())
    assert MappedKind(kind.removesuffix("s")) not in world.pairs()


def test_orders_lose_odoo_id_and_invoice_id(world: ClearWorld):
    """The seed: Including invoice_id and odoo_id."""
    keys = {one["key"] for one in world.metafields() if "/Order/" in str(one)}
    assert keys == {"odoo_id", "odoo_database", "invoice_id"}
    assert "odoo_id and invoice_id" in " ".join(shown(world).removed)
    world.clear(SyncKind.ORDERS)
    assert not [one for one in world.metafields() if "/Order/" in str(one)]


def test_the_page_says_what_the_memory_is_needed_for(world: ClearWorld):
    """The seed: This mapping information is required to: show …, prevent …, display …, track …."""
    said = " ".join(shown(world).needed_for)
    for word in ("already synced", "twice", "status", "belong together"):
        assert word in said


# -- Warning -------------------------------------------------------------------------------------------------------


def test_nobody_can_read_it_as_deleting_customers_products_or_orders(world: ClearWorld):
    before, page = world.business(), shown(world)
    assert "No customer, no product and no order is deleted" in page.not_deleted
    assert "cannot be undone" in page.final
    world.clear()
    assert world.business() == before


def test_it_cannot_be_cancelled_once_it_has_begun(world: ClearWorld):
    """The seed: This action is irreversible."""
    operation = world.ask()
    with pytest.raises(Exception, match="cannot be cancelled"):
        cancel(world.app, SYSTEM, operation.id)


# -- How to Use ----------------------------------------------------------------------------------------------------


def test_the_steps_are_the_seeds(world: ClearWorld):
    steps = shown(world).how
    assert "Settings" in steps[0]
    assert "Advanced settings" in steps[0]
    assert "warning" in steps[1]
    assert "Clear sync data" in steps[3]
    assert "confirm" in steps[4]


def test_only_an_admin_may(world: ClearWorld):
    editor = Who("someone", "Someone", False, {PROJECT: Role.EDITOR})
    with pytest.raises(NotAllowed):
        clear_mapping.preview(world.app, editor, PROJECT)


# -- What Happens After Clearing -----------------------------------------------------------------------------------


def test_no_indicator_and_no_error_text_remains(world: ClearWorld):
    """The seed: All sync status indicators will be removed; previously synced items will appear as Not Synced."""
    with world.app.db.write() as connection:
        connection.execute(
            insert(tables.sync_items).values(
                store_id=world.w.store_id, kind="customers", shopify_id=1, state="failed", sentence="Odoo said no",
                at=world.app.clock.now(),
            )
        )  # fmt: skip
    world.clear()
    assert (world.w.count(tables.sync_items), world.w.count(tables.mappings), world.w.count(tables.sync_intents)) == (
        0,
        0,
        0,
    )


def test_the_mapping_is_lost_in_all_three_homes(world: ClearWorld):
    """The seed: Mapping between Shopify and Odoo will be lost."""
    world.clear()
    assert (world.pairs(), world.metafields(), world.w.odoo.external_ids()) == ({}, [], {})


def test_automatic_sync_waits_and_older_plans_bind_nothing(world: ClearWorld):
    """The seed: you will need to re-sync items to restore the mapping, when a person says so."""
    world.clear()
    with world.app.db.read() as connection:
        known = odoo_kinds.of_store(connection, world.w.store_id)
    assert {one.held_reason for one in known.values()} == {"cleared"}
    assert {one.held_by for one in known.values()} == {SYSTEM.id}
    assert {one.epoch for one in known.values()} == {2}
    assert {one.definitions for one in known.values()} == {"none"}


def test_rules_and_settings_stay(world: ClearWorld):
    before = world.w.store.settings
    with world.app.db.write() as connection:
        odoo_kinds.change(connection, world.w.store_id, SyncKind.CUSTOMERS, auto=True, master=True)
    world.clear()
    with world.app.db.read() as connection:
        kind = odoo_kinds.load(connection, world.w.store_id, SyncKind.CUSTOMERS)
    assert (kind.auto, kind.master, world.w.store.settings) == (True, True, before)


def test_everybody_hears_that_it_has_ended(world: ClearWorld):
    done = world.clear()
    with world.app.db.read() as connection:
        row = tables.notices.c
        said = list(connection.execute(select(row.sentence).where(row.kind == "clear_finished")).scalars())
    assert len(said) == 1
    assert "No customer, product or order was deleted." in said[0]
    assert done.receipt
    assert done.receipt["previewed"].keys() == {"customers", "products", "orders"}


# -- When to Use This Feature --------------------------------------------------------------------------------------


def test_the_page_says_when_to_use_it(world: ClearWorld):
    said = " ".join(shown(world).when)
    for word in ("fresh", "conflicts", "from scratch", "troubleshooting", "disconnect Odoo"):
        assert word in said


def test_it_may_be_done_again_at_once(world: ClearWorld):
    """The seed: testing or troubleshooting. Nothing to clear is no error."""
    world.clear()
    again = world.clear()
    assert again.state == "done"
    assert again.receipt
    assert again.receipt["forgotten"] == {}
