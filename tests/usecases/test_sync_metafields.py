"""The third home at the end of a sync: what it bound stands in metafields at Shopify, whatever goes wrong there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mooring.db import odoo_kinds, operations
from mooring.db.operations import Operation
from mooring.db.tables import mappings
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Work
from mooring.usecases import receipts, sync_odoo_decide, sync_odoo_request, sync_odoo_scheduled
from mooring.usecases.metafields_place import FEW
from mooring.usecases.sync_odoo_decide import Choice
from mooring.usecases.who import SYSTEM
from tests.usecases.clearing import WRITING, ClearWorld, clear_world

KINDS = (SyncKind.CUSTOMERS, SyncKind.PRODUCTS)
CUSTOMERS = SyncKind.CUSTOMERS
MANY: dict[str, Any] = {"customers": 300, "products": 0, "orders": 0}


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    sizes = {"customers": 6, "products": 3, "orders": 0}
    with clear_world(database_url, data_dir, planted=False, sizes=sizes) as made:
        yield made


@pytest.fixture
def large(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    """More records than are written call by call."""
    with clear_world(database_url, data_dir, planted=False, sizes=MANY) as made:
        yield made


def sync(world: ClearWorld, *kinds: SyncKind) -> dict[str, Any]:
    """What the receipt says of metafields."""
    done = world.drive(sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, kinds or KINDS).id)
    assert done.state == "done" and done.receipt is not None, done.error
    return done.receipt["metafields"]


def carried(world: ClearWorld) -> dict[str, str]:
    """Odoo's ids at Shopify, by owner."""
    return {one["ownerId"]: one["value"] for one in world.metafields() if one["key"] == "odoo_id"}


def owed(world: ClearWorld) -> dict[str, str]:
    """What ought to stand there, by owner."""
    types = {"customer": "Customer", "product": "Product", "variant": "ProductVariant"}
    rows = world.w.rows(mappings, "kind", "shopify_id", "odoo_id")
    return {f"gid://shopify/{types[kind]}/{one}": str(odoo) for kind, one, odoo in rows if kind in types}


def whole(world: ClearWorld) -> None:
    assert carried(world) == owed(world)
    assert {state for kind, state in world.w.rows(mappings, "kind", "metafield") if kind != "address"} == {"written"}


def kind_of(world: ClearWorld, kind: SyncKind) -> odoo_kinds.OdooKind:
    with world.app.db.read() as connection:
        return odoo_kinds.load(connection, world.w.store_id, kind)


def newest(world: ClearWorld) -> Operation:
    with world.app.db.read() as connection:
        found = operations.newest(connection, world.w.store_id, Work.SYNC_ODOO)
    assert found is not None
    return found


# -- writing -------------------------------------------------------------------------------------------------------


