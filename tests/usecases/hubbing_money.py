"""Payments and refunds of orders in the hub, as an import would leave them: with totals that add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from mooring.db import records
from mooring.domain import records as r
from mooring.domain import records_orders as ro
from mooring.domain.translate_orders import ORDER, REFUND
from mooring.domain.translate_rows import Stamp
from mooring.usecases.context import App
from tests.usecases.hubbing import FIRST
from tests.usecases.hubbing_orders import bag, order

BACK_AT = "2026-11-03T09:00:00Z"


@dataclass(frozen=True)
class Back:
    """A refund: `lines` as (line id, units, amount before taxes, tax), what of the shipping, the money that went back,
    and an adjustment (negative: given back beyond the goods)."""

    id: int
    lines: Sequence[tuple[int, int, str, str]] = ()
    shipping: str = "0"
    money: str = "0"
    adjusted: str = "0"
    note: str = ""
    at: str = BACK_AT
    gateway: str = "shopify_payments"

    @property
    def value(self) -> Decimal:
        goods = sum((Decimal(amount) + Decimal(tax) for _, _, amount, tax in self.lines), Decimal(0))
        return goods + Decimal(self.shipping) - Decimal(self.adjusted)


def paid(
    amount: str, number: int = 900, *, currency: str = "USD", gateway: str = "shopify_payments", at: str = FIRST,
    kind: str = "SALE",
) -> ro.Transaction:  # fmt: skip
    return ro.Transaction(
        id=f"gid://shopify/OrderTransaction/{number}", kind=kind, status="SUCCESS", gateway=gateway,
        formatted_gateway=gateway.title(), created_at=at, processed_at=at, amount_set=bag(Decimal(amount), currency),
    )  # fmt: skip


def sold(
    app: App, store_id: str, order_id: int, *lines: dict[str, Any], total: str, payments: Iterable[ro.Transaction] = (),
    backs: Sequence[Back] = (), currency: str = "USD", at: str = FIRST, current: str | None = None, **said: Any
) -> None:  # fmt: skip
    """`total`: after edits and before refunds; what the order costs now is that less what its refunds take out."""
    left = Decimal(current) if current is not None else Decimal(total) - sum((one.value for one in backs), Decimal(0))
    moved = [paid(one.money, one.id * 10, currency=currency, gateway=one.gateway, at=one.at, kind="REFUND")
             for one in backs if Decimal(one.money)]  # fmt: skip
    order(
        app, store_id, order_id, *lines, currency=currency, at=at, current_total_price_set=bag(left, currency),
        transactions=(*payments, *moved),
        refunds=tuple(ro.RefundHead(f"gid://shopify/Refund/{one.id}", one.at) for one in backs), **said,
    )  # fmt: skip
    if backs:
        _write_refunds(app, store_id, order_id, backs, currency, at)


def _write_refunds(app: App, store_id: str, order_id: int, backs: Sequence[Back], currency: str, at: str) -> None:
    rows = [REFUND.row(_refund(order_id, one, currency, at), Stamp(store_id, at)) for one in backs]
    with app.db.write() as connection:
        body = msgspec.json.decode(records.bodies(connection, ORDER, store_id, [order_id])[order_id], type=ro.Order)
        shipping = (body.shipping_line,) if body.shipping_line else ()
        text = msgspec.json.encode(ro.OrderDetail(shipping_lines=shipping)).decode()
        records.write_refunds(connection, store_id, rows)
        records.save_details(connection, store_id, {order_id: text}, datetime.fromisoformat(at))


def _refund(order_id: int, told: Back, currency: str, at: str) -> ro.Refund:
    money = [paid(told.money, told.id * 10, currency=currency, gateway=told.gateway, at=told.at, kind="REFUND")]
    freight = ro.RefundShipping(
        id="gid://shopify/RefundShippingLine/1", subtotal_amount_set=bag(Decimal(told.shipping), currency),
        tax_amount_set=bag(Decimal(0), currency), shipping_line=r.Ref("gid://shopify/ShippingLine/1"),
    )  # fmt: skip
    adjusted = ro.Adjustment(
        id="gid://shopify/OrderAdjustment/1", amount_set=bag(Decimal(told.adjusted), currency),
        tax_amount_set=bag(Decimal(0), currency),
    )  # fmt: skip
    return ro.Refund(
        id=f"gid://shopify/Refund/{told.id}", updated_at=at, parent_id=f"gid://shopify/Order/{order_id}",
        created_at=told.at, processed_at=told.at, note=told.note, total_refunded_set=bag(Decimal(told.money), currency),
        refund_line_items=tuple(_line(*one, currency) for one in told.lines),
        refund_shipping_lines=(freight,) if Decimal(told.shipping) else (),
        order_adjustments=(adjusted,) if Decimal(told.adjusted) else (),
        transactions=tuple(money) if Decimal(told.money) else (),
    )  # fmt: skip


def _line(line_id: int, units: int, amount: str, tax: str, currency: str) -> ro.RefundLine:
    return ro.RefundLine(
        quantity=units, restock_type="RETURN", line_item=r.Ref(f"gid://shopify/LineItem/{line_id}"),
        subtotal_set=bag(Decimal(amount), currency), total_tax_set=bag(Decimal(tax), currency),
    )  # fmt: skip
