"""What the preview of a further outcome counts is what the next sync then takes on."""

from __future__ import annotations

from typing import Any

import pytest

from mooring.domain.order_settings import Outcome
from mooring.errors import ConfirmationMissing
from mooring.usecases import order_outcome, order_settings_save
from mooring.usecases.order_settings_save import Wish
from mooring.usecases.who import SYSTEM
from tests.usecases.booking import sale_orders, set_up
from tests.usecases.hubbing_money import paid
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.test_book_orders import MUG, cause, done, entries, put, world

__all__ = ["world"]

LATER = "2026-11-04T10:00:00Z"


@pytest.fixture
def confirmed(world: OdooWorld) -> OdooWorld:
    """Three orders that are confirmed in Odoo; nobody said that they are to be invoiced."""
    for number in (7, 8, 9):
        put(world, number, {**MUG, "id": number * 10}, total="12.50", payments=[paid("12.50", number * 100)])
    set_up(world, outcome=Outcome.ORDER)
    done(world)
    return world


def shown(world: OdooWorld) -> int:
    return order_outcome.preview(world.app, SYSTEM, world.store_id, Outcome.INVOICE).taken.count


def raised(world: OdooWorld) -> dict[str, int]:
    with pytest.raises(ConfirmationMissing) as asked:
        order_settings_save.save(world.app, SYSTEM, world.store_id, Wish(outcome=Outcome.INVOICE))
    order_settings_save.save(world.app, SYSTEM, world.store_id, Wish(outcome=Outcome.INVOICE), asked.value.token)
    return done(world)


def in_odoo(world: OdooWorld, number: int) -> dict[str, Any]:
    [found] = [row for row in sale_orders(world, "name") if row["client_order_ref"].endswith(f"/{number}")]
    return found


def test_one_that_was_cancelled_in_odoo_is_not_counted(confirmed: OdooWorld) -> None:
    assert shown(confirmed) == 3
    confirmed.odoo.does("sale.order", "action_cancel", ids=[in_odoo(confirmed, 8)["id"]])
    assert shown(confirmed) == 2
    assert raised(confirmed)["invoiced"] == 2 and len(entries(confirmed)) == 2


def test_one_that_waits_for_a_person_is_not_counted(confirmed: OdooWorld) -> None:
    put(confirmed, 9, {**MUG, "id": 90, "quantity": 2}, total="25.00", payments=[paid("12.50", 900)], at=LATER)
    done(confirmed)
    assert cause(confirmed, 9) == "changed_after_confirm" and shown(confirmed) == 2
    assert raised(confirmed)["invoiced"] == 2
