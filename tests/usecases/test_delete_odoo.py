"""What the delete of a store takes back in Odoo and of the mapping at Shopify; Odoo's records stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete as delete_rows
from sqlalchemy import insert, select, update

from mooring.db import odoo, people, tables
from mooring.db.operations import Operation
from mooring.domain.mapping import SyncKind
from mooring.usecases import clear_mapping_tasks, delete, delete_preview, odoo_disconnect, odoo_guard, sync_odoo_request
from mooring.usecases.who import SYSTEM
from tests.usecases.clearing import ClearWorld, clear_world
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import DATABASE


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    with clear_world(database_url, data_dir) as world:
        yield world


def deleted(world: ClearWorld) -> Operation:
    app, store = world.app, world.w.store
    shown = delete_preview.preview(app, SYSTEM, store.id)
    begun = delete.request(app, SYSTEM, store.id, token=shown.token, typed_domain=store.shop_domain)
    done = world.drive(begun.id)
    assert done.state == "done", done.error
    return done


def notes(done: Operation) -> str:
    """What could not be done in Odoo, and how to finish it by hand."""
    assert done.receipt
    return " ".join(done.receipt["notes"])


def by_hand(done: Operation) -> list[str]:
    assert done.receipt
    return done.receipt["by_hand"]


def records(world: ClearWorld) -> dict[str, Any]:
    return world.business()["odoo"]


def test_external_ids_and_metafields_go_and_odoos_records_stay(world: ClearWorld):
    before = records(world)
    done = deleted(world)
    assert (world.w.odoo.external_ids(), world.metafields(), world.definitions(), world.pairs()) == ({}, [], [], {})
    assert records(world) == before
    assert "external ids" not in notes(done)
    assert done.receipt and done.receipt["by_hand"] == []


def test_shared_attributes_lose_their_external_ids_with_the_last_products(database_url: str, data_dir: Path):
    with clear_world(database_url, data_dir, planted=False) as world:
        synced = sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, [SyncKind.PRODUCTS])
        assert world.drive(synced.id).state == "done"
        assert world.w.odoo.external_ids("attribute")
        before = records(world)
        world.clear(SyncKind.CUSTOMERS)
        assert world.w.odoo.external_ids("attribute")
        deleted(world)
        assert (world.w.odoo.external_ids(), records(world)) == ({}, before)


def test_while_another_store_has_products_there_what_they_share_stays(database_url: str, data_dir: Path):
    with clear_world(database_url, data_dir, planted=False) as world:
        another_store(world, "project-2")
        synced = sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, [SyncKind.PRODUCTS])
        world.drive(synced.id)
        shared = world.w.odoo.external_ids("attribute")
        assert shared
        map_product(world, "another")
        deleted(world)
        assert world.w.odoo.external_ids() == shared


def map_product(world: ClearWorld, store_id: str) -> None:
    with world.app.db.write() as connection:
        connection.execute(insert(tables.mappings).values(
            store_id=store_id, kind="product", shopify_id=1, odoo_id=1, fingerprint=world.fingerprint,
            model="product.template", origin="created", planted=False, epoch=1, written_at=world.app.clock.now(),
        ))  # fmt: skip


def another_store(world: ClearWorld, project: str, *, claim: bool = False) -> None:
    """A card of the same shop in another project, whose Odoo is the same database; `claim`: it speaks for the shop."""
    card, mine = tables.stores, tables.stores.c.id == world.w.store_id
    with world.app.db.write() as connection:
        people.create_project(connection, id=project, name="Second", at=world.app.clock.now())
        if claim:
            connection.execute(update(card).where(mine).values(claim=False))
        row = dict(connection.execute(select(card).where(mine)).one()._mapping)
        connection.execute(insert(card).values(**row | {"id": "another", "project_id": project, "claim": claim}))
        theirs = dict(connection.execute(select(tables.odoo_connections)).one()._mapping)
        connection.execute(insert(tables.odoo_connections).values(**theirs | {"project_id": project}))


def test_where_another_projects_card_speaks_for_the_shop_its_ids_in_the_same_database_stay(world: ClearWorld):
    another_store(world, "project-2", claim=True)
    names, carried = world.w.odoo.external_ids(), world.metafields()
    done = deleted(world)
    assert (world.w.odoo.external_ids(), world.metafields()) == (names, carried)
    assert "Another project speaks for this shop" in notes(done)


def test_without_the_claim_they_go_where_the_other_project_has_another_database(world: ClearWorld):
    another_store(world, "project-2", claim=True)
    with world.app.db.write() as connection:
        odoo.change(connection, odoo.load(connection, "project-2"), fingerprint="elsewhere/1")
    carried = world.metafields()
    deleted(world)
    assert (world.w.odoo.external_ids(), world.metafields()) == ({}, carried)


@pytest.mark.parametrize(("status", "minutes"), [(503, 5), (401, 0)])
def test_an_odoo_that_is_away_or_refuses_the_key_is_given_up(world: ClearWorld, status: int, minutes: int):
    names, began = world.w.odoo.external_ids(), world.app.clock.now()
    world.w.odoo.fault("status", status=status, times=None)
    done = deleted(world)
    assert world.w.odoo.external_ids() == names
    assert "Mooring's external ids in Odoo could not all be removed" in notes(done)
    [left] = by_hand(done)
    assert f"names beginning with s{next(iter(names)).removeprefix('s').partition('.')[0]}." in left
    assert world.pairs() == {}
    assert minutes * 60 <= (world.app.clock.now() - began).total_seconds() < minutes * 60 + 240


@pytest.mark.parametrize("status", [503, 401])
def test_with_nothing_known_to_be_there_an_odoo_that_is_away_is_not_waited_for(
    database_url: str, data_dir: Path, status: int
):
    with clear_world(database_url, data_dir, planted=False) as world:
        began = world.app.clock.now()
        world.w.odoo.fault("status", status=status, times=None)
        done = deleted(world)
        assert (world.app.clock.now() - began).total_seconds() < 60
        assert "No external ids of this store were known to be in Odoo" in notes(done)
        assert by_hand(done) == []


def test_what_a_clear_was_let_off_is_taken_away_by_hand_where_odoo_stays_away(world: ClearWorld):
    world.w.odoo.fault("status", status=401, times=None)
    world.clear(*SyncKind)
    [task] = world.tasks()
    clear_mapping_tasks.dismiss(world.app, SYSTEM, task.id)
    [left] = by_hand(deleted(world))
    assert "External Identifiers" in left


def test_what_stands_in_an_odoo_that_is_not_connected_any_more_is_said(world: ClearWorld):
    row = tables.mappings.c
    with world.app.db.write() as connection:
        moved = update(tables.mappings).where(row.kind == "product").values(fingerprint="elsewhere/1")
        connection.execute(moved)
    done = deleted(world)
    assert "5 external ids stay in another Odoo database" in notes(done)
    assert len(by_hand(done)) == 1


def test_what_is_there_and_unknown_here_goes_all_the_same(world: ClearWorld):
    """As after the restore of an older Mooring."""
    with world.app.db.write() as connection:
        connection.execute(delete_rows(tables.mappings))
    deleted(world)
    assert world.w.odoo.external_ids() == {}


def test_a_held_connection_does_not_keep_them(world: ClearWorld):
    """A person deletes the store: what is ours goes, whatever the database looks like."""
    world.w.odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    odoo_guard.check(world.app, SYSTEM, PROJECT)
    assert world.w.connection.state == "held"
    deleted(world)
    assert world.w.odoo.external_ids() == {}


def test_an_odoo_that_is_disconnected_is_not_called(world: ClearWorld):
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    world.w.odoo.forget()
    done = deleted(world)
    assert world.w.odoo.calls() == {}
    assert "Odoo is disconnected" in notes(done)


def test_what_odoo_carries_out_late_is_waited_for(database_url: str, data_dir: Path):
    with clear_world(database_url, data_dir, planted=False) as world:
        sync, runner = (
            sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, [SyncKind.CUSTOMERS]),
            world.runner(),
        )
        runner.advance(sync.id)
        world.w.odoo.fault("late_commit", operation="res.partner.load", seconds=30.0)
        runner.advance(sync.id)
        deleted(world)
        assert len(world.w.odoo.rows("res.partner", [["ref", "=like", "shopify:%"]], "id")) > 0
        assert world.w.odoo.external_ids() == {}
