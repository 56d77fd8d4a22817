"""Refunds of booked orders become credit notes that equal them to the cent, and money that went back settles these."""

from __future__ import annotations

from typing import Any

import pytest

from mooring.db.tables import order_books
from mooring.domain.mapping import SyncKind
from mooring.domain.order_settings import Outcome
from mooring.usecases import sync_odoo_decide
from mooring.usecases.sync_odoo_decide import Choice
from mooring.usecases.who import SYSTEM
from tests.usecases.booking import sale_orders, set_up
from tests.usecases.hubbing_money import Back, paid
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.test_book_orders import MUG, cause, done, entries, item, payments, put, quiet, world

__all__ = ["world"]

LATER = "2026-11-04T10:00:00Z"
MUGS: dict[str, Any] = {**MUG, "quantity": 4}
CARD: dict[str, Any] = {"id": 72, "title": "Card", "price": "3.33", "quantity": 3}
"""4 mugs and 3 cards with 10 % tax, and shipping: 55.00 + 10.99 + 4.90."""
TOTAL = "70.89"


def buy(world: OdooWorld, *backs: Back, **said: Any) -> None:
    usual: dict[str, Any] = {"total": TOTAL, "shipping": "4.90", "tax": "10", "payments": [paid(TOTAL, 901)]}
    put(world, 7, MUGS, CARD, backs=backs, **usual | said)


def credits(world: OdooWorld) -> list[dict[str, Any]]:
    return [row for row in entries(world, "reversed_entry_id") if row["move_type"] == "out_refund"]


def lines(world: OdooWorld, entry: int) -> list[tuple[str, float, float]]:
    rows = world.odoo.rows("account.move.line", [["move_id", "=", entry], ["display_type", "=", "product"]],
                           "name", "quantity", "price_total")  # fmt: skip
    return [(row["name"].partition("\n")[2] or row["name"], row["quantity"], row["price_total"]) for row in rows]


ONE_MUG = Back(31, lines=[(71, 1, "12.50", "1.25")], money="13.75")
WHOLE = Back(32, lines=[(71, 4, "50.00", "5.00"), (72, 3, "9.99", "1.00")], shipping="4.90", money=TOTAL)
POSTAGE = Back(33, shipping="4.90", money="4.90")
GOODWILL = Back(34, adjusted="-5.00", money="5.00")
NO_MONEY = Back(35, lines=[(72, 2, "6.66", "0.67")])
KEPT_BACK = Back(36, lines=[(71, 2, "25.00", "2.50")], adjusted="7.50", money="20.00")
KINDS = (ONE_MUG, WHOLE, POSTAGE, GOODWILL, NO_MONEY, KEPT_BACK)


