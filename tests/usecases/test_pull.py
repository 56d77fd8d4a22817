"""Pulls: everything that changed arrives, however the webhooks fared, and nothing else is asked for or written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mooring.db import operations, operations_parked, stores, tables
from mooring.domain.changed import FEW, OVERLAP
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event, Lost
from mooring.domain.rules import Work
from mooring.errors import Refused
from mooring.usecases import import_store, pull
from mooring.usecases.operations_drive import Runner
from mooring.usecases.who import SYSTEM
from mooring_sandbox.clock import iso
from tests.usecases.changing import (
    ALL_ORDERS,
    NOTHING,
    WORKS,
    calls_during,
    change_everybody,
    change_store,
    gone,
    kinds_of,
    later,
    live,
    many,
    number,
    resync_writes,
    run_in_slices,
    run_pull,
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


def edit(shop: World, at: int = 0, *, moment: datetime | None = None, **fields: Any) -> int:
    """A merchant changes a customer; its Shopify id."""
    document = shop.documents("Customer")[at]
    shop.change("Customer", document | {"updatedAt": iso(moment or shop.clock.now())} | fields)
    return number(document["id"])


def first_names(shop: World) -> dict[int, str]:
    return dict(shop.rows(tables.customers, "shopify_id", "first_name"))


# -- everything arrives --------------------------------------------------------------------------------------------


def test_an_hour_without_webhooks_is_healed_by_one_pull(shop: World) -> None:
    assert len(live(shop, timedelta(hours=1))) > 30
    assert unlike(shop)
    assert run_pull(shop).state == "done"
    assert unlike(shop) == {}
    assert set(gone(shop)) <= {"customers", "orders", "products", "collections"}
    assert resync_writes(shop) == NOTHING


def test_a_pull_in_which_nothing_changed_is_one_cheap_request(shop: World) -> None:
    run_pull(shop)
    before = shop.hub()
    assert calls_during(shop, lambda: run_pull(shop)) == 1
    assert shop.hub() == before
    asked = shop.sandbox.log.entries()[-1]
    assert asked.operation == "Changes"
    assert asked.requested_cost is not None and asked.requested_cost <= 60


def test_what_was_read_is_remembered_even_if_nothing_was_written(shop: World) -> None:
    """A product's updatedAt moves without its content, and it may be the newest record for days."""
    run_pull(shop)
    product = shop.documents("Product")[0]
    shop.change("Product", product | {"updatedAt": iso(shop.clock.now())})
    later(shop, timedelta(minutes=1))
    before = shop.hub()
    found = kinds_of(run_pull(shop))["products"]
    assert (found["read"], found["written"]) == (1, 0)
    assert shop.hub() == before
    assert calls_during(shop, lambda: run_pull(shop)) == 1
    assert calls_during(shop, lambda: run_pull(shop)) == 1


def test_what_a_webhook_brought_is_not_read_again(shop: World) -> None:
    run_pull(shop)
    edit(shop, firstName="Known")
    later(shop, timedelta(minutes=1))
    shop.run_import(Kind.CUSTOMERS)
    assert kinds_of(run_pull(shop))["customers"]["read"] == 0


def test_an_empty_shop_has_nothing_to_pull(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes={}) as shop:
        shop.run_import()
        point = shop.kind(Kind.ORDERS).catch_up_point
        operation = run_pull(shop)
        assert operation.state == "done"
        assert shop.kind(Kind.ORDERS).catch_up_point == point
        assert shop.kind(Kind.ORDERS).last_pull_at is not None


# -- the same second, the edge, the future -------------------------------------------------------------------------


def test_a_second_edit_in_the_second_of_the_first_is_seen(shop: World) -> None:
    """Both bear the same updatedAt; the first one was read before the second was made."""
    moment = shop.clock.now()
    who = edit(shop, firstName="First", moment=moment)
    run_pull(shop)
    edit(shop, firstName="Second", moment=moment)
    later(shop, timedelta(minutes=10))
    run_pull(shop)
    assert first_names(shop)[who] == "Second"


