"""Rebuild on another database: a held connection, a person who decided, all found anew, and nothing written before.

Disconnect with Keep and connect another one; the same address with an older copy; a staging copy that is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mooring.db import tables
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.errors import Refused
from mooring.usecases import odoo_disconnect, odoo_guard, rebuild_mapping, sync_odoo_request
from mooring.usecases.who import SYSTEM
from tests.usecases.clearing import ClearWorld, clear_world
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import DATABASE, an_odoo

KINDS = [SyncKind.CUSTOMERS, SyncKind.PRODUCTS]


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    with clear_world(database_url, data_dir, planted=False) as world:
        synced(world)
        yield world


def synced(world: ClearWorld) -> dict[str, dict[str, int]]:
    done = world.drive(sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, KINDS).id)
    assert done.state == "done", done.error
    assert done.receipt
    return done.receipt


def links(world: ClearWorld) -> set[tuple[Any, ...]]:
    return set(world.w.rows(tables.mappings, "kind", "shopify_id", "odoo_id", "fingerprint"))


def refused_while_held(world: ClearWorld) -> None:
    assert world.w.connection.state == "held"
    with pytest.raises(Refused, match="held"):
        sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, KINDS)


def rebuilt(world: ClearWorld, *, accept: bool = True) -> dict[str, Any]:
    done = world.drive(rebuild_mapping.request(world.app, SYSTEM, world.w.store_id).id)
    assert done.state == "done", done.error
    if accept:
        done = world.drive(rebuild_mapping.accept(world.app, SYSTEM, world.w.store_id).id)
        assert done.state == "done", done.error
    assert done.receipt
    return done.receipt


def test_another_database_that_was_connected_is_held_until_the_mapping_is_found_in_it(world: ClearWorld):
    former = links(world)
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    [email, *_] = sorted(row[0] for row in world.w.rows(tables.customers, "email_key") if row[0])
    with an_odoo() as other:
        [known] = other.does("res.partner", "create", vals_list=[{"name": "Known there", "email": email}])
        world.w.odoo = other
        assert world.w.connect_odoo().state == "held"
        refused_while_held(world)
        receipt = rebuilt(world, accept=False)
        assert receipt["kinds"]["customers"]["customer"]["matched"] == 1
        assert (links(world), other.writing_calls()) == (former, {})
        receipt = rebuilt(world)
        mark = world.w.connection.fingerprint
        assert {row[2:] for row in links(world)} == {(known, mark)}
        assert receipt["forgotten"] == len(former) - 1
        assert world.w.connection.state == "connected"
        again = synced(world)
        assert (again["customers"]["created"], again["customers"]["unchanged"]) == (11, 0)
        assert len(other.rows("res.partner", [["email_normalized", "=", email]], "id")) == 1


def test_a_copy_played_back_is_rebuilt_from_what_it_holds(world: ClearWorld):
    """Records written since are missing, and one id means another record by now."""
    world.w.odoo.snapshot()
    early = links(world)
    shop = world.w.store.shop_id
    gid = 9_000_000_000_001
    for number in range(5):
        world.w.change("Customer", world.a_customer(gid + number))
    world.w.run_import()
    synced(world)
    assert len(links(world)) > len(early)
    world.w.odoo.restore()
    world.w.odoo.does("res.partner", "create", vals_list=[{"name": f"Somebody {n}"} for n in range(3)])
    odoo_guard.check(world.app, SYSTEM, PROJECT)
    refused_while_held(world)
    before = world.w.odoo.rows("res.partner", [], "name", "write_date")
    receipt = rebuilt(world)
    assert world.w.odoo.rows("res.partner", [], "name", "write_date") == before
    assert links(world) == early
    assert receipt["forgotten"] == 5
    assert world.w.connection.state == "connected"
    again = synced(world)
    assert again["customers"]["created"] == 5
    assert len(world.w.odoo.external_ids(f"s{shop}.customer.{gid}")) == 1


def test_a_staging_copy_that_is_meant_is_let_go_when_it_is_rebuilt(world: ClearWorld):
    pairs = links(world)
    world.w.odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    odoo_guard.check(world.app, SYSTEM, PROJECT)
    refused_while_held(world)
    rebuilt(world)
    assert {row[:3] for row in links(world)} == {row[:3] for row in pairs}
    assert world.w.connection.state == "connected"
    odoo_guard.check(world.app, SYSTEM, PROJECT)
    assert world.w.connection.state == "connected"
    assert synced(world)["customers"]["created"] == 0


def test_a_kind_that_was_not_rebuilt_keeps_it_held(world: ClearWorld):
    odoo_disconnect.request(world.app, SYSTEM, PROJECT)
    with an_odoo() as other:
        world.w.odoo = other
        world.w.connect_odoo()
        for ask in (rebuild_mapping.request, rebuild_mapping.accept):
            world.drive(ask(world.app, SYSTEM, world.w.store_id, [SyncKind.CUSTOMERS]).id)
        refused_while_held(world)
        assert not {row for row in links(world) if row[0] == MappedKind.CUSTOMER}
        assert {row for row in links(world) if row[0] == MappedKind.PRODUCT}
        for ask in (rebuild_mapping.request, rebuild_mapping.accept):
            world.drive(ask(world.app, SYSTEM, world.w.store_id, [SyncKind.PRODUCTS]).id)
        assert world.w.connection.state == "connected"
