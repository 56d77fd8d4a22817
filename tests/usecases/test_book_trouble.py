"""Steps whose answers are lost, come late or are refused: each happens once, and what waits for a person says why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mooring.app import ENDINGS, WORKS
from mooring.db import operations
from mooring.db.tables import order_steps
from mooring.domain.order_settings import Outcome
from mooring.domain.rules import Work
from mooring.errors import ConfirmationMissing
from mooring.usecases import order_settings_save, sync_odoo_scheduled
from mooring.usecases.operations_drive import drive
from mooring.usecases.order_settings_save import Wish
from mooring.usecases.sync_odoo_turn import SETTLED
from mooring.usecases.who import SYSTEM
from tests.usecases.booking import sale_orders, set_up
from tests.usecases.hubbing_money import Back, paid
from tests.usecases.moving import later
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.test_book_orders import MUG, cause, done, entries, item, payments, put, quiet, stages, world

__all__ = ["world"]

BACK = Back(31, lines=[(71, 1, "12.50", "0")], money="12.50")
STEPS = {
    "confirm": "sale.order.action_confirm",
    "date": "sale.order.write",
    "invoice": "sale.advance.payment.inv.create_invoices",
    "post": "account.move.action_post",
    "pay": "account.payment.register.action_create_payments",
    "credit": "account.move.reversal.refund_moves",
}


def buy(world: OdooWorld, **said: Any) -> None:
    put(world, 7, MUG, total="12.50", payments=[paid("12.50", 901)], backs=[BACK], **said)


def pass_by(world: OdooWorld) -> None:
    """Until nothing that was sent can happen any more, on both sides."""
    gone = SETTLED + timedelta(seconds=5)
    later(world.app, gone)
    world.odoo.server.sandbox.clock.advance(gone)
    world.odoo.server.sandbox.settle()


def by_the_clock(world: OdooWorld) -> None:
    """The sync that the schedule begins for what was left."""
    sync_odoo_scheduled.booked(world.app)
    with world.app.db.read() as connection:
        newest = operations.newest(connection, world.store_id, Work.SYNC_ODOO)
    assert newest is not None and newest.arguments.get("book")
    assert drive(world.app, newest.id, WORKS, ENDINGS).state == "done"


@pytest.mark.parametrize("fault", ["lost_answer", "late_commit"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_whose_answer_is_lost_happens_once(world: OdooWorld, step: str, fault: str) -> None:
    buy(world)
    set_up(world, outcome=Outcome.INVOICE)
    struck = world.odoo.fault(fault, operation=STEPS[step].replace(".", r"\."), seconds=20)
    done(world)
    assert struck.hits == 1 and world.count(order_steps) == 1
    assert [settled for _, settled in stages(world)] == [False]
    pass_by(world)
    by_the_clock(world)
    assert world.count(order_steps) == 0 and cause(world, 7) is None, item(world, 7)
    [made] = sale_orders(world, "date_order")
    assert made["date_order"] == "2026-11-01 10:00:00"
    assert [(row["move_type"], row["state"], row["amount_residual"]) for row in entries(world)] == [
        ("out_invoice", "posted", 0), ("out_refund", "posted", 0),
    ]  # fmt: skip
    assert [row["memo"] for row in payments(world)] == ["901", "310"]
    quiet(world)


def test_nothing_is_begun_by_the_clock_before_its_time(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.INVOICE)
    world.odoo.fault("lost_answer", operation=r"sale\.order\.action_confirm")
    done(world)
    before = _newest(world)
    sync_odoo_scheduled.booked(world.app)
    assert _newest(world) == before


def _newest(world: OdooWorld) -> str:
    with world.app.db.read() as connection:
        found = operations.newest(connection, world.store_id, Work.SYNC_ODOO)
    assert found is not None
    return found.id


def refusal(message: str) -> dict[str, Any]:
    return {"name": "odoo.exceptions.UserError", "message": message, "arguments": [message], "context": {}, "debug": ""}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("You cannot add/modify entries prior to and inclusive of: 2026-11-30.", "lock_date"),
        ("The journal needs a default account.", "odoo"),
    ],
)
def test_what_odoo_refuses_waits_with_its_words_and_the_others_go_on(world: OdooWorld, words: str, wanted: str) -> None:
    buy(world)
    put(world, 8, {**MUG, "id": 81}, total="12.50", payments=[paid("12.50", 902)])
    set_up(world, outcome=Outcome.INVOICE)
    world.odoo.fault("status", operation=r"account\.move\.action_post", status=422, body=refusal(words))
    done(world)
    waiting = [one for one in (7, 8) if cause(world, one)]
    assert [cause(world, one) for one in waiting] == [wanted]
    found = item(world, waiting[0])
    assert found and words in (found.sentence or "")
    assert sorted(row["state"] for row in entries(world) if row["move_type"] == "out_invoice") == ["draft", "posted"]
    done(world)
    assert not any(cause(world, one) for one in (7, 8))
    quiet(world)


def test_what_is_invoiced_on_delivery_waits_for_it(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.ORDER)
    done(world)
    [mug] = world.odoo.rows("product.template", [["name", "=", "Mug"]], "id")
    world.odoo.does("product.template", "write", ids=[mug["id"]], vals={"invoice_policy": "delivery"})
    world.odoo.does("sale.order.line", "write", ids=[sale_line(world)], vals={"product_uom_qty": 1})
    take_on(world)
    assert done(world) == {"review": 1} and cause(world, 7) == "delivered_policy" and not entries(world)
    world.odoo.does("product.template", "write", ids=[mug["id"]], vals={"invoice_policy": "order"})
    world.odoo.does("sale.order.line", "write", ids=[sale_line(world)], vals={"product_uom_qty": 1})
    done(world)
    assert cause(world, 7) is None and stages(world) == [("paid", True)]


def sale_line(world: OdooWorld) -> int:
    return world.odoo.rows("sale.order.line", [], "id")[0]["id"]


def take_on(world: OdooWorld) -> None:
    wish = Wish(outcome=Outcome.INVOICE)
    with pytest.raises(ConfirmationMissing) as asked:
        order_settings_save.save(world.app, SYSTEM, world.store_id, wish)
    order_settings_save.save(world.app, SYSTEM, world.store_id, wish, asked.value.token)
