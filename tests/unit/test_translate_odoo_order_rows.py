"""A booking as rows of a sale order: what every line stands on, and what becomes of lines that left it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mooring.domain.order_booking import Booking, BookingLine, Role
from mooring.domain.order_causes import Cause, Review
from mooring.domain.order_taxes import TaxEntry, TaxKey
from mooring.domain.translate_odoo import Form, Tree, column, exact, told
from mooring.domain.translate_odoo_order_rows import Header, Shelf, order

VAT, CITY = TaxKey(Decimal(10), False, "vat"), TaxKey(Decimal(2), False, "city")
TABLE = {VAT: TaxEntry(VAT, 9, Decimal(10), confirmed=True), CITY: TaxEntry(CITY, 4, Decimal(2), confirmed=True)}
HEADER = Header(1, 2, 3, 5)


def line(key: int, role: Role = Role.PRODUCT, **said: Any) -> BookingLine:
    usual = {
        "name": "Mug",
        "quantity": 2,
        "price_unit": Decimal("12.50"),
        "variant_id": key if role is Role.PRODUCT else None,
    }
    return BookingLine(key, role, **usual | said)


def made(*lines: BookingLine, shelf: Shelf, mapped: tuple[int, ...] = ()) -> Tree | Review:
    booking = Booking(
        7, "gid://shopify/Order/7", "Shopify #7", "2026-11-01 10:00:00", "USD", False, lines, Decimal(1), Decimal(1)
    )
    return order(booking, HEADER, shelf, TABLE, mapped)


def test_a_line_is_told_exactly_and_with_its_taxes_in_one_order() -> None:
    found = made(line(11, taxes=(VAT, CITY)), shelf=Shelf({11: 40}))
    assert isinstance(found, Tree)
    assert found.children[0].values == {
        "product_id": 40, "name": "Mug", "product_uom_qty": "2.00", "price_unit": "12.5", "discount": "0",
        "tax_ids": "4,9",
    }  # fmt: skip
    assert found.root.values["partner_shipping_id"] == 3 and "warehouse_id" not in found.root.values


def test_what_odoo_answers_has_the_same_form() -> None:
    assert told(Form.LINKS, [9, 4]) == "4,9" and told(Form.LINKS, []) == ""
    assert told(Form.EXACT, 12.5) == exact(Decimal("12.50")) == "12.5"
    assert [exact(value) for value in (0, 0.125, 1e-7, 100, False)] == ["0", "0.125", "0.0000001", "100", "0"]
    assert column("tax_ids", Form.LINKS) == "tax_ids/.id"


def test_goods_without_a_variant_stand_on_the_product_for_custom_items() -> None:
    shelf = Shelf(services={Role.CUSTOM: 50}, gone={12})
    found = made(line(11, Role.CUSTOM), line(12), shelf=shelf)
    assert isinstance(found, Tree)
    assert [one.values["product_id"] for one in found.children] == [50, 50]


def test_what_the_settings_lack_is_said_before_what_a_product_lacks() -> None:
    missing = made(line(11), line(12, Role.SHIPPING), line(13), shelf=Shelf(gone={13}))
    assert isinstance(missing, Review) and missing.cause is Cause.SERVICE_PRODUCT
    assert missing.sentence.endswith("Without one: shipping, custom.")
    for unsure, cause in (((), Cause.PRODUCT_MISSING), ((11,), Cause.AMBIGUOUS_PRODUCT)):
        missing = made(line(11), shelf=Shelf(unsure=unsure))
        assert isinstance(missing, Review) and missing.cause is cause and missing.sentence.endswith("It is: Mug.")


def test_a_line_that_left_the_order_is_emptied_and_no_more() -> None:
    found = made(line(11), shelf=Shelf({11: 40}), mapped=(11, 12))
    assert isinstance(found, Tree)
    assert [(one.shopify_id, dict(one.values)) for one in found.children[1:]] == [(12, {"product_uom_qty": "0.00"})]
