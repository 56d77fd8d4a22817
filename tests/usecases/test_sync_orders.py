"""Orders with their lines on their way to Odoo, as quotations that cost what they cost in Shopify."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mooring.app import ENDINGS, WORKS
from mooring.db import operations, order_taxes, sync_items
from mooring.db.tables import mappings, order_books, sync_intents
from mooring.domain.kinds import Kind
from mooring.domain.mapping import SyncKind
from mooring.domain.order_rules import OrderRule
from mooring.domain.order_taxes import TaxKey
from mooring.domain.rules import Work
from mooring.errors import Refused
from mooring.usecases import sync_odoo_decide
from mooring.usecases.operations_drive import drive
from mooring.usecases.sync_odoo_decide import Choice
from mooring.usecases.who import SYSTEM
from tests.usecases import hubbing
from tests.usecases.booking import EVERY_ORDER, lines_of, sale_orders, set_up, use_rule
from tests.usecases.hubbing import product
from tests.usecases.hubbing_orders import order
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.syncing import preview, sync

LATER = "2026-11-02T10:00:00Z"
ALL = tuple(SyncKind)
ORDERS = SyncKind.ORDERS
SCOPES = ("read_all_orders", "read_customers", "read_orders", "read_products")
MUG: dict[str, Any] = {"variant": 101, "title": "Mug", "price": "12.50"}


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        product(made.app, made.store_id, 1, "Mug", {"sku": "MUG", "price": "12.50"})
        hubbing.customer(made.app, made.store_id, 5, email="ann@example.com", streets=("1 Quay", "2 Quay"))
        yield made


def done(world: OdooWorld, *kinds: SyncKind, **how: Any) -> dict[str, int]:
    operation = sync(world, *(kinds or ALL), **how)
    assert operation.state == "done" and operation.receipt is not None, operation.error
    return {word: count for word, count in operation.receipt["orders"].items() if count}


def put(world: OdooWorld, order_id: int, *lines: dict[str, Any], customer: int | None = 5, **said: Any) -> None:
    order(world.app, world.store_id, order_id, *(lines or (MUG,)), customer=customer, **said)


def item(world: OdooWorld, order_id: int) -> sync_items.Item | None:
    with world.app.db.read() as connection:
        return sync_items.one(connection, world.store_id, ORDERS, order_id)


def cause(world: OdooWorld, order_id: int) -> str | None:
    found = item(world, order_id)
    return found.cause if found else None


def _mapped(world: OdooWorld) -> list[dict[str, Any]]:
    rows = world.rows(mappings, "kind", "odoo_id", "parent_id")
    return [{"odoo_id": (kind, odoo_id)} for kind, odoo_id, _ in rows if kind in ("order", "order_line")]


def tax_table(world: OdooWorld) -> dict[TaxKey, order_taxes.TaxRow]:
    with world.app.db.read() as connection:
        return order_taxes.of_store(connection, world.store_id)


def finish(world: OdooWorld) -> None:
    """The sync that carries a decision out."""
    with world.app.db.read() as connection:
        newest = operations.newest(connection, world.store_id, Work.SYNC_ODOO)
    assert newest is not None
    drive(world.app, newest.id, WORKS, ENDINGS)


def quiet(world: OdooWorld) -> None:
    """One more sync writes nothing."""
    world.odoo.forget()
    sync(world, *ALL)
    assert world.odoo.writing_calls() == {}
    assert world.count(sync_intents) == 0


# -- a whole shop --------------------------------------------------------------------------------------------------


def test_every_order_of_a_shop_becomes_a_quotation_of_the_same_total(database_url: str, data_dir: Path) -> None:
    sizes = {"customers": 20, "orders": 60, "products": 12}
    with odoo_world(database_url, data_dir, sizes=sizes, scopes=SCOPES) as world:
        for kind in (Kind.CUSTOMERS, Kind.ORDERS, Kind.PRODUCTS):
            assert world.run_import(kind).state == "done"
        set_up(world)
        told = done(world)
        assert told["created"] + told.get("review", 0) + told.get("excluded", 0) == sizes["orders"], told
        there = {row["client_order_ref"]: row["amount_total"] for row in sale_orders(world)}
        with world.app.db.read() as connection:
            found = connection.exec_driver_sql("SELECT shopify_id, total FROM orders").fetchall()
        totals = {f"gid://shopify/Order/{one}": float(total) for one, total in found}
        assert there and all(there[one] == pytest.approx(totals[one], abs=0.001) for one in there)
        assert len(there) == told["created"] == world.count(order_books)
        quiet(world)


# -- one order -----------------------------------------------------------------------------------------------------


def test_what_odoo_is_told_of_an_order(world: OdooWorld) -> None:
    put(world, 7, {**MUG, "quantity": 2, "off": "2.50"}, {"title": "Wrapping", "price": "1.10"}, shipping="4.90",
        tax="10", streets=("1 Quay", "9 Hill"), note="Ring twice")  # fmt: skip
    set_up(world)
    assert done(world) == {"created": 1}
    [made] = sale_orders(world, "partner_id", "partner_invoice_id", "partner_shipping_id", "origin", "date_order",
                         "note", "order_line")  # fmt: skip
    assert made["client_order_ref"] == "gid://shopify/Order/7" and made["origin"] == "Shopify #7"
    assert (made["date_order"], made["state"]) == ("2026-11-01 10:00:00", "draft")
    assert "Ring twice" in made["note"]
    assert made["amount_total"] == pytest.approx(24.75 + 1.21 + 4.90)
    names = [(row["name"].split("\n")[0], row["product_uom_qty"]) for row in lines_of(world, made["id"])]
    assert names == [("Mug", 2), ("Wrapping", 1), ("Shipping: Post", 1)]
    [sent] = world.odoo.rows("res.partner", [["id", "=", made["partner_shipping_id"][0]]], "street", "type", "name")
    assert (sent["street"], sent["type"], sent["name"]) == ("9 Hill", "delivery", "Ann Lee")
    assert made["partner_invoice_id"] == made["partner_id"]
    assert {kind for (kind,) in world.rows(mappings, "kind")} >= {"order", "order_line"}
    assert world.rows(order_books, "stage", "total") == [("draft", "30.86")]
    quiet(world)


def test_a_change_of_a_quotation_is_written_and_what_left_it_is_emptied(world: OdooWorld) -> None:
    put(world, 7, MUG, {"title": "Wrapping", "price": "1.10"}, shipping="4.90")
    set_up(world)
    done(world)
    gone, card = {"title": "Wrapping", "price": "1.10", "left": 0}, {"title": "Card", "price": "2.00"}
    put(world, 7, {**MUG, "quantity": 3}, gone, card, shipping="4.90", at=LATER)
    assert done(world) == {"updated": 1}, item(world, 7)
    [made] = sale_orders(world)
    assert made["amount_total"] == pytest.approx(37.50 + 2.00 + 4.90)
    rows = lines_of(world, made["id"])
    assert [(row["name"], row["product_uom_qty"], row["price_unit"]) for row in rows] == [
        ("Mug", 3, 12.5), ("Wrapping", 0, 1.1), ("Shipping: Post", 1, 4.9), ("Card", 1, 2.0)]  # fmt: skip
    quiet(world)


def test_what_changes_nothing_that_odoo_is_told_is_not_written(world: OdooWorld) -> None:
    put(world, 7)
    set_up(world)
    done(world)
    put(world, 7, at=LATER, tags=("vip",))
    world.odoo.forget()
    assert done(world) == {"unchanged": 1}
    assert world.odoo.writing_calls() == {}


# -- who buys ------------------------------------------------------------------------------------------------------


def test_guests_with_one_address_are_one_contact_and_those_without_are_one_too(world: OdooWorld) -> None:
    for order_id, email in ((7, "bob@example.com"), (8, "Bob@Example.com"), (9, None), (10, None)):
        put(world, order_id, customer=None, email=email, streets=("1 Hill", "1 Hill"))
    put(world, 11, customer=None, email="ann@example.com")
    set_up(world)
    assert done(world) == {"created": 5}
    bought = [row["partner_id"] for row in sorted(sale_orders(world, "partner_id"), key=lambda row: row["id"])]
    assert bought[0] == bought[1] and bought[2] == bought[3] and len({one[0] for one in bought}) == 3
    assert [one[1] for one in (bought[0], bought[2], bought[4])] == ["Ann Lee", "Guest", "Ann Lee"]
    put(world, 12, customer=None, email="bob@example.com", streets=("1 Hill", "1 Hill"))
    before = len(world.odoo.rows("res.partner", [], "name"))
    assert done(world)["created"] == 1
    assert len(world.odoo.rows("res.partner", [], "name")) == before
    quiet(world)


def test_a_customer_who_is_not_in_odoo_is_waited_for(world: OdooWorld) -> None:
    """Two contacts may be the customer, so nobody knows whose order it is."""
    twins = world.odoo.does("res.partner", "create", vals_list=[{"name": "Ann", "email": "ann@example.com"}] * 2)
    put(world, 7)
    set_up(world)
    assert done(world, ORDERS) == {"review": 1}
    assert cause(world, 7) == "customer_missing"
    world.odoo.does("res.partner", "unlink", ids=twins)
    assert done(world) == {"created": 1}
    assert item(world, 7) is None


def test_an_order_that_is_picked_brings_along_what_it_needs(world: OdooWorld) -> None:
    put(world, 7)
    put(world, 8)
    set_up(world)
    assert done(world, ids={ORDERS: [7]}) == {"created": 1}
    assert item(world, 7) is None and len(sale_orders(world)) == 1
    assert {kind for (kind,) in world.rows(mappings, "kind")} >= {"customer", "variant", "order", "order_line"}


# -- what stands against it ----------------------------------------------------------------------------------------


def test_without_settings_orders_are_left_out_unless_they_are_asked_for(world: OdooWorld) -> None:
    put(world, 7)
    operation = sync(world)
    assert operation.receipt is not None and "orders" not in operation.receipt
    with pytest.raises(Refused, match="how this store's orders are booked"):
        sync(world, ORDERS)


def test_a_line_without_a_product_waits_until_there_is_one(world: OdooWorld) -> None:
    put(world, 7, MUG, {"title": "Old cup", "price": "3.00", "variant": 999})
    put(world, 8, {"title": "Plate", "variant": 201})
    product(world.app, world.store_id, 2, "Plate", {"sku": "P"})
    set_up(world, services=False)
    assert done(world, SyncKind.CUSTOMERS, ORDERS) == {"review": 1, "created": 1}
    assert (cause(world, 7), cause(world, 8)) == ("service_product", None)
    set_up(world)
    assert done(world)["created"] == 1
    [made] = [row for row in sale_orders(world) if row["client_order_ref"].endswith("/7")]
    assert [row["name"] for row in lines_of(world, made["id"])] == ["Mug", "Old cup"]
    quiet(world)


def test_a_tax_that_nobody_confirmed_is_asked_about(world: OdooWorld) -> None:
    put(world, 7)
    set_up(world)
    put(world, 8, tax="10")
    assert done(world) == {"created": 1, "review": 1}
    found = item(world, 8)
    assert found is not None and found.cause == "tax" and "vat 10 %" in (found.sentence or "")
    assert found.detail is not None and "tax table" in found.detail["records"]["order.8"]["fix"]
    assert [(one.label, row.entry.confirmed) for one, row in tax_table(world).items()] == [("vat 10 %", False)]


def test_the_rule_decides_which_orders_are_taken(world: OdooWorld) -> None:
    put(world, 7)
    put(world, 8, display_financial_status="PENDING")
    set_up(world, rule=OrderRule(financial=("PAID",)))
    assert done(world) == {"created": 1, "excluded": 1}
    use_rule(world, EVERY_ORDER)
    assert done(world) == {"created": 1, "unchanged": 1}


def test_a_preview_counts_on_what_comes_before_and_writes_nothing(world: OdooWorld) -> None:
    put(world, 7)
    put(world, 8, test=True)
    set_up(world)
    world.odoo.forget()
    shown = preview(world, *ALL)
    assert shown.receipt is not None and shown.receipt["orders"]["create"] == 1, shown.error
    assert shown.receipt["orders"]["excluded"] == 1
    assert world.odoo.writing_calls() == {}


# -- what is there -------------------------------------------------------------------------------------------------


def test_an_answer_that_was_lost_doubles_no_order(world: OdooWorld) -> None:
    for order_id in (7, 8):
        put(world, order_id)
    set_up(world)
    world.odoo.fault("lost_answer", operation="sale.order.load")
    assert done(world) == {"created": 2}
    assert len(sale_orders(world)) == 2
    assert {origin for (origin,) in world.rows(mappings, "origin")} == {"created"}
    quiet(world)


def test_a_line_that_somebody_added_is_found_by_the_total(world: OdooWorld) -> None:
    put(world, 7)
    set_up(world)
    done(world)
    [made] = sale_orders(world)
    [mug] = [row["product_id"][0] for row in lines_of(world, made["id"], "product_id")]
    more = {"order_id": made["id"], "name": "Gift", "product_id": mug, "price_unit": 5.0, "tax_ids": [[6, 0, []]]}
    world.odoo.does("sale.order.line", "create", vals_list=[more])
    world.odoo.forget()
    assert done(world, ORDERS, ids={ORDERS: [7]}) == {"review": 1}
    found = item(world, 7)
    assert found is not None and found.cause == "total" and "17.5 USD" in (found.sentence or "")
    assert world.odoo.writing_calls() == {}


def test_an_order_that_carries_our_reference_is_linked_line_by_line(world: OdooWorld) -> None:
    """What a Clear leaves: no external id, no mapping."""
    put(world, 7, MUG, {"title": "Wrapping", "price": "1.10"}, shipping="4.90")
    set_up(world)
    done(world)
    before = {row["odoo_id"] for row in _mapped(world)}
    left = [row["id"] for row in world.odoo.rows("ir.model.data", [["name", "=like", "s%.order%"]], "name")]
    world.odoo.does("ir.model.data", "unlink", ids=left)
    with world.app.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM mappings WHERE kind IN ('order', 'order_line')")
    assert done(world) == {"linked": 1}
    assert {row["odoo_id"] for row in _mapped(world)} == before and len(sale_orders(world)) == 1
    assert item(world, 7) is None
    quiet(world)


def test_two_orders_with_our_reference_are_asked_about(world: OdooWorld) -> None:
    put(world, 7)
    set_up(world)
    sync(world, SyncKind.CUSTOMERS, SyncKind.PRODUCTS)
    [ann] = world.odoo.rows("res.partner", [["email", "=", "ann@example.com"]], "id")
    twin = {"partner_id": ann["id"], "client_order_ref": "gid://shopify/Order/7"}
    one, _ = world.odoo.does("sale.order", "create", vals_list=[twin, twin])
    assert done(world) == {"ambiguous": 1}
    assert cause(world, 7) == "reference"
    sync_odoo_decide.link(world.app, SYSTEM, world.store_id, ORDERS, 7, one)
    finish(world)
    found = item(world, 7)
    assert found is not None and len(sale_orders(world)) == 2


def test_an_order_that_is_gone_from_odoo_is_made_again_only_when_somebody_says_so(world: OdooWorld) -> None:
    put(world, 7, MUG, shipping="4.90")
    put(world, 8)
    set_up(world)
    done(world)
    world.odoo.does("sale.order", "unlink", ids=[min(row["id"] for row in sale_orders(world))])
    put(world, 7, {**MUG, "quantity": 2}, shipping="4.90", at=LATER)
    assert done(world) == {"ambiguous": 1, "unchanged": 1} and len(sale_orders(world)) == 1
    assert cause(world, 7) == "missing"
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, ORDERS, [7], Choice.CREATE)
    finish(world)
    assert item(world, 7) is None
    [made] = [row for row in sale_orders(world) if row["client_order_ref"].endswith("/7")]
    assert made["amount_total"] == pytest.approx(29.90)
    quiet(world)


def test_fresh_orders_go_before_older_ones(world: OdooWorld) -> None:
    put(world, 7)
    put(world, 8, created_at="2036-11-01T10:00:00Z")
    set_up(world)
    assert done(world) == {"created": 2}
    made = sorted(sale_orders(world), key=lambda row: row["id"])
    assert [row["client_order_ref"][-1] for row in made] == ["8", "7"]
    quiet(world)


def test_a_confirmed_order_is_never_written_again(world: OdooWorld) -> None:
    put(world, 7)
    set_up(world)
    done(world)
    [made] = sale_orders(world)
    world.odoo.does("sale.order", "action_confirm", ids=[made["id"]])
    put(world, 7, at=LATER, tags=("vip",))
    assert done(world) == {"unchanged": 1}
    put(world, 7, {**MUG, "quantity": 2}, at=LATER)
    world.odoo.forget()
    assert done(world) == {"review": 1}
    assert world.odoo.writing_calls() == {}
    found = item(world, 7)
    assert found is not None and found.cause == "changed_after_confirm" and found.detail is not None
    assert "Mug: the quantity was 1 and is 2." in found.detail["records"]["order.7"]["changes"]
    assert world.rows(order_books, "stage") == [("order",)]
