"""What happens around a sync while its call to Odoo is under way, and what the sync may still write down after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import delete, insert, select

from mooring.app import ENDINGS, WORKS
from mooring.db import odoo, odoo_kinds, operations_parked
from mooring.db.tables import mappings, odoo_turns, stores, sync_intents
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Work
from mooring.ports import Odoo
from mooring.usecases import sync_odoo_request
from mooring.usecases.operations_drive import Runner, drive
from mooring.usecases.sync_odoo_turn import SETTLED
from mooring.usecases.who import SYSTEM
from tests.usecases.hubbing import customer
from tests.usecases.importing import PROJECT
from tests.usecases.moving import later
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.syncing import sync

CUSTOMERS = SyncKind.CUSTOMERS


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        customer(made.app, made.store_id, 5, email="ann@example.com")
        yield made


class Meanwhile:
    """The real adapter; something else happens while a load is under way."""

    def __init__(self, real: Odoo, happens: Callable[[], None]) -> None:
        self._real, self._happens = real, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def load(self, *args: Any, **how: Any) -> Any:
        loaded = self._real.load(*args, **how)
        self._happens()
        return loaded


def sync_while(world: OdooWorld, happens: Callable[[], None]) -> None:
    """Until the worker lets go of it, or it is over."""
    app = replace(world.app, odoo=cast(Odoo, Meanwhile(world.app.odoo, happens)))
    operation = sync_odoo_request.request(app, SYSTEM, world.store_id, [CUSTOMERS])
    runner = Runner(app, "worker", WORKS, ENDINGS)
    while runner.advance(operation.id) is not None:
        pass


def end_syncs(world: OdooWorld) -> None:
    with world.app.db.write() as connection:
        ended = frozenset({Work.SYNC_ODOO})
        operations_parked.end_all(connection, world.store_id, ended, at=world.app.clock.now(), sentence="Cleared.")


def contacts(world: OdooWorld) -> int:
    return len(world.odoo.rows("res.partner", [["email", "=", "ann@example.com"]], "name"))


def test_what_was_planned_before_a_clear_binds_nothing_after_it(world: OdooWorld) -> None:
    """By the epoch alone: the operation itself was not ended."""

    def raised() -> None:
        with world.app.db.write() as connection:
            odoo_kinds.raise_epoch(connection, world.store_id, CUSTOMERS)

    sync_while(world, raised)
    assert (world.count(mappings), contacts(world)) == (0, 1)
    assert world.count(sync_intents) == 1
    end_syncs(world)
    later(world.app, 2 * SETTLED)
    assert sync(world, CUSTOMERS).state == "done"
    assert (world.count(mappings), contacts(world), world.count(sync_intents)) == (1, 1, 0)


def test_what_was_planned_before_odoo_was_connected_anew_binds_nothing(world: OdooWorld) -> None:
    def anew() -> None:
        with world.app.db.write() as connection:
            found = odoo.load(connection, PROJECT)
            odoo.change(connection, found, generation=found.generation + 1)

    sync_while(world, anew)
    assert (world.count(mappings), contacts(world)) == (0, 1)


def another_store(world: OdooWorld) -> str:
    """Of another shop, with the same customer."""
    other = f"{world.store_id}-other"
    with world.app.db.write() as connection:
        row = dict(connection.execute(select(stores).where(stores.c.id == world.store_id)).mappings().one())
        row |= {"id": other, "shop_id": 4242, "shop_domain": "o.myshopify.com"}
        connection.execute(insert(stores).values(**row))
    customer(world.app, other, 99, email="ann@example.com")
    return other


def test_what_may_still_come_into_being_keeps_the_other_store_from_creating(world: OdooWorld) -> None:
    """Odoo carries the lost call out later. The turn is lost with its worker; what was announced is not."""
    world.odoo.fault("late_commit", operation="res.partner.load", seconds=30.0)
    first = sync_odoo_request.request(world.app, SYSTEM, world.store_id, [CUSTOMERS])
    runner = Runner(world.app, "worker", WORKS, ENDINGS)
    while runner.advance(first.id) is not None:
        pass
    with world.app.db.write() as connection:
        connection.execute(delete(odoo_turns))
    second = sync_odoo_request.request(world.app, SYSTEM, another_store(world), [CUSTOMERS])
    others = Runner(world.app, "others", WORKS, ENDINGS)
    for _ in range(5):
        others.advance(second.id)
    assert contacts(world) == 0
    world.odoo.server.sandbox.late.settle(all_of_them=True)
    assert contacts(world) == 1
    later(world.app, 2 * SETTLED)
    for operation in (first, second):
        assert drive(world.app, operation.id, WORKS, ENDINGS).state == "done"
    assert (contacts(world), world.count(sync_intents)) == (1, 0)
