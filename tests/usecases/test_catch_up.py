"""Catch-up: what a gap hid is recovered at a cost in proportion to it, and people are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mooring.db import operations, operations_parked, tables
from mooring.db.operations import Operation
from mooring.domain.kinds import Kind
from mooring.domain.rules import Work
from mooring.usecases import catch_up
from mooring.usecases.catch_up import sentence, spoken
from mooring.usecases.operations_drive import Runner, drive
from mooring.usecases.who import SYSTEM
from mooring_sandbox.clock import iso
from tests.usecases.changing import (
    ALL_ORDERS,
    NOTHING,
    WORKS,
    change_everybody,
    change_store,
    gone,
    kinds_of,
    later,
    live,
    many,
    resync_writes,
    run_all,
    run_in_slices,
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


def begin(shop: World) -> Operation:
    """As READY does after a reconnect."""
    with shop.app.db.write() as connection:
        return catch_up.begin(shop.app, connection, SYSTEM, shop.store)


def gap(shop: World) -> None:
    """From now on nothing comes in."""
    change_store(shop, gap_from=shop.app.clock.now())


def close_the_gap(shop: World) -> Operation:
    """With the import it may have asked for; without the sweep that follows."""
    operation = begin(shop)
    while not shop.operation(operation.id).finished:
        for one in unfinished(shop, Work.IMPORT):
            drive(shop.app, one.id, WORKS)
        Runner(shop.app, "worker", WORKS).advance(operation.id)
        later(shop, timedelta(seconds=6))
    return shop.operation(operation.id)


def notices(shop: World) -> list[str]:
    with shop.app.db.read() as connection:
        query = select(tables.notices.c.sentence).where(tables.notices.c.kind == "gap_recovered")
        return list(connection.execute(query).scalars())


# -- recovered -----------------------------------------------------------------------------------------------------


def test_three_days_away_are_recovered_and_reported(shop: World) -> None:
    gap(shop)
    live(shop, timedelta(days=3, hours=4), step=timedelta(minutes=40))
    done = close_the_gap(shop)
    assert (done.state, done.error) == ("done", None)
    assert unlike(shop) == {}
    assert done.receipt is not None
    said = done.receipt["sentence"]
    recovered = done.receipt["recovered"]
    assert said.startswith("gap 3 d 4 h: ")
    assert f"{recovered['orders']} orders, {recovered['customers']} customers" in said
    assert said.endswith(" recovered")
    assert recovered["orders"] > 20
    assert shop.store.gap_from is None
    assert notices(shop) == [f"{shop.store.name}: {said}"]


def test_what_was_deleted_in_the_gap_is_found_by_the_sweep_after_it(shop: World) -> None:
    gap(shop)
    live(shop, timedelta(days=2), step=timedelta(minutes=20))
    close_the_gap(shop)
    assert gone(shop)
    assert [one.kind for one in unfinished(shop)] == [Work.SWEEP]
    assert [one.state for one in run_all(shop)] == ["done"]
    assert (gone(shop), unlike(shop)) == ({}, {})
    assert resync_writes(shop) == NOTHING


def test_a_gap_in_which_nothing_happened_is_told_so(shop: World) -> None:
    gap(shop)
    later(shop, timedelta(minutes=12))
    done = close_the_gap(shop)
    assert done.receipt is not None
    assert done.receipt["sentence"] == "gap 12 min: nothing had changed"
    assert done.receipt["requests"] == 1


def test_what_a_resumed_import_brought_in_is_told(shop: World) -> None:
    """Parked and resumed with the store, it reads what the gap hid before the catch-up may begin."""
    resumed = shop.issue(Kind.CUSTOMERS)
    gap(shop)
    for document in shop.documents("Customer")[:3]:
        shop.change("Customer", document | {"firstName": "Meanwhile", "updatedAt": iso(shop.clock.now())})
    later(shop, timedelta(minutes=12))
    done = close_the_gap(shop)
    assert shop.operation(resumed.id).state == "done"
    assert unlike(shop) == {}
    assert done.receipt is not None
    assert (done.receipt["recovered"]["customers"], done.receipt["resumed"]) == (0, {"customers": 3})
    assert done.receipt["sentence"] == (
        "gap 12 min: nothing more had changed; the import that ran meanwhile brought in 3 customers in all"
    )


def test_killed_after_every_commit_it_goes_on(shop: World) -> None:
    gap(shop)
    live(shop, timedelta(hours=6), step=timedelta(minutes=5))
    done = run_in_slices(shop, begin(shop).id)
    assert done.state == "done"
    assert unlike(shop) == {}


# -- in proportion -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_small_gap_in_a_large_store_costs_few_requests(database_url: str, data_dir: Path) -> None:
    sizes = {"customers": 3_000, "orders": 1_500, "products": 500}
    with world(database_url, data_dir, sizes=sizes, scopes=ALL_ORDERS) as shop:
        shop.run_import()
        later(shop, timedelta(hours=1))
        gap(shop)
        for type_, count in (("Customer", 50), ("Order", 40), ("Product", 10)):
            for document in shop.documents(type_)[:count]:
                shop.change(type_, document | {"tags": ["seen"], "updatedAt": iso(shop.clock.now())})
        later(shop, timedelta(hours=1))
        before = len(shop.sandbox.log.entries())
        done = close_the_gap(shop)
        assert done.receipt is not None
        assert done.receipt["recovered"] == {"orders": 40, "customers": 50, "products": 10, "collections": 0}
        asked = [entry for entry in shop.sandbox.log.entries()[before:] if entry.kind != "token"]
        assert len(asked) == done.receipt["requests"] <= 10


@pytest.fixture
def crowded(database_url: str, data_dir: Path) -> Iterator[World]:
    """All its customers changed during a gap of an hour."""
    with many(database_url, data_dir) as made:
        later(made, timedelta(minutes=15))
        gap(made)
        change_everybody(made)
        later(made, timedelta(hours=1))
        yield made


def test_a_gap_beyond_measure_is_closed_by_an_export(crowded: World) -> None:
    done = close_the_gap(crowded)
    assert done.receipt is not None
    customers = done.receipt["kinds"]["customers"]
    assert (customers["how"], customers["written"], customers["state"]) == ("export", 1_050, "synced")
    assert done.receipt["kinds"]["orders"]["how"] == "by id"
    assert done.receipt["sentence"] == "gap 1 h: 1,050 customers recovered"
    assert crowded.store.gap_from is None
    assert set(crowded.rows(tables.customers, "first_name")) == {("Everybody",)}


def test_a_kind_that_was_never_complete_is_imported_whole(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes=SIZES, scopes=ALL_ORDERS) as shop:
        shop.run_import(Kind.PRODUCTS)
        gap(shop)
        later(shop, timedelta(hours=2))
        done = close_the_gap(shop)
        assert done.state == "done"
        how = {kind: found["how"] for kind, found in kinds_of(done).items()}
        assert how == {"products": "by id", "collections": "export", "customers": "export", "orders": "export"}
        assert unlike(shop) == {}


def test_before_the_initial_sync_nothing_is_moved(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes=SIZES) as shop:
        gap(shop)
        before = len(shop.sandbox.log.entries())
        assert close_the_gap(shop).state == "done"
        assert len(shop.sandbox.log.entries()) == before
        assert unfinished(shop) == []


# -- waiting, failing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("work", [Work.IMPORT, Work.PULL, Work.SWEEP])
def test_it_lets_others_end_first_and_holds_no_worker(shop: World, work: Work) -> None:
    with shop.app.db.write() as connection:
        operations.create(
            connection, id="other", project_id=shop.store.project_id, store_id=shop.store_id, kind=work,
            generation=shop.store.generation, arguments={}, created_by="system", at=shop.app.clock.now(),
        )  # fmt: skip
    operation = begin(shop)
    assert Runner(shop.app, "worker", WORKS).advance(operation.id) is None
    waiting = shop.operation(operation.id)
    assert (waiting.worker, waiting.lease_until, waiting.attempts) == (None, None, 0)
    assert waiting.not_before is not None
    with shop.app.db.write() as connection:
        operations_parked.end_all(connection, shop.store_id, frozenset({work}), at=shop.app.clock.now(), sentence="")
    later(shop, timedelta(seconds=6))
    assert drive(shop.app, operation.id, WORKS).state == "done"


def test_an_export_that_fails_leaves_the_gap_open(crowded: World) -> None:
    point = crowded.kind(Kind.CUSTOMERS).catch_up_point
    crowded.fault("drop_line", operation="customers", times=None)
    done = close_the_gap(crowded)
    assert done.state == "failed"
    assert "1 is missing" in (done.error or "")
    assert crowded.store.gap_from is not None
    assert crowded.kind(Kind.CUSTOMERS).catch_up_point == point
    assert notices(crowded) == []


# -- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ({"days": 3, "hours": 4, "minutes": 59}, "3 d 4 h"),
        ({"days": 2}, "2 d"),
        ({"days": 1, "minutes": 5}, "1 d"),
        ({"hours": 5, "minutes": 7}, "5 h 7 min"),
        ({"minutes": 12, "seconds": 59}, "12 min"),
        ({"seconds": 5}, "under a minute"),
        ({"seconds": -5}, "under a minute"),
    ],
)
def test_spans_are_spoken(span: dict[str, Any], words: str) -> None:
    assert spoken(timedelta(**span)) == words


def test_the_sentence_counts_what_was_recovered() -> None:
    told = {Kind.ORDERS: 1_212, Kind.CUSTOMERS: 1, Kind.PRODUCTS: 0}
    note = "orders older than 60 days are not shown to this app"
    assert sentence(timedelta(days=3, hours=4), told, [note]) == (
        "gap 3 d 4 h: 1,212 orders, 1 customer recovered; orders older than 60 days are not shown to this app"
    )


@pytest.mark.parametrize(("days", "scopes", "told"), [
    (61, ("read_customers", "read_orders", "read_products"), True),
    (59, ("read_customers", "read_orders", "read_products"), False),
    (61, ALL_ORDERS, False),
])  # fmt: skip
def test_the_window_is_named_only_when_the_gap_reaches_behind_it(
    database_url: str, data_dir: Path, days: int, scopes: tuple[str, ...], told: bool
) -> None:
    with world(database_url, data_dir, sizes={"customers": 3}, scopes=scopes) as shop:
        shop.run_import()
        gap(shop)
        later(shop, timedelta(days=days))
        done = close_the_gap(shop)
        assert done.receipt is not None
        assert ("not shown to this app" in done.receipt["sentence"]) is told
