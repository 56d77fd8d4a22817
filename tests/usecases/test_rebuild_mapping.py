"""Rebuild mapping: from external ids, from metafields, from what Odoo holds; nothing created, nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from mooring.db import odoo_kinds, rebuild, tables
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.errors import InvalidInput, NotFound, Refused
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


def links(world: ClearWorld) -> set[tuple[Any, ...]]:
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


def test_verify_of_an_odoo_that_stays_away_ends_and_says_so(world: ClearWorld):
    world.w.odoo.fault("status", status=503, times=None)
    done = world.drive(verify_mapping.request(world.app, SYSTEM, world.w.store_id).id)
    assert (done.state, "Odoo could not be asked." in (done.error or "")) == ("failed", True)


def test_verify_outlasts_an_odoo_that_is_away_for_a_moment(world: ClearWorld):
    world.w.odoo.fault("status", status=503, times=3)
    assert world.drive(verify_mapping.request(world.app, SYSTEM, world.w.store_id).id).state == "done"


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


# -- all homes lost ------------------------------------------------------------------------------------------------


def lose_everything(world: ClearWorld) -> None:
    """The table and both other homes, as an installation begun anew finds it."""
    world.clear(*KINDS)


def test_all_lost_it_is_found_by_what_odoo_holds_whatever_the_spelling(world: ClearWorld):
    pairs = links(world)
    lose_everything(world)
    found = world.w.odoo.rows("res.partner", [["ref", "=like", "shopify:%"]], "email")
    for row in found:
        email = f" {row['email'].upper()} " if row["email"] else False
        world.w.odoo.does("res.partner", "write", ids=[row["id"]], vals={"ref": False, "email": email})
    counts = rebuilt(world)
    with_email = len([row for row in world.w.rows(tables.customers, "email_key") if row[0]])
    assert found_by(world, MappedKind.CUSTOMER) == {"email"}
    assert counts[MappedKind.CUSTOMER]["matched"] == with_email
    assert found_by(world, MappedKind.VARIANT) <= {"barcode", "sku"}
    before = world.business()["odoo"]
    accepted(world)
    assert links(world) <= pairs
    assert world.business()["odoo"] == before


def test_after_a_clear_a_sync_of_one_links_and_never_doubles(world: ClearWorld):
    pairs, ids = links(world), [pair[1] for pair in links(world) if pair[0] == "customer"][:3]
    world.clear(*KINDS)
    contacts = len(world.w.odoo.rows("res.partner", [], "id"))
    operation = sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, ids={SyncKind.CUSTOMERS: ids})
    done = world.drive(operation.id)
    assert done.receipt
    assert (done.receipt["customers"]["created"], done.receipt["customers"]["linked"]) == (0, 3)
    assert len(world.w.odoo.rows("res.partner", [], "id")) == contacts
    assert {pair for pair in links(world) if pair[1] in ids} == {pair for pair in pairs if pair[1] in ids}
    with world.app.db.read() as connection:
        assert odoo_kinds.load(connection, world.w.store_id, SyncKind.CUSTOMERS).held_since is not None


# -- undoing -------------------------------------------------------------------------------------------------------


def undone(world: ClearWorld) -> None:
    done = world.drive(rebuild_mapping.undo(world.app, SYSTEM, world.w.store_id, KINDS).id)
    assert done.state == "done", done.error


def test_undoing_leaves_external_ids_that_were_there_before(world: ClearWorld):
    """It takes back what the rebuild planted, and nothing else."""
    names = world.w.odoo.external_ids()
    lose_the_table(world)
    rebuilt(world)
    accepted(world)
    undone(world)
    assert (world.pairs(), world.w.odoo.external_ids()) == ({}, names)


def test_undoing_brings_back_what_automatic_sync_waited_for(world: ClearWorld):
    world.clear(*KINDS)
    with world.app.db.read() as connection:
        held = odoo_kinds.of_store(connection, world.w.store_id)
    rebuilt(world)
    accepted(world)
    with world.app.db.read() as connection:
        assert odoo_kinds.load(connection, world.w.store_id, SyncKind.PRODUCTS).held_since is None
    undone(world)
    with world.app.db.read() as connection:
        again = odoo_kinds.of_store(connection, world.w.store_id)
    assert [again[kind].held_since for kind in KINDS] == [held[kind].held_since for kind in KINDS]
    assert again[SyncKind.CUSTOMERS].held_reason == "cleared"


@pytest.mark.parametrize("one", [False, True])
def test_after_any_sync_it_stands(world: ClearWorld, one: bool):
    world.clear(*KINDS)
    rebuilt(world)
    accepted(world)
    world.drive(sync_odoo_request.preview(world.app, SYSTEM, world.w.store_id, KINDS).id)
    with world.app.db.read() as connection:
        rebuild_mapping.require_undoable(connection, world.w.store, KINDS)
    if one:
        [(id_,), *_] = world.w.rows(tables.customers, "shopify_id")
        ids = {SyncKind.CUSTOMERS: [id_]}
        world.drive(sync_odoo_request.request(world.app, SYSTEM, world.w.store_id, ids=ids).id)
    else:
        sync(world)
    with pytest.raises(Refused, match="a sync since"):
        rebuild_mapping.undo(world.app, SYSTEM, world.w.store_id, KINDS)


def test_a_record_that_is_not_there_cannot_be_chosen(world: ClearWorld):
    [(id_,), *_] = world.w.rows(tables.customers, "shopify_id")
    world.clear(*KINDS)
    for row in world.w.odoo.rows("res.partner", [["ref", "=like", "shopify:%"]], "id"):
        world.w.odoo.does("res.partner", "write", ids=[row["id"]], vals={"ref": False, "email": False})
    rebuilt(world)
    choose = rebuild_mapping.choose
    with pytest.raises(InvalidInput, match="no such record"):
        choose(world.app, SYSTEM, world.w.store_id, MappedKind.CUSTOMER, id_, 999_999)
    with pytest.raises(NotFound):
        choose(world.app, SYSTEM, world.w.store_id, MappedKind.CUSTOMER, 1, None)
    assert choose(world.app, SYSTEM, world.w.store_id, MappedKind.CUSTOMER, id_, None).state == "unmatched"


@pytest.mark.parametrize("kills", [1, 3])
def test_killed_again_and_again_it_binds_all_the_same(world: ClearWorld, kills: int):
    pairs = links(world)
    world.clear(*KINDS)
    for ask in (rebuild_mapping.request, rebuild_mapping.accept):
        operation = ask(world.app, SYSTEM, world.w.store_id, KINDS)
        for _ in range(200):
            runner = world.runner()
            for _ in range(kills):
                world.pass_time(runner.advance(operation.id) or 0.0)
            world.pass_time(60)
            if world.w.operation(operation.id).finished:
                break
        assert world.w.operation(operation.id).state == "done"
    assert links(world) == pairs