@pytest.mark.parametrize(
    "back", [ONE_MUG, WHOLE, POSTAGE, GOODWILL, NO_MONEY, KEPT_BACK], ids=lambda back: str(back.id)
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_refund_is_credited_to_the_cent(world: OdooWorld, back: Back, when: str) -> None:
    """Whether it was refunded before it was first booked, or after."""
    buy(world, *([back] if when == "before" else []))
    set_up(world, outcome=Outcome.INVOICE)
    told = done(world)
    assert cause(world, 7) is None, item(world, 7)
    if when == "after":
        buy(world, back, at=LATER)
        told = {**told, **done(world)}
    assert cause(world, 7) is None, item(world, 7)
    assert told == {"confirmed": 1, "invoiced": 1, "paid": 1, "credited": 1}
    [credit] = credits(world)
    assert credit["amount_total"] == pytest.approx(float(back.value)) and credit["state"] == "posted"
    assert f"gid://shopify/Refund/{back.id}" in credit["ref"] and credit["invoice_date"] == "2026-11-03"
    assert credit["amount_residual"] == pytest.approx(float(back.value) - float(back.money))
    invoice = entries(world)[0]
    assert (invoice["amount_total"], invoice["amount_residual"]) == (float(TOTAL), 0)
    went = [(row["memo"], row["amount"]) for row in payments(world) if row["payment_type"] == "outbound"]
    assert went == ([(str(back.id * 10), float(back.money))] if float(back.money) else [])
    quiet(world)


def test_the_lines_of_a_credit_note_are_those_that_went_back(world: OdooWorld) -> None:
    buy(world, Back(31, lines=[(71, 1, "12.50", "1.25"), (72, 2, "6.66", "0.67")], shipping="4.90", money="25.98"))
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    [credit] = credits(world)
    assert lines(world, credit["id"]) == [("Mug", 1, 13.75), ("Card", 2, 7.33), ("Shipping: Post", 1, 4.9)]


def test_several_refunds_are_credited_one_by_one(world: OdooWorld) -> None:
    buy(world, ONE_MUG, POSTAGE, NO_MONEY)
    set_up(world, outcome=Outcome.INVOICE)
    assert done(world)["credited"] == 3
    assert [row["amount_total"] for row in credits(world)] == [13.75, 4.9, 7.33]
    assert cause(world, 7) is None, item(world, 7)
    quiet(world)
    buy(world, ONE_MUG, POSTAGE, NO_MONEY, GOODWILL, at=LATER)
    done(world)
    assert [row["amount_total"] for row in credits(world)] == [13.75, 4.9, 7.33, 5.0]
    assert len(payments(world)) == 4
    quiet(world)


def test_money_that_goes_back_later_settles_the_open_credit_note(world: OdooWorld) -> None:
    """The goods came back first; a second refund moved the money alone."""
    goods = Back(37, lines=[(71, 1, "12.50", "1.25")])
    buy(world, goods)
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    assert [row["amount_residual"] for row in credits(world)] == [13.75]
    buy(world, goods, Back(38, adjusted="0", money="13.75"), at=LATER)
    done(world)
    assert [row["amount_residual"] for row in credits(world)] == [0]
    assert cause(world, 7) is None, item(world, 7)
    quiet(world)


def test_units_of_one_line_that_went_back_in_two_ways_are_two_lines(world: OdooWorld) -> None:
    """One restocked, one not: Shopify tells the line twice."""
    buy(world, Back(39, lines=[(71, 1, "12.50", "1.25"), (71, 2, "25.00", "2.50")], money="41.25"))
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    [credit] = credits(world)
    assert credit["amount_total"] == 41.25
    assert [(name, units) for name, units, _ in lines(world, credit["id"])] == [("Mug", 1), ("Mug", 2)]
    [order] = sale_orders(world, "order_line")
    [mugs, *_] = world.odoo.rows("sale.order.line", [["id", "in", order["order_line"]]], "qty_invoiced")
    assert mugs["qty_invoiced"] == 1


@pytest.mark.parametrize("outcome", [Outcome.DRAFT_ORDER, Outcome.ORDER, Outcome.DRAFT_INVOICE])
def test_without_a_posted_invoice_a_refund_is_for_a_person(world: OdooWorld, outcome: Outcome) -> None:
    buy(world, ONE_MUG)
    set_up(world, outcome=outcome)
    assert done(world)["review"] == 1
    assert cause(world, 7) == "refund_before_invoice"
    found = item(world, 7)
    assert found and found.detail and found.detail["records"]["order.7"]["ignore"] == {"refunds": [31]}
    assert not credits(world)
    world.odoo.forget()
    done(world)
    assert world.odoo.writing_calls() == {} and cause(world, 7) == "refund_before_invoice"


def test_a_credit_note_that_somebody_made_by_hand_is_not_made_again(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    [invoice] = entries(world, "journal_id")
    context = {"active_model": "account.move", "active_ids": [invoice["id"]]}
    wish = {"journal_id": invoice["journal_id"][0], "reason": "All of it"}
    [wizard] = world.odoo.does("account.move.reversal", "create", vals_list=[wish], context=context)
    world.odoo.does("account.move.reversal", "refund_moves", ids=[wizard])
    buy(world, ONE_MUG, at=LATER)
    done(world)
    assert cause(world, 7) == "refund" and len(credits(world)) == 1


def test_a_refund_that_was_ignored_is_not_said_again(world: OdooWorld) -> None:

    buy(world, ONE_MUG)
    set_up(world, outcome=Outcome.ORDER)
    done(world)
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, SyncKind.ORDERS, [7], Choice.IGNORE)
    assert cause(world, 7) is None
    quiet(world)
    assert cause(world, 7) is None
    assert world.rows(order_books, "stage", "settled") == [("order", True)]
