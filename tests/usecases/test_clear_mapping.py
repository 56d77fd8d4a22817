"""Clear sync data: one call after another, killed anywhere, of a store of any size, and only when confirmed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mooring.db import odoo_kinds, stores
from mooring.domain.lifecycle import Event
from mooring.domain.mapping import SyncKind
from mooring.errors import ConfirmationMissing, InvalidInput
from mooring.usecases import clear_mapping, clear_mapping_odoo, disconnect
from mooring.usecases.who import SYSTEM
from tests.usecases.clearing import ClearWorld, clear_world
from tests.usecases.importing import PROJECT


def test_nothing_is_left_of_the_mapping_and_everything_of_the_records(database_url: str, data_dir: Path):
    with clear_world(database_url, data_dir) as world:
        assert world.metafields() and world.w.odoo.external_ids() and world.pairs()
        before = world.business()
        done = world.clear()
        assert done.state == "done", done.error
        assert (world.metafields(), world.definitions(), world.w.odoo.external_ids(), world.pairs()) == ([], [], {}, {})
        assert world.business() == before
        assert done.receipt
        calls = done.receipt["calls"]
        assert calls["shopify"] <= 10
        assert calls["bulk_reads"] == 3
        assert done.receipt["shopify"]["outcome"] == done.receipt["odoo"]["outcome"] == "done"


def test_values_that_shopify_deletes_late_are_waited_for(database_url: str, data_dir: Path):
    with clear_world(database_url, data_dir) as world:
        world.w.sandbox.settings.change({"definition_delete_seconds": 90.0})
        world.w.sandbox.apply_settings()
        done = world.clear()
        assert done.receipt
        assert done.receipt["shopify"]["outcome"] == "done"
        assert world.metafields() == []
        assert done.receipt["calls"]["shopify"] <= 10


def test_only_the_chosen_kind_goes(database_url: str, data_dir: Path):
    with clear_world(database_url, data_dir) as world:
        done = world.clear(SyncKind.PRODUCTS)
        assert done.state == "done"
        assert {"customer", "address", "order", "order_line"} == set(world.pairs())
        assert not any(".product." in name for name in world.w.odoo.external_ids())
        assert any(".order." in name for name in world.w.odoo.external_ids())
        assert all(not one.startswith("PRODUCT") for one in world.definitions())
        with world.app.db.read() as connection:
            known = odoo_kinds.of_store(connection, world.w.store_id)
        assert [kind for kind in SyncKind if known[kind].held_reason == "cleared"] == [SyncKind.PRODUCTS]


@pytest.mark.parametrize("kills", [1, 2, 3, 7, 16])
def test_killed_after_so_many_slices_again_and_again_it_finishes(database_url: str, data_dir: Path, kills: int):
    """A worker does so many slices and is gone; another one comes, and is gone as well. With one slice each there is no
    step at which none is killed."""
    with clear_world(database_url, data_dir) as world:
        before, operation = world.business(), world.ask()
        for _ in range(400):
            runner = world.runner()
            for _ in range(kills):
                wait = runner.advance(operation.id)
                world.pass_time(wait or 0.0)
            world.pass_time(60)
            if world.w.operation(operation.id).finished:
                break
        gone(world, operation.id, before)


CALLS = ("ClearMapping", "MappingDefinitions", "MappingValues", "BulkRun", "BulkStatus")


@pytest.mark.parametrize("fault", ["lost_answer", "status"])
def test_any_answer_may_be_lost_or_refused_once(database_url: str, data_dir: Path, fault: str):
    """What was done although nobody heard so is done again without harm."""
    with clear_world(database_url, data_dir) as world:
        faults: list[Any] = [world.w.fault(fault, operation=name, status=503) for name in CALLS]
        for method in ("search_read", "unlink"):
            faults += [world.w.odoo.fault(fault, operation=f"ir.model.data.{method}", status=503) for _ in range(2)]
        before, started = world.business(), world.ask()
        world.drive(started.id)
        gone(world, started.id, before)
        assert all(one.hits == 1 for one in faults), faults


def gone(world: ClearWorld, operation_id: str, before: object) -> None:
    done = world.w.operation(operation_id)
    assert done.state == "done", done.error
    assert (world.metafields(), world.w.odoo.external_ids(), world.pairs()) == ([], {}, {})
    assert world.tasks() == []
    assert world.business() == before


@pytest.mark.parametrize("move", ["disconnect", "uninstall"])
def test_a_store_that_is_disconnected_meanwhile_does_not_stop_it(database_url: str, data_dir: Path, move: str):
    """It is what a person asked for, and nothing may block it: here it goes on, there as far as Shopify answers."""
    with clear_world(database_url, data_dir) as world:
        operation, runner = world.ask(), world.runner()
        for _ in range(3):
            runner.advance(operation.id)
        if move == "disconnect":
            disconnect.request(world.app, SYSTEM, world.w.store_id)
        else:
            with world.app.db.write() as connection:
                store = stores.load(connection, world.w.store_id)
                stores.move(connection, store, Event.UNINSTALLED, at=world.app.clock.now(), actor="test")
        done = world.drive(operation.id)
        assert done.state == "done", done.error
        assert (world.metafields(), world.w.odoo.external_ids(), world.pairs()) == ([], {}, {})


def test_a_bulk_mutation_that_writes_metafields_is_stopped_before_they_go(database_url: str, data_dir: Path):
    """Otherwise it would go on writing where no definition takes its values along any more."""
    with clear_world(database_url, data_dir) as world:
        world.w.sandbox.settings.change({"bulk_seconds": 1e6})
        world.w.sandbox.apply_settings()
        begun = world.begin_bulk_mutation()
        operation, runner = world.ask(), world.runner()
        for _ in range(4):
            runner.advance(operation.id)
        world.w.sandbox.settings.change({"bulk_seconds": 0.0})
        world.w.sandbox.apply_settings()
        done = world.drive(operation.id)
        assert done.state == "done", done.error
        stopped = world.w.sandbox.state.get(world.w.shop_id, "BulkOperation", begun)
        assert stopped and stopped["status"] == "CANCELED"
        assert world.metafields() == []


def test_a_value_that_came_in_after_the_definition_had_gone_is_found_and_deleted(database_url: str, data_dir: Path):
    """The call that was under way when the definitions went; no definition takes its value along."""
    with clear_world(database_url, data_dir) as world:
        late = world.metafields()[:3]
        operation, runner = world.ask(), world.runner()
        while world.metafields():
            runner.advance(operation.id)
        for one in late:
            world.w.sandbox.state.put(world.w.shop_id, "Metafield", one, one["ownerId"])
        runner.drop()
        world.pass_time(60)
        done = world.drive(operation.id)
        assert done.state == "done", done.error
        assert done.receipt
        assert done.receipt["shopify"]["outcome"] == "done"
        assert done.receipt["calls"]["shopify"] <= 10
        assert (world.metafields(), world.tasks()) == ([], [])


LARGE = {"customers": 1_500, "products": 300, "orders": 400}


def test_of_a_large_store_it_takes_as_few_calls_to_shopify_and_few_to_odoo(database_url: str, data_dir: Path):
    """Counted at Shopify itself: not polls, everything else."""
    with clear_world(database_url, data_dir, sizes=LARGE) as world:
        rows = sum(world.pairs().values())
        assert rows > 5_000
        assert set(world.pairs()) >= {"customer", "address", "product", "order", "order_line"}
        world.w.odoo.forget()
        before, calls = world.business(), len(world.w.sandbox.log.entries())
        started = world.ask()
        world.drive(started.id)
        gone(world, started.id, before)
        asked = Counter(one.operation for one in list(world.w.sandbox.log.entries())[calls:])
        polls = {"MappingDefinitions", "MappingValues", "BulkStatus"}
        assert asked["BulkRun"] <= 4
        assert sum(count for name, count in asked.items() if name not in polls) <= 10, asked
        external = sum(n for name, n in world.w.odoo.calls().items() if name.startswith("ir.model.data."))
        assert external <= 2 * (rows // clear_mapping_odoo.BATCH + 9), world.w.odoo.calls()


def test_without_the_permission_to_write_two_homes_suffice(database_url: str, data_dir: Path):
    from tests.usecases.importing import SCOPES

    with clear_world(database_url, data_dir, scopes=SCOPES) as world:
        assert set(world.home.left_out) == set(SyncKind)
        done = world.clear()
        assert done.state == "done"
        assert done.receipt
        assert done.receipt["shopify"]["outcome"] == "nothing"
        assert done.receipt["calls"] == {"shopify": 1, "polls": 0, "bulk_reads": 0}


# -- confirming ----------------------------------------------------------------------------------------------------


def test_it_is_confirmed_by_typing_and_by_a_token_of_what_was_shown(database_url: str, data_dir: Path):
    with clear_world(database_url, data_dir) as world:
        app, ids = world.app, [world.w.store_id]
        with pytest.raises(ConfirmationMissing) as missing:
            clear_mapping.request(app, SYSTEM, PROJECT, ids, token="", typed="clear sync data")
        token = missing.value.token
        with pytest.raises(InvalidInput, match="clear sync data"):
            clear_mapping.request(app, SYSTEM, PROJECT, ids, token=token, typed="yes")
        with pytest.raises(ConfirmationMissing, match="other stores or kinds"):
            clear_mapping.request(app, SYSTEM, PROJECT, ids, [SyncKind.ORDERS], token=token, typed="clear sync data")
        world.pass_time(16 * 60)
        with pytest.raises(ConfirmationMissing, match="15 minutes"):
            clear_mapping.request(app, SYSTEM, PROJECT, ids, token=token, typed="clear sync data")
        assert world.pairs()
