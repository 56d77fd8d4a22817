"""Orders that somebody links, unlinks or decides on by hand: never one order of Odoo for two of Shopify, never while a
step may still happen, and nothing of what they were before goes with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mooring.db.tables import order_books, order_steps
from mooring.domain.decisions import Choice, possible
from mooring.domain.mapping import SyncKind
from mooring.domain.order_settings import Outcome
from mooring.errors import InvalidInput, Refused
from mooring.usecases import sync_odoo_decide, sync_odoo_unlink
from mooring.usecases.sync_odoo_turn import SETTLED
from mooring.usecases.who import SYSTEM
from tests.usecases.booking import confirm_taxes, sale_orders, set_up
from tests.usecases.clearing import ClearWorld
from tests.usecases.hubbing_money import Back, paid
from tests.usecases.moving import later
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.test_book_orders import MUG, cause, done, entries, item, put, stages, world
from tests.usecases.test_order_decisions import by_hand
from tests.usecases.test_sync_orders import finish

__all__ = ["world"]

LATER = "2026-11-04T10:00:00Z"
ORDERS = SyncKind.ORDERS
PAID = paid("12.50", 901)


def link(world: OdooWorld, odoo_id: int, order_id: int = 7) -> None:
    sync_odoo_decide.link(world.app, SYSTEM, world.store_id, ORDERS, order_id, odoo_id)


def unlink(world: OdooWorld) -> None:
    sync_odoo_unlink.unlink(world.app, SYSTEM, world.store_id, ORDERS, 7)


def decide(world: OdooWorld, choice: Choice) -> sync_odoo_decide.Decided:
    return sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, ORDERS, [7], choice)


def external_ids(world: OdooWorld) -> dict[str, tuple[str, int]]:
    return world.odoo.external_ids(f"s{world.store.shop_id}.order.")


# -- whose order it is ---------------------------------------------------------------------------------------------


@pytest.fixture
def two(world: OdooWorld) -> OdooWorld:
    """Order 8 is in Odoo, order 7 waits for a tax."""
    put(world, 8, MUG, total="12.50")
    set_up(world)
    done(world)
    put(world, 7, MUG, total="13.75", tax="10")
    done(world)
    assert cause(world, 7) == "tax"
    return world


def test_the_order_of_another_order_is_not_linked(two: OdooWorld) -> None:
    [made] = sale_orders(two)
    with pytest.raises(InvalidInput, match="another Shopify order already"):
        link(two, made["id"])
    assert cause(two, 7) == "tax" and list(external_ids(two)) == [f"s{two.store.shop_id}.order.8"]


@pytest.mark.parametrize("left", ["external id", "reference"])
def test_what_stands_on_an_order_in_odoo_says_whose_it_is(two: OdooWorld, left: str) -> None:
    """As for an order of a hub that is not this one, or after a clear."""
    [made] = sale_orders(two)
    with two.app.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM mappings WHERE kind IN ('order', 'order_line')")
    if left == "external id":
        two.odoo.does("sale.order", "write", ids=[made["id"]], vals={"client_order_ref": "somebody's"})
    else:
        [gone] = two.odoo.rows("ir.model.data", [["name", "=like", "s%.order.8"]], "id")
        two.odoo.does("ir.model.data", "unlink", ids=[gone["id"]])
    with pytest.raises(InvalidInput, match="another Shopify order"):
        link(two, made["id"])
    assert cause(two, 7) == "tax"


def test_two_orders_are_not_linked_to_one_before_a_sync_has_come_to_either(two: OdooWorld) -> None:
    put(two, 9, MUG, total="13.75", tax="10")
    done(two)
    made = by_hand(two, "sale")
    link(two, made)
    with pytest.raises(InvalidInput, match="another Shopify order"):
        link(two, made, 9)
    finish(two)
    with pytest.raises(InvalidInput, match="another Shopify order"):
        link(two, made, 9)


# -- while a step may still happen ---------------------------------------------------------------------------------


@pytest.fixture
def doubtful(world: OdooWorld) -> OdooWorld:
    """Somebody chose to have the order taken back, and the answer to the credit note's posting was lost."""
    put(world, 7, MUG, total="12.50", payments=[PAID])
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    put(world, 7, {**MUG, "quantity": 2}, total="25.00", payments=[PAID], at=LATER)
    done(world)
    assert cause(world, 7) == "changed_after_confirm"
    struck = world.odoo.fault("lost_answer", operation=r"account\.move\.action_post")
    made = decide(world, Choice.RESET)
    assert made.operation is not None
    runner = ClearWorld(world).runner()
    while not struck.hits:
        runner.advance(made.operation.id)
    assert world.count(order_steps) == 1
    return world


