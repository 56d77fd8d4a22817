"""Whole shops booked with invoices and payments: every order equal to the cent, and found again after a Clear."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mooring.db import sync_items
from mooring.db.tables import order_books, orders
from mooring.domain import records_orders as ro
from mooring.domain.kinds import Kind
from mooring.domain.mapping import SyncKind
from mooring.domain.order_amounts import shop
from mooring.domain.order_causes import Cause
from mooring.domain.order_settings import Outcome
from mooring_sandbox.shopify import csv_import
from tests.usecases.booking import set_up
from tests.usecases.clearing import ClearWorld
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.syncing import sync

SCOPES = ("read_all_orders", "read_customers", "read_orders", "read_products")
ALL = tuple(SyncKind)
CENT = Decimal("0.001")
SAMPLES = Path(csv_import.__file__).parents[1] / "samples"


def exports() -> dict[str, Any]:
    """A shop out of Shopify's own CSV exports."""
    return {f"{kind}_csv": str(SAMPLES / f"{kind}.csv") for kind in ("products", "customers", "orders")}


def booked(world: OdooWorld) -> dict[str, int]:
    for kind in (Kind.CUSTOMERS, Kind.ORDERS, Kind.PRODUCTS):
        assert world.run_import(kind).state == "done"
    set_up(world, outcome=Outcome.INVOICE)
    operation = sync(world, *ALL)
    assert operation.state == "done" and operation.receipt is not None, operation.error
    return operation.receipt["booked"]


def hub(world: OdooWorld) -> dict[str, ro.Order]:
    """Without test orders, which no rule takes by itself."""
    rows = world.rows(orders, "shopify_id", "body")
    found = {f"gid://shopify/Order/{one}": msgspec.json.decode(body, type=ro.Order) for one, body in rows}
    return {reference: order for reference, order in found.items() if not order.test}


def money(raw: Any) -> Decimal:
    return Decimal(str(raw or 0)).quantize(CENT)


def require_equal(world: OdooWorld) -> Counter[str]:
    """Of every order that is in Odoo: its total, and invoices less credit notes. What waits for a person has one of
    the listed causes, and is counted."""
    told = hub(world)
    with world.app.db.read() as connection:
        waiting = sync_items.in_state(connection, world.store_id, SyncKind.ORDERS, ["review", "failed"], limit=1_000)
    asked = {f"gid://shopify/Order/{item.shopify_id}": item.cause for item in waiting}
    assert {*asked.values()} <= {*Cause}, asked
    there = world.odoo.rows("sale.order", [], "client_order_ref", "amount_total", "invoice_ids", "state")
    assert sorted(row["client_order_ref"] for row in there) == sorted(told.keys() - _unbooked(asked, there))
    posted = [["state", "=", "posted"], ["move_type", "like", "out_"]]
    entries = world.odoo.rows("account.move", posted, "move_type", "amount_total", "reversed_entry_id")
    for row in there:
        order = told[row["client_order_ref"]]
        assert money(row["amount_total"]) == shop(order.total_price_set)
        if row["client_order_ref"] not in asked and row["invoice_ids"]:
            left = sum(_signed(one) for one in entries if _is_of(one, row["invoice_ids"]))
            assert left == shop(order.current_total_price_set), row["client_order_ref"]
    _require_small_rounding(world)
    return Counter(cause or "" for cause in asked.values())


def _unbooked(asked: dict[str, str | None], there: list[dict[str, Any]]) -> set[str]:
    return asked.keys() - {row["client_order_ref"] for row in there}


def _is_of(entry: dict[str, Any], invoices: list[int]) -> bool:
    """A credit note for no line of the order is not among its invoices, but reverses one of them."""
    origin = entry["reversed_entry_id"]
    return entry["id"] in invoices or bool(origin and origin[0] in invoices)


def _signed(entry: dict[str, Any]) -> Decimal:
    return money(entry["amount_total"]) * (-1 if entry["move_type"] == "out_refund" else 1)


def _require_small_rounding(world: OdooWorld) -> None:
    rounding: defaultdict[int, list[Decimal]] = defaultdict(list)
    for row in world.odoo.rows("sale.order.line", [["name", "=", "Rounding"]], "order_id", "price_total"):
        rounding[row["order_id"][0]].append(money(row["price_total"]))
    assert all(len(found) == 1 and abs(found[0]) <= Decimal("0.02") for found in rounding.values()), rounding


def require_paid(world: OdooWorld) -> None:
    """What came in and what went back, transaction by transaction, once each."""
    memos = Counter(row["memo"] for row in world.odoo.rows("account.payment", [], "memo"))
    assert all(count == 1 for count in memos.values())
    moved = {tx.id.rpartition("/")[2]: shop(tx.amount_set) for order in hub(world).values()
             for tx in order.transactions if tx.status == "SUCCESS" and tx.kind in ("SALE", "CAPTURE")}  # fmt: skip
    there = {
        row["memo"]: money(row["amount"])
        for row in world.odoo.rows("account.payment", [["payment_type", "=", "inbound"]], "memo", "amount")
    }
    assert there == {memo: moved[memo] for memo in there} and there


@pytest.mark.slow
def test_every_order_of_the_catalogue_is_booked_to_the_cent(database_url: str, data_dir: Path) -> None:
    sizes = {"customers": 40, "orders": 150, "products": 20}
    with odoo_world(database_url, data_dir, sizes=sizes, scopes=SCOPES) as world:
        told = booked(world)
        waiting = require_equal(world)
        assert sum(waiting.values()) <= sizes["orders"] / 100, waiting
        require_paid(world)
        assert told["credited"] and told["paid"] > sizes["orders"] / 2
        world.odoo.forget()
        sync(world, *ALL)
        assert world.odoo.writing_calls() == {}


def test_every_order_of_an_exported_shop_is_booked_to_the_cent(database_url: str, data_dir: Path) -> None:
    with odoo_world(database_url, data_dir, sizes=exports(), scopes=SCOPES) as world:
        booked(world)
        assert not require_equal(world)
        require_paid(world)


def test_after_a_clear_everything_is_recognised(database_url: str, data_dir: Path) -> None:
    """No order, invoice, payment or credit note is made or written again: only external ids are planted."""
    with odoo_world(
        database_url, data_dir, sizes={"customers": 8, "orders": 20, "products": 5}, scopes=SCOPES
    ) as world:
        booked(world)
        before = _business(world)
        cleared = ClearWorld(world)
        assert cleared.clear(SyncKind.ORDERS).state == "done"
        assert world.count(order_books) == 0
        world.odoo.forget()
        operation = sync(world, *ALL)
        assert operation.state == "done", operation.error
        assert set(world.odoo.writing_calls()) <= {"ir.model.data.create"}
        assert _business(world) == before
        require_equal(world)
        world.odoo.forget()
        sync(world, *ALL)
        assert world.odoo.writing_calls() == {}


def _business(world: OdooWorld) -> list[Any]:
    return [
        world.odoo.rows("sale.order", [], "state", "amount_total", "write_date"),
        world.odoo.rows("account.move", [], "state", "amount_total", "amount_residual", "write_date"),
        world.odoo.rows("account.payment", [], "memo", "amount", "state", "write_date"),
    ]