def test_two_edits_in_the_second_of_the_point_itself_are_seen(shop: World) -> None:
    edit(shop, 0, firstName="Newest")
    later(shop, timedelta(minutes=1))
    run_pull(shop)
    point = shop.kind(Kind.CUSTOMERS).catch_up_point
    late = [edit(shop, 1, firstName="On the edge", moment=point), edit(shop, 2, firstName="Too", moment=point)]
    later(shop, timedelta(minutes=10))
    run_pull(shop)
    assert [first_names(shop)[one] for one in late] == ["On the edge", "Too"]


def test_more_records_in_one_second_than_fit_on_a_page(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes={"customers": 620}) as shop:
        shop.run_import()
        later(shop, timedelta(minutes=15))
        moment = shop.clock.now()
        with shop.sandbox.state.transaction():
            for document in shop.documents("Customer"):
                shop.change("Customer", document | {"firstName": "All", "updatedAt": iso(moment)})
        later(shop, timedelta(minutes=1))
        found = kinds_of(run_pull(shop))["customers"]
        assert (found["listed"], found["written"]) == (620, 620)
        assert set(first_names(shop).values()) == {"All"}


def test_a_record_from_the_future_does_not_hide_what_comes_after_it(shop: World) -> None:
    edit(shop, 0, firstName="Ahead", moment=shop.clock.now() + timedelta(days=400))
    run_pull(shop)
    later(shop, timedelta(minutes=10))
    assert calls_during(shop, lambda: run_pull(shop)) == 1
    who = edit(shop, 1, firstName="After")
    later(shop, timedelta(minutes=10))
    run_pull(shop)
    assert first_names(shop)[who] == "After"
    assert shop.kind(Kind.CUSTOMERS).catch_up_point <= shop.clock.now() - OVERLAP


def test_the_point_is_ten_minutes_behind_the_newest_and_never_goes_back(shop: World) -> None:
    moment = shop.clock.now()
    edit(shop, firstName="Newest", moment=moment)
    later(shop, timedelta(minutes=1))
    run_pull(shop)
    point = shop.kind(Kind.CUSTOMERS).catch_up_point
    assert point == moment.replace(microsecond=0) - OVERLAP
    shop.sandbox.state.remove(shop.shop_id, "Customer", number(shop.documents("Customer")[0]["id"]))
    run_pull(shop)
    assert shop.kind(Kind.CUSTOMERS).catch_up_point == point


def test_a_record_that_appears_late_in_the_lists_is_found(shop: World) -> None:
    """Shopify's lists lag: it was changed before the newest one that the last pull saw."""
    lagging = shop.clock.now() + timedelta(minutes=2)
    later(shop, timedelta(minutes=8))
    edit(shop, 0, firstName="Prompt")
    later(shop, timedelta(minutes=1))
    run_pull(shop)
    who = edit(shop, 1, firstName="Lagging", moment=lagging)
    later(shop, timedelta(minutes=10))
    run_pull(shop)
    assert first_names(shop)[who] == "Lagging"


def test_an_edit_while_the_pages_are_turned_is_not_lost(database_url: str, data_dir: Path) -> None:
    """The oldest one leaves the page where it was going to be listed, and moves to the front."""
    with world(database_url, data_dir, sizes={"customers": 520}) as shop:
        shop.run_import()
        later(shop, timedelta(minutes=15))
        oldest = edit(shop, 300, firstName="Before")
        later(shop, timedelta(seconds=5))
        front = {"firstName": "Front", "updatedAt": iso(shop.clock.now())}
        others = [(one | front, None) for one in shop.documents("Customer") if number(one["id"]) != oldest]
        shop.sandbox.state.put_many(shop.shop_id, "Customer", others)

        def meddle(slices: int) -> None:
            if slices == 2:
                assert edit(shop, 300, firstName="Meanwhile") == oldest

        done = run_in_slices(shop, pull.request(shop.app, SYSTEM, shop.store_id).id, meddle)
        assert kinds_of(done)["customers"]["listed"] == 519
        assert "Meanwhile" not in first_names(shop).values()
        later(shop, timedelta(minutes=10))
        run_pull(shop)
        assert first_names(shop)[oldest] == "Meanwhile"


