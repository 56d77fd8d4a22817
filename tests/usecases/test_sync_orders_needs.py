"""Orders synced alone bring along what they need; and a history of orders is booked only when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mooring.app import ENDINGS, WORKS
from mooring.db import odoo_kinds, records
from mooring.db.tables import mappings, order_books
from mooring.domain import records_orders as ro
from mooring.domain.mapping import SyncKind
from mooring.domain.order_rules import OrderRule
from mooring.domain.translate_orders import LINE, ORDER
from mooring.domain.translate_rows import Stamp
from mooring.errors import ConfirmationMissing
from mooring.usecases import order_rules_edit, sync_odoo_request
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import SYSTEM
from tests.usecases import hubbing
from tests.usecases.booking import EVERY_ORDER, sale_orders, set_up, use_rule
from tests.usecases.hubbing import product
from tests.usecases.hubbing_orders import bag, order
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.syncing import preview, sync

CUSTOMERS, PRODUCTS, ORDERS = SyncKind
MUG: dict[str, Any] = {"variant": 101, "title": "Mug", "price": "12.50"}


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    """Three customers and two products; an order of the first of each."""
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        product(made.app, made.store_id, 1, "Mug", {"sku": "MUG", "price": "12.50"})
        product(made.app, made.store_id, 2, "Plate", {"sku": "P", "price": "3.00"})
        for number, name in ((5, "ann"), (6, "bob"), (7, "cid")):
            hubbing.customer(made.app, made.store_id, number, email=f"{name}@example.com")
        order(made.app, made.store_id, 70, MUG, customer=5)
        yield made


def told(world: OdooWorld, *kinds: SyncKind, **how: Any) -> dict[str, dict[str, int]]:
    """What a sync says of each kind it came to."""
    operation = sync(world, *kinds, **how)
    assert operation.state == "done" and operation.receipt is not None, operation.error
    return {kind: {word: n for word, n in operation.receipt[kind].items() if n}
            for kind in SyncKind if kind in operation.receipt}  # fmt: skip


def mapped(world: OdooWorld) -> set[tuple[str, int]]:
    return {row for row in world.rows(mappings, "kind", "shopify_id") if row[0] in ("customer", "product", "order")}


OF_THE_FIRST = {("customer", 5), ("product", 1), ("order", 70)}


def test_orders_alone_bring_along_what_they_need_and_no_more(world: OdooWorld) -> None:
    set_up(world)
    assert told(world, ORDERS) == {CUSTOMERS: {"created": 1}, PRODUCTS: {"created": 1}, ORDERS: {"created": 1}}
    assert mapped(world) == OF_THE_FIRST
    assert told(world, ORDERS) == {ORDERS: {"unchanged": 1}}


def test_a_preview_of_orders_alone_counts_on_it_and_brings_nothing(world: OdooWorld) -> None:
    set_up(world)
    world.odoo.forget()
    done = preview(world, ORDERS)
    assert done.receipt is not None
    assert {word: n for word, n in done.receipt["orders"].items() if n} == {"create": 1}
    assert mapped(world) == set() and world.odoo.writing_calls() == {}


def test_one_that_is_picked_does_so_too(world: OdooWorld) -> None:
    order(world.app, world.store_id, 71, {**MUG, "variant": 201}, customer=6)
    set_up(world)
    assert told(world, ids={ORDERS: [70]})[ORDERS] == {"created": 1}
    assert mapped(world) == OF_THE_FIRST


def test_beside_others_that_are_picked(world: OdooWorld) -> None:
    set_up(world)
    told(world, ids={CUSTOMERS: [7], ORDERS: [70]})
    assert mapped(world) == OF_THE_FIRST | {("customer", 7)}


def test_what_the_rule_leaves_out_brings_nothing(world: OdooWorld) -> None:
    order(world.app, world.store_id, 71, {**MUG, "variant": 201}, customer=6, name="X71")
    set_up(world, rule=OrderRule(prefix="#"))
    assert told(world, ORDERS)[ORDERS] == {"created": 1, "excluded": 1}
    assert mapped(world) == OF_THE_FIRST
    assert told(world, ids={ORDERS: [71]}) == {ORDERS: {"excluded": 1}}
    assert mapped(world) == OF_THE_FIRST


def test_batch_after_batch_each_brings_its_own(world: OdooWorld) -> None:
    """More orders than one load takes; the place among them is kept."""
    for number in range(600):
        customer = 5 + number % 3
        order(world.app, world.store_id, 1_000 + number, {**MUG, "variant": 101 + 100 * (number > 500)},
              customer=customer)  # fmt: skip
    set_up(world)
    found = told(world, ORDERS)
    assert found == {CUSTOMERS: {"created": 3}, PRODUCTS: {"created": 2}, ORDERS: {"created": 601}}, found
    assert len(sale_orders(world)) == 601


@pytest.mark.parametrize("held", [True, False])
def test_what_the_clock_begins_brings_nothing_of_a_kind_that_waits_for_a_person(world: OdooWorld, held: bool) -> None:
    set_up(world)
    now = world.app.clock.now()
    with world.app.db.write() as connection:
        for kind in (CUSTOMERS, PRODUCTS):
            odoo_kinds.be_there(connection, world.store_id, kind)
            wait = {"held_since": now, "held_by": "cli", "held_reason": "cleared"} if held else {}
            odoo_kinds.change(connection, world.store_id, kind, accepted_at=now, **wait)
        operation = sync_odoo_request.begin(world.app, connection, SYSTEM, world.store, [ORDERS], auto=True)
    drive(world.app, operation.id, WORKS, ENDINGS)
    assert mapped(world) == (set() if held else OF_THE_FIRST)


# -- a long history ------------------------------------------------------------------------------------------------

MANY = 50_000
BEGINNING = datetime(2023, 1, 1, tzinfo=UTC)


def history(world: OdooWorld) -> None:
    """As an import writes it: paid orders of ten dollars, over three years."""
    money, stamp = bag(Decimal("10.00"), "USD"), Stamp(world.store_id, "2026-01-01T00:00:00Z")
    for start in range(1, MANY + 1, 5_000):
        with world.app.db.write() as connection:
            heads, lines = [], []
            for number in range(start, start + 5_000):
                at = (BEGINNING + timedelta(minutes=31 * number)).strftime("%Y-%m-%dT%H:%M:%SZ")
                id_, gid = 100_000 + number, f"gid://shopify/Order/{100_000 + number}"
                heads.append(ORDER.row(ro.Order(
                    id=gid, updated_at=at, name=f"#{number}", display_financial_status="PAID", processed_at=at,
                    created_at=at, currency_code="USD", presentment_currency_code="USD", taxes_included=False,
                    total_price_set=money, current_total_price_set=money,
                ), stamp))  # fmt: skip
                lines.append(LINE.row(ro.Line(
                    id=f"gid://shopify/LineItem/{id_}", updated_at=at, parent_id=gid, title="Mug", quantity=1,
                    current_quantity=1, original_unit_price_set=money,
                ), stamp))  # fmt: skip
            records.write_roots(connection, ORDER, world.store_id, heads)
            records.write_children(connection, LINE, ORDER, world.store_id, lines, "2026-01-01T00:00:00Z")


def test_of_fifty_thousand_historic_orders_none_is_booked_before_a_wider_rule_is_accepted(world: OdooWorld) -> None:
    history(world)
    usual = order_rules_edit.show(world.app, SYSTEM, world.store_id).rule
    set_up(world, rule=usual)
    world.odoo.forget()
    shown = preview(world, *SyncKind)
    assert shown.receipt is not None
    assert (shown.receipt["orders"]["excluded"], shown.receipt["orders"]["create"]) == (MANY + 1, 0)
    assert told(world, *SyncKind)[ORDERS] == {"excluded": MANY + 1}
    assert sale_orders(world) == [] and world.count(order_books) == 0
    assert sum(world.odoo.calls().values()) < 60

    newest = (BEGINNING + timedelta(minutes=31 * (MANY - 39))).strftime("%Y-%m-%dT%H:%M:%SZ")
    with pytest.raises(ConfirmationMissing):
        order_rules_edit.save(world.app, SYSTEM, world.store_id, EVERY_ORDER)
    wider = order_rules_edit.preview(world.app, SYSTEM, world.store_id, EVERY_ORDER)
    assert wider.taken.count == wider.more.count == MANY + 1
    assert sum(one.taken.count for one in wider.years) == MANY + 1 and len(wider.years) >= 3
    assert told(world, *SyncKind)[ORDERS] == {"excluded": MANY + 1}, "shown is not accepted"
    use_rule(world, OrderRule(since=newest, prefix="#"))
    found = told(world, *SyncKind)[ORDERS]
    assert found == {"created": 41, "excluded": MANY - 40}, "forty of them, and the one of last year"
    assert len(sale_orders(world)) == 41
