"""How far orders are taken in Odoo, by what is chosen for the store; and what becomes of those that are cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from mooring.domain.order_settings import Outcome
from mooring.errors import ConfirmationMissing
from mooring.usecases import order_settings_save
from mooring.usecases.order_settings_save import Wish
from mooring.usecases.who import SYSTEM
from tests.usecases.booking import sale_orders, set_up
from tests.usecases.hubbing_money import Back, paid
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.test_book_orders import MUG, cause, done, entries, item, payments, put, quiet, stages, world

__all__ = ["world"]

LATER = "2026-11-04T10:00:00Z"
CANCELLED: dict[str, Any] = {"cancelled_at": "2026-11-04T09:00:00Z"}
WHOLE = Back(32, lines=[(71, 1, "12.50", "0")], money="12.50")
UNITS = Back(33, lines=[(71, 1, "12.50", "0")])


def buy(world: OdooWorld, *backs: Back, pays: bool = True, **said: Any) -> None:
    put(world, 7, MUG, total="12.50", payments=[paid("12.50", 901)] if pays else [], backs=backs, **said)


def state(world: OdooWorld) -> str:
    [found] = sale_orders(world)
    return found["state"]


def invoices(world: OdooWorld) -> list[tuple[str, str]]:
    return [(row["move_type"], row["state"]) for row in entries(world)]


# -- outcomes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "sale", "there", "stage"),
    [
        (Outcome.DRAFT_ORDER, "draft", [], "draft"),
        (Outcome.ORDER, "sale", [], "order"),
        (Outcome.DRAFT_INVOICE, "sale", [("out_invoice", "draft")], "draft_invoice"),
        (Outcome.INVOICE, "sale", [("out_invoice", "posted")], "paid"),
    ],
)
def test_an_order_is_taken_as_far_as_was_chosen(
    world: OdooWorld, outcome: Outcome, sale: str, there: list[Any], stage: str
) -> None:
    buy(world)
    set_up(world, outcome=outcome)
    done(world)
    assert (state(world), invoices(world), stages(world)) == (sale, there, [(stage, True)])
    assert len(payments(world)) == (outcome is Outcome.INVOICE)
    quiet(world)


def test_an_order_is_taken_on_when_more_is_chosen(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.DRAFT_ORDER)
    done(world)
    for outcome, stage in ((Outcome.ORDER, "order"), (Outcome.INVOICE, "paid")):
        with pytest.raises(ConfirmationMissing) as asked:
            order_settings_save.save(world.app, SYSTEM, world.store_id, Wish(outcome=outcome))
        order_settings_save.save(world.app, SYSTEM, world.store_id, Wish(outcome=outcome), asked.value.token)
        done(world)
        assert stages(world) == [(stage, True)]


def test_what_is_not_paid_in_shopify_is_invoiced_and_open(world: OdooWorld) -> None:
    buy(world, pays=False)
    set_up(world, outcome=Outcome.INVOICE)
    assert done(world) == {"confirmed": 1, "invoiced": 1}
    assert (entries(world)[0]["payment_state"], stages(world)) == ("not_paid", [("invoiced", True)])
    buy(world, at=LATER)
    assert done(world) == {"review": 1} and cause(world, 7) == "gateway"
    [journal, *_] = world.odoo.rows("account.journal", [["type", "=", "bank"]], "id")
    order_settings_save.save(world.app, SYSTEM, world.store_id, Wish(journals={"shopify_payments": journal["id"]}))
    assert done(world) == {"paid": 1} and cause(world, 7) is None
    assert stages(world) == [("paid", True)]
    quiet(world)


def test_two_payments_are_two_payments(world: OdooWorld) -> None:
    put(world, 7, MUG, total="12.50", payments=[paid("2.50", 901), paid("10.00", 902, at="2026-11-02T10:00:00Z")])
    set_up(world, outcome=Outcome.INVOICE)
    assert done(world)["paid"] == 1
    assert [(row["memo"], row["amount"]) for row in payments(world)] == [("901", 2.5), ("902", 10.0)]
    assert entries(world)[0]["payment_state"] == "paid"


# -- cancelled -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Outcome.DRAFT_ORDER, Outcome.ORDER, Outcome.DRAFT_INVOICE])
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_was_never_posted_is_cancelled(world: OdooWorld, outcome: Outcome, when: str) -> None:
    """Its draft invoice goes with it."""
    buy(world, **(CANCELLED if when == "before" else {}))
    set_up(world, outcome=outcome)
    told = done(world)
    if when == "after":
        buy(world, UNITS, at=LATER, **CANCELLED)
        told = done(world)
    assert told == {"cancelled": 1} and state(world) == "cancel"
    assert all(one == ("out_invoice", "cancel") for one in invoices(world))
    assert cause(world, 7) is None and stages(world) == [("cancelled", True)]
    quiet(world)


def test_an_unpaid_order_that_was_cancelled_is_not_invoiced(world: OdooWorld) -> None:
    buy(world, UNITS, pays=False, **CANCELLED)
    set_up(world, outcome=Outcome.INVOICE)
    assert done(world) == {"cancelled": 1}
    assert (state(world), invoices(world)) == ("cancel", [])
    quiet(world)


@pytest.mark.parametrize("when", ["before", "after"])
def test_money_that_came_and_went_is_booked_both_ways(world: OdooWorld, when: str) -> None:
    buy(world, *([WHOLE] if when == "before" else []), **(CANCELLED if when == "before" else {}))
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    if when == "after":
        buy(world, WHOLE, at=LATER, **CANCELLED)
        done(world)
    assert invoices(world) == [("out_invoice", "posted"), ("out_refund", "posted")]
    assert [row["payment_type"] for row in payments(world)] == ["inbound", "outbound"]
    assert all(not row["amount_residual"] for row in entries(world))
    assert state(world) == "cancel" and cause(world, 7) is None, item(world, 7)
    quiet(world)


def test_a_cancelled_order_whose_invoice_nobody_refunded_is_for_a_person(world: OdooWorld) -> None:
    buy(world)
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    buy(world, at=LATER, **CANCELLED)
    assert done(world) == {"review": 1}
    found = item(world, 7)
    assert found and found.cause == "cancelled_invoiced" and found.detail
    assert found.detail["records"]["order.7"]["ignore"] == {"cancelled": True}
    assert state(world) == "sale"
