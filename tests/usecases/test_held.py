"""While a restored Mooring is held, nothing leaves for Shopify, and work waits instead of failing."""

from __future__ import annotations

import pytest

from mooring.app import CALLED_OFF, ENDINGS, WORKS
from mooring.db import operations as rows
from mooring.domain.rules import Work
from mooring.errors import Held
from mooring.usecases import connect, health, held, operations, schedule
from mooring.usecases.held import Hold
from mooring.usecases.operations_drive import Runner
from mooring.usecases.operations_run import Again, Next
from tests.usecases.world import LIGHTHOUSE, SESSION, World


def hold(world: World) -> None:
    with world.app.db.write() as connection:
        held.put(connection, Hold(at=world.app.clock.now(), source="test"))


def lift(world: World) -> None:
    with world.app.db.write() as connection:
        held.lift(connection)


def issued(world: World, store_id: str) -> str:
    store = world.store(store_id)
    with world.app.db.write() as connection:
        return operations.issue(world.app, connection, world.admin, store, Work.IMPORT, {}).id


def test_no_call_leaves_for_a_store(world: World) -> None:
    store_id = world.connect().store_id
    hold(world)
    before = world.calls()
    with pytest.raises(Held, match="restored from a backup"):
        health.check(world.app, world.admin, store_id)
    assert world.calls() == before
    assert world.store(store_id).error is None
    lift(world)
    assert health.check(world.app, world.admin, store_id).passed


def test_no_round_trip_begins_or_ends(world: World) -> None:
    query = world.round_trip()
    hold(world)
    before, rows_before = world.calls(), world.rows()
    with pytest.raises(Held):
        connect.finish(world.app, query, session=SESSION)
    with pytest.raises(Held):
        connect.request(world.app, world.admin, world.project, LIGHTHOUSE, session=SESSION)
    with pytest.raises(Held):
        connect.request_client_credentials(world.app, world.admin, world.project, LIGHTHOUSE)
    assert (world.calls(), world.rows()) == (before, rows_before)
    lift(world)
    assert connect.finish(world.app, query, session=SESSION).store_id


def test_operations_wait_untouched_and_go_on_when_the_hold_is_lifted(world: World) -> None:
    store_id = world.connect().store_id
    operation_id = issued(world, store_id)
    runner = Runner(world.app, "worker", WORKS, ENDINGS, CALLED_OFF)
    hold(world)
    with world.app.db.read() as connection:
        assert rows.due(connection, at=world.app.clock.now()) == []
    assert runner.advance(operation_id) is None
    with world.app.db.read() as connection:
        assert rows.load(connection, operation_id).state == "pending"
    lift(world)
    with world.app.db.read() as connection:
        assert [one.id for one in rows.due(connection, at=world.app.clock.now())] == [operation_id]


def test_an_operation_that_was_under_way_waits_as_well(world: World) -> None:
    store_id = world.connect().store_id
    runner = Runner(world.app, "worker", {Work.IMPORT: _asks}, ENDINGS, CALLED_OFF)
    operation_id = issued(world, store_id)
    assert runner.advance(operation_id) == 0.0
    hold(world)
    runner.advance(operation_id)
    with world.app.db.read() as connection:
        waiting = rows.load(connection, operation_id)
    assert (waiting.state, waiting.error) == ("running", held.SENTENCE)


def _asks(app, run) -> Next:
    run.call(app.shopify.document("shop"), {})
    with run.checkpoint():
        return Again()


def test_the_schedule_rests(world: World) -> None:
    store_id = world.connect().store_id
    world.advance(days=2)
    hold(world)
    before, rows_before = world.calls(), world.rows()
    schedule.tick(world.app)
    assert (world.calls(), world.rows()) == (before, rows_before), store_id
