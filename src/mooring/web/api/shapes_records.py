"""The shapes of imported records. What has a column is a field; everything else Shopify said stands in `body`, in the
shape Shopify gives it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from mooring.db.reading import Row
from mooring.domain.kinds import Kind
from mooring.web.api.shapes import Out


class RecordOut(Out):
    """`hub_id` is Mooring's, never used twice. `deleted_at` marks what Shopify no longer has."""

    hub_id: int
    store_id: str
    shopify_id: int
    created_at: datetime | None
    updated_at: datetime
    fetched_at: datetime
    historic: bool
    deleted_at: datetime | None


class CustomerOut(RecordOut):
    tags: str
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    email_state: str | None
    sms_state: str | None
    orders_count: int | None
    amount_spent: Decimal | None
    currency: str | None


class OrderOut(RecordOut):
    tags: str
    name: str
    customer_id: int | None
    email: str | None
    phone: str | None
    financial_status: str | None
    fulfillment_status: str | None
    currency: str
    presentment_currency: str
    total: Decimal
    current_total: Decimal
    presentment_total: Decimal
    subtotal: Decimal | None
    total_tax: Decimal | None
    total_discounts: Decimal | None
    total_shipping: Decimal | None
    total_refunded: Decimal | None
    taxes_included: bool | None
    test: bool
    source_name: str | None
    processed_at: datetime | None
    cancelled_at: datetime | None
    closed_at: datetime | None


class ProductOut(RecordOut):
    tags: str
    title: str
    handle: str | None
    vendor: str | None
    product_type: str | None
    status: str | None
    variants_count: int | None
    total_inventory: int | None


class CollectionOut(RecordOut):
    title: str
    handle: str | None
    smart: bool
    products_count: int | None


class CustomerRecord(Out):
    """`changed`: the fields that were changed here, and how far each has got; `customer` shows them already."""

    customer: CustomerOut
    body: dict[str, Any]
    addresses: list[dict[str, Any]]
    orders: list[OrderOut]
    changed: dict[str, str]


class OrderRecord(Out):
    """`detail` holds what was read for this order alone, such as all its shipping lines."""

    order: OrderOut
    body: dict[str, Any]
    detail: dict[str, Any] | None
    customer: CustomerOut | None
    lines: list[dict[str, Any]]
    refunds: list[dict[str, Any]]


class ProductRecord(Out):
    product: ProductOut
    body: dict[str, Any]
    variants: list[dict[str, Any]]
    collections: list[CollectionOut]


class CollectionRecord(Out):
    """`next` is the `cursor` of more products."""

    collection: CollectionOut
    body: dict[str, Any]
    products: list[ProductOut]
    next: str | None


OUT: dict[Kind, type[RecordOut]] = {
    Kind.CUSTOMERS: CustomerOut,
    Kind.ORDERS: OrderOut,
    Kind.PRODUCTS: ProductOut,
    Kind.COLLECTIONS: CollectionOut,
}


def record_out(kind: Kind, row: Row) -> Any:
    shape = OUT[kind]
    return shape(**{name: row[name] for name in shape.__struct_fields__ if name in row})


def records_out(kind: Kind, rows: list[Row]) -> list[Any]:
    return [record_out(kind, row) for row in rows]
