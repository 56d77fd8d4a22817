"""Every cell of the tables in docs/order-outcomes.md, tried on a Mooring and an Odoo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mooring.db import sync_items
from mooring.domain.mapping import SyncKind
from mooring.domain.order_settings import Outcome
from tests.conftest import database
from tests.usecases.hubbing import customer, product
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.selling import Item, Sale
from tests.usecases.syncing import sync
from tests.usecases.weather_orders import settle_terms

PAGE = Path(__file__).parents[2] / "docs" / "order-outcomes.md"
OUTCOMES = (Outcome.DRAFT_ORDER, Outcome.ORDER, Outcome.DRAFT_INVOICE, Outcome.INVOICE)
_BEFORE, _AFTER = "## Before Mooring first books it", "## After it was booked"
_FIRST = 1000

_HAPPENS: dict[str, Callable[[Sale], object]] = {
    "nothing": lambda sale: sale.put(),
    "edited": lambda sale: sale.edit(0, cut=1).put(),
    "refunded in part": lambda sale: sale.refund(1).put(),
    "refunded in part without money": lambda sale: sale.refund(1, money=False).put(),
    "refunded": lambda sale: sale.refund(2, 1, shipping=True).put(),
    "cancelled": lambda sale: sale.cancel().put(),
    "deleted": lambda sale: sale.delete(),
}


@dataclass(frozen=True)
class Cell:
    after: bool
    event: str
    outcome: Outcome
    expected: str

    def __str__(self) -> str:
        return f"{self.event}-{'after' if self.after else 'before'}-{self.outcome}".replace(" ", "_")


def _cells() -> Iterator[Cell]:
    text = PAGE.read_text()
    before, after = text.partition(_BEFORE)[2].split(_AFTER)
    for told, later in ((before, False), (after, True)):
        rows = [line.strip("|").split("|") for line in told.splitlines() if line.startswith("| ")]
        for event, *cells in rows[1:]:
            for outcome, cell in zip(OUTCOMES, cells, strict=True):
                yield Cell(later, event.strip(), outcome, cell.strip())


CELLS = tuple(_cells())


class Columns:
    """One shop for each column, with an order for each of its cells; played when its first cell is asked for."""

    def __init__(self, kind: str, folder: Path, request: pytest.FixtureRequest, migrated: str) -> None:
        self._kind, self._folder, self._request, self._migrated = kind, folder, request, migrated
        self._played: dict[Outcome, dict[str, str]] = {}

    def told(self, cell: Cell) -> str:
        if cell.outcome not in self._played:
            folder = self._folder / cell.outcome
            folder.mkdir(mode=0o700)
            with database(self._kind, folder, self._request, self._migrated) as url:
                self._played[cell.outcome] = _played(url, folder, cell.outcome)
        return self._played[cell.outcome][str(cell)]


@pytest.fixture(scope="module")
def columns(
    database_kind: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, migrated: str
) -> Columns:  # fmt: skip
    return Columns(database_kind, tmp_path_factory.mktemp("columns"), request, migrated)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_odoo_holds_what_the_tables_say(columns: Columns, cell: Cell) -> None:
    assert columns.told(cell) == cell.expected


def test_every_event_is_told_of_both_moments() -> None:
    assert {cell.event for cell in CELLS if not cell.after} == set(_HAPPENS)
    assert {cell.event for cell in CELLS if cell.after} == set(_HAPPENS) - {"nothing"}


# -- playing -------------------------------------------------------------------------------------------------------


def _played(database_url: str, folder: Path, outcome: Outcome) -> dict[str, str]:
    """What Odoo holds in the end, by cell."""
    cells = [cell for cell in CELLS if cell.outcome is outcome]
    with odoo_world(database_url, folder, sizes={"customers": 0, "orders": 0, "products": 0}) as world:
        customer(world.app, world.store_id, 1, email="ann@example.com")
        product(world.app, world.store_id, 1, "Rope", {"sku": "ROPE"})
        sales = [_sold(world, place) for place in range(len(cells))]
        settle_terms(world, world.store_id, outcome)
        _happen(cells, sales, after=False)
        _sync(world)
        _happen(cells, sales, after=True)
        _sync(world)
        told = {str(cell): _told(world, sale) for cell, sale in zip(cells, sales, strict=True)}
        world.odoo.forget()
        _sync(world)
        assert world.odoo.writing_calls() == {}, "a sync of what has not changed wrote to Odoo"
    return told


def _happen(cells: Sequence[Cell], sales: Sequence[Sale], *, after: bool) -> None:
    for cell, sale in zip(cells, sales, strict=True):
        if cell.after is after:
            _HAPPENS[cell.event](sale)


def _sold(world: OdooWorld, place: int) -> Sale:
    number = _FIRST + place
    things = [Item(number * 10, 30, 2, variant=1), Item(number * 10 + 1, 10)]
    return Sale(world.app, world.store_id, number, things, shipping=5, customer=1).pay().put()


def _sync(world: OdooWorld) -> None:
    done = sync(world, *SyncKind)
    assert done.state == "done", done.error


# -- in the words of the tables ------------------------------------------------------------------------------------


def _told(world: OdooWorld, sale: Sale) -> str:
    asked = [["client_order_ref", "=", f"gid://shopify/Order/{sale.id}"]]
    found = world.odoo.rows("sale.order", asked, "state", "amount_total", "invoice_ids")
    assert len(found) <= 1
    words = [part for order in found for part in (_order(sale, order), *_moves(world, order["invoice_ids"]))]
    return ", ".join([*words, *_review(world, sale)]) or "nothing"


def _order(sale: Sale, row: dict[str, Any]) -> str:
    if row["state"] == "cancel":
        return "cancelled order"
    sold = sum(one.price * one.quantity for one in sale.items) * Decimal("1.1") + sale.shipping
    total = Decimal(str(row["amount_total"]))
    assert total in (sold, sale.total), (total, sold, sale.total)
    return f"{'quotation' if row['state'] == 'draft' else 'order'} as {'sold' if total == sold else 'changed'}"


def _moves(world: OdooWorld, ids: list[int]) -> Iterator[str]:
    fields = ("move_type", "state", "amount_residual", "matched_payment_ids")
    for row in world.odoo.rows("account.move", [["id", "in", ids], ["state", "!=", "cancel"]], *fields):
        draft, paid = row["state"] == "draft", row["matched_payment_ids"] and not row["amount_residual"]
        if row["move_type"] == "out_invoice":
            yield "draft invoice" if draft else f"invoice {'paid' if paid else 'open'}"
        else:
            yield f"credit note {'paid back' if paid else 'draft' if draft else 'open'}"


def _review(world: OdooWorld, sale: Sale) -> Iterator[str]:
    with world.app.db.read() as connection:
        found = sync_items.one(connection, world.store_id, SyncKind.ORDERS, sale.id)
    if found is not None:
        assert found.state == "review", found
        yield f"review: {found.cause}"
