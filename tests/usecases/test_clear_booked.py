"""Clear and Delete over orders that were booked: what is known of them here goes, and nothing of them in Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from mooring.db import mappings, order_books, order_steps, people, tables
from mooring.db.order_steps import Sent
from mooring.domain.mapping import SyncKind
from mooring.ports import ODOO_LIMIT
from mooring.usecases import clear_mapping, clear_mapping_tasks, delete, delete_preview, receipts
from mooring.usecases.who import SYSTEM
from tests.usecases import hubbing
from tests.usecases.booking import set_up
from tests.usecases.clearing import ClearWorld
from tests.usecases.hubbing_orders import order
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import odoo_world
from tests.usecases.syncing import sync

ORDERS = SyncKind.ORDERS
MUG: dict[str, Any] = {"variant": 101, "title": "Mug", "price": "12.50"}


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    """Two orders in Odoo; the first has an invoice."""
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        hubbing.product(made.app, made.store_id, 1, "Mug", {"sku": "MUG", "price": "12.50"})
        hubbing.customer(made.app, made.store_id, 5, email="ann@example.com")
        for number in (7, 8):
            order(made.app, made.store_id, number, MUG, customer=5)
        set_up(made)
        assert sync(made, *SyncKind).state == "done"
        with made.app.db.write() as connection:
            mappings.note_invoices(connection, made.store_id, 7, [41, 42])
        yield ClearWorld(made)


def rows(world: ClearWorld) -> dict[str, int]:
    """How much is left here."""
    named = (tables.mappings, tables.order_books, tables.order_steps, tables.order_settings)
    return {table.name: world.w.count(table) for table in named}


def begin_step(world: ClearWorld) -> None:
    """One was sent just now, and whoever sent it is gone."""
    with world.app.db.write() as connection:
        sent = Sent(7, "post", "an operation", 1, world.app.clock.now())
        order_steps.put(connection, world.w.store_id, sent)


def in_odoo(world: ClearWorld) -> list[Any]:
    return [world.w.odoo.rows(model, [], "name", "write_date")
            for model in ("sale.order", "sale.order.line", "res.partner", "product.product")]  # fmt: skip


def test_what_is_known_of_booked_orders_goes_and_the_settings_stay(world: ClearWorld) -> None:
    before, shown = in_odoo(world), clear_mapping.preview(world.app, SYSTEM, PROJECT, kinds=[ORDERS])
    assert [one.invoices for one in shown.stores] == [2]
    done = world.clear(ORDERS)
    assert done.state == "done" and done.receipt is not None, done.error
    assert done.receipt["invoices"] == 2 and done.receipt["forgotten"]["order_books"] == 2
    with world.app.db.read() as connection:
        said = {line.title: line.value for line in receipts.of(connection, done).lines}
    assert said["Ids of invoices forgotten"] == 2
    left = rows(world)
    assert (left["order_books"], left["order_steps"], left["order_settings"]) == (0, 0, 1)
    assert set(world.pairs()) == {"customer", "product", "variant"}
    assert in_odoo(world) == before


def test_a_clear_of_another_kind_leaves_them(world: ClearWorld) -> None:
    done = world.clear(SyncKind.CUSTOMERS)
    assert done.receipt is not None and done.receipt["invoices"] == 0
    assert rows(world)["order_books"] == 2


def test_a_step_that_was_sent_and_not_answered_is_waited_for(world: ClearWorld) -> None:
    begin_step(world)
    began = world.app.clock.now()
    operation, runner = world.ask(ORDERS), world.runner()
    for _ in range(5):
        world.pass_time(runner.advance(operation.id) or 0.0)
    assert rows(world)["order_steps"] == 1 and ("order", 2) in world.pairs().items()
    done = world.drive(operation.id)
    assert done.state == "done" and rows(world)["order_steps"] == 0
    assert world.app.clock.now() - began >= ODOO_LIMIT


def test_a_step_does_not_keep_a_clear_of_another_kind_waiting(world: ClearWorld) -> None:
    begin_step(world)
    began = world.app.clock.now()
    world.clear(SyncKind.PRODUCTS)
    assert world.app.clock.now() - began < timedelta(seconds=60) and rows(world)["order_steps"] == 1


# -- service products ----------------------------------------------------------------------------------------------


def another_store(world: ClearWorld) -> None:
    """In another project, whose orders stand on service products of the same database."""
    card, mine = tables.stores, tables.stores.c.id == world.w.store_id
    with world.app.db.write() as connection:
        people.create_project(connection, id="second", name="Second", at=world.app.clock.now())
        row = dict(connection.execute(select(card).where(mine)).one()._mapping)
        other = {"id": "another", "project_id": "second", "claim": False, "shop_id": 77}
        connection.execute(insert(card).values(**row | other))
        settings = tables.order_settings
        said = dict(connection.execute(select(settings)).one()._mapping)
        connection.execute(insert(settings).values(**said | {"store_id": "another"}))


def test_external_ids_of_service_products_go_with_the_orders(world: ClearWorld) -> None:
    before = in_odoo(world)
    assert world.w.odoo.external_ids("service")
    world.clear(SyncKind.CUSTOMERS, SyncKind.PRODUCTS)
    assert world.w.odoo.external_ids("service")
    world.clear(ORDERS)
    assert world.w.odoo.external_ids() == {} and in_odoo(world) == before


def test_they_stay_while_another_store_books_on_them(world: ClearWorld) -> None:
    shared = world.w.odoo.external_ids("service")
    another_store(world)
    world.clear()
    assert world.w.odoo.external_ids() == shared
    with world.app.db.write() as connection:
        mine = tables.order_settings.c.store_id == "another"
        connection.execute(update(tables.order_settings).where(mine).values(fingerprint="elsewhere/1"))
    world.clear()
    assert world.w.odoo.external_ids() == {}


def test_an_odoo_that_is_away_owes_them_too(world: ClearWorld) -> None:
    world.w.odoo.fault("status", status=503, times=None)
    world.clear()
    [task] = world.tasks()
    world.w.odoo.server.sandbox.faults.clear()
    world.pass_time(7 * 3600)
    world.drive(clear_mapping_tasks.retry(world.app, SYSTEM, task.id).id)
    assert world.tasks() == [] and world.w.odoo.external_ids() == {}


# -- delete --------------------------------------------------------------------------------------------------------


def test_delete_takes_them_along_and_names_what_odoo_keeps(world: ClearWorld) -> None:
    begin_step(world)
    before, app, store = in_odoo(world), world.app, world.w.store
    shown = delete_preview.preview(app, SYSTEM, store.id)
    [kept] = [line for line in shown.kept if line.name == "odoo"]
    assert "invoices, payments and credit notes" in (kept.note or "")
    began = app.clock.now()
    done = world.drive(
        delete.request(app, SYSTEM, store.id, token=shown.token, typed_domain=store.shop_domain).id
    )  # fmt: skip
    assert done.state == "done", done.error
    assert set(rows(world).values()) == {0} and world.w.odoo.external_ids() == {}
    assert in_odoo(world) == before and app.clock.now() - began >= ODOO_LIMIT


def test_how_far_they_have_come_is_not_asked_of_other_stores(world: ClearWorld) -> None:
    another_store(world)
    with world.app.db.write() as connection:
        book = order_books.Book(7, world.w.connection.fingerprint, "order")
        order_books.put(connection, "another", [book], at=world.app.clock.now())
    world.clear()
    with world.app.db.read() as connection:
        assert connection.execute(select(tables.order_books.c.store_id)).scalars().all() == ["another"]
