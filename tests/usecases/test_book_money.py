"""Every transaction of Shopify is entered in Odoo in full, or waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from mooring.db import sync_items
from mooring.domain.mapping import SyncKind
from mooring.domain.order_settings import Outcome
from mooring.usecases import sync_odoo_decide
from mooring.usecases.sync_odoo_decide import Choice
from mooring.usecases.who import SYSTEM
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.selling import Item, Sale
from tests.usecases.syncing import sync
from tests.usecases.weather_orders import settle_terms

NUMBER = 7001


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        yield made


@pytest.fixture
def sale(world: OdooWorld) -> Sale:
    """110.00 with tax."""
    return Sale(world.app, world.store_id, NUMBER, [Item(1, 50, 2)])


def book(world: OdooWorld, outcome: Outcome = Outcome.INVOICE) -> None:
    settle_terms(world, world.store_id, outcome)
    again(world)


def again(world: OdooWorld) -> None:
    done = sync(world, *SyncKind)
    assert done.state == "done", done.error


def entered(world: OdooWorld) -> list[tuple[str, float]]:
    rows = world.odoo.rows("account.payment", [], "payment_type", "amount")
    return [(row["payment_type"], row["amount"]) for row in rows]


def waits_for(world: OdooWorld) -> str | None:
    with world.app.db.read() as connection:
        item = sync_items.one(connection, world.store_id, SyncKind.ORDERS, NUMBER)
    return item.cause if item else None


def test_money_goes_back_in_full_though_the_credit_note_settled_part_of_the_invoice(
    world: OdooWorld, sale: Sale
) -> None:  # fmt: skip
    sale.pay(Decimal(105)).refund(1).put()
    book(world)
    assert entered(world) == [("inbound", 105.0), ("outbound", 55.0)]
    assert waits_for(world) is None


def test_more_than_is_owed_is_entered_as_it_came_in(world: OdooWorld, sale: Sale) -> None:
    sale.pay(Decimal(60)).pay(Decimal(60)).put()
    book(world)
    assert entered(world) == [("inbound", 60.0), ("inbound", 60.0)]


def test_what_nothing_is_open_for_waits_until_somebody_says_it_is_there(world: OdooWorld, sale: Sale) -> None:
    sale.pay().put()
    book(world)
    sale.pay(Decimal(5)).put()
    again(world)
    assert waits_for(world) == "payment"
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, SyncKind.ORDERS, [NUMBER], Choice.IGNORE)
    again(world)
    assert waits_for(world) is None and entered(world) == [("inbound", 110.0)]
    sale.pay(Decimal(6)).put()
    again(world)
    assert waits_for(world) == "payment"


def test_what_is_paid_is_credited_whatever_the_outcome_is_by_then(world: OdooWorld, sale: Sale) -> None:
    sale.pay().put()
    book(world)
    settle_terms(world, world.store_id, Outcome.DRAFT_ORDER)
    sale.refund(1).put()
    again(world)
    assert entered(world) == [("inbound", 110.0), ("outbound", 55.0)]
    [note] = world.odoo.rows("account.move", [["move_type", "=", "out_refund"]], "state", "amount_total")
    assert (note["state"], note["amount_total"]) == ("posted", 55.0)


def test_nothing_is_credited_on_top_of_what_somebody_credited_by_hand(world: OdooWorld, sale: Sale) -> None:
    sale.pay().put()
    book(world)
    [invoice] = world.odoo.rows("account.move", [], "journal_id")
    wish = {"move_ids": [[6, 0, [invoice["id"]]]], "journal_id": invoice["journal_id"][0], "reason": "by hand"}
    [wizard] = world.odoo.does("account.move.reversal", "create", vals_list=[wish])
    made = world.odoo.does("account.move.reversal", "refund_moves", ids=[wizard])
    world.odoo.does("account.move", "action_post", ids=[made["res_id"]])
    sale.refund(1).put()
    again(world)
    assert waits_for(world) == "refund"
    sale.refund(1).put()
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, SyncKind.ORDERS, [NUMBER], Choice.IGNORE)
    again(world)
    assert waits_for(world) == "refund"
    assert entered(world) == [("inbound", 110.0)]
    assert len(world.odoo.rows("account.move", [["move_type", "=", "out_refund"]], "state")) == 1


def test_an_order_cancelled_in_odoo_alone_is_asked_about_once(world: OdooWorld, sale: Sale) -> None:
    sale.pay().put()
    book(world, Outcome.ORDER)
    [order] = world.odoo.rows("sale.order", [], "state")
    world.odoo.does("sale.order", "action_cancel", ids=[order["id"]])
    book(world)
    assert waits_for(world) == "cancelled_in_odoo"
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, SyncKind.ORDERS, [NUMBER], Choice.IGNORE)
    again(world)
    assert waits_for(world) is None and world.odoo.rows("account.move", [], "state") == []
