"""A side that cannot be reached: Clear sync data ends with an open task, retried until it is done or dismissed.

Meanwhile Sync and Rebuild of those stores and kinds are refused with the reason, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mooring.db import operations, tables
from mooring.db.clear_tasks import ClearTask
from mooring.db.operations import Operation
from mooring.domain.mapping import SyncKind
from mooring.errors import Refused
from mooring.usecases import clear_mapping_tasks, mapping_copy, rebuild_mapping, sync_odoo_request, verify_mapping
from mooring.usecases.who import SYSTEM
from tests.usecases.clearing import ClearWorld, clear_world

CUSTOMERS, PRODUCTS = SyncKind.CUSTOMERS, SyncKind.PRODUCTS
Away = Callable[[], None]


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    with clear_world(database_url, data_dir) as world:
        yield world


def away(world: ClearWorld, *sides: str) -> Away:
    """Nobody answers there until the function that comes back is called."""
    if "odoo" in sides:
        world.w.odoo.fault("status", status=503, times=None)
    if "shopify" in sides:
        world.w.fault("status", status=503, times=None)

    def back() -> None:
        world.w.odoo.server.sandbox.faults.clear()
        world.w.sandbox.faults.clear()

    return back


def settle(world: ClearWorld) -> None:
    with world.app.db.read() as connection:
        waiting = [one.id for one in operations.unfinished(connection, world.w.store_id)]
    for id_ in waiting:
        world.drive(id_)


def one_task(world: ClearWorld, side: str) -> ClearTask:
    [task] = world.tasks()
    assert task.side == side
    return task


def refusals(world: ClearWorld, kind: SyncKind, exported: bytes) -> dict[str, str]:
    """What is refused for this kind, with the code."""
    app, store_id = world.app, world.w.store_id
    [(shopify_id,), *_] = sorted(world.w.rows(_TABLES[kind], "shopify_id"))
    asked: dict[str, Callable[[], object]] = {
        "sync": lambda: sync_odoo_request.request(app, SYSTEM, store_id, [kind]),
        "sync one": lambda: sync_odoo_request.request(app, SYSTEM, store_id, ids={kind: [shopify_id]}),
        "preview": lambda: sync_odoo_request.preview(app, SYSTEM, store_id, [kind]),
        "rebuild": lambda: rebuild_mapping.request(app, SYSTEM, store_id, [kind]),
        "accept": lambda: rebuild_mapping.accept(app, SYSTEM, store_id, [kind]),
        "import": lambda: mapping_copy.take_in(app, SYSTEM, store_id, exported),
    }
    found: dict[str, str] = {}
    for name, ask in asked.items():
        try:
            ask()
        except Refused as refused:
            assert "Clear sync data is not finished" in refused.sentence
            found[name] = refused.code
    return found


_TABLES = {CUSTOMERS: tables.customers, PRODUCTS: tables.products, SyncKind.ORDERS: tables.orders}


# -- it ends, and says what is left --------------------------------------------------------------------------------


@pytest.mark.parametrize("sides", [("odoo",), ("shopify",), ("odoo", "shopify")])
def test_it_ends_with_a_task_for_each_side_and_the_retry_does_the_rest(world: ClearWorld, sides: tuple[str, ...]):
    names, before = set(world.w.odoo.external_ids()), world.business()
    back = away(world, *sides)
    done = world.clear()
    assert done.state == "done"
    assert done.receipt
    assert {side for side in ("odoo", "shopify") if done.receipt[side]["outcome"] == "open"} == set(sides)
    assert len(done.receipt["open"]) == len(sides)
    assert world.pairs() == {}
    assert {task.side for task in world.tasks()} == set(sides)
    left = [task.count for task in world.tasks() if task.side == "odoo"]
    assert left == ([len(names)] if "odoo" in sides else [])
    back()
    world.pass_time(7 * 3600)
    while world.tasks():
        clear_mapping_tasks.scheduled(world.app)
        settle(world)
    assert (world.w.odoo.external_ids(), world.metafields(), world.definitions()) == ({}, [], [])
    assert world.business() == before
    world.drive(sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, [CUSTOMERS]).id)


def test_a_retry_in_vain_ends_as_failed_and_the_next_comes_later(world: ClearWorld):
    away(world, "odoo")
    world.clear()
    task = one_task(world, "odoo")
    tried: Operation = world.drive(clear_mapping_tasks.retry(world.app, SYSTEM, task.id).id)
    assert tried.state == "failed"
    again = one_task(world, "odoo")
    assert (again.attempts, again.count) == (task.attempts + 1, task.count)
    assert task.next_at and again.next_at and again.next_at > task.next_at
    clear_mapping_tasks.scheduled(world.app)
    with world.app.db.read() as connection:
        assert operations.unfinished(connection, world.w.store_id) == []


# -- what waits for it ---------------------------------------------------------------------------------------------


def test_sync_and_rebuild_of_that_kind_are_refused_and_nothing_else(world: ClearWorld):
    exported = b"".join(mapping_copy.export(world.app, SYSTEM, world.w.store_id, [CUSTOMERS]))
    back = away(world, "odoo")
    world.clear(CUSTOMERS)
    back()
    refused = refusals(world, CUSTOMERS, exported)
    assert refused == dict.fromkeys(("sync", "sync one", "preview", "rebuild", "accept", "import"), "clear_open")
    task = one_task(world, "odoo")
    assert task.kinds == (CUSTOMERS,)
    assert world.w.run_import().state == "done"
    assert world.drive(verify_mapping.request(world.app, SYSTEM, world.w.store_id).id).state == "done"
    assert world.drive(sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, [PRODUCTS]).id).state == "done"
    assert world.drive(rebuild_mapping.request(world.app, SYSTEM, world.w.store_id, [PRODUCTS]).id).state == "done"
    assert one_task(world, "odoo").id == task.id
    clear_mapping_tasks.dismiss(world.app, SYSTEM, task.id)
    done = world.drive(rebuild_mapping.request(world.app, SYSTEM, world.w.store_id, [CUSTOMERS]).id)
    assert done.state == "done", done.error


def test_a_second_clear_takes_the_task_over(world: ClearWorld):
    back = away(world, "odoo", "shopify")
    world.clear()
    assert len(world.tasks()) == 2
    back()
    world.clear()
    assert (world.tasks(), world.w.odoo.external_ids(), world.metafields()) == ([], {}, [])


# -- dismissing ----------------------------------------------------------------------------------------------------


def test_dismissed_the_ids_stay_and_the_next_sync_links_by_them(world: ClearWorld):
    names = world.w.odoo.external_ids(f"s{world.w.store.shop_id}.customer.")
    back = away(world, "odoo")
    world.clear(CUSTOMERS)
    back()
    clear_mapping_tasks.dismiss(world.app, SYSTEM, one_task(world, "odoo").id)
    done = world.drive(sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, [CUSTOMERS]).id)
    assert done.receipt
    assert (done.receipt["customers"]["created"], done.receipt["customers"]["linked"]) == (0, len(names))
    assert world.w.odoo.external_ids(f"s{world.w.store.shop_id}.customer.") == names


def test_dismissed_in_the_middle_of_a_retry_it_stops_there(world: ClearWorld):
    back = away(world, "odoo")
    world.clear()
    task = one_task(world, "odoo")
    back()
    operation, runner = clear_mapping_tasks.retry(world.app, SYSTEM, task.id), world.runner()
    runner.advance(operation.id)
    names = world.w.odoo.external_ids()
    clear_mapping_tasks.dismiss(world.app, SYSTEM, task.id)
    assert world.drive(operation.id).state == "cancelled"
    assert world.w.odoo.external_ids() == names
    with pytest.raises(Refused, match="settled"):
        clear_mapping_tasks.retry(world.app, SYSTEM, task.id)
    with pytest.raises(Refused, match="settled"):
        clear_mapping_tasks.dismiss(world.app, SYSTEM, task.id)


def test_at_shopify_nothing_is_written_under_a_key_that_was_not_seen_to_go(world: ClearWorld):
    """Dismissing lets the sync go on; it does without that home until a later clear has seen the values leave."""
    back = away(world, "shopify")
    world.clear()
    back()
    clear_mapping_tasks.dismiss(world.app, SYSTEM, one_task(world, "shopify").id)
    carried = world.metafields()
    world.drive(sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, [CUSTOMERS]).id)
    world.write_metafields()
    assert world.metafields() == carried
    assert "have deleted the metafields" in world.home.left_out[CUSTOMERS]
    world.clear()
    assert world.metafields() == []


# -- only what was listed ------------------------------------------------------------------------------------------


def test_a_retry_unlinks_what_was_listed_and_means_the_same_record_still(world: ClearWorld):
    shop = world.w.store.shop_id
    names = sorted(world.w.odoo.external_ids(f"s{shop}.customer."))
    back = away(world, "odoo")
    world.clear()
    back()
    new = {"module": "mooring", "name": f"s{shop}.customer.999", "model": "res.partner", "res_id": 1}
    world.w.odoo.does("ir.model.data", "create", vals_list=[new])
    [row] = world.w.odoo.rows("ir.model.data", [["name", "=", names[0]]], "id")
    world.w.odoo.does("ir.model.data", "write", ids=[row["id"]], vals={"res_id": 1})
    world.drive(clear_mapping_tasks.retry(world.app, SYSTEM, one_task(world, "odoo").id).id)
    assert world.tasks() == []
    assert set(world.w.odoo.external_ids()) == {new["name"], names[0]}
