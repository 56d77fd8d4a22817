"""A database played back unnoticed, and what a person keeps of it: nobody who was given an id since is written to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from mooring.app import ENDINGS, WORKS
from mooring.db import operations, tables
from mooring.domain.mapping import SyncKind
from mooring.domain.odoo_guard import LooksLike
from mooring.domain.rules import Work
from mooring.errors import Refused
from mooring.usecases import odoo_connect, odoo_guard, odoo_keep, verify_mapping
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import SYSTEM
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.syncing import sync
from tests.usecases.test_sync_unchanged import FILL, KINDS, change_all, items, strangers_in, strangers_now

CUSTOMERS = SyncKind.CUSTOMERS


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        yield made


def verified(world: OdooWorld) -> None:
    """The verify of the store that was started last is done."""
    with world.app.db.read() as connection:
        found = operations.newest(connection, world.store_id, Work.VERIFY_MAPPING)
    assert found is not None
    done = drive(world.app, found.id, WORKS, ENDINGS)
    assert done.state == "done", done.error


def kept(world: OdooWorld) -> None:
    with pytest.raises(Refused):
        odoo_guard.require_same(world.app, world.ticket())
    odoo_keep.request(world.app, SYSTEM, PROJECT)


@pytest.mark.parametrize("origin", ["created", "linked"])
def test_a_hundred_older_records_written_last_hide_no_restore(world: OdooWorld, origin: str) -> None:
    world.map_contacts(*range(1, 121))
    world.odoo.snapshot()
    world.map_contacts(200, 201, origin=origin)
    with world.app.db.write() as connection:
        older = (tables.mappings.c.store_id == world.store_id, tables.mappings.c.shopify_id < 200)
        later = world.app.clock.now() + timedelta(minutes=1)
        connection.execute(update(tables.mappings).where(*older).values(written_at=later))
    world.odoo.restore()
    world.odoo.forget()
    verdict = odoo_guard.look(world.app, world.ticket())
    assert (verdict.looks_like, world.odoo.writing_calls()) == (LooksLike.RESTORED, {})
    assert sum(world.odoo.calls().values()) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_keep_marks_at_once_what_is_missing_and_touches_nobody(world: OdooWorld, kind: SyncKind) -> None:
    world.odoo.snapshot()
    FILL[kind](world)
    sync(world, kind)
    world.odoo.restore()
    before = strangers_in(world)
    kept(world)
    verified(world)
    marked = items(world, kind)
    assert len(marked) == 4 and {cause for _, _, cause in marked} == {"missing"}
    _, verdict = odoo_guard.check(world.app, SYSTEM, PROJECT)
    assert verdict.looks_like is None and "missing in Odoo" in verdict.sentence and "All are" not in verdict.sentence
    world.odoo.forget()
    told = sync(world, kind).receipt
    assert told is not None and (told[kind]["ambiguous"], told[kind]["unchanged"]) == (4, 0), told
    change_all(world, kind)
    sync(world, kind)
    assert (world.odoo.writing_calls(), strangers_now(world)) == ({}, before)
    assert {cause for _, _, cause in items(world, kind)} == {"missing"}


def test_what_is_there_again_is_missing_no_longer(world: OdooWorld) -> None:
    world.odoo.snapshot("before")
    FILL[CUSTOMERS](world)
    sync(world, CUSTOMERS)
    settled = items(world, CUSTOMERS)
    world.odoo.snapshot("after")
    world.odoo.restore("before")
    kept(world)
    verified(world)
    world.odoo.restore("after")
    verify_mapping.request(world.app, SYSTEM, world.store_id)
    verified(world)
    assert "missing" not in {cause for _, _, cause in items(world, CUSTOMERS)}
    assert len(settled) <= 1


def test_a_verify_while_held_marks_nothing(world: OdooWorld) -> None:
    world.odoo.snapshot("before")
    FILL[CUSTOMERS](world)
    sync(world, CUSTOMERS)
    before = items(world, CUSTOMERS)
    world.odoo.restore("before")
    odoo_guard.check(world.app, SYSTEM, PROJECT)
    verify_mapping.request(world.app, SYSTEM, world.store_id)
    verified(world)
    assert items(world, CUSTOMERS) == before


def test_another_key_keeps_what_keep_decided(world: OdooWorld) -> None:
    world.map_contacts(1)
    world.odoo.snapshot()
    world.map_contacts(2, 3)
    world.odoo.restore()
    kept(world)
    odoo_connect.replace_key(world.app, SYSTEM, PROJECT, world.odoo.key)
    free, verdict = odoo_guard.check(world.app, SYSTEM, PROJECT)
    assert (free.state, verdict.looks_like) == ("connected", None)