# -- bad weather ---------------------------------------------------------------------------------------------------


def test_killed_after_every_page_it_goes_on_where_it_was(database_url: str, data_dir: Path) -> None:
    with many(database_url, data_dir) as shop:
        live(shop, timedelta(hours=1))
        change_everybody(shop, FEW - 200)
        operation = pull.request(shop.app, SYSTEM, shop.store_id)
        read: set[int] = set()
        done = run_in_slices(shop, operation.id, lambda _: read.add(pages_by_id(shop)))
        assert done.state == "done"
        assert len(read) > 8, "workers were gone between the pages"
        assert unlike(shop) == {}
        fewest_on_a_page = 50
        at_most = sum(-(-kind["read"] // fewest_on_a_page) for kind in kinds_of(done).values())
        assert pages_by_id(shop) <= at_most, "the pages were not read again and again"


def pages_by_id(shop: World) -> int:
    return sum(entry.operation == "ById" for entry in shop.sandbox.log.entries())


def test_a_cut_connection_and_being_slowed_down_delay_it_only(shop: World) -> None:
    live(shop, timedelta(hours=1))
    shop.fault("cut", operation="Changes", sent_bytes=40, times=2)
    shop.fault("cut", operation="ById", sent_bytes=10, skip=1, times=2)
    shop.fault("throttled", operation="ById", skip=2, times=2)
    shop.fault("status", operation="Changes", status=502, times=1)
    done = run_in_slices(shop, pull.request(shop.app, SYSTEM, shop.store_id).id)
    assert done.state == "done"
    assert unlike(shop) == {}


def test_an_incomplete_pull_leaves_the_point_where_it_was(shop: World) -> None:
    edit(shop, firstName="New")
    point = shop.kind(Kind.CUSTOMERS).catch_up_point
    operation = pull.request(shop.app, SYSTEM, shop.store_id)
    Runner(shop.app, "worker", WORKS).advance(operation.id)
    assert shop.operation(operation.id).counts["kinds"]["customers"]["listed"] > 0
    assert shop.kind(Kind.CUSTOMERS).catch_up_point == point


def test_a_kind_that_is_not_shown_fails_and_the_others_go_on(shop: World) -> None:
    edit(shop, firstName="Hidden")
    order = shop.documents("Order")[0]
    shop.change("Order", order | {"note": "seen", "updatedAt": iso(shop.clock.now())})
    point = shop.kind(Kind.CUSTOMERS).catch_up_point
    app = shop.sandbox.apps.all()[0]
    shop.sandbox.installations.install(shop.shop_id, app.id, frozenset({"read_orders", "read_all_orders",
                                                                       "read_products"}))  # fmt: skip
    done = run_pull(shop)
    assert done.state == "failed"
    assert "customers" in (done.error or "")
    assert kinds_of(done)["orders"]["written"] == 1
    assert shop.kind(Kind.CUSTOMERS).catch_up_point == point


def test_one_record_that_cannot_be_read_keeps_nobody_else_away(shop: World) -> None:
    """The kind is not complete: its point waits, the pull says so, and the record is tried again."""
    point = shop.kind(Kind.CUSTOMERS).catch_up_point
    broken = edit(shop, 1, numberOfOrders="many")
    good = [edit(shop, at, firstName="Well") for at in (0, 2, 3)]
    later(shop, timedelta(minutes=1))
    done = run_pull(shop)
    assert done.state == "failed"
    assert "1 of the customers could not be read" in (done.error or "")
    assert {first_names(shop)[one] for one in good} == {"Well"}
    assert shop.kind(Kind.CUSTOMERS).catch_up_point == point
    edit(shop, 1, firstName="Mended", numberOfOrders="3")
    later(shop, timedelta(minutes=1))
    assert run_pull(shop).state == "done"
    assert first_names(shop)[broken] == "Mended"


# -- the schedule --------------------------------------------------------------------------------------------------


def pulls(shop: World) -> list[operations.Operation]:
    return unfinished(shop, Work.PULL)


def test_a_pull_is_due_every_ten_minutes(shop: World) -> None:
    pull.scheduled(shop.app)
    pull.scheduled(shop.app)
    (first,) = pulls(shop)
    run_in_slices(shop, first.id)
    pull.scheduled(shop.app)
    assert pulls(shop) == []
    later(shop, timedelta(minutes=10))
    pull.scheduled(shop.app)
    assert len(pulls(shop)) == 1


@pytest.mark.parametrize("work", [Work.IMPORT, Work.SWEEP, Work.CATCH_UP])
def test_a_busy_store_keeps_its_turn(shop: World, work: Work) -> None:
    with shop.app.db.write() as connection:
        other = operations.create(
            connection, id="other", project_id=shop.store.project_id, store_id=shop.store_id, kind=work,
            generation=shop.store.generation, arguments={}, created_by="system", at=shop.app.clock.now(),
        )  # fmt: skip
    pull.scheduled(shop.app)
    assert pulls(shop) == []
    with shop.app.db.write() as connection:
        operations_parked.end_all(
            connection, shop.store_id, frozenset({other.kind}), at=shop.app.clock.now(), sentence=""
        )
    pull.scheduled(shop.app)
    assert len(pulls(shop)) == 1


@pytest.mark.parametrize("lost", [Lost.CREDENTIALS, Lost.UNINSTALLED])
def test_a_store_that_waits_for_a_reconnect_is_left_alone(shop: World, lost: Lost) -> None:
    move(shop, Event.AUTH_LOST, lost=lost)
    pull.scheduled(shop.app)
    assert pulls(shop) == []
    with pytest.raises(Refused, match="reconnect"):
        pull.request(shop.app, SYSTEM, shop.store_id)


def test_without_one_permission_the_permitted_kinds_keep_coming(shop: World) -> None:
    change_store(shop, granted_scopes="read_all_orders read_orders read_products")
    move(shop, Event.AUTH_LOST, lost=Lost.SCOPES)
    pull.scheduled(shop.app)
    (operation,) = pulls(shop)
    assert set(kinds_of(run_in_slices(shop, operation.id))) == {"orders", "products", "collections"}


def test_a_disconnected_store_is_not_pulled(shop: World) -> None:
    move(shop, Event.DISCONNECT)
    pull.scheduled(shop.app)
    assert pulls(shop) == []


def test_a_card_without_the_claim_is_not_pulled(shop: World) -> None:
    with shop.app.db.write() as connection:
        connection.execute(tables.stores.update().values(claim=False))
    pull.scheduled(shop.app)
    assert pulls(shop) == []


def test_what_was_never_imported_completely_is_not_pulled(database_url: str, data_dir: Path) -> None:
    with world(database_url, data_dir, sizes={}) as shop:
        pull.scheduled(shop.app)
        assert pulls(shop) == []
        started = shop.app.clock.now()
        change_store(shop, initial_sync_started_at=started)
        pull.scheduled(shop.app)
        assert pulls(shop) == []
        shop.run_import(Kind.PRODUCTS)
        later(shop, timedelta(minutes=10))
        pull.scheduled(shop.app)
        (operation,) = pulls(shop)
        assert set(kinds_of(run_in_slices(shop, operation.id))) == {"products"}


def test_a_person_is_not_kept_waiting_by_a_pull(shop: World) -> None:
    """Re-sync reads all that the pull would."""
    pulled = pull.request(shop.app, SYSTEM, shop.store_id)
    import_store.request(shop.app, SYSTEM, shop.store_id)
    assert shop.operation(pulled.id).state == "cancelled"


def test_what_changed_beyond_measure_is_handed_to_a_catch_up(database_url: str, data_dir: Path) -> None:
    with many(database_url, data_dir) as shop:
        later(shop, timedelta(minutes=15))
        change_everybody(shop)
        done = run_pull(shop)
        assert kinds_of(done)["customers"]["state"] == "exported"
        (waiting,) = unfinished(shop)
        assert (waiting.kind, waiting.arguments) == (Work.CATCH_UP, {"bulk": ["customers"]})


def move(shop: World, event: Event, **more: Any) -> None:
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        stores.move(connection, store, event, at=shop.app.clock.now(), actor="test", **more)
