"""Who was overtaken writes nothing: fenced by generation and epoch, by newer answers, and stopped when asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from mooring.db import operations_parked, operations_stalled, stores, tables
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event
from mooring.usecases import import_store_pieces, import_store_read
from mooring.usecases.operations import cancel
from mooring.usecases.operations_drive import Runner
from mooring.usecases.who import SYSTEM
from tests.usecases.changing import run_in_slices
from tests.usecases.importing import ENDINGS, WORKS, World, world

SIZES = {"customers": 300, "orders": 0, "products": 4}


@pytest.fixture
def shop(database_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Chunks and slices are small, so that there is a middle to interrupt."""
    monkeypatch.setattr(import_store_pieces, "CHUNK_LINES", 50)
    monkeypatch.setattr(import_store_pieces, "CHUNK_BYTES", 4_000)
    monkeypatch.setattr(import_store_read, "SLICE_SECONDS", 0.0)
    with world(database_url, data_dir, sizes=SIZES) as made:
        yield made


def to_the_middle(shop: World) -> tuple[Runner, str]:
    """An import of customers, some chunks in."""
    runner, operation = Runner(shop.app, "first", WORKS, ENDINGS), shop.issue(Kind.CUSTOMERS).id
    while not 50 <= shop.count(tables.customers) < 250:
        wait = runner.advance(operation)
        assert wait is not None
        shop.app.clock.sleep(wait)
    return runner, operation


def test_a_raised_generation_stops_every_write(shop: World) -> None:
    runner, operation = to_the_middle(shop)
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        stores.move(connection, store, Event.DISCONNECT, at=shop.app.clock.now(), actor="test")
    before = shop.hub()
    assert runner.advance(operation) is None
    assert shop.hub() == before
    parked = shop.operation(operation)
    assert (parked.state, parked.cursor["kinds"]["customers"]["phase"]) == ("parked", "reading")


def test_a_parked_import_goes_on_from_its_cursor(shop: World) -> None:
    from mooring.usecases.operations_drive import drive

    runner, operation = to_the_middle(shop)
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        store = stores.move(connection, store, Event.AUTHORIZED, at=shop.app.clock.now(), actor="test")
        store = stores.move(connection, store, Event.READY, at=shop.app.clock.now(), actor="test")
        operations_parked.issue_again(connection, store.id, generation=store.generation)
    assert runner.advance(operation) is None
    assert drive(shop.app, operation, WORKS).state == "done"
    assert shop.count(tables.customers) == 300
    assert len(shop.documents("BulkOperation")) == 1


def test_a_raised_epoch_stops_the_older_worker(shop: World) -> None:
    runner, operation = to_the_middle(shop)
    with shop.app.db.write() as connection:
        operations_stalled.raise_epoch(connection, operation, shop.operation(operation).epoch)
    before = shop.hub()
    assert runner.advance(operation) is None
    assert shop.hub() == before


def test_a_cancelled_import_keeps_what_it_wrote(shop: World) -> None:
    runner, operation = to_the_middle(shop)
    cancel(shop.app, SYSTEM, operation)
    before = shop.count(tables.customers)
    assert runner.advance(operation) is None
    assert shop.operation(operation).state == "cancelled"
    assert shop.count(tables.customers) == before
    state = shop.kind(Kind.CUSTOMERS)
    assert (state.state, state.error) == ("failed", "This was cancelled. What was done so far is kept.")
    assert shop.run_import(Kind.CUSTOMERS).state == "done"
    assert shop.count(tables.customers) == 300


def test_the_address_of_a_file_is_never_stored(shop: World) -> None:
    """Whoever knows it can read everybody's data without a token."""
    runner, operation = to_the_middle(shop)
    found = shop.operation(operation)
    for kept in (found.cursor, found.counts, found.arguments):
        assert "http" not in repr(kept)
    while (wait := runner.advance(operation)) is not None:
        shop.app.clock.sleep(wait)
    assert "http" not in repr(shop.operation(operation))


def test_workers_that_are_gone_after_every_slice_get_it_done(shop: World) -> None:
    """Each has to ask where the file is: that is no reason not to read of it."""
    operation = run_in_slices(shop, shop.issue(Kind.CUSTOMERS).id)
    assert operation.state == "done", operation.error
    assert shop.count(tables.customers) == 300


def fetched_later(shop: World, shopify_id: int) -> None:
    """As a webhook would leave it: this customer was read after the file was made."""
    with shop.app.db.write() as connection:
        row = tables.customers.c
        connection.execute(
            update(tables.customers)
            .where(row.store_id == shop.store_id, row.shopify_id == shopify_id)
            .values(fetched_at=shop.app.clock.now().replace(year=2090))
        )


def test_a_newer_answer_is_not_overwritten_by_a_file(shop: World) -> None:
    shop.run_import(Kind.CUSTOMERS)
    customer = next(c for c in shop.documents("Customer") if len(c["addressesV2"]) > 1)
    number = int(customer["id"].rpartition("/")[2])
    fetched_later(shop, number)
    changed = customer["addressesV2"][0] | {"city": "Elsewhere"}
    shop.change("Customer", customer | {"firstName": "Stale", "addressesV2": [changed]})
    before = shop.hub()
    operation = shop.run_import(Kind.CUSTOMERS)
    assert (operation.state, shop.hub()) == ("done", before)


def test_a_deletion_mark_goes_only_for_a_later_answer(shop: World) -> None:
    shop.run_import(Kind.CUSTOMERS)
    number = int(shop.documents("Customer")[0]["id"].rpartition("/")[2])
    row = tables.customers.c
    with shop.app.db.write() as connection:
        connection.execute(
            update(tables.customers)
            .where(row.store_id == shop.store_id, row.shopify_id == number)
            .values(deleted_at=shop.app.clock.now())
        )
    operation = shop.run_import(Kind.CUSTOMERS)
    assert operation.receipt is not None
    assert operation.receipt["kinds"]["customers"]["written"] == 1
    assert not any(row[0] for row in shop.rows(tables.customers, "deleted_at"))


def test_no_kind_says_syncing_after_an_import_was_given_up(shop: World) -> None:
    """Another project takes the claim: every call is refused, and the operation ends from outside."""
    _, operation = to_the_middle(shop)
    with shop.app.db.write() as connection:
        connection.execute(update(tables.stores).where(tables.stores.c.id == shop.store_id).values(claim=False))
    # Whoever takes the import over has to ask for the file again, and that is a call.
    again = Runner(shop.app, "first", WORKS, ENDINGS)
    while again.advance(operation) is not None:
        pass
    assert shop.operation(operation).state == "failed"
    state = shop.kind(Kind.CUSTOMERS)
    assert state.state == "failed"
    assert "Another project speaks for this shop now" in state.error
