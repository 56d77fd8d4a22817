"""What `order_money` predicts is what Odoo says: of random lines, and of whole bookings, through `load()`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

import msgspec
import pytest

from mooring.domain.order_booking import Booking, priced
from mooring.domain.order_money import Charge, Priced, Rounding, line_sums, predicted
from mooring.domain.translate_odoo_orders import Terms, booking
from tests.contract.odoo import KINDS, At, at
from tests.support.orders import drawn, terms_for

RATES = ("0", "4.5", "7", "9.975", "19", "20")
FIELDS = ["id", "partner_id/id", "order_line/id", "order_line/product_id/id", "order_line/name",
          "order_line/product_uom_qty", "order_line/price_unit", "order_line/discount",
          "order_line/tax_ids/.id"]  # fmt: skip
CENT = Decimal("0.01")


@pytest.fixture(params=KINDS, scope="module")
def odoo(request: pytest.FixtureRequest) -> Iterator[At]:
    with at(request.param) as found:
        found.kept("res.partner", ["id", "name"], [found.xid("buyer"), f"Buyer {found.run}"])
        found.kept("product.product", ["id", "name", "taxes_id/id"], [found.xid("tea"), f"Tea {found.run}", ""])
        yield found
        found.clean_up()


def charge(odoo: At, percent: str, included: bool, name: str) -> Charge:
    override = "tax_included" if included else "tax_excluded"
    (tax,) = odoo.create("account.tax", {
        "name": f"{name} {percent} {override} {odoo.run}", "amount": float(percent), "amount_type": "percent",
        "type_tax_use": "sale", "price_include_override": override,
    })  # fmt: skip
    return Charge(tax, Decimal(percent), included)


def way(odoo: At) -> Rounding:
    """The company's, where it can be chosen."""
    field = "tax_calculation_rounding_method"
    asked = {"allfields": [field], "attributes": ["type"]}
    if not odoo.client.call(odoo.access, "res.company", "fields_get", asked, writes=False):
        return Rounding.PER_LINE
    (user,) = odoo.rows("res.users", [["id", "=", odoo.access.user_id]], "company_id")
    (company,) = odoo.rows("res.company", [["id", "=", user["company_id"][0]]], field)
    return Rounding(company[field])


def push(odoo: At, name: str, orders: Sequence[Sequence[Priced]]) -> list[int]:
    """Loads the orders with these lines; their ids."""
    rows: list[list[str]] = []
    for order, lines in enumerate(orders):
        head = [odoo.xid(f"{name}{order}"), odoo.xid("buyer")]
        for place, one in enumerate(lines):
            taxes = ",".join(str(charge.tax) for charge in one.charges)
            rows.append([*(["", ""] if place else head), odoo.xid(f"{name}{order}_{place}"), odoo.xid("tea"), "Tea",
                         str(one.quantity), str(one.price_unit), str(one.discount), taxes])  # fmt: skip
    return odoo.kept("sale.order", FIELDS, *rows)


def money(value: float) -> Decimal:
    return Decimal(str(value)).quantize(CENT)


def test_random_lines_add_up_as_predicted(odoo: At) -> None:
    dice, rounding = Random(7), way(odoo)
    taxes = [charge(odoo, rate, included, "in" if included else "on") for included in (True, False) for rate in RATES]
    orders = [[line(dice, taxes) for _ in range(dice.randint(1, 8))] for _ in range(80)]
    ids = push(odoo, "random", orders)
    told = {row["id"]: row for row in odoo.rows("sale.order", [["id", "in", ids]], "amount_untaxed", "amount_tax",
                                                "amount_total")}  # fmt: skip
    for id_, lines in zip(ids, orders, strict=True):
        sums = predicted(lines, 2, rounding)
        said = [money(told[id_][f"amount_{name}"]) for name in ("untaxed", "tax", "total")]
        assert said == [sums.untaxed, sums.tax, sums.total], lines


def line(dice: Random, taxes: Sequence[Charge]) -> Priced:
    """Prices below zero too, as of separate discounts."""
    price = Decimal(dice.randint(-2_000, 20_000)).scaleb(-2)
    discount = Decimal(dice.choice((0, 0, 1000, 3333, 10_000, dice.randint(0, 10_000)))).scaleb(-2)
    chosen = dice.sample(list(taxes), min(len(taxes), dice.choice((0, 1, 1, 2, 3))))
    return Priced(dice.choice((1, 1, 2, 3, 12)), price, discount, tuple(chosen))


def test_every_line_says_what_is_predicted(odoo: At) -> None:
    if way(odoo) is Rounding.GLOBALLY:
        pytest.skip("lines have no sums of their own where a company rounds globally")
    dice = Random(8)
    taxes = [charge(odoo, "8.1", True, "line"), charge(odoo, "5", False, "line")]
    lines = [line(dice, taxes) for _ in range(120)]
    (order,) = push(odoo, "lines", [lines])
    told = odoo.rows("sale.order.line", [["order_id", "=", order]], "price_subtotal", "price_total")
    for row, one in zip(told, lines, strict=True):
        sums = line_sums(one, 2)
        assert [money(row["price_subtotal"]), money(row["price_total"])] == [sums.untaxed, sums.total], one


def confirmed(odoo: At, terms: Terms) -> Terms:
    """The same table, with taxes of this Odoo."""
    made = {key: charge(odoo, str(entry.percent), entry.included, key.title) for key, entry in terms.taxes.items()}
    table = {key: msgspec.structs.replace(entry, odoo_id=made[key].tax) for key, entry in terms.taxes.items()}
    return replace(terms, taxes=table)


@pytest.mark.parametrize("included", [True, False])
def test_bookings_cost_in_odoo_what_they_cost_in_shopify(odoo: At, included: bool) -> None:
    orders = [drawn(seed, currency="USD", included=included) for seed in range(60)]
    terms = confirmed(odoo, terms_for(*orders, rounding=way(odoo)))
    booked = [made for one in orders if isinstance(made := booking(one.told, terms), Booking)]
    assert len(booked) >= 59
    ids = push(odoo, f"booked{included}_", [[priced(line, terms.taxes) for line in one.lines] for one in booked])
    told = {row["id"]: row for row in odoo.rows("sale.order", [["id", "in", ids]], "amount_untaxed", "amount_total")}
    for id_, one in zip(ids, booked, strict=True):
        assert [money(told[id_]["amount_untaxed"]), money(told[id_]["amount_total"])] == [one.untaxed, one.total]