def test_what_a_sync_bound_is_written_definitions_first(world: ClearWorld) -> None:
    told = sync(world)
    whole(world)
    records = len(owed(world))
    assert told == {"written": records, "refused": 0, "calls": told["calls"], "polls": 0, "owed": 0, "notes": {}}
    assert told["calls"] <= 2 + 6 + -(-records // 12)
    assert world.definitions() == [
        f"{owner}.{key}" for owner in ("CUSTOMER", "PRODUCT", "PRODUCTVARIANT") for key in ("odoo_database", "odoo_id")
    ]
    assert {kind_of(world, kind).definitions for kind in KINDS} == {"made"}


def test_a_second_sync_writes_nothing_there(world: ClearWorld) -> None:
    sync(world)
    world.w.fault("status", operation="metafield", times=None)
    assert sync(world) == {"written": 0, "refused": 0, "calls": 0, "polls": 0, "owed": 0, "notes": {}}


def test_of_a_kind_that_owes_nothing_no_definition_is_made(world: ClearWorld) -> None:
    sync(world, CUSTOMERS)
    assert world.definitions() == ["CUSTOMER.odoo_database", "CUSTOMER.odoo_id"]


def test_many_go_by_one_bulk_mutation(large: ClearWorld) -> None:
    told = sync(large, CUSTOMERS)
    whole(large)
    assert len(carried(large)) == 300
    assert (told["written"], told["owed"]) == (300, 0) and told["calls"] <= 6 and told["polls"] >= 1, told


def test_a_preview_writes_none(world: ClearWorld) -> None:
    shown = world.drive(sync_odoo_request.preview(world.app, SYSTEM, world.w.store_id, KINDS).id)
    assert shown.receipt is not None and "metafields" not in shown.receipt
    assert world.definitions() == []


def test_people_read_in_the_receipt_what_was_written(world: ClearWorld) -> None:
    sync(world)
    with world.app.db.read() as connection:
        shown = receipts.of(connection, newest(world))
    said = {line.title: line.note for line in shown.lines}
    assert f"written {len(owed(world))}" in (said["Metafields at Shopify"] or "")
    sync(world)
    with world.app.db.read() as connection:
        shown = receipts.of(connection, newest(world))
    assert "Metafields at Shopify" not in {line.title for line in shown.lines}


# -- what may not be written ---------------------------------------------------------------------------------------


def test_a_kind_whose_permission_is_missing_does_without(database_url: str, data_dir: Path) -> None:
    scopes = tuple(one for one in WRITING if one != "write_customers")
    sizes = {"customers": 3, "products": 2, "orders": 0}
    with clear_world(database_url, data_dir, planted=False, sizes=sizes, scopes=scopes) as world:
        told = sync(world)
        assert told["owed"] == 3 and list(told["notes"]) == ["customers"] and "write_customers" in str(told["notes"])
        assert not any("/Customer/" in owner for owner in carried(world)) and carried(world)
        later(world, hours=2)
        assert newest(world).finished


def test_nothing_is_written_under_a_key_whose_deletion_is_not_verified(world: ClearWorld) -> None:
    with world.app.db.write() as connection:
        odoo_kinds.change(connection, world.w.store_id, CUSTOMERS, definitions="leaving")
    told = sync(world)
    assert list(told["notes"]) == ["customers"] and told["owed"] == 6
    assert not any("/Customer/" in owner for owner in carried(world))
    with world.app.db.write() as connection:
        odoo_kinds.change(connection, world.w.store_id, CUSTOMERS, definitions="none")
    sync(world)
    whole(world)


# -- bad weather ---------------------------------------------------------------------------------------------------


def later(world: ClearWorld, *, hours: float) -> None:
    world.pass_time(timedelta(hours=hours).total_seconds())
    sync_odoo_scheduled.owed(world.app)


def test_shopify_away_fails_no_sync_and_what_is_owed_is_written_within_the_hour(world: ClearWorld) -> None:
    away = world.w.fault("status", status=503, times=None)
    told = sync(world)
    assert told["written"] == 0 and told["owed"] == len(owed(world)) and told["calls"] <= 3
    assert "written later" in told["notes"]["shopify"]
    world.w.sandbox.faults.clear(away.id)
    first = newest(world)
    sync_odoo_scheduled.owed(world.app)
    assert newest(world).id == first.id
    later(world, hours=1.1)
    world.drive(newest(world).id)
    whole(world)
    world.w.odoo.forget()
    assert world.w.odoo.calls() == {}
    later(world, hours=2)
    assert newest(world).arguments.get("home") and newest(world).finished


def test_the_next_sync_writes_what_is_owed(world: ClearWorld) -> None:
    world.w.fault("status", status=503, times=3)
    sync(world)
    assert carried(world) == {}
    sync(world)
    whole(world)


def test_metafields_written_by_the_clock_do_not_spoil_a_preview(world: ClearWorld) -> None:
    world.w.fault("status", status=503, times=3)
    sync(world)
    world.pass_time(2 * 3600)
    shown = world.drive(sync_odoo_request.preview(world.app, SYSTEM, world.w.store_id, KINDS).id)
    later(world, hours=1.1)
    world.drive(newest(world).id)
    assert sync_odoo_request.accept(world.app, SYSTEM, world.w.store_id, shown.id).id


@pytest.mark.parametrize("fault", ["lost_answer", "status", "throttled"])
@pytest.mark.parametrize("operation", ["metafieldsSet", "metafieldDefinitionCreate", "metafieldDefinitions"])
def test_one_fault_and_nothing_is_owed(world: ClearWorld, fault: str, operation: str) -> None:
    world.w.fault(fault, operation=operation, status=502)
    assert sync(world)["owed"] == 0
    whole(world)


@pytest.mark.parametrize("operation", ["bulkOperationRunMutation", "stagedUploadsCreate"])
@pytest.mark.parametrize("fault", ["lost_answer", "status"])
def test_one_fault_and_many_are_written_all_the_same(large: ClearWorld, fault: str, operation: str) -> None:
    large.w.fault(fault, operation=operation, status=502)
    assert sync(large, CUSTOMERS)["owed"] == 0
    whole(large)


def test_a_worker_killed_at_any_point_leaves_nothing_undone(large: ClearWorld) -> None:
    """Each slice is done by a worker of its own, and done twice where the first did not live to say so."""
    operation = sync_odoo_request.request(large.app, SYSTEM, large.w.store_id, [CUSTOMERS])
    slices = 0
    while not large.w.operation(operation.id).finished:
        runner = large.runner()
        wait = runner.advance(operation.id)
        runner.drop()
        large.pass_time((wait or 0) + operations.LEASE.total_seconds() + 1)
        slices += 1
        assert slices < 60
    whole(large)
    receipt = newest(large).receipt
    assert receipt is not None and receipt["metafields"]["owed"] == 0


def test_where_bulk_mutations_are_refused_the_calls_stay_bounded(large: ClearWorld) -> None:
    large.w.fault("fail", on="bulk", operation="metafieldsSet", times=None, fraction=0.0)
    told = sync(large, CUSTOMERS)
    assert told["calls"] <= -(-FEW // 12) + 8 and 0 < told["owed"] < 300, (
        "twelve records, of two values each, fit a call"
    )
    assert told["written"] + told["owed"] == 300


def test_a_bulk_mutation_without_end_does_not_hold_the_sync_for_ever(large: ClearWorld) -> None:
    large.w.sandbox.settings.change({"bulk_seconds": 1e6})
    large.w.sandbox.apply_settings()
    told = sync(large, CUSTOMERS)
    assert told["owed"] == 300 and "takes its time" in told["notes"]["shopify"]


def test_a_record_that_takes_no_value_is_not_tried_for_ever(world: ClearWorld) -> None:
    gone = min(int(one["id"].rpartition("/")[2]) for one in world.w.documents("Customer"))
    world.w.sandbox.state.remove(world.w.shop_id, "Customer", gone)
    told = sync(world, CUSTOMERS)
    assert (told["refused"], told["owed"]) == (1, 0)
    assert sync(world, CUSTOMERS)["calls"] == 0


def test_a_pair_that_leads_elsewhere_owes_it_again(world: ClearWorld) -> None:
    sync(world, CUSTOMERS)
    rows = world.w.rows(mappings, "kind", "shopify_id", "odoo_id")
    customer_id, partner = next(row[1:] for row in rows if row[0] == "customer")
    world.w.odoo.does("res.partner", "unlink", ids=[partner])
    chosen = sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, ids={CUSTOMERS: [customer_id]})
    world.drive(chosen.id)
    sync_odoo_decide.decide(world.app, SYSTEM, world.w.store_id, CUSTOMERS, [customer_id], Choice.CREATE)
    made = world.drive(newest(world).id)
    assert made.receipt is not None and made.receipt["metafields"]["written"] == 1
    assert carried(world)[f"gid://shopify/Customer/{customer_id}"] != str(partner)
    whole(world)
