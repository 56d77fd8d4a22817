"""Clear sync data: one call after another, killed anywhere, one side away, and what is refused meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.db import odoo_kinds
from mooring.domain.mapping import SyncKind
from mooring.errors import ConfirmationMissing, InvalidInput, Refused
from mooring.usecases import clear_mapping, clear_mapping_tasks
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


@pytest.mark.parametrize("kills", [2, 3, 4, 5, 7, 11, 16])
def test_killed_at_every_step_it_finishes(database_url: str, data_dir: Path, kills: int):
    """A worker does so many slices and is gone; another one comes, and is gone as well."""
    with clear_world(database_url, data_dir) as world:
        before, operation = world.business(), world.ask()
        for _ in range(400):
            runner = world.runner()
            for _ in range(kills):
                wait = runner.advance(operation.id)
                world.pass_time(wait or 0.0)
            world.pass_time(120)
            if world.w.operation(operation.id).finished:
                break
        done = world.w.operation(operation.id)
        assert done.state == "done", done.error
        assert (world.metafields(), world.w.odoo.external_ids(), world.pairs()) == ([], {}, {})
        assert world.business() == before


def test_without_the_permission_to_write_two_homes_suffice(database_url: str, data_dir: Path):
    from tests.usecases.importing import SCOPES

    with clear_world(database_url, data_dir, scopes=SCOPES) as world:
        assert set(world.home.left_out) == set(SyncKind)
        done = world.clear()
        assert done.state == "done"
        assert done.receipt
        assert done.receipt["shopify"]["outcome"] == "nothing"
        assert done.receipt["calls"] == {"shopify": 1, "polls": 0, "bulk_reads": 0}


# -- a side that is away -------------------------------------------------------------------------------------------


def test_an_odoo_that_is_away_is_an_open_task_that_unlinks_what_it_listed(database_url: str, data_dir: Path):
    with clear_world(database_url, data_dir) as world:
        names = set(world.w.odoo.external_ids())
        world.w.odoo.fault("status", status=503, times=None)
        done = world.clear()
        assert done.state == "done"
        assert done.receipt
        assert done.receipt["odoo"]["outcome"] == "open"
        assert world.pairs() == {}
        [task] = world.tasks()
        assert task.count == len(names) == done.receipt["left_to_unlink"]
        with world.app.db.read() as connection, pytest.raises(Refused, match="Clear sync data is not finished"):
            clear_mapping_tasks.require_none_open(connection, world.w.store_id, [SyncKind.ORDERS])
        world.w.odoo.server.sandbox.faults.clear()
        other = {
            "module": "mooring",
            "name": f"s{world.w.store.shop_id}.customer.999",
            "model": "res.partner",
            "res_id": 1,
        }
        world.w.odoo.does("ir.model.data", "create", vals_list=[other])
        world.pass_time(7200)
        clear_mapping_tasks.scheduled(world.app)
        settle(world)
        assert world.tasks() == []
        assert set(world.w.odoo.external_ids()) == {other["name"]}


def test_a_shop_that_is_away_is_an_open_task_and_nothing_is_written_under_its_keys(database_url: str, data_dir: Path):
    with clear_world(database_url, data_dir) as world:
        world.w.fault("status", status=503, times=None, operation="MappingDefinitions")
        done = world.clear()
        assert done.receipt
        assert done.receipt["shopify"]["outcome"] == "open"
        assert world.w.odoo.external_ids() == {}
        [task] = world.tasks()
        assert task.side == "shopify"
        clear_mapping_tasks.dismiss(world.app, SYSTEM, task.id)
        assert world.tasks() == []
        with world.app.db.read() as connection:
            clear_mapping_tasks.require_none_open(connection, world.w.store_id, list(SyncKind))


def settle(world: ClearWorld) -> None:
    from mooring.db import operations

    with world.app.db.read() as connection:
        waiting = [one.id for one in operations.unfinished(connection, world.w.store_id)]
    for id_ in waiting:
        world.drive(id_)


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
