"""Automatic sync: begun by what comes in, held where a person has to look first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mooring.app import ENDINGS, WORKS
from mooring.db import odoo_kinds, operations, records_kinds, stores
from mooring.db.operations import Operation
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Work
from mooring.usecases import sync_odoo_request, sync_odoo_scheduled
from mooring.usecases.operations_drive import drive
from mooring.usecases.schedule import JOBS
from mooring.usecases.who import SYSTEM
from tests.usecases.hubbing import customer, product
from tests.usecases.moving import later
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.syncing import preview

LATER = "2026-11-02T10:00:00Z"
BOTH = (SyncKind.CUSTOMERS, SyncKind.PRODUCTS)


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    """Both kinds are synced by themselves, and were a moment ago."""
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        customer(made.app, made.store_id, 5, email="ann@example.com")
        product(made.app, made.store_id, 1, "Mug", {"sku": "MUG"})
        for kind in BOTH:
            arrive(made, kind)
        shown = preview(made, *BOTH)
        drive(made.app, sync_odoo_request.accept(made.app, SYSTEM, made.store_id, shown.id).id, WORKS, ENDINGS)
        pass_time(made, 61)
        yield made


def pass_time(world: OdooWorld, seconds: float) -> None:
    later(world.app, timedelta(seconds=seconds))


def arrive(world: OdooWorld, kind: SyncKind) -> None:
    """A webhook of this kind was worked off just now."""
    with world.app.db.write() as connection:
        now = world.app.clock.now()
        records_kinds.change(connection, world.store_id, Kind(kind), state="synced", last_webhook_at=now)


def hold(world: OdooWorld, kind: SyncKind, reason: str) -> None:
    with world.app.db.write() as connection:
        odoo_kinds.change(connection, world.store_id, kind, held_since=world.app.clock.now(), held_reason=reason)


def tick(world: OdooWorld) -> Operation | None:
    """What the clock has begun, if anything."""
    before = newest(world)
    sync_odoo_scheduled.scheduled(world.app)
    after = newest(world)
    return after if before is None or (after and after.id != before.id) else None


def newest(world: OdooWorld) -> Operation | None:
    with world.app.db.read() as connection:
        return operations.newest(connection, world.store_id, Work.SYNC_ODOO)


def settle(world: OdooWorld, operation: Operation | None) -> dict[str, Any]:
    assert operation is not None
    done = drive(world.app, operation.id, WORKS, ENDINGS)
    assert done.receipt is not None, done.error
    return done.receipt


def test_both_jobs_are_the_schedule_s() -> None:
    assert {sync_odoo_scheduled.scheduled, sync_odoo_scheduled.owed} <= set(JOBS)


def test_nothing_came_in_and_nothing_is_begun(world: OdooWorld) -> None:
    assert tick(world) is None


def test_a_change_by_webhook_is_in_odoo_within_its_minute(world: OdooWorld) -> None:
    customer(world.app, world.store_id, 5, at=LATER, email="ann@example.com", last_name="Low")
    arrive(world, SyncKind.CUSTOMERS)
    begun = tick(world)
    assert begun is not None and begun.arguments["kinds"] == ["customers"] and begun.created_by == "system"
    assert settle(world, begun)["customers"]["updated"] == 1
    customer(world.app, world.store_id, 5, at="2026-11-03T10:00:00Z", email="ann@example.com", last_name="High")
    pass_time(world, 5)
    arrive(world, SyncKind.CUSTOMERS)
    assert tick(world) is None
    pass_time(world, 56)
    assert settle(world, tick(world))["customers"]["updated"] == 1
    assert world.odoo.rows("res.partner", [["email", "=", "ann@example.com"]], "name")[0]["name"] == "Ann High"


def test_what_comes_in_during_a_sync_is_synced_by_the_next(world: OdooWorld) -> None:
    arrive(world, SyncKind.CUSTOMERS)
    begun = tick(world)
    pass_time(world, 1)
    customer(world.app, world.store_id, 4, email="early@example.com")
    arrive(world, SyncKind.CUSTOMERS)
    settle(world, begun)
    pass_time(world, 61)
    assert tick(world) is not None


@pytest.mark.parametrize("reason", ["cleared", "new_store"])
def test_a_held_kind_stays_held_and_the_other_goes_on(world: OdooWorld, reason: str) -> None:
    hold(world, SyncKind.CUSTOMERS, reason)
    for kind in BOTH:
        arrive(world, kind)
    begun = tick(world)
    assert begun is not None and begun.arguments["kinds"] == ["products"]
    settle(world, begun)
    pass_time(world, 3_600)
    arrive(world, SyncKind.CUSTOMERS)
    assert tick(world) is None


def test_a_preview_accepted_lets_it_go_on(world: OdooWorld) -> None:
    hold(world, SyncKind.CUSTOMERS, "new_store")
    shown = preview(world, SyncKind.CUSTOMERS)
    settle(world, sync_odoo_request.accept(world.app, SYSTEM, world.store_id, shown.id))
    pass_time(world, 61)
    arrive(world, SyncKind.CUSTOMERS)
    assert tick(world) is not None


def test_a_disconnected_store_rests(world: OdooWorld) -> None:
    arrive(world, SyncKind.CUSTOMERS)
    with world.app.db.write() as connection:
        store = stores.load(connection, world.store_id)
        stores.move(connection, store, Event.DISCONNECT, at=world.app.clock.now(), actor="test")
    assert tick(world) is None
