"""Clear sync data while a sync runs: what was planned before binds nothing, and the call in flight is waited for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mooring.db import odoo_turns, tables
from mooring.domain.mapping import SyncKind, database_of
from mooring.errors import Refused
from mooring.usecases import rebuild_mapping, sync_odoo_request, verify_mapping
from mooring.usecases.clear_mapping_place import Step
from mooring.usecases.operations_drive import Runner
from mooring.usecases.who import SYSTEM
from tests.usecases.clearing import ClearWorld, clear_world

CUSTOMERS = SyncKind.CUSTOMERS


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    """Imported, and nothing mapped yet."""
    with clear_world(database_url, data_dir, planted=False) as world:
        yield world


def begun_sync(world: ClearWorld) -> tuple[str, Runner]:
    """One that has looked at the database; its next slice loads."""
    operation, runner = sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, [CUSTOMERS]), world.runner()
    runner.advance(operation.id)
    return operation.id, runner


def step(world: ClearWorld, operation_id: str) -> str:
    return str(world.w.operation(operation_id).cursor.get("step", Step.WAIT))


def nothing_of_ours(world: ClearWorld) -> None:
    assert world.pairs() == {}
    assert world.w.odoo.external_ids() == {}
    assert (world.w.count(tables.sync_intents), world.w.count(tables.sync_items)) == (0, 0)


def test_a_load_that_is_under_way_is_waited_for_and_binds_nothing(world: ClearWorld):
    sync, runner = begun_sync(world)
    world.w.odoo.fault("late", operation="res.partner.load", seconds=2.0)
    loading = threading.Thread(target=runner.advance, args=(sync,))
    loading.start()
    while not world.w.count(tables.sync_intents):
        loading.join(0.02)
    clear, worker = world.ask(CUSTOMERS), world.runner()
    assert world.w.operation(sync).state == "cancelled"
    for _ in range(3):
        worker.advance(clear.id)
        assert step(world, clear.id) == Step.WAIT
    loading.join(20)
    assert not loading.is_alive()
    assert world.w.odoo.external_ids() != {}
    assert world.pairs() == {}
    done = world.drive(clear.id)
    assert done.state == "done", done.error
    nothing_of_ours(world)


def test_what_odoo_carries_out_late_is_waited_for_as_well(world: ClearWorld):
    """The connection went, and Odoo commits half a minute later: behind the clear's back, if it did not wait."""
    sync, runner = begun_sync(world)
    world.w.odoo.fault("late_commit", operation="res.partner.load", seconds=30.0)
    runner.advance(sync)
    assert world.w.odoo.external_ids() == {}
    clear = world.ask(CUSTOMERS)
    done = world.drive(clear.id)
    assert done.state == "done", done.error
    assert len(world.w.odoo.rows("res.partner", [["ref", "=like", "shopify:%"]], "id")) > 0
    nothing_of_ours(world)


def test_a_sync_started_in_the_middle_is_refused_and_says_what_runs(world: ClearWorld):
    clear, worker = world.ask(CUSTOMERS), world.runner()
    for ask in (
        lambda: sync_odoo_request.request(world.app, SYSTEM, world.w.store_id),
        lambda: rebuild_mapping.request(world.app, SYSTEM, world.w.store_id),
        lambda: verify_mapping.request(world.app, SYSTEM, world.w.store_id),
    ):
        worker.advance(clear.id)
        with pytest.raises(Refused, match="Clear sync data of this store has been running since .* started by"):
            ask()
    assert world.drive(clear.id).state == "done"


def test_another_stores_sync_is_not_waited_for(world: ClearWorld):
    """A turn that somebody else holds in the same database says nothing about this store's calls."""
    now, database = world.app.clock.now(), database_of(world.fingerprint)
    with world.app.db.write() as connection:
        until = now + timedelta(days=1)
        assert odoo_turns.take(connection, database, "res.partner", holder="another", epoch=1, at=now, until=until)
    done = world.clear(CUSTOMERS)
    assert done.state == "done"
    assert done.receipt and done.receipt["seconds"] < 60


def test_a_clear_of_one_kind_lets_the_sync_of_another_begin_again(world: ClearWorld):
    sync, _ = begun_sync(world)
    world.clear(SyncKind.ORDERS)
    assert world.w.operation(sync).state == "cancelled"
    done = world.drive(sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, [CUSTOMERS]).id)
    assert done.receipt and done.receipt["customers"]["created"] == 12
