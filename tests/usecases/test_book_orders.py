"""Orders taken on in Odoo: confirmed, invoiced, posted and paid, to the cent and each step once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mooring.db import sync_items
from mooring.db.operations import Operation
from mooring.db.tables import mappings, order_books, order_steps
from mooring.domain.mapping import SyncKind
from mooring.domain.order_settings import Outcome
from tests.usecases import hubbing
from tests.usecases.booking import sale_orders, set_up
from tests.usecases.hubbing import product
from tests.usecases.hubbing_money import paid, sold
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.syncing import sync

ALL = tuple(SyncKind)
MUG: dict[str, Any] = {"id": 71, "variant": 101, "title": "Mug", "price": "12.50"}
ENTRY = ("move_type", "state", "amount_total", "amount_residual", "payment_state", "ref", "invoice_date")


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        product(made.app, made.store_id, 1, "Mug", {"sku": "MUG", "price": "12.50"})
        hubbing.customer(made.app, made.store_id, 5, email="ann@example.com", streets=("1 Quay",))
        yield made


def put(world: OdooWorld, order_id: int, *lines: dict[str, Any], customer: int | None = 5, **said: Any) -> None:
    sold(world.app, world.store_id, order_id, *lines, customer=customer, **said)


def done(world: OdooWorld, *kinds: SyncKind, **how: Any) -> dict[str, int]:
    operation = sync(world, *(kinds or ALL), **how)
    assert operation.state == "done" and operation.receipt is not None, operation.error
    return booked(operation)


def booked(operation: Operation) -> dict[str, int]:
    assert operation.receipt is not None
    return {word: count for word, count in operation.receipt["booked"].items() if count}


def entries(world: OdooWorld, *fields: str) -> list[dict[str, Any]]:
    return world.odoo.rows("account.move", [["move_type", "!=", "entry"]], *ENTRY, *fields)


def payments(world: OdooWorld, *fields: str) -> list[dict[str, Any]]:
    return world.odoo.rows("account.payment", [], "memo", "amount", "date", "payment_type", "state", *fields)


def item(world: OdooWorld, order_id: int) -> sync_items.Item | None:
    with world.app.db.read() as connection:
        return sync_items.one(connection, world.store_id, SyncKind.ORDERS, order_id)


def cause(world: OdooWorld, order_id: int) -> str | None:
    found = item(world, order_id)
    return found.cause if found else None


def stages(world: OdooWorld) -> list[tuple[Any, ...]]:
    return world.rows(order_books, "stage", "settled")


def quiet(world: OdooWorld) -> None:
    """One more sync writes nothing, and nothing is left open."""
    world.odoo.forget()
    done(world)
    assert world.odoo.writing_calls() == {}
    assert world.count(order_steps) == 0


# -- one order -----------------------------------------------------------------------------------------------------


def test_an_order_is_confirmed_invoiced_posted_and_paid(world: OdooWorld) -> None:
    put(world, 7, {**MUG, "quantity": 2}, total="32.40", shipping="4.90", tax="10", payments=[paid("32.40", 901)])
    set_up(world, outcome=Outcome.INVOICE)
    assert done(world) == {"confirmed": 1, "invoiced": 1, "paid": 1}
    [made] = sale_orders(world, "date_order", "invoice_status", "invoice_ids")
    assert (made["state"], made["date_order"], made["amount_total"]) == ("sale", "2026-11-01 10:00:00", 32.4)
    [invoice] = entries(world)
    assert invoice == {"id": made["invoice_ids"][0], "move_type": "out_invoice", "state": "posted",
                       "amount_total": 32.4, "amount_residual": 0.0, "payment_state": "paid",
                       "ref": "gid://shopify/Order/7", "invoice_date": "2026-11-01"}  # fmt: skip
    [payment] = payments(world, "journal_id")
    assert (payment["memo"], payment["amount"], payment["date"], payment["payment_type"]) == (
        "901", 32.4, "2026-11-01", "inbound",
    )  # fmt: skip
    assert stages(world) == [("paid", True)]
    [(extra,)] = [row for row in world.rows(mappings, "extra") if row[0]]
    assert extra == f'{{"invoices":[{invoice["id"]}]}}'
    quiet(world)
