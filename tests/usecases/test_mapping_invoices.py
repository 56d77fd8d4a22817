"""The invoices of an order: remembered with its pair, written at Shopify, taken along by a download, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.db import mappings, tables
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.usecases import items, mapping_copy
from mooring.usecases.items import Asked
from mooring.usecases.items_listed import Invoice
from mooring.usecases.who import SYSTEM
from tests.usecases.clearing import PROJECT, ClearWorld, clear_world

ORDERS = SyncKind.ORDERS


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    with clear_world(database_url, data_dir, sizes={"customers": 2, "products": 1, "orders": 3}) as made:
        yield made


def orders(world: ClearWorld) -> list[int]:
    return sorted(row[0] for row in world.w.rows(tables.orders, "shopify_id"))


def note(world: ClearWorld, order_id: int, *ids: int) -> None:
    with world.app.db.write() as connection:
        mappings.note_invoices(connection, world.w.store_id, order_id, ids)


def known(world: ClearWorld, order_id: int) -> mappings.Mapping:
    with world.app.db.read() as connection:
        return mappings.of(connection, world.w.store_id, MappedKind.ORDER, [order_id])[order_id]


def at_shopify(world: ClearWorld) -> dict[int, str]:
    """What stands under `invoice_id`, by order."""
    found = [one for one in world.metafields() if one["key"] == "invoice_id"]
    return {int(one["ownerId"].rpartition("/")[2]): one["value"] for one in found}


def test_other_invoices_than_before_are_written_at_shopify_again(world: ClearWorld) -> None:
    first, *others = orders(world)
    note(world, first, 8, 9, 8)
    assert known(world, first).invoices == (8, 9) and known(world, first).metafield == "due"
    assert {known(world, one).metafield for one in others} == {"written"}
    assert world.write_metafields()["written"] == 1
    assert at_shopify(world) == {first: "[8,9]", **dict.fromkeys(others, "[7]")}


def test_the_same_invoices_cost_nothing(world: ClearWorld) -> None:
    first = orders(world)[0]
    note(world, first, 7)
    assert known(world, first).metafield == "written"


def test_an_order_that_is_not_mapped_remembers_none(world: ClearWorld) -> None:
    note(world, 404, 8)
    with world.app.db.read() as connection:
        assert mappings.of(connection, world.w.store_id, MappedKind.ORDER, [404]) == {}


def test_an_invoice_that_is_gone_is_not_spoken_of_at_shopify_any_more(world: ClearWorld) -> None:
    """Shopify takes no empty list, so the value itself is deleted; the order's other values stay."""
    first, *others = orders(world)
    note(world, first)
    world.write_metafields()
    assert at_shopify(world) == dict.fromkeys(others, "[7]")
    assert known(world, first).invoices == () and known(world, first).metafield == "written"
    assert {one["key"] for one in world.metafields() if one["ownerId"].endswith(f"/{first}")} == {
        "odoo_id", "odoo_database",
    }  # fmt: skip
    assert world.write_metafields() == {}


def test_a_pair_that_leads_elsewhere_leaves_its_invoices_behind(world: ClearWorld) -> None:
    first = orders(world)[0]
    held = known(world, first)
    elsewhere = mappings.Mapping(held.kind, first, held.odoo_id + 1_000, held.fingerprint, "linked", held.epoch)
    with world.app.db.write() as connection:
        mappings.bind(connection, world.w.store_id, [held], at=world.app.clock.now())
    assert known(world, first).invoices == (7,)
    with world.app.db.write() as connection:
        mappings.bind(connection, world.w.store_id, [elsewhere], at=world.app.clock.now())
    world.write_metafields()
    assert known(world, first).invoices == () and first not in at_shopify(world)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_download_takes_them_along_and_brings_them_back(world: ClearWorld, form: str) -> None:
    first = orders(world)[0]
    note(world, first, 8, 9)
    content = b"".join(mapping_copy.export(world.app, SYSTEM, world.w.store_id, [ORDERS], form=form))
    world.clear(ORDERS)
    taken = mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content)
    assert taken.operation is not None and not taken.left_out
    world.drive(taken.operation.id)
    assert known(world, first).invoices == (8, 9) and known(world, first).metafield == "due"


def test_the_list_leads_to_them_in_odoo(world: ClearWorld) -> None:
    note(world, orders(world)[0], 8, 9)
    shown = items.page(world.app, SYSTEM, PROJECT, ORDERS, Asked())
    line = next(one for one in shown.items if one.shopify_id == orders(world)[0])
    assert line.link is not None
    there = line.link.rpartition("/sale.order/")[0]
    assert line.invoices == tuple(Invoice(one, f"{there}/account.move/{one}") for one in (8, 9))


def test_in_another_database_they_lead_nowhere(world: ClearWorld) -> None:
    with world.app.db.write() as connection:
        connection.execute(tables.mappings.update().where(tables.mappings.c.store_id == world.w.store_id).values(
            fingerprint="elsewhere/1"
        ))  # fmt: skip
    shown = items.page(world.app, SYSTEM, PROJECT, ORDERS, Asked())
    assert {line.invoices for line in shown.items} == {(Invoice(7, None),)}
