"""Orders that changed after they were confirmed: compared, left as they are, or taken back and booked anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mooring.app import ENDINGS, WORKS
from mooring.db import order_books
from mooring.domain.mapping import SyncKind
from mooring.domain.order_settings import Outcome
from mooring.usecases import sync_odoo_decide
from mooring.usecases.operations_drive import drive
from mooring.usecases.sync_odoo_decide import Choice
from mooring.usecases.sync_odoo_turn import SETTLED
from mooring.usecases.who import SYSTEM
from tests.usecases.booking import sale_orders, set_up
from tests.usecases.clearing import ClearWorld
from tests.usecases.hubbing_money import Back, paid
from tests.usecases.moving import later
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.test_book_orders import MUG, booked, cause, done, entries, item, payments, put, quiet, stages, world

__all__ = ["world"]

LATER = "2026-11-04T10:00:00Z"
CARD: dict[str, Any] = {"id": 72, "title": "Card", "price": "3.00"}
PAID = paid("15.50", 901)


def buy(world: OdooWorld) -> None:
    put(world, 7, MUG, CARD, total="15.50", payments=[PAID])


def edit(world: OdooWorld, *more: Any) -> None:
    """A second mug instead of the card."""
    put(world, 7, {**MUG, "quantity": 2}, {**CARD, "left": 0}, total="25.00", payments=[PAID, *more], at=LATER)


def choose(world: OdooWorld, choice: Choice) -> dict[str, int]:
    made = sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, SyncKind.ORDERS, [7], choice)
    if made.operation is None:
        return {}
    operation = drive(world.app, made.operation.id, WORKS, ENDINGS)
    assert operation.state == "done", operation.error
    return booked(operation)


def lines(world: OdooWorld) -> list[tuple[str, float]]:
    rows = world.odoo.rows("sale.order.line", [], "name", "product_uom_qty")
    return [(row["name"], row["product_uom_qty"]) for row in rows]


def live(world: OdooWorld) -> list[tuple[str, str, float, float]]:
    return [(row["move_type"], row["state"], row["amount_total"], row["amount_residual"]) for row in entries(world)]


OUTCOMES = (Outcome.ORDER, Outcome.DRAFT_INVOICE, Outcome.INVOICE)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_edit_waits_with_what_changed_and_is_not_said_again_once_ignored(world: OdooWorld, outcome: Outcome) -> None:
    buy(world)
    set_up(world, outcome=outcome)
    done(world)
    before = live(world)
    edit(world)
    done(world)
    assert cause(world, 7) == "changed_after_confirm"
    quiet(world)
    choose(world, Choice.IGNORE)
    quiet(world)
    assert cause(world, 7) is None and live(world) == before
    assert lines(world) == [("Mug", 1), ("Card", 1)]


def test_an_order_is_taken_back_and_booked_anew(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.ORDER)
    done(world)
    edit(world)
    done(world)
    told = choose(world, Choice.RESET)
    assert told == {"confirmed": 1}, (item(world, 7), sale_orders(world), stages(world))
    [made] = sale_orders(world)
    assert (made["state"], made["amount_total"], lines(world)) == ("sale", 25.0, [("Mug", 2), ("Card", 0)])
    assert cause(world, 7) is None, item(world, 7)
    quiet(world)


def test_a_draft_invoice_goes_with_the_order_that_is_taken_back(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.DRAFT_INVOICE)
    done(world)
    edit(world)
    done(world)
    choose(world, Choice.RESET)
    assert live(world) == [("out_invoice", "cancel", 15.5, 0), ("out_invoice", "draft", 25.0, 25.0)]
    assert cause(world, 7) is None and stages(world) == [("draft_invoice", True)]
    quiet(world)


def test_what_was_paid_counts_for_the_invoice_that_is_made_anew(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    edit(world)
    done(world)
    choose(world, Choice.RESET)
    assert live(world) == [
        ("out_invoice", "posted", 15.5, 0), ("out_refund", "posted", 15.5, 0), ("out_invoice", "posted", 25.0, 9.5),
    ]  # fmt: skip
    assert len(payments(world)) == 1 and cause(world, 7) is None, item(world, 7)
    quiet(world)
    edit(world, paid("9.50", 902, at=LATER))
    assert done(world) == {"paid": 1}, (item(world, 7), stages(world), live(world))
    assert live(world)[-1] == ("out_invoice", "posted", 25.0, 0)
    quiet(world)


TAKING_BACK = (
    "account.move.reversal.refund_moves", "account.move.action_post", "sale.order.action_cancel",
    "sale.order.action_draft", "account.move.js_assign_outstanding_line",
)  # fmt: skip


@pytest.mark.parametrize("step", TAKING_BACK)
def test_taking_back_happens_once_though_an_answer_is_lost(world: OdooWorld, step: str) -> None:
    buy(world)
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    edit(world)
    done(world)
    struck = world.odoo.fault("lost_answer", operation=step.replace(".", r"\."))
    made = sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, SyncKind.ORDERS, [7], Choice.RESET)
    assert made.operation and ClearWorld(world).drive(made.operation.id).state == "done"
    later(world.app, SETTLED + timedelta(seconds=5))
    done(world)
    assert struck.hits == 1 and cause(world, 7) is None, item(world, 7)
    assert live(world) == [
        ("out_invoice", "posted", 15.5, 0), ("out_refund", "posted", 15.5, 0), ("out_invoice", "posted", 25.0, 9.5),
    ]  # fmt: skip
    assert len(payments(world)) == 1
    quiet(world)


def test_an_order_that_is_partly_credited_is_not_taken_back(world: OdooWorld) -> None:
    back = Back(31, lines=[(72, 1, "3.00", "0")], money="3.00")
    put(world, 7, MUG, CARD, total="15.50", payments=[PAID], backs=[back])
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    before = live(world)
    put(world, 7, {**MUG, "quantity": 2}, CARD, total="28.00", payments=[PAID], backs=[back], at=LATER)
    done(world)
    assert cause(world, 7) == "changed_after_confirm"
    choose(world, Choice.RESET)
    found = item(world, 7)
    assert found and found.state == "review" and "credited in Odoo already" in (found.sentence or "")
    assert live(world) == before


def test_a_locked_order_is_not_taken_back(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.ORDER)
    done(world)
    [made] = sale_orders(world)
    world.odoo.does("sale.order", "action_lock", ids=[made["id"]])
    edit(world)
    done(world)
    choose(world, Choice.RESET)
    found = item(world, 7)
    assert found and "unlock it there" in (found.sentence or "")
    world.odoo.does("sale.order", "action_unlock", ids=[made["id"]])
    assert choose(world, Choice.RESET) == {"confirmed": 1}
    quiet(world)


# -- cancelled with an invoice -------------------------------------------------------------------------------------


def cancel(world: OdooWorld) -> None:
    put(world, 7, MUG, CARD, total="15.50", payments=[PAID], at=LATER, cancelled_at=LATER)


def test_the_rest_of_a_cancelled_order_is_credited_on_a_click(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    cancel(world)
    done(world)
    assert cause(world, 7) == "cancelled_invoiced"
    choose(world, Choice.CREDIT)
    assert live(world) == [("out_invoice", "posted", 15.5, 0), ("out_refund", "posted", 15.5, 15.5)]
    assert sale_orders(world)[0]["state"] == "cancel" and cause(world, 7) is None, item(world, 7)
    quiet(world)


def test_a_cancellation_that_was_ignored_is_not_said_again(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    cancel(world)
    done(world)
    choose(world, Choice.IGNORE)
    quiet(world)
    assert cause(world, 7) is None and sale_orders(world)[0]["state"] == "sale"


# -- gone or changed in Odoo ---------------------------------------------------------------------------------------


def test_an_invoice_that_was_deleted_in_odoo_is_made_again_only_when_asked(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.DRAFT_INVOICE)
    done(world)
    world.odoo.does("account.move", "unlink", ids=[entries(world)[0]["id"]])
    with world.app.db.write() as connection:
        order_books.unsettle(connection, world.store_id)
    done(world)
    assert cause(world, 7) == "missing_in_odoo" and live(world) == []
    choose(world, Choice.CREATE)
    assert live(world) == [("out_invoice", "draft", 15.5, 15.5)] and cause(world, 7) is None
    quiet(world)


def test_an_order_that_was_deleted_in_odoo_is_made_again_only_when_asked(world: OdooWorld) -> None:
    """The next one is there: otherwise it would look like a database restored from an older copy."""
    buy(world)
    put(world, 8, {**MUG, "id": 81}, total="12.50")
    set_up(world, outcome=Outcome.DRAFT_ORDER)
    done(world)
    [made] = [one for one in sale_orders(world) if one["client_order_ref"].endswith("/7")]
    world.odoo.does("sale.order", "unlink", ids=[made["id"]])
    with world.app.db.write() as connection:
        order_books.unsettle(connection, world.store_id)
    done(world)
    assert cause(world, 7) == "missing_in_odoo" and len(sale_orders(world)) == 1
    quiet(world)
    choose(world, Choice.CREATE)
    assert cause(world, 7) is None and len(sale_orders(world)) == 2
    quiet(world)
