"""Orders put into the hub by hand, as an import would: whole, with totals that add up."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mooring.db import records
from mooring.domain import records as r
from mooring.domain import records_orders as ro
from mooring.domain.translate_orders import LINE, ORDER
from mooring.domain.translate_rows import Stamp
from mooring.usecases.context import App
from tests.usecases.hubbing import FIRST

CENT = Decimal("0.01")


def order(
    app: App, store_id: str, order_id: int, *lines: dict[str, Any], at: str = FIRST, currency: str = "USD",
    customer: int | None = None, shipping: str = "0", tax: str = "", streets: tuple[str, str] = ("", ""), **said: Any
) -> None:  # fmt: skip
    """`lines`: their `id`, `variant`, `title`, `price`, `quantity`, `off`, and what an edit has `left` of them. `tax`:
    per cent, on top of the price of each line. `streets`: of the invoice and of the delivery."""
    taxes = {place: _tax(line, tax) for place, line in enumerate(lines)}
    goods = sum((_amount(line) for line in lines), Decimal(0))
    total = goods + sum(taxes.values(), Decimal(0)) + Decimal(shipping)
    facts: dict[str, Any] = {
        "name": f"#{order_id}", "display_financial_status": "PAID", "processed_at": FIRST, "created_at": FIRST,
        "currency_code": currency, "presentment_currency_code": currency, "taxes_included": False,
        "current_total_price_set": bag(total, currency),
    } | said  # fmt: skip
    record = ro.Order(
        id=f"gid://shopify/Order/{order_id}", updated_at=at, **facts, total_price_set=bag(total, currency),
        total_shipping_price_set=bag(Decimal(shipping), currency),
        tax_lines=(_vat(tax, sum(taxes.values(), Decimal(0)), currency),) if tax else (),
        customer=r.Ref(f"gid://shopify/Customer/{customer}") if customer else None,
        shipping_line=_shipping(shipping, currency) if Decimal(shipping) else None,
        billing_address=_address(streets[0]), shipping_address=_address(streets[1]),
    )  # fmt: skip
    stamp = Stamp(store_id, at)
    with app.db.write() as connection:
        records.write_roots(connection, ORDER, store_id, [ORDER.row(record, stamp)])
        rows = [LINE.row(_line(order_id, place, one, currency, tax, taxes[place], at), stamp)
                for place, one in enumerate(lines)]  # fmt: skip
        records.write_children(connection, LINE, ORDER, store_id, rows, at)


def bag(amount: Decimal, currency: str) -> r.Bag:
    money = r.Money(f"{amount:.2f}", currency)
    return r.Bag(money, money)


def _left(line: dict[str, Any]) -> int:
    return line.get("left", line.get("quantity", 1))


def _amount(line: dict[str, Any]) -> Decimal:
    return Decimal(line.get("price", "10.00")) * _left(line) - Decimal(line.get("off", "0"))


def _tax(line: dict[str, Any], percent: str) -> Decimal:
    return (_amount(line) * Decimal(percent or 0) / 100).quantize(CENT, ROUND_HALF_UP)


def _vat(percent: str, amount: Decimal, currency: str) -> ro.Tax:
    return ro.Tax("VAT", float(percent) / 100, price_set=bag(amount, currency))


def _line(
    order_id: int, place: int, said: dict[str, Any], currency: str, percent: str, tax: Decimal, at: str
) -> ro.Line:
    variant, off = said.get("variant"), Decimal(said.get("off", "0"))
    taxes = (_vat(percent, tax, currency),) if percent else ()
    return ro.Line(
        id=f"gid://shopify/LineItem/{said.get('id', order_id * 100 + place)}", updated_at=at,
        parent_id=f"gid://shopify/Order/{order_id}", title=said.get("title", "Mug"),
        quantity=said.get("quantity", 1), current_quantity=_left(said), sku=said.get("sku"),
        variant=r.Ref(f"gid://shopify/ProductVariant/{variant}") if variant else None,
        original_unit_price_set=bag(Decimal(said.get("price", "10.00")), currency), tax_lines=taxes,
        discount_allocations=(ro.Allocation(bag(off, currency)),) if off else (),
    )  # fmt: skip


def _shipping(price: str, currency: str) -> ro.ShippingLine:
    money = bag(Decimal(price), currency)
    return ro.ShippingLine(
        id="gid://shopify/ShippingLine/1", title="Post", original_price_set=money, discounted_price_set=money
    )


def _address(street: str) -> r.Address | None:
    if not street:
        return None
    return r.Address(
        first_name="Ann", last_name="Lee", address1=street, city="San Diego", zip="92101", country_code="US",
        province_code="CA",
    )  # fmt: skip
