"""Clear over an order that was edited after it was confirmed: nobody knows any more what it was booked as, and still it
is for a person to say what becomes of the edit, and its refunds are credited."""

from __future__ import annotations

from typing import Any

import pytest

from mooring.domain.order_settings import Outcome
from mooring.usecases.sync_odoo_decide import Choice
from tests.usecases.booking import set_up
from tests.usecases.clearing import ClearWorld
from tests.usecases.hubbing_money import Back, paid
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.test_book_edits import CARD, LATER, choose, live
from tests.usecases.test_book_orders import MUG, cause, done, item, payments, put, quiet, world
from tests.usecases.test_rebuild_booked import rebuilt, verified

__all__ = ["world"]

PAID = paid("12.50", 901)
BACK = Back(31, lines=[(71, 1, "12.50", "0")], money="12.50")
BOOKED = ("out_invoice", "posted", 12.5, 0)


def edit(world: OdooWorld, *backs: Back) -> None:
    """A card is added; later the mug goes back."""
    put(world, 7, MUG, CARD, total="15.50", payments=[PAID], backs=backs, at=LATER)


@pytest.fixture(params=[False, True], ids=["synced", "rebuilt"])
def cleared(world: OdooWorld, request: pytest.FixtureRequest) -> OdooWorld:
    """Invoiced and paid, edited, cleared; found again by a rebuild or by the next sync."""
    put(world, 7, MUG, total="12.50", payments=[PAID])
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    edit(world)
    done(world)
    assert cause(world, 7) == "changed_after_confirm"
    ClearWorld(world).clear()
    if request.param:
        rebuilt(ClearWorld(world))
    done(world)
    return world


def shown(world: OdooWorld) -> dict[str, Any]:
    found = item(world, 7)
    assert found and found.detail and found.cause == "changed_after_confirm", found
    return found.detail["records"]["order.7"]


def test_both_totals_are_shown_and_both_ways_are_offered(cleared: OdooWorld) -> None:
    said = shown(cleared)
    assert said["changes"] == ["The total was 12.5 USD and is 15.5 USD."]
    assert said["money"] == {"booked": "12.5", "now": "15.5", "currency": "USD"}
    assert said["ignore"]["digest"] and live(cleared) == [BOOKED]


def test_once_it_is_ignored_its_refunds_are_credited(cleared: OdooWorld) -> None:
    choose(cleared, Choice.IGNORE)
    quiet(cleared)
    assert cause(cleared, 7) is None and live(cleared) == [BOOKED]
    edit(cleared, BACK)
    assert done(cleared) == {"credited": 1}, item(cleared, 7)
    assert live(cleared) == [BOOKED, ("out_refund", "posted", 12.5, 0)] and len(payments(cleared)) == 2
    assert cause(cleared, 7) is None and verified(ClearWorld(cleared)) == {}
    quiet(cleared)


def test_a_refund_that_came_before_the_answer_is_credited_too(cleared: OdooWorld) -> None:
    edit(cleared, BACK)
    done(cleared)
    shown(cleared)
    choose(cleared, Choice.IGNORE)
    done(cleared)
    assert live(cleared) == [BOOKED, ("out_refund", "posted", 12.5, 0)], item(cleared, 7)
    quiet(cleared)


def test_another_edit_is_asked_about_again(cleared: OdooWorld) -> None:
    choose(cleared, Choice.IGNORE)
    put(cleared, 7, MUG, {**CARD, "quantity": 2}, total="18.50", payments=[PAID], at=LATER)
    done(cleared)
    assert shown(cleared)["money"]["now"] == "18.5"


def test_taken_back_it_is_booked_anew(cleared: OdooWorld) -> None:
    choose(cleared, Choice.RESET)
    assert live(cleared) == [
        BOOKED, ("out_refund", "posted", 12.5, 0), ("out_invoice", "posted", 15.5, 3.0),
    ], item(cleared, 7)  # fmt: skip
    assert cause(cleared, 7) is None and len(payments(cleared)) == 1
    quiet(cleared)
    assert verified(ClearWorld(cleared)) == {}
