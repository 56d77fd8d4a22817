"""The last cent of an order: one rounding line where Odoo makes a little else of it than was predicted; and goods whose
variant is gone, found by their SKU.

The stand-in Odoo rounds the taxes of every line, whatever its company says. So a company that says to round them once
for the whole order is one whose totals come out otherwise than Mooring predicts.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mooring.db import records, sync_items
from mooring.db.tables import mappings
from mooring.domain import records_orders as ro
from mooring.domain.mapping import SyncKind
from mooring.domain.translate_orders import ORDER
from mooring.domain.translate_rows import Stamp
from tests.usecases import hubbing
from tests.usecases.booking import lines_of, sale_orders, set_up
from tests.usecases.hubbing import product
from tests.usecases.hubbing_orders import bag, order
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.syncing import sync

LATER = "2026-11-02T10:00:00Z"
MUG: dict[str, Any] = {"variant": 101, "title": "Mug", "price": "10.04"}


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        product(made.app, made.store_id, 1, "Mug", {"sku": "MUG", "price": "10.04"})
        hubbing.customer(made.app, made.store_id, 5, email="ann@example.com")
        yield made


def round_once(world: OdooWorld) -> None:
    company = world.connection.company_id
    world.odoo.does("res.company", "write", ids=[company], vals={"tax_calculation_rounding_method": "round_globally"})


def put(world: OdooWorld, lines: int, *, at: str = LATER, total: str = "", gone: int = 0) -> None:
    """So many mugs at 10.04 and 10 % tax, each in a line of its own: every line's tax is a little more than 1.00.
    `gone`: of how many lines an edit took everything out."""
    mugs = [*[MUG] * (lines - gone), *[{**MUG, "left": 0}] * gone]
    order(world.app, world.store_id, 7, *mugs, customer=5, tax="10", at=at)
    if total:
        with world.app.db.write() as connection:
            body = records.bodies(connection, ORDER, world.store_id, [7])[7]
            said = msgspec.structs.replace(
                msgspec.json.decode(body, type=ro.Order), id="gid://shopify/Order/7", updated_at=at,
                total_price_set=bag(Decimal(total), "USD"), current_total_price_set=bag(Decimal(total), "USD"),
            )  # fmt: skip
            records.write_roots(connection, ORDER, world.store_id, [ORDER.row(said, Stamp(world.store_id, at))])


def done(world: OdooWorld, **how: Any) -> dict[str, int]:
    operation = sync(world, *SyncKind, **how)
    assert operation.state == "done" and operation.receipt is not None, operation.error
    return {word: n for word, n in operation.receipt["orders"].items() if n}


def in_odoo(world: OdooWorld) -> tuple[float, list[float]]:
    """The total, and the price of each rounding line."""
    [made] = sale_orders(world)
    rounding = [row["price_unit"] for row in lines_of(world, made["id"]) if row["name"] == "Rounding"]
    return made["amount_total"], rounding


def item(world: OdooWorld) -> sync_items.Item | None:
    with world.app.db.read() as connection:
        return sync_items.one(connection, world.store_id, SyncKind.ORDERS, 7)


def quiet(world: OdooWorld, **how: Any) -> None:
    world.odoo.forget()
    assert done(world, **how) == {"unchanged": 1} and world.odoo.writing_calls() == {}


def test_a_rounding_that_was_predicted_and_is_not_needed_is_taken_back(world: OdooWorld) -> None:
    """30.12 and three times 1.00: Odoo, said to round once, would come to 33.13."""
    round_once(world)
    put(world, 3)
    set_up(world)
    assert done(world) == {"created": 1}, item(world)
    assert in_odoo(world) == (pytest.approx(33.12), [0.0])
    quiet(world)
    quiet(world, ids={SyncKind.ORDERS: [7]})


def test_a_cent_that_is_missing_gets_one_line(world: OdooWorld) -> None:
    round_once(world)
    put(world, 3, total="33.13")
    set_up(world)
    assert done(world) == {"created": 1}, item(world)
    assert in_odoo(world) == (pytest.approx(33.13), [pytest.approx(0.01)])
    assert item(world) is None and len([1 for kind, *_ in world.rows(mappings, "kind") if kind == "order_line"]) == 4
    quiet(world)
    quiet(world, ids={SyncKind.ORDERS: [7]})
    put(world, 3, gone=1, at="2026-11-03T10:00:00Z", total="22.09")
    assert done(world) == {"updated": 1}, item(world)
    assert in_odoo(world) == (pytest.approx(22.09), [pytest.approx(0.01)])


def test_more_than_two_cents_are_for_a_person(world: OdooWorld) -> None:
    """Ten lines lack four cents: no line is made up, and the order says why it waits."""
    round_once(world)
    put(world, 10, total="110.44")
    set_up(world)
    assert done(world) == {"review": 1}
    found = item(world)
    assert found is not None and found.cause == "total" and "110.4 USD" in (found.sentence or ""), found
    assert in_odoo(world) == (pytest.approx(110.40), [])


# -- goods that are gone -------------------------------------------------------------------------------------------


def stood_on(world: OdooWorld) -> list[str]:
    [made] = sale_orders(world)
    return [row["product_id"][1] for row in lines_of(world, made["id"], "product_id")]


def test_goods_that_are_gone_stand_on_the_one_variant_of_their_sku(world: OdooWorld) -> None:
    world.odoo.does("product.product", "create", vals_list=[
        {"name": "Old cup", "default_code": "CUP"}, {"name": "Twin one", "default_code": "TWIN"},
        {"name": "Twin two", "default_code": "TWIN"}, {"name": "Past", "default_code": "PAST", "active": False},
    ])  # fmt: skip
    order(
        world.app, world.store_id, 7, MUG, {"title": "Cup", "sku": "CUP", "price": "3.00"},
        {"title": "Cup", "sku": "CUP", "price": "3.00", "variant": 999}, {"title": "Twin", "sku": "TWIN"},
        {"title": "Past", "sku": "PAST"}, {"title": "Card"}, customer=5,
    )  # fmt: skip
    set_up(world)
    assert done(world) == {"created": 1}, item(world)
    goods, cup, again, *others = stood_on(world)
    assert "Mug" in goods and "Old cup" in cup and "Old cup" in again
    assert len(others) == 3 and len(set(others)) == 1, "each as it was sold, on the product for custom items"
    quiet(world)
