"""The way of an order, and its sums against an independent calculation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mooring_sandbox.odoo import taxes
from mooring_sandbox.odoo.orm.numbers import half_up
from tests.sandbox.odoo.asking import Asking

LINE = [
    "order_line/id",
    "order_line/product_id/id",
    "order_line/product_uom_qty",
    "order_line/price_unit",
    "order_line/tax_ids/id",
]


def sold(odoo: Asking, policy: str = "order", kind: str = "consu", quantity: str = "3") -> int:
    """A confirmed order of one line."""
    odoo.kept("res.partner", ["id", "name"], ["mooring.c", "Customer"])
    odoo.kept(
        "product.product",
        ["id", "name", "type", "invoice_policy", "taxes_id/id"],
        ["mooring.p", "Thing", kind, policy, ""],
    )
    (order,) = odoo.kept(
        "sale.order",
        ["id", "partner_id/id", *LINE],
        ["mooring.o", "mooring.c", "mooring.l", "mooring.p", quantity, "10", ""],
    )
    odoo.call("sale.order", "action_confirm", ids=[order])
    return order


def invoice(odoo: Asking, order: int) -> Any:
    vals = {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [order]]]}
    wizard = odoo.call("sale.advance.payment.inv", "create", vals_list=[vals])
    return odoo.answer("sale.advance.payment.inv", "create_invoices", ids=wizard)


def pay(odoo: Asking, move: int, **more: Any) -> Any:
    context = {"active_model": "account.move", "active_ids": [move]}
    wizard = odoo.call(
        "account.payment.register", "create", vals_list=[{"payment_date": "2026-11-02"} | more], context=context
    )
    return odoo.call("account.payment.register", "action_create_payments", ids=wizard, context=context)["res_id"]


def read(odoo: Asking, model: str, id_: int, *fields: str) -> list[Any]:
    (row,) = odoo.call(model, "read", ids=[id_], fields=list(fields))
    return [row[name] for name in fields]


def test_what_is_invoiced_on_delivery_waits_for_the_delivery(odoo: Asking):
    order = sold(odoo, policy="delivery")
    assert invoice(odoo, order).status_code == 422
    (picking,) = odoo.call("stock.picking", "search", domain=[["sale_id", "=", order]])
    assert odoo.call("stock.picking", "button_validate", ids=[picking]) is True
    assert read(odoo, "sale.order", order, "delivery_status", "invoice_status") == ["full", "to invoice"]
    move = invoice(odoo, order).json()["res_id"]
    assert read(odoo, "account.move", move, "amount_total") == [30.0]


def test_a_delivery_that_is_only_partly_there_leaves_the_rest_for_later(odoo: Asking):
    (product,) = odoo.kept("product.product", ["id", "name", "is_storable"], ["mooring.p", "Thing", "True"])
    (house,) = odoo.call("stock.warehouse", "search_read", domain=[], fields=["lot_stock_id"])
    counted = {"product_id": product, "location_id": house["lot_stock_id"][0], "inventory_quantity": 3}
    quants = odoo.call("stock.quant", "create", vals_list=[counted], context={"inventory_mode": True})
    odoo.call("stock.quant", "action_apply_inventory", ids=quants)
    order = sold(odoo, policy="delivery", quantity="5")
    (picking,) = odoo.call("stock.picking", "search", domain=[["sale_id", "=", order]])
    odoo.call("stock.picking", "button_validate", ids=[picking])
    rows = odoo.call("stock.picking", "search_read", domain=[["sale_id", "=", order]], fields=["state"], order="id")
    assert [row["state"] for row in rows] == ["done", "confirmed"]
    assert read(odoo, "sale.order", order, "delivery_status") == ["partial"]
    assert read(odoo, "product.product", product, "qty_available", "virtual_available") == [0.0, -2.0]
    assert invoice(odoo, order).status_code == 200


def test_a_payment_in_two_parts(odoo: Asking):
    move = invoice(odoo, sold(odoo)).json()["res_id"]
    odoo.call("account.move", "action_post", ids=[move])
    pay(odoo, move, amount=10)
    assert read(odoo, "account.move", move, "payment_state", "amount_residual") == ["partial", 20.0]
    pay(odoo, move)
    assert read(odoo, "account.move", move, "payment_state", "amount_residual") == ["paid", 0.0]
    assert len(read(odoo, "account.move", move, "matched_payment_ids")[0]) == 2


def test_a_posted_invoice_goes_back_to_draft_and_its_payment_is_open_again(odoo: Asking):
    order = sold(odoo)
    move = invoice(odoo, order).json()["res_id"]
    odoo.call("account.move", "action_post", ids=[move])
    pay(odoo, move)
    odoo.call("account.move", "button_draft", ids=[move])
    assert read(odoo, "account.move", move, "state", "payment_state", "amount_residual") == ["draft", "not_paid", 30.0]
    odoo.call("account.move", "button_cancel", ids=[move])
    assert read(odoo, "sale.order", order, "invoice_status") == ["to invoice"]


def test_a_draft_invoice_is_cancelled_with_its_order(odoo: Asking):
    order = sold(odoo)
    move = invoice(odoo, order).json()["res_id"]
    odoo.call("sale.order", "action_cancel", ids=[order])
    assert read(odoo, "account.move", move, "state") == ["cancel"]


def test_debit_and_credit_of_an_invoice_are_equal(odoo: Asking):
    order = sold(odoo)
    (line,) = read(odoo, "sale.order", order, "order_line")[0]
    (tax,) = odoo.call("account.tax", "search", domain=[["name", "=", "15%"], ["type_tax_use", "=", "sale"]])
    odoo.call("sale.order.line", "write", ids=[line], vals={"tax_ids": [[6, 0, [tax]]]})
    move = invoice(odoo, order).json()["res_id"]
    rows = odoo.call(
        "account.move.line", "search_read", domain=[["move_id", "=", move]], fields=["debit", "credit", "display_type"]
    )
    assert sum(row["debit"] for row in rows) == sum(row["credit"] for row in rows) == 34.5
    assert sorted(row["display_type"] for row in rows) == ["payment_term", "product", "tax"]


def test_several_orders_of_a_customer_on_one_invoice(odoo: Asking):
    first = sold(odoo)
    fields = ["id", "partner_id/id", *LINE]
    (second,) = odoo.kept("sale.order", fields, ["mooring.o2", "mooring.c", "mooring.l2", "mooring.p", "1", "5", ""])
    odoo.call("sale.order", "action_confirm", ids=[second])
    vals = {
        "advance_payment_method": "delivered",
        "sale_order_ids": [[6, 0, [first, second]]],
        "consolidated_billing": True,
    }
    wizard = odoo.call("sale.advance.payment.inv", "create", vals_list=[vals])
    move = odoo.call("sale.advance.payment.inv", "create_invoices", ids=wizard)["res_id"]
    assert read(odoo, "account.move", move, "amount_total") == [35.0]
    assert read(odoo, "sale.order", first, "invoice_ids") == read(odoo, "sale.order", second, "invoice_ids") == [[move]]


def test_an_order_in_yen_has_no_cents(odoo: Asking):
    odoo.kept("res.currency", ["id", "active"], ["base.JPY", "True"])
    odoo.kept("product.pricelist", ["id", "name", "currency_id/id"], ["mooring.pl", "Yen", "base.JPY"])
    odoo.kept("res.partner", ["id", "name"], ["mooring.c", "Customer"])
    odoo.kept("product.product", ["id", "name"], ["mooring.p", "Thing"])
    (order,) = odoo.kept(
        "sale.order", ["id", "partner_id/id", "pricelist_id/id", *LINE],
        ["mooring.o", "mooring.c", "mooring.pl", "mooring.l", "mooring.p", "3", "33.4", "account.1_sale_tax_template"],
    )  # fmt: skip
    assert read(odoo, "sale.order", order, "amount_untaxed", "amount_tax", "amount_total") == [100.0, 15.0, 115.0]


amounts = st.integers(-100_000, 100_000).map(lambda cents: cents / 100)
quantities = st.integers(-20, 50).map(float)
discounts = st.sampled_from([0.0, 5.0, 10.0, 12.5, 33.33, 100.0])
percents = st.sampled_from([0.0, 2.1, 7.0, 7.7, 15.0, 19.0, 20.0, 25.0])


def rounded(value: Fraction) -> Fraction:
    """Half up, away from zero, to cents: counted with whole numbers only."""
    cents = abs(value) * 100
    whole = int(cents) + (cents - int(cents) >= Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 100)


@settings(max_examples=300)
@given(price=amounts, quantity=quantities, discount=discounts, percent=percents, included=st.booleans())
def test_a_line_is_what_fractions_say(price: float, quantity: float, discount: float, percent: float, included: bool):
    found = taxes.line(price, quantity, discount, [taxes.Rate(1, "percent", percent, included)], 2)
    raw = rounded(Fraction(str(price)) * Fraction(str(quantity)) * (1 - Fraction(str(discount)) / 100))
    share = Fraction(str(percent)) / 100
    tax = rounded(raw / (1 + share) * share) if included else rounded(raw * share)
    untaxed, total = (raw - tax, raw) if included else (raw, raw + tax)
    assert (Fraction(str(found.untaxed)), Fraction(str(found.total))) == (untaxed, total)


@pytest.mark.parametrize(
    ("value", "wanted"), [(1.005, 1.01), (2.675, 2.68), (-1.005, -1.01), (0.285, 0.29), (8.325, 8.33)]
)
def test_halves_are_rounded_up_as_they_are_written(value: float, wanted: float):
    assert half_up(value, 2) == wanted
