"""Orders and their lines in a rebuild: by external id, metafield or reference; lines by their place in the order.

Their mapping comes from a file, as `mooring mapping import` takes it in; of orders that a sync booked:
`test_rebuild_booked`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from mooring.db import rebuild, tables
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.usecases import mapping_copy, rebuild_mapping, sync_odoo_request
from mooring.usecases.who import SYSTEM
from tests.usecases.clearing import ClearWorld, clear_world

ORDERS = [SyncKind.ORDERS]
ORDER, LINE = MappedKind.ORDER, MappedKind.ORDER_LINE


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    with clear_world(database_url, data_dir) as world:
        yield world


def links(world: ClearWorld) -> set[tuple[Any, ...]]:
    rows = world.w.rows(tables.mappings, "kind", "shopify_id", "odoo_id", "parent_id")
    return {row for row in rows if row[0] in (ORDER, LINE)}


def rebuilt(world: ClearWorld) -> dict[MappedKind, set[str | None]]:
    """By what each was found, or the state of what was not."""
    done = world.drive(rebuild_mapping.request(world.app, SYSTEM, world.w.store_id, ORDERS).id)
    assert done.state == "done", done.error
    found: dict[MappedKind, set[str | None]] = {}
    with world.app.db.read() as connection:
        for kind in (ORDER, LINE):
            page = rebuild.page(connection, world.w.store_id, kind, state=None, after=0, limit=1_000)
            found[kind] = {one.found_by if one.state == "matched" else one.state for one in page}
    return found


def accepted(world: ClearWorld) -> int:
    done = world.drive(rebuild_mapping.accept(world.app, SYSTEM, world.w.store_id, ORDERS).id)
    assert done.state == "done", done.error
    assert done.receipt
    return done.receipt["replanted"]


def lose_the_table(world: ClearWorld) -> None:
    with world.app.db.write() as connection:
        connection.execute(delete(tables.mappings).where(tables.mappings.c.store_id == world.w.store_id))


def lose_the_external_ids(world: ClearWorld) -> None:
    rows = world.w.odoo.rows("ir.model.data", [["module", "=", "mooring"]], "id")
    world.w.odoo.does("ir.model.data", "unlink", ids=[row["id"] for row in rows])


def test_clear_and_rebuild_of_an_unchanged_world_binds_the_same_and_writes_nothing(world: ClearWorld):
    pairs, before = links(world), world.business()
    world.clear()
    assert rebuilt(world) == {ORDER: {"reference"}, LINE: {"sequence"}}
    assert accepted(world) == len(pairs)
    assert links(world) == pairs
    assert world.business() == before


def test_a_lost_table_is_rebuilt_from_external_ids(world: ClearWorld):
    pairs = links(world)
    lose_the_table(world)
    assert rebuilt(world) == {ORDER: {"external_id"}, LINE: {"external_id"}}
    assert accepted(world) == 0
    assert links(world) == pairs


def test_where_those_are_lost_too_metafields_say_it(world: ClearWorld):
    """Shopify keeps none on lines: they are found by their place."""
    pairs = links(world)
    lose_the_table(world)
    lose_the_external_ids(world)
    assert rebuilt(world) == {ORDER: {"metafield"}, LINE: {"sequence"}}
    accepted(world)
    assert links(world) == pairs


def test_two_orders_with_one_reference_and_lines_of_another_number_wait_for_a_person(world: ClearWorld):
    [first, second, *_] = sorted({row[1] for row in links(world) if row[0] == ORDER})
    odoo_ids = {row[1]: row[2] for row in links(world) if row[0] == ORDER}
    world.clear()
    partner = world.w.odoo.does("res.partner", "create", vals_list=[{"name": "Twin"}])[0]
    [twin] = world.w.odoo.does("sale.order", "create", vals_list=[
        {"partner_id": partner, "client_order_ref": f"gid://shopify/Order/{first}"}])  # fmt: skip
    world.w.odoo.does("sale.order.line", "create", vals_list=[{"order_id": odoo_ids[second], "name": "Shipping"}])
    rebuilt(world)
    with world.app.db.read() as connection:
        orders = rebuild.of(connection, world.w.store_id, ORDER, [first, second])
    assert (orders[first].state, orders[first].candidates) == ("ambiguous", (odoo_ids[first], twin))
    accepted(world)
    bound = {row[1] for row in links(world) if row[0] == ORDER}
    assert first not in bound and second in bound
    of_second = [row for row in links(world) if row[0] == LINE and row[3] == second]
    assert of_second == []
    rebuild_mapping.choose(world.app, SYSTEM, world.w.store_id, ORDER, first, twin)
    accepted(world)
    assert {row[2] for row in links(world) if row[:2] == (ORDER, first)} == {twin}


def test_what_is_mapped_already_is_not_asked_for_again(world: ClearWorld):
    pairs = links(world)
    assert rebuilt(world) == {ORDER: set(), LINE: set()}
    assert (accepted(world), links(world)) == (0, pairs)


def test_three_kinds_cleared_and_rebuilt_and_synced_with_orders_out_of_a_file(database_url: str, data_dir: Path):
    """The seed's three kinds, as they are now: customers and products synced, orders taken in."""
    with clear_world(database_url, data_dir, planted=False) as world:
        customers_and_products = [SyncKind.CUSTOMERS, SyncKind.PRODUCTS]
        world.drive(sync_odoo_request.request(world.app, SYSTEM, world.w.store_id).id)
        taken = mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, world.orders_file())
        assert taken.operation
        assert world.drive(taken.operation.id).state == "done"
        world.write_metafields()
        pairs, before = world.pairs(), world.business()["odoo"]
        assert set(pairs) >= {"customer", "address", "product", "variant", "order", "order_line"}
        cleared = world.clear()
        assert cleared.receipt and cleared.receipt["calls"]["shopify"] <= 10
        assert (world.pairs(), world.w.odoo.external_ids(), world.metafields()) == ({}, {}, [])
        for ask in (rebuild_mapping.request, rebuild_mapping.accept):
            done = world.drive(ask(world.app, SYSTEM, world.w.store_id).id)
            assert done.state == "done", done.error
        assert world.pairs() == pairs
        world.w.odoo.forget()
        again = world.drive(sync_odoo_request.request(world.app, SYSTEM, world.w.store_id).id)
        assert again.receipt
        for kind in customers_and_products:
            assert (again.receipt[kind]["created"], again.receipt[kind]["updated"]) == (0, 0)
        assert world.w.odoo.writing_calls() == {}
        assert world.business()["odoo"] == before
