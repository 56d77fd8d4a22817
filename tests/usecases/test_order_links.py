"""Orders that somebody links, unlinks or decides on by hand: never one order of Odoo for two of Shopify, never while a
step may still happen, and nothing of what they were before goes with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mooring.db.tables import order_steps
from mooring.domain.decisions import Choice
from mooring.domain.mapping import SyncKind
from mooring.domain.order_settings import Outcome
from mooring.errors import InvalidInput, Refused
from mooring.usecases import sync_odoo_decide, sync_odoo_unlink
from mooring.usecases.sync_odoo_turn import SETTLED
from mooring.usecases.who import SYSTEM
from tests.usecases.booking import sale_orders, set_up
from tests.usecases.clearing import ClearWorld
from tests.usecases.hubbing_money import paid
from tests.usecases.moving import later
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.test_book_orders import MUG, cause, done, item, put, world
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
