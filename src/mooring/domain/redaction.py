"""What is left of an order when the person behind it has to be forgotten: the bookkeeping.

Rule: names, e-mail, phone, addresses, notes, free attributes and the link to the customer go; of an address the country
stays, which taxes need. A row is redacted the same way when it is stored and whenever it is read from Shopify again, so
its hash stays the same and nothing comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from mooring.domain.records import Address
from mooring.domain.records_orders import Line, Order, Refund
from mooring.domain.translate_orders import LINE, ORDER, REFUND
from mooring.domain.translate_rows import ADDRESS, CUSTOMER, Row, Shape, Stamp


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Whom a store has to forget, and the orders that keep nothing of them. Shopify's ids."""

    customers: frozenset[int] = frozenset()
    orders: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.customers or self.orders)


def incoming(forgotten: Forgotten, shape: Shape, rows: list[Row]) -> list[Row]:
    """Rows about to be written: forgotten customers are left out, what belongs to forgotten orders is redacted."""
    if shape in (CUSTOMER, ADDRESS):
        owner = shape.columns.index("shopify_id" if shape is CUSTOMER else "customer_id")
        return [row for row in rows if row[owner] not in forgotten.customers]
    if shape is ORDER:
        return [redacted(shape, row) if _is_theirs(forgotten, row) else row for row in rows]
    if shape in (LINE, REFUND):
        order = shape.columns.index("order_id")
        return [redacted(shape, row) if row[order] in forgotten.orders else row for row in rows]
    return rows


def _is_theirs(forgotten: Forgotten, row: Row) -> bool:
    return row[1] in forgotten.orders or row[_BUYER] in forgotten.customers


_BUYER = ORDER.columns.index("customer_id")


def redacted(shape: Shape, row: Row) -> Row:
    """The row that this record has without the person."""
    facts = dict(zip(shape.columns, row, strict=True))
    strip, gid = _STRIP[shape.table]
    record = msgspec.json.decode(facts["body"], type=shape.record)
    strip(record)
    record.id = f"{gid}/{facts['shopify_id']}"
    record.parent_id = f"gid://shopify/Order/{facts['order_id']}" if shape.parent else ""
    record.updated_at = facts.get("updated_at") or ""
    return shape.row(record, Stamp(facts["store_id"], facts["fetched_at"], facts.get("historic", True)))


def _strip_order(order: Order) -> None:
    order.customer = order.email = order.phone = order.note = order.customer_locale = None
    order.custom_attributes = ()
    order.billing_address = _country(order.billing_address)
    order.shipping_address = _country(order.shipping_address)


def _country(address: Address | None) -> Address | None:
    return Address(country_code=address.country_code) if address and address.country_code else None


def _strip_line(line: Line) -> None:
    """Engravings and gift messages stand in the attributes."""
    line.custom_attributes = ()


def _strip_refund(refund: Refund) -> None:
    refund.note = None


_STRIP: dict[str, tuple[Callable[[Any], None], str]] = {
    ORDER.table: (_strip_order, "gid://shopify/Order"),
    LINE.table: (_strip_line, "gid://shopify/LineItem"),
    REFUND.table: (_strip_refund, "gid://shopify/Refund"),
}
