"""Imported orders become bookings to the cent, and their refunds credit notes that settle them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mooring.db import tables
from mooring.domain import records_orders as ro
from mooring.domain.kinds import Kind
from mooring.domain.order_amounts import shop
from mooring.domain.order_booking import Booking
from mooring.domain.order_money import usual_decimals
from mooring.domain.order_payments import received, total
from mooring.domain.order_refunds import CreditNote, credit, unsettled
from mooring.domain.order_taxes import TaxEntry, TaxKey, key_of
from mooring.domain.translate_odoo_orders import Terms, Told, booking
from tests.usecases.importing import World, world

SIZES = {"customers": 40, "orders": 150, "products": 20}
SCOPES = ("read_all_orders", "read_customers", "read_orders", "read_products")


@pytest.fixture
def imported(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES, imported=(Kind.ORDERS,)) as made:
        yield made


def bodies(shop: World, table: Any, kind: type[Any]) -> dict[int, list[tuple[int, Any]]]:
    """By order."""
    found: dict[int, list[tuple[int, Any]]] = defaultdict(list)
    for order_id, id_, body in shop.rows(table, "order_id", "shopify_id", "body"):
        found[order_id].append((id_, msgspec.json.decode(body, type=kind)))
    return found


def told(shop: World) -> list[Told]:
    lines, refunds = bodies(shop, tables.order_lines, ro.Line), bodies(shop, tables.refunds, ro.Refund)
    return [
        Told(id_, msgspec.json.decode(body, type=ro.Order), lines[id_], refunds[id_],
             msgspec.json.decode(detail, type=ro.OrderDetail) if detail else None)
        for id_, body, detail in shop.rows(tables.orders, "shopify_id", "body", "detail")
    ]  # fmt: skip


def confirmed(orders: list[Told]) -> Terms:
    """Every tax that occurs is one of Odoo's, of the same rate."""
    keys = {key_of(tax, bool(one.order.taxes_included)) for one in orders for _, line in one.lines
            for tax in line.tax_lines}  # fmt: skip
    keys |= {key_of(tax, bool(one.order.taxes_included)) for one in orders for line in one.shipping
             for tax in line.tax_lines}  # fmt: skip
    rated: list[TaxKey] = sorted((key for key in keys if key.percent), key=repr)
    table = {key: TaxEntry(key, at, key.percent, key.included, confirmed=True) for at, key in enumerate(rated, 1)}
    return Terms(table, {one.order.currency_code: usual_decimals(one.order.currency_code) for one in orders})


def test_every_imported_order_is_booked_to_the_cent_and_settled_by_its_credit_notes(imported: World) -> None:
    orders = told(imported)
    terms, credited = confirmed(orders), 0
    for one in orders:
        assert one.is_whole
        made = booking(one, terms)
        assert isinstance(made, Booking), made
        assert made.total == shop(one.order.total_price_set) and not made.rounding
        assert total(received(one.order)) == shop(one.order.total_received_set)
        notes = [credit(made, refund_id, refund, terms) for refund_id, refund in one.refunds]
        done = [note for note in notes if isinstance(note, CreditNote)]
        assert len(done) == len([note for note in notes if note is not None])
        assert unsettled(made, done, one.order) is None
        credited += len(done)
    assert len(orders) == SIZES["orders"]
    assert credited > 2
