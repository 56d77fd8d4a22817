"""Clear, rebuild and verify over orders that are in Odoo: lines, money and invoices are found again, and nothing is
written to any of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mooring.db import mappings, sync_items, tables
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.domain.order_settings import Outcome
from mooring.usecases import mapping_copy, rebuild_mapping, verify_mapping
from mooring.usecases.who import SYSTEM
from tests.usecases import hubbing
from tests.usecases.booking import lines_of, sale_orders, set_up
from tests.usecases.clearing import ClearWorld
from tests.usecases.hubbing_money import Back, paid, sold
from tests.usecases.hubbing_orders import order
from tests.usecases.odoo_world import odoo_world
from tests.usecases.syncing import sync

ORDERS, ORDER, LINE = SyncKind.ORDERS, MappedKind.ORDER, MappedKind.ORDER_LINE
ALL = tuple(SyncKind)
MUG: dict[str, Any] = {"variant": 101, "title": "Mug", "price": "12.50"}
CARD: dict[str, Any] = {"title": "Card", "price": "2.00"}
LATER = "2026-11-02T10:00:00Z"


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[ClearWorld]:
    """Order 7 is a quotation to which a line was added later, and one emptied; 8 is confirmed and invoiced."""
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        hubbing.product(made.app, made.store_id, 1, "Mug", {"sku": "MUG", "price": "12.50"})
        hubbing.customer(made.app, made.store_id, 5, email="ann@example.com", streets=("1 Quay",))
        wrapping = {"id": 702, "title": "Wrapping", "price": "1.10"}
        order(made.app, made.store_id, 7, MUG, wrapping, customer=5, shipping="4.90")
        order(made.app, made.store_id, 8, MUG, {**MUG, "id": 803, "quantity": 2}, customer=5, shipping="4.90")
        set_up(made)
        assert sync(made, *ALL).state == "done"
        order(made.app, made.store_id, 7, MUG, {**wrapping, "left": 0}, {**CARD, "id": 703}, customer=5,
              shipping="4.90", at=LATER)  # fmt: skip
        assert sync(made, *ALL).state == "done"
        built = ClearWorld(made)
        invoice = invoiced(built, 8)
        assert sync(made, *ALL).state == "done"
        with made.app.db.write() as connection:
            mappings.note_invoices(connection, made.store_id, 8, [invoice])
        yield built


def in_odoo(world: ClearWorld, order_id: int) -> int:
    [found] = [row["id"] for row in sale_orders(world.w) if row["client_order_ref"].endswith(f"/{order_id}")]
    return found


def invoiced(world: ClearWorld, order_id: int) -> int:
    """Somebody in Odoo confirms it, and makes and posts its invoice."""
    odoo, sale = world.w.odoo, in_odoo(world, order_id)
    odoo.does("sale.order", "action_confirm", ids=[sale])
    wizard = {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [sale]]]}
    made = odoo.does("sale.advance.payment.inv", "create", vals_list=[wizard])
    odoo.does("sale.advance.payment.inv", "create_invoices", ids=made)
    [row] = odoo.rows("sale.order", [["id", "=", sale]], "invoice_ids")
    odoo.does("account.move", "action_post", ids=row["invoice_ids"])
    return row["invoice_ids"][0]


def pairs(world: ClearWorld) -> set[tuple[Any, ...]]:
    rows = world.w.rows(tables.mappings, "kind", "shopify_id", "odoo_id", "parent_id", "extra")
    return {row for row in rows if row[0] in (ORDER, LINE)}


def known(world: ClearWorld, kind: MappedKind) -> dict[int, mappings.Mapping]:
    with world.app.db.read() as connection:
        row = tables.mappings.c
        ids = connection.execute(select(row.shopify_id).where(row.kind == kind)).scalars().all()
        return mappings.of(connection, world.w.store_id, kind, ids)


def records(world: ClearWorld) -> list[Any]:
    return [world.w.odoo.rows(model, [], "write_date", *fields) for model, *fields in (
        ("sale.order", "state", "amount_total"), ("sale.order.line", "name", "price_unit"),
        ("account.move", "state", "amount_total"), ("res.partner", "name"), ("product.product", "name"),
    )]  # fmt: skip


def rebuilt(world: ClearWorld, *kinds: SyncKind) -> None:
    for ask in (rebuild_mapping.request, rebuild_mapping.accept):
        done = world.drive(ask(world.app, SYSTEM, world.w.store_id, kinds or ALL).id)
        assert done.state == "done", done.error


def test_all_of_it_is_found_again_and_the_next_sync_has_nothing_to_do(world: ClearWorld) -> None:
    before, mapped = records(world), pairs(world)
    assert len([row for row in mapped if row[0] == LINE]) > 5, "goods, shipping, and a line that was emptied"
    emptied = {row for row in mapped if row[:2] == (LINE, 702)}
    world.clear()
    rebuilt(world)
    assert pairs(world) == mapped - emptied
    orders = known(world, ORDER)
    assert all(one.digest is not None and one.fields and one.planted for one in orders.values())
    assert all(one.fields for one in known(world, LINE).values())
    assert world.w.rows(tables.order_books, "shopify_id", "stage", "total") == [
        (7, "draft", "19.4"),
        (8, "order", "42.4"),
    ]
    world.w.odoo.forget()
    again = sync(world.w, *ALL)
    assert again.receipt is not None and again.receipt["orders"]["unchanged"] == 2, again.receipt
    assert world.w.odoo.writing_calls() == {} and records(world) == before
    assert pairs(world) == mapped - emptied


def test_where_the_two_sides_differ_nothing_is_taken_for_equal(world: ClearWorld) -> None:
    """A price that somebody changed in Odoo while nothing was known of it stays, and a person is asked."""
    line = next(row["id"] for row in lines_of(world.w, in_odoo(world, 7)) if row["name"] == "Card")
    world.clear()
    world.w.odoo.does("sale.order.line", "write", ids=[line], vals={"price_unit": 3.0})
    rebuilt(world)
    orders, lines = known(world, ORDER), {one.odoo_id: one for one in known(world, LINE).values()}
    assert orders[7].digest is None and orders[8].digest is not None
    assert "price_unit" not in (lines[line].fields or {}) and "name" in (lines[line].fields or {})
    world.w.odoo.forget()
    sync(world.w, *ALL)
    assert world.w.odoo.writing_calls() == {}
    with world.app.db.read() as connection:
        item = sync_items.one(connection, world.w.store_id, ORDERS, 7)
    assert item is not None and item.cause == "differs", item


def test_a_sync_without_a_rebuild_finds_the_same(world: ClearWorld) -> None:
    before, mapped = records(world), {row[:4] for row in pairs(world) if row[1] != 702}
    world.clear()
    assert sync(world.w, *ALL).state == "done"
    assert {row[:4] for row in pairs(world)} == mapped
    assert records(world) == before


def test_taken_back_nothing_is_known_of_them(world: ClearWorld) -> None:
    world.clear()
    rebuilt(world)
    world.drive(rebuild_mapping.undo(world.app, SYSTEM, world.w.store_id, ALL).id)
    assert pairs(world) == set() and world.w.rows(tables.order_books, "shopify_id") == []
    assert world.w.odoo.external_ids("s") == {}


def test_orders_alone_are_bound_by_what_is_known_of_them(world: ClearWorld) -> None:
    """Without their customers nobody can say what a sync would write; the pairs are the same."""
    mapped = {row for row in pairs(world) if row[1] != 702}
    world.clear()
    rebuilt(world, ORDERS)
    assert pairs(world) == mapped
    assert {one.digest for one in known(world, ORDER).values()} == {None}


def test_a_download_brings_back_what_shopify_has_no_line_item_for(world: ClearWorld) -> None:
    mapped = pairs(world)
    content = b"".join(mapping_copy.export(world.app, SYSTEM, world.w.store_id, form="json"))
    world.clear()
    taken = mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content)
    assert not taken.left_out and taken.operation is not None
    world.drive(taken.operation.id)
    assert pairs(world) == mapped


# -- verify --------------------------------------------------------------------------------------------------------


def verified(world: ClearWorld) -> dict[str, int]:
    done = world.drive(verify_mapping.request(world.app, SYSTEM, world.w.store_id, [ORDERS]).id)
    assert done.state == "done" and done.receipt is not None, done.error
    return {name: count for name, count in done.receipt["found"].items() if name != "agree"}


def test_orders_that_are_what_they_were_agree(world: ClearWorld) -> None:
    assert verified(world) == {}


def test_another_total_is_told(world: ClearWorld) -> None:
    line = lines_of(world.w, in_odoo(world, 7))[0]["id"]
    world.w.odoo.does("sale.order.line", "write", ids=[line], vals={"price_unit": 3.0})
    assert verified(world) == {"other_total": 1}


def test_invoices_that_are_gone_unknown_or_too_much_are_told(world: ClearWorld) -> None:
    with world.app.db.write() as connection:
        [invoice] = mappings.of(connection, world.w.store_id, ORDER, [8])[8].invoices
        mappings.note_invoices(connection, world.w.store_id, 8, [])
    assert verified(world) == {"invoice_unknown": 1}
    twin = {"move_type": "out_invoice", "partner_id": 1, "invoice_line_ids": [[0, 0, {
        "name": "Twin", "quantity": 1, "price_unit": 5.0, "tax_ids": [[6, 0, []]],
        "sale_line_ids": [[6, 0, [lines_of(world.w, in_odoo(world, 8))[0]["id"]]]]}]]}  # fmt: skip
    made = world.w.odoo.does("account.move", "create", vals_list=[twin])
    assert verified(world) == {"invoice_unknown": 1, "invoiced_too_much": 1}
    with world.app.db.write() as connection:
        mappings.note_invoices(connection, world.w.store_id, 8, [invoice, *made])
    world.w.odoo.does("account.move", "button_cancel", ids=made)
    assert verified(world) == {"invoice_missing": 1}


def test_an_order_that_is_gone_is_told(world: ClearWorld) -> None:
    world.w.odoo.does("sale.order", "unlink", ids=[in_odoo(world, 7)])
    found = verified(world)
    assert found["missing_in_odoo"] >= 1 and "other_total" not in found


# -- taken on to the end -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rebuilds", [True, False])
def test_nothing_is_booked_twice_after_a_clear(database_url: str, data_dir: Path, rebuilds: bool) -> None:
    """Invoiced, paid, refunded in part: with a rebuild and without one the next sync finds every entry again."""
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        hubbing.product(made.app, made.store_id, 1, "Mug", {"sku": "MUG", "price": "12.50"})
        hubbing.customer(made.app, made.store_id, 5, email="ann@example.com", streets=("1 Quay",))
        back = Back(61, lines=[(71, 1, "12.50", "1.25")], money="13.75")
        sold(made.app, made.store_id, 7, {**MUG, "id": 71, "quantity": 2}, customer=5, total="32.40", shipping="4.90",
             tax="10", payments=[paid("32.40", 901)], backs=[back])  # fmt: skip
        set_up(made, outcome=Outcome.INVOICE)
        assert sync(made, *ALL).state == "done"
        world = ClearWorld(made)
        entries = made.odoo.rows("account.move", [["move_type", "!=", "entry"]], "move_type", "state", "amount_total")
        assert {(one["move_type"], one["amount_total"]) for one in entries} == {("out_invoice", 32.4),
                                                                               ("out_refund", 13.75)}  # fmt: skip
        before, mapped = records(world), pairs(world)
        payments = made.odoo.rows("account.payment", [], "memo", "amount", "state")
        assert len(payments) == 2
        world.clear()
        if rebuilds:
            rebuilt(world)
            assert pairs(world) == mapped
        made.odoo.forget()
        assert sync(made, *ALL).state == "done"
        business = {name for name in made.odoo.writing_calls() if not name.startswith("ir.model.data.")}
        assert business == set() and records(world) == before and pairs(world) == mapped
        assert made.odoo.rows("account.payment", [], "memo", "amount", "state") == payments
        assert made.rows(tables.order_books, "stage", "settled") == [("paid", True)]
        assert verified(world) == {}
