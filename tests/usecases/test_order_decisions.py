"""What a person decides about orders that wait in Needs review: left as they are in Odoo, booked anew, credited."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mooring.db import order_books, sync_items
from mooring.db.order_books import Book
from mooring.db.sync_items import Item
from mooring.db.tables import audit
from mooring.db.tables import order_books as books_table
from mooring.domain.decisions import Choice, possible
from mooring.domain.order_causes import Cause
from mooring.domain.rules import Role
from mooring.errors import Conflict, InvalidInput, NotAllowed, NotFound, Refused
from mooring.usecases import sync_odoo_decide
from mooring.usecases.who import SYSTEM, Who
from tests.usecases import hubbing
from tests.usecases.booking import sale_orders, set_up
from tests.usecases.hubbing import product
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.test_sync_orders import LATER, MUG, ORDERS, cause, done, finish, item, put, quiet


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        product(made.app, made.store_id, 1, "Mug", {"sku": "MUG", "price": "12.50"})
        hubbing.customer(made.app, made.store_id, 5, email="ann@example.com", streets=("1 Quay",))
        yield made


@pytest.fixture
def edited(world: OdooWorld) -> OdooWorld:
    """An order that was confirmed in Odoo and then changed in Shopify."""
    put(world, 7)
    set_up(world)
    done(world)
    world.odoo.does("sale.order", "action_confirm", ids=[sale_orders(world)[0]["id"]])
    put(world, 7, {**MUG, "quantity": 2}, at=LATER)
    assert done(world) == {"review": 1}
    return world


def decide(world: OdooWorld, choice: Choice, *ids: int, who: Who = SYSTEM) -> sync_odoo_decide.Decided:
    return sync_odoo_decide.decide(world.app, who, world.store_id, ORDERS, ids or (7,), choice)


def waits(world: OdooWorld, order_id: int, why: str, **told: Any) -> None:
    """As the booking of an order leaves it for a person."""
    found = Item(ORDERS, order_id, "review", why, "It waits.", {"records": {f"order.{order_id}": told}})
    with world.app.db.write() as connection:
        sync_items.put(connection, world.store_id, [found], at=world.app.clock.now())


def book(world: OdooWorld, order_id: int) -> Book:
    with world.app.db.read() as connection:
        return order_books.of(connection, world.store_id, world.connection.fingerprint, [order_id])[order_id]


# -- ignore --------------------------------------------------------------------------------------------------------


def test_a_change_that_is_ignored_is_not_asked_about_again_until_another_one(edited: OdooWorld) -> None:
    world = edited
    assert decide(world, Choice.IGNORE).operation is None
    assert item(world, 7) is None and not book(world, 7).settled
    world.odoo.forget()
    assert done(world) == {"unchanged": 1}
    assert world.odoo.writing_calls() == {} and item(world, 7) is None
    put(world, 7, {**MUG, "quantity": 3}, at="2026-11-03T10:00:00Z")
    assert done(world) == {"review": 1} and cause(world, 7) == "changed_after_confirm"
    [(told,)] = [row[1:] for row in world.rows(audit, "event", "detail") if row[0] == "odoo.decided"]
    assert json.loads(told) == {"kind": "orders", "choice": "ignore", "count": 1}


def test_refunds_and_a_cancellation_are_remembered_with_the_booking(edited: OdooWorld) -> None:
    world = edited
    waits(world, 7, Cause.REFUND, fix="By hand.", ignore={"refunds": [31, 32]})
    decide(world, Choice.IGNORE)
    assert dict(book(world, 7).credits) == {31: 0, 32: 0}
    waits(world, 7, Cause.CANCELLED_INVOICED, fix="Credit it.", ignore={"cancelled": True})
    decide(world, Choice.IGNORE)
    assert book(world, 7).ignored_cancel and dict(book(world, 7).credits) == {31: 0, 32: 0}


def test_an_order_that_nothing_is_known_of_is_not_ignored(edited: OdooWorld) -> None:
    """What is known of it in Odoo is gone, as after a clear: there is nothing to remember it with."""
    found = item(edited, 7)
    with edited.app.db.write() as connection:
        connection.execute(books_table.delete().where(books_table.c.store_id == edited.store_id))
    with pytest.raises(Conflict):
        decide(edited, Choice.IGNORE)
    assert item(edited, 7) == found


def test_in_bulk_only_those_are_ignored_of_which_it_can_be_said(edited: OdooWorld) -> None:
    world = edited
    put(world, 8, tax="10")
    assert done(world) == {"review": 2} and cause(world, 8) == "tax"
    assert decide(world, Choice.IGNORE, 7, 8).count == 1
    assert item(world, 7) is None and cause(world, 8) == "tax"
    with pytest.raises(Refused, match="nothing of the sort"):
        decide(world, Choice.IGNORE, 8)


# -- carried out by a sync -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "why", "said"),
    [
        (Choice.RESET, Cause.CHANGED_AFTER_CONFIRM, {"reset": True}),
        (Choice.CREDIT, Cause.CANCELLED_INVOICED, {"credit": True}),
        (Choice.CREATE, Cause.MISSING_IN_ODOO, {"records": {"order.7": {"create": True}}}),
    ],
)
def test_what_a_sync_carries_out_is_written_down_with_that_sync(
    edited: OdooWorld, choice: Choice, why: Cause, said: dict[str, Any]
) -> None:
    world = edited
    waits(world, 7, why, fix="Decide.")
    made = decide(world, choice)
    found = item(world, 7)
    assert found is not None and (found.state, found.decision) == ("decided", said)
    assert made.count == 1 and made.operation is not None
    assert found.operation_id == made.operation.id


def test_a_choice_that_does_not_fit_is_refused(edited: OdooWorld) -> None:
    for choice in (Choice.CREDIT, Choice.CREATE, Choice.TAKE, Choice.KEEP):
        with pytest.raises(Refused, match="nothing of the sort"):
            decide(edited, choice)
    with pytest.raises(NotFound):
        decide(edited, Choice.IGNORE, 99)
    viewer = Who("v", "Viewer", roles={PROJECT: Role.VIEWER})
    with pytest.raises(NotAllowed):
        decide(edited, Choice.IGNORE, who=viewer)


@pytest.mark.parametrize(
    ("why", "told", "choices"),
    [
        ("changed_after_confirm", {"ignore": {"digest": "00"}}, (Choice.IGNORE, Choice.RESET)),
        ("cancelled_invoiced", {"ignore": {"cancelled": True}}, (Choice.IGNORE, Choice.CREDIT)),
        ("missing_in_odoo", {}, (Choice.CREATE,)),
        ("email", {"candidates": []}, (Choice.CREATE,)),
        ("differs", {"fields": {"name": {}}}, (Choice.TAKE, Choice.KEEP)),
        ("tax", {"fix": "Confirm it."}, ()),
    ],
)
def test_what_can_be_decided_stands_in_the_item(why: str, told: dict[str, Any], choices: tuple[Choice, ...]) -> None:
    assert possible(why, {"order.7": told}) == choices


# -- booked by hand ------------------------------------------------------------------------------------------------


def by_hand(world: OdooWorld, state: str) -> int:
    """An order that somebody makes in Odoo without Mooring."""
    partner = world.odoo.rows("res.partner", [], "id")[0]["id"]
    [made] = world.odoo.does("sale.order", "create", vals_list=[{"partner_id": partner}])
    if state == "sale":
        world.odoo.does("sale.order", "action_confirm", ids=[made])
    return made


def link(world: OdooWorld, odoo_id: int) -> None:
    sync_odoo_decide.link(world.app, SYSTEM, world.store_id, ORDERS, 7, odoo_id)
    finish(world)


@pytest.mark.parametrize("state", ["draft", "sale"])
def test_an_order_that_cannot_be_booked_is_linked_to_the_one_made_by_hand_and_left_alone(
    world: OdooWorld, state: str
) -> None:
    set_up(world)
    put(world, 7, tax="10")
    assert done(world)["review"] == 1 and cause(world, 7) == "tax"
    made = by_hand(world, state)
    before = sale_orders(world, "order_line", "partner_id", "note")
    link(world, made)
    assert item(world, 7) is None, item(world, 7)
    assert world.odoo.external_ids()[f"s{world.store.shop_id}.order.7"] == ("sale.order", made)
    assert sale_orders(world, "order_line", "partner_id", "note") == before
    quiet(world)
    assert done(world, ids={ORDERS: [7]})["unchanged"] == 1 and item(world, 7) is None

    put(world, 7, {**MUG, "quantity": 2}, tax="10", at=LATER)
    assert done(world)["review"] == 1 and cause(world, 7) == "changed_after_confirm"
    decide(world, Choice.IGNORE)
    quiet(world)
    assert item(world, 7) is None and sale_orders(world, "order_line", "partner_id", "note") == before


def test_a_link_to_what_is_not_there_is_refused(world: OdooWorld) -> None:
    set_up(world)
    put(world, 7, tax="10")
    done(world)
    with pytest.raises(InvalidInput):
        link(world, 999_999)
    assert cause(world, 7) == "tax"


def test_a_confirmed_order_of_another_total_can_be_left_as_it_is(world: OdooWorld) -> None:
    """Linked by our reference, with lines that somebody changed in Odoo."""
    put(world, 7)
    set_up(world)
    made = by_hand(world, "sale")
    world.odoo.does("sale.order", "write", ids=[made], vals={"client_order_ref": "gid://shopify/Order/7"})
    assert done(world)["review"] == 1 and cause(world, 7) == "total"
    decide(world, Choice.IGNORE)
    assert item(world, 7) is None
    quiet(world)
    assert done(world, ids={ORDERS: [7]})["unchanged"] == 1 and item(world, 7) is None
