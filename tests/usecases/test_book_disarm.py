"""A worker that stood still for minutes presses the button of its wizard after all: nothing comes of it any more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mooring.db import order_steps
from mooring.db.order_steps import Sent
from mooring.domain.mapping import SyncKind
from mooring.domain.order_settings import Outcome
from mooring.errors import Permanent
from mooring.usecases import odoo_gate
from mooring.usecases.sync_odoo_turn import SETTLED
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.selling import Item, Sale
from tests.usecases.syncing import sync
from tests.usecases.weather_orders import settle_terms

NUMBER = 7001


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        yield made


def booked(world: OdooWorld, *paid: int) -> tuple[Sale, int]:
    """An order that is invoiced and paid as far as that; and its invoice."""
    sale = Sale(world.app, world.store_id, NUMBER, [Item(1, 50, 2)])
    for amount in paid:
        sale.pay(Decimal(amount))
    sale.put()
    settle_terms(world, world.store_id, Outcome.INVOICE)
    assert sync(world, *SyncKind).state == "done"
    [invoice] = world.odoo.rows("account.move", [["move_type", "=", "out_invoice"]], "id")
    return sale, invoice["id"]


def left_behind(world: OdooWorld, model: str, invoice: int, step: str, subject: int, **values: Any) -> int:
    """The wizard of a worker that stands still, and the step that it had written down."""
    context = {"active_model": "account.move", "active_ids": [invoice]}
    [wizard] = odoo_gate.call(
        world.app, world.ticket(), model, "create", {"vals_list": [values]}, context=context
    )  # fmt: skip
    sent = Sent(NUMBER, step, "gone", 1, world.app.clock.now() - SETTLED - timedelta(seconds=1), subject)
    with world.app.db.write() as connection:
        order_steps.put(connection, world.store_id, sent)
    return wizard


def press(world: OdooWorld, model: str, button: str, wizard: int) -> None:
    """Odoo may say that there is nothing to do."""
    with contextlib.suppress(Permanent):
        odoo_gate.call(world.app, world.ticket(), model, button, {}, ids=[wizard])


def test_a_refund_is_credited_once(world: OdooWorld) -> None:
    sale, invoice = booked(world, 110)
    sale.refund(1).put()
    refund = sale.backs[0].id
    reversal = "account.move.reversal"
    wizard = left_behind(
        world, reversal, invoice, "credit", refund, move_ids=[[6, 0, [invoice]]],
        reason=f"gid://shopify/Refund/{refund} of 7001",
    )  # fmt: skip
    assert sync(world, *SyncKind).state == "done"
    press(world, reversal, "refund_moves", wizard)
    notes = world.odoo.rows("account.move", [["move_type", "=", "out_refund"]], "amount_total", "state")
    assert [(row["amount_total"], row["state"]) for row in notes] == [(55.0, "posted")]


def test_a_payment_is_made_once(world: OdooWorld) -> None:
    """Enough is open for it to be made twice."""
    sale, invoice = booked(world, 20)
    sale.pay(Decimal(30)).put()
    register, transaction = "account.payment.register", NUMBER * 100 + 1
    wizard = left_behind(world, register, invoice, "pay", transaction, communication=str(transaction), amount=30.0)
    assert sync(world, *SyncKind).state == "done"
    press(world, register, "action_create_payments", wizard)
    payments = world.odoo.rows("account.payment", [["amount", "!=", 0]], "amount", "memo")
    assert sorted((row["amount"], row["memo"]) for row in payments) == [
        (20.0, str(NUMBER * 100)), (30.0, str(transaction)),
    ]  # fmt: skip
    [move] = world.odoo.rows("account.move", [["id", "=", invoice]], "amount_residual")
    assert move["amount_residual"] == 60.0


def test_an_invoice_is_made_once(world: OdooWorld) -> None:
    sale = Sale(world.app, world.store_id, NUMBER, [Item(1, 50, 2)]).pay().put()
    settle_terms(world, world.store_id, Outcome.ORDER)
    assert sync(world, *SyncKind).state == "done"
    [order] = world.odoo.rows("sale.order", [["client_order_ref", "=", f"gid://shopify/Order/{sale.id}"]], "id")
    settle_terms(world, world.store_id, Outcome.INVOICE)
    asked = {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [order["id"]]]]}
    model = "sale.advance.payment.inv"
    wizard = left_behind(world, model, 0, "invoice", 0, **asked)
    assert sync(world, *SyncKind, ids={SyncKind.ORDERS: [sale.id]}).state == "done"
    press(world, model, "create_invoices", wizard)
    assert len(world.odoo.rows("account.move", [], "id")) == 1
