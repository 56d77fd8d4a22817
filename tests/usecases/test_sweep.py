"""Sweeps: what vanished without a word is marked, what appeared without a word is read, and nothing else is touched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from mooring.db import operations, operations_parked, stores, tables
from mooring.domain.changed import FEW
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event
from mooring.domain.rules import Work
from mooring.domain.sweeping import next_sweep
from mooring.errors import Refused
from mooring.usecases import operations as use
from mooring.usecases import sweep, sweep_compare
from mooring.usecases.operations_drive import Runner
from mooring.usecases.who import SYSTEM
from mooring_sandbox.clock import iso
from tests.usecases.changing import (
    ALL_ORDERS,
    NOTHING,
    WORKS,
    alive,
    calls_during,
    change_store,
    gone,
    kinds_of,
    later,
    live,
    number,
    resync_writes,
    run_in_slices,
    run_pull,
    run_sweep,
    unfinished,
    unlike,
)
from tests.usecases.importing import World, world

SIZES = {"customers": 40, "orders": 40, "products": 10}


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=ALL_ORDERS, imported=True) as made:
        later(made, timedelta(minutes=15))
        yield made


def remove(shop: World, type_: str, *places: int) -> list[int]:
    """Deleted at Shopify, and no webhook arrived."""
    documents = shop.documents(type_)
    ids = [number(documents[place]["id"]) for place in places]
    for one in ids:
        shop.sandbox.state.remove(shop.shop_id, type_, one)
    return ids


def marked(shop: World) -> set[int]:
    return {row[0] for row in shop.rows(tables.customers, "shopify_id", "deleted_at") if row[1] is not None}


# -- healed --------------------------------------------------------------------------------------------------------


def test_an_hour_without_webhooks_is_healed_by_a_pull_and_a_sweep(shop: World) -> None:
    live(shop, timedelta(hours=1))
    run_pull(shop)
    assert gone(shop)
    done = run_sweep(shop)
    assert (done.state, done.error) == ("done", None)
    assert (gone(shop), unlike(shop)) == ({}, {})
    assert resync_writes(shop) == NOTHING


def test_a_sweep_in_which_nothing_is_gone_writes_nothing(shop: World) -> None:
    before = shop.hub()
    found = kinds_of(run_sweep(shop))
    assert shop.hub() == before
    assert [(kind["at_shopify"], kind["judged"], kind["gone"]) for kind in found.values()][:3] == [
        (40, 40, 0), (40, 40, 0), (10, 10, 0),
    ]  # fmt: skip


def test_what_is_gone_is_marked_and_still_shown(shop: World) -> None:
    ids = remove(shop, "Customer", 3, 5)
    found = kinds_of(run_sweep(shop))["customers"]
    assert (found["gone"], found["marked"]) == (2, 2)
    assert marked(shop) == set(ids)
    assert shop.count(tables.customers) == 40
    assert kinds_of(run_sweep(shop))["customers"]["gone"] == 0


def test_what_comes_back_loses_its_mark(shop: World) -> None:
    document = shop.documents("Customer")[3]
    remove(shop, "Customer", 3)
    run_sweep(shop)
    later(shop, timedelta(minutes=1))
    shop.change("Customer", document)
    found = kinds_of(run_sweep(shop))["customers"]
    assert (found["found"], found["recovered"]) == (1, 1)
    assert marked(shop) == set()


def test_what_appeared_without_a_webhook_is_read(shop: World) -> None:
    """Its updatedAt lies behind the catch-up point, so that no pull would ever list it."""
    newcomer = dict(shop.documents("Customer")[0], id="gid://shopify/Customer/999", addressesV2=[],
                    updatedAt="2024-01-01T00:00:00Z")  # fmt: skip
    shop.change("Customer", newcomer)
    run_pull(shop)
    assert 999 not in alive(shop, tables.customers)
    assert kinds_of(run_sweep(shop))["customers"]["recovered"] == 1
    assert 999 in alive(shop, tables.customers)
    members = {row[0] for row in shop.rows(tables.list_members, "customer_hub_id")}
    assert members == {row[0] for row in shop.rows(tables.customers, "hub_id")}


def test_what_was_read_after_the_file_was_begun_is_not_judged(shop: World) -> None:
    operation = sweep.request(shop.app, SYSTEM, shop.store_id, [Kind.CUSTOMERS])

    def meddle(slices: int) -> None:
        if slices == 2:
            newcomer = dict(shop.documents("Customer")[0], id="gid://shopify/Customer/999", addressesV2=[],
                            updatedAt=iso(shop.clock.now()))  # fmt: skip
            shop.change("Customer", newcomer)
            read_now(shop, 999)

    found = kinds_of(run_in_slices(shop, operation.id, meddle))["customers"]
    assert 999 in alive(shop, tables.customers)
    assert (found["at_shopify"], found["judged"], found["gone"]) == (40, 40, 0)


def read_now(shop: World, one: int) -> None:
    from mooring.domain.lifecycle import Purpose
    from mooring.usecases import fetch
    from mooring.usecases.gate import Ticket

    fetched = fetch.read(
        shop.app, Ticket(shop.store_id, shop.store.generation, Purpose.IMPORT), shop.store, Kind.CUSTOMERS, [one]
    )
    with shop.app.db.write() as connection:
        fetch.write(connection, shop.app, shop.store, fetched)


def test_whoever_was_erased_is_neither_read_nor_counted(shop: World) -> None:
    """Erased here on request, and Shopify still has them."""
    one = number(shop.documents("Customer")[3]["id"])
    forget(shop, one)
    found = kinds_of(run_sweep(shop))["customers"]
    assert (found["found"], found["recovered"], found["gone"]) == (0, 0, 0)
    assert one not in alive(shop, tables.customers)
    document = shop.documents("Customer")[3] | {"updatedAt": iso(shop.clock.now())}
    shop.change("Customer", document)
    later(shop, timedelta(minutes=1))
    run_pull(shop)
    assert calls_during(shop, lambda: run_pull(shop)) == 1
    assert one not in alive(shop, tables.customers)


def forget(shop: World, one: int) -> None:
    now, store = shop.app.clock.now(), shop.store
    request = {
        "id": "request-1", "topic": "customers/redact", "app_id": store.app_id, "shop_id": store.shop_id,
        "shop_domain": store.shop_domain, "webhook_id": "w", "store_id": store.id, "customer_id": one,
        "received_at": now, "due_at": now, "state": "done",
    }  # fmt: skip
    gone = tables.customers.delete().where(tables.customers.c.shopify_id == one)
    with shop.app.db.write() as connection:
        connection.execute(insert(tables.privacy_requests).values(**request))
        connection.execute(gone)


def test_an_empty_shop_has_nothing_to_sweep(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes={}) as shop:
        shop.run_import()
        assert run_sweep(shop).state == "done"


def test_so_much_that_was_never_here_is_handed_to_a_catch_up(shop: World) -> None:
    unknown = dict(shop.documents("Customer")[0], addressesV2=[], updatedAt="2024-01-01T00:00:00Z")
    ids = [f"gid://shopify/Customer/{900 + at}" for at in range(FEW + 1)]
    shop.sandbox.state.put_many(shop.shop_id, "Customer", [(unknown | {"id": gid}, None) for gid in ids])
    run_sweep(shop)
    (waiting,) = unfinished(shop)
    assert (waiting.kind, waiting.arguments) == (Work.CATCH_UP, {"bulk": ["customers"]})


# -- sixty days ----------------------------------------------------------------------------------------------------


def test_seventy_days_pass_and_no_order_disappears(database_url: str, data_dir: Path) -> None:
    """Without read_all_orders Shopify shows sixty days; the rest is out of sight, not gone."""
    with world(database_url, data_dir, sizes={"orders": 60}) as shop:
        shop.run_import()
        before = alive(shop, tables.orders)
        assert before
        seen: list[int] = []
        for _ in range(7):
            later(shop, timedelta(days=10))
            done = run_sweep(shop)
            assert done.state == "done", done.error
            assert alive(shop, tables.orders) == before
            seen.append(kinds_of(done)["orders"]["at_shopify"])
        assert len(before) > seen[0] > 0 == seen[-1]


def test_an_order_deleted_inside_the_window_is_found_and_one_outside_is_not(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes={"orders": 60}) as shop:
        shop.run_import()
        later(shop, timedelta(minutes=15))
        ages = sorted(shop.rows(tables.orders, "created_at", "shopify_id"))
        (_, oldest), (_, newest) = ages[0], ages[-1]
        later(shop, timedelta(days=59) - (shop.clock.now() - ages[0][0]) + timedelta(minutes=1))
        for one in (oldest, newest):
            shop.sandbox.state.remove(shop.shop_id, "Order", one)
        found = kinds_of(run_sweep(shop, Kind.ORDERS))["orders"]
        assert (found["gone"], found["marked"]) == (1, 1)
        assert oldest in alive(shop, tables.orders)
        assert newest not in alive(shop, tables.orders)


# -- files that lie ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "truncate", "fraction": 0.6}, "ends in the middle of a line|missing"),
        ({"kind": "drop_line"}, "1 is missing"),
        ({"kind": "double_line"}, "1 is too many"),
        ({"kind": "drop_and_double"}, "1 line came twice"),
        ({"kind": "false_counts", "delta": 2}, "2 are missing"),
        ({"kind": "false_counts", "delta": 0, "root_delta": 1}, "records"),
    ],
)
def test_a_falsified_file_fails_loudly_and_marks_nothing(shop: World, fault: dict[str, Any], words: str) -> None:
    remove(shop, "Customer", 3, 5)
    shop.fault(**fault, operation="customers")
    done = run_sweep(shop)
    assert done.state == "failed"
    assert re.search(words, done.error or "")
    assert "Nothing was marked as deleted." in (done.error or "")
    assert marked(shop) == set()
    assert kinds_of(done)["orders"]["state"] == "compared"
    assert shop.store.sweep_due_at is not None
    assert shop.store.sweep_due_at <= shop.app.clock.now() + timedelta(hours=1)


def test_what_the_file_leaves_out_although_it_is_there_is_not_marked(shop: World) -> None:
    """A file may be wrong in itself and add up all the same; each id is asked for before it is marked."""
    document = shop.documents("Customer")[3]
    remove(shop, "Customer", 3)
    operation = sweep.request(shop.app, SYSTEM, shop.store_id, [Kind.CUSTOMERS])

    def meddle(_: int) -> None:
        if shop.operation(operation.id).counts["kinds"]["customers"]["phase"] == "marking":
            shop.change("Customer", document)

    found = kinds_of(run_in_slices(shop, operation.id, meddle))["customers"]
    assert (found["gone"], found["marked"], found["still_there"]) == (1, 0, 1)
    assert marked(shop) == set()


def test_a_cut_connection_delays_it_only(shop: World) -> None:
    remove(shop, "Customer", 3, 5)
    shop.fault("cut", on="download", sent_bytes=100, times=1)
    shop.fault("cut", operation="Present", sent_bytes=10, times=1)
    shop.fault("throttled", operation="BulkStatus", times=1)
    shop.fault("lost_answer", operation="BulkRun", times=1)
    assert run_sweep(shop).state == "done"
    assert len(marked(shop)) == 2


def test_killed_after_every_commit_it_goes_on_where_it_was(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_compare, "_BATCH", 7)
    monkeypatch.setattr(sweep_compare, "_CONFIRMED", 2)
    ids = remove(shop, "Customer", *range(0, 30, 2))
    operation = sweep.request(shop.app, SYSTEM, shop.store_id, [Kind.CUSTOMERS])
    found = kinds_of(run_in_slices(shop, operation.id))["customers"]
    assert (found["judged"], found["gone"], found["marked"]) == (40, 15, 15)
    assert marked(shop) == set(ids)
    assert chunks(shop) == 0


def test_a_cancelled_sweep_marks_nothing_and_stops_the_files(shop: World) -> None:
    remove(shop, "Customer", 3)
    operation = sweep.request(shop.app, SYSTEM, shop.store_id)
    use.cancel(shop.app, SYSTEM, operation.id)
    runner = Runner(shop.app, "worker", WORKS, {}, {Work.SWEEP: sweep.called_off})
    runner.advance(operation.id)
    assert shop.operation(operation.id).state == "cancelled"
    assert marked(shop) == set()


def test_what_a_sweep_left_behind_does_not_keep_it_from_being_forgotten(shop: World) -> None:
    change_store(shop, sweep_due_at=shop.app.clock.now())
    sweep.scheduled(shop.app)
    (operation,) = sweeps(shop)
    runner = Runner(shop.app, "worker", WORKS)
    while not chunks(shop):
        shop.app.clock.sleep(runner.advance(operation.id) or 0.0)
    with shop.app.db.write() as connection:
        operations_parked.end_all(
            connection, shop.store_id, frozenset({Work.SWEEP}), at=shop.app.clock.now(), sentence=""
        )
    later(shop, timedelta(days=15))
    use.forget_routine(shop.app)
    with shop.app.db.read() as connection:
        left = operations.of_project(connection, shop.store.project_id)
    assert Work.SWEEP not in {one.kind for one in left}
    assert chunks(shop) == 0


def chunks(shop: World) -> int:
    with shop.app.db.read() as connection:
        return len(connection.execute(select(tables.import_chunks.c.operation_id)).all())


# -- the schedule --------------------------------------------------------------------------------------------------


def sweeps(shop: World) -> list[operations.Operation]:
    return unfinished(shop, Work.SWEEP)


def test_a_sweep_is_due_once_a_day_at_the_stores_own_time(shop: World) -> None:
    sweep.scheduled(shop.app)
    assert sweeps(shop) == []
    due = shop.store.sweep_due_at
    assert due is not None
    assert timedelta() < due - shop.app.clock.now() <= timedelta(days=1)
    later(shop, due - shop.app.clock.now() + timedelta(seconds=1))
    sweep.scheduled(shop.app)
    sweep.scheduled(shop.app)
    (operation,) = sweeps(shop)
    assert run_in_slices(shop, operation.id).state == "done"
    assert shop.store.sweep_due_at == due + timedelta(days=1)


def test_many_stores_are_spread_over_the_day(shop: World) -> None:
    now = shop.app.clock.now()
    hours = {next_sweep(f"store-{one}", now).hour for one in range(300)}
    assert hours == set(range(24))


def test_a_busy_store_keeps_its_turn(shop: World) -> None:
    change_store(shop, sweep_due_at=shop.app.clock.now())
    shop.issue()
    sweep.scheduled(shop.app)
    assert sweeps(shop) == []
    assert shop.store.sweep_due_at is not None and shop.store.sweep_due_at <= shop.app.clock.now()


def test_a_disconnected_store_is_not_swept(shop: World) -> None:
    change_store(shop, sweep_due_at=shop.app.clock.now())
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        stores.move(connection, store, Event.DISCONNECT, at=shop.app.clock.now(), actor="test")
    sweep.scheduled(shop.app)
    assert sweeps(shop) == []
    with pytest.raises(Refused, match="disconnected"):
        sweep.request(shop.app, SYSTEM, shop.store_id)


def test_a_sweep_costs_a_handful_of_requests(shop: World) -> None:
    assert calls_during(shop, lambda: run_sweep(shop)) <= 14