@pytest.mark.parametrize("choice", [Choice.IGNORE, Choice.RESET, "link", "unlink"])
def test_nothing_is_decided_while_a_step_may_still_happen(doubtful: OdooWorld, choice: str) -> None:
    world = doubtful
    before = item(world, 7)
    with pytest.raises(Refused, match=r"Try again after \d\d:\d\d:\d\d UTC"):
        if isinstance(choice, Choice):
            decide(world, choice)
        else:
            link(world, sale_orders(world)[0]["id"]) if choice == "link" else unlink(world)
    assert item(world, 7) == before and world.count(order_steps) == 1
    later(world.app, SETTLED + timedelta(seconds=5))
    finish(world)
    assert cause(world, 7) is None, item(world, 7)


# -- booked by hand ------------------------------------------------------------------------------------------------


BACK = Back(31, lines=[(71, 1, "12.50", "0")], money="12.50")


def at_rest(world: OdooWorld) -> list[dict[str, Any]]:
    """All orders and entries in Odoo, with what a sync might write on them."""
    return [
        *sale_orders(world, "client_order_ref", "origin", "partner_id", "order_line", "write_date"),
        *entries(world),
    ]


def choices(world: OdooWorld) -> tuple[Choice, ...]:
    found = item(world, 7)
    assert found is not None and found.detail is not None
    return possible(found.cause, found.detail["records"])


@pytest.mark.parametrize("state", ["draft", "sale"])
def test_nothing_is_written_to_an_order_that_was_booked_by_hand_whatever_becomes_of_it(
    two: OdooWorld, state: str
) -> None:
    world = two
    made = by_hand(world, state)
    link(world, made)
    finish(world)
    confirm_taxes(world)
    before = at_rest(world)
    done(world)
    assert item(world, 7) is None and at_rest(world) == before
    changed: dict[str, dict[str, Any]] = {
        "changed_after_confirm": {"total": "27.50", "at": LATER},
        "refund": {"total": "27.50", "backs": [BACK], "at": "2026-11-05T10:00:00Z"},
        "cancelled_invoiced": {"total": "27.50", "backs": [BACK], "cancelled_at": LATER, "at": "2026-11-06T10:00:00Z"},
    }
    for why, said in changed.items():
        put(world, 7, {**MUG, "quantity": 2}, tax="10", **said)
        done(world)
        assert (cause(world, 7), choices(world)) == (why, (Choice.IGNORE,)), item(world, 7)
        decide(world, Choice.IGNORE)
        done(world)
        assert item(world, 7) is None and at_rest(world) == before


def test_an_order_that_is_linked_to_another_one_leaves_its_books_behind(world: OdooWorld) -> None:
    put(world, 7, MUG, total="12.50", payments=[PAID])
    set_up(world, outcome=Outcome.INVOICE)
    done(world)
    assert stages(world) == [("paid", True)]
    made = by_hand(world, "sale")
    before = at_rest(world)
    unlink(world)
    assert world.count(order_books) == 0
    link(world, made)
    finish(world)
    assert item(world, 7) is None and world.rows(order_books, "stage", "invoices", "payments") == [
        ("order", "[]", "{}")
    ]
    put(world, 7, MUG, total="12.50", payments=[PAID], backs=[BACK], at=LATER)
    done(world)
    assert cause(world, 7) == "refund" and at_rest(world) == before


def test_an_order_that_was_made_anew_can_still_be_the_one_made_by_hand(world: OdooWorld) -> None:
    """Unlinked, created again, and then linked: its lines stay behind with the order they are of."""
    put(world, 7, MUG, total="12.50")
    set_up(world)
    done(world)
    unlink(world)
    assert decide(world, Choice.CREATE).operation is not None
    finish(world)
    made = by_hand(world, "draft")
    [_, anew, _] = sale_orders(world)
    world.odoo.does("sale.order", "unlink", ids=[anew["id"]])
    done(world, ids={ORDERS: [7]})
    assert cause(world, 7) == "missing"
    before = at_rest(world)
    link(world, made)
    finish(world)
    assert item(world, 7) is None, item(world, 7)
    assert at_rest(world) == before
    put(world, 7, MUG, total="12.50", cancelled_at=LATER, at=LATER)
    done(world)
    assert cause(world, 7) == "cancelled_invoiced" and at_rest(world) == before
