"""Rebuild mapping: from external ids, from metafields, from what Odoo holds; nothing created, nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from mooring.db import odoo_kinds, rebuild, tables
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.usecases import rebuild_mapping, sync_odoo_request, verify_mapping
from mooring.usecases.who import SYSTEM
from tests.usecases.clearing import ClearWorld, clear_world

KINDS = (SyncKind.CUSTOMERS, SyncKind.PRODUCTS)


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    """Customers and products synced, with metafields."""
    with clear_world(database_url, data_dir, planted=False) as world:
        sync(world)
        world.write_metafields()
        yield world


def sync(world: ClearWorld) -> dict[str, dict[str, int]]:
    done = world.drive(sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, KINDS).id)
    assert done.state == "done", done.error
    assert done.receipt
    return done.receipt


def rebuilt(world: ClearWorld) -> dict[MappedKind, dict[str, int]]:
    found = world.drive(rebuild_mapping.request(world.app, SYSTEM, world.w.store_id, KINDS).id)
    assert found.state == "done", found.error
    with world.app.db.read() as connection:
        return rebuild.counts(connection, world.w.store_id)


def accepted(world: ClearWorld) -> int:
    done = world.drive(rebuild_mapping.accept(world.app, SYSTEM, world.w.store_id, KINDS).id)
    assert done.state == "done", done.error
    assert done.receipt
    return done.receipt["replanted"]


def links(world: ClearWorld) -> set[tuple[object, ...]]:
    return set(world.w.rows(tables.mappings, "kind", "shopify_id", "odoo_id"))


def found_by(world: ClearWorld, kind: MappedKind) -> set[str | None]:
    with world.app.db.read() as connection:
        page = rebuild.page(connection, world.w.store_id, kind, state="matched", after=0, limit=1_000)
    return {one.found_by for one in page}


def test_clear_rebuild_and_sync_of_an_unchanged_world_doubles_and_writes_nothing(world: ClearWorld):
    before, pairs = world.business()["odoo"], links(world)
    world.clear(*KINDS)
    counts = rebuilt(world)
    assert all("ambiguous" not in of for of in counts.values()), counts
    assert accepted(world) > 0
    assert links(world) <= pairs
    world.w.odoo.forget()
    again = sync(world)
    assert again["customers"]["created"] == again["products"]["created"] == 0
    assert not {name for name in world.w.odoo.writing_calls() if not name.startswith("ir.model.data")}
    assert world.business()["odoo"] == before
    with world.app.db.read() as connection:
        assert odoo_kinds.load(connection, world.w.store_id, SyncKind.CUSTOMERS).held_since is None


def lose_the_table(world: ClearWorld) -> None:
    with world.app.db.write() as connection:
        connection.execute(delete(tables.mappings).where(tables.mappings.c.store_id == world.w.store_id))


def lose_the_external_ids(world: ClearWorld) -> None:
    rows = world.w.odoo.rows("ir.model.data", [["module", "=", "mooring"], ["name", "=like", "s%"]], "id")
    world.w.odoo.does("ir.model.data", "unlink", ids=[row["id"] for row in rows])


def test_a_lost_table_is_rebuilt_from_external_ids(world: ClearWorld):
    pairs = links(world)
    lose_the_table(world)
    rebuilt(world)
    assert found_by(world, MappedKind.CUSTOMER) == {"external_id"}
    assert accepted(world) == 0
    assert links(world) == pairs


def test_where_those_are_lost_too_metafields_say_it(world: ClearWorld):
    pairs = {pair for pair in links(world) if pair[0] == "customer"}
    lose_the_table(world)
    lose_the_external_ids(world)
    rebuilt(world)
    assert found_by(world, MappedKind.CUSTOMER) == {"metafield"}
    assert accepted(world) > 0
    assert {pair for pair in links(world) if pair[0] == "customer"} == pairs


def test_what_was_accepted_is_taken_back_until_the_next_sync(world: ClearWorld):
    world.clear(*KINDS)
    rebuilt(world)
    accepted(world)
    undone = world.drive(rebuild_mapping.undo(world.app, SYSTEM, world.w.store_id, KINDS).id)
    assert undone.state == "done", undone.error
    assert (world.pairs(), world.w.odoo.external_ids(f"s{world.w.store.shop_id}.")) == ({}, {})


def test_two_that_may_be_meant_wait_for_a_person(world: ClearWorld):
    [(id_, email), *_] = [row for row in world.w.rows(tables.customers, "shopify_id", "email_key") if row[1]]
    world.clear(*KINDS)
    mine = world.w.odoo.rows("res.partner", [["email", "=ilike", email]], "ref")
    for row in mine:
        world.w.odoo.does("res.partner", "write", ids=[row["id"]], vals={"ref": False})
    [twin] = world.w.odoo.does("res.partner", "create", vals_list=[{"name": "Twin", "email": email}])
    rebuilt(world)
    with world.app.db.read() as connection:
        found = rebuild.of(connection, world.w.store_id, MappedKind.CUSTOMER, [id_])[id_]
    assert (found.state, twin in found.candidates) == ("ambiguous", True)
    accepted(world)
    assert ("customer", id_) not in {pair[:2] for pair in links(world)}
    rebuild_mapping.choose(world.app, SYSTEM, world.w.store_id, MappedKind.CUSTOMER, id_, twin)
    accepted(world)
    assert ("customer", id_, twin) in links(world)


def test_verify_tells_what_is_gone_what_is_elsewhere_and_what_belongs_to_nobody(world: ClearWorld):
    whole = world.drive(verify_mapping.request(world.app, SYSTEM, world.w.store_id).id)
    assert whole.receipt
    assert set(whole.receipt["found"]) <= {"agree", "doubled"}, whole.receipt["examples"]
    [first, second, *_] = [row for row in links(world) if row[0] == "customer"]
    shop = world.w.store.shop_id
    [gone] = world.w.odoo.rows("ir.model.data", [["name", "=", f"s{shop}.customer.{first[1]}"]], "id")
    world.w.odoo.does("ir.model.data", "unlink", ids=[gone["id"]])
    with world.app.db.write() as connection:
        row = tables.mappings.c
        mine = (row.store_id == world.w.store_id, row.kind == "customer", row.shopify_id == second[1])
        connection.execute(delete(tables.mappings).where(*mine))
    done = world.drive(verify_mapping.request(world.app, SYSTEM, world.w.store_id).id)
    assert done.receipt
    assert done.receipt["examples"]["not_planted"] == [f"s{shop}.customer.{first[1]}"]
    assert done.receipt["examples"]["orphan"] == [f"s{shop}.customer.{second[1]}"]
