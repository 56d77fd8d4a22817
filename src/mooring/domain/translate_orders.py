"""Orders, their lines and refunds -> rows of the hub; and which orders a bulk file cannot tell whole."""

from __future__ import annotations

from decimal import Decimal

from mooring.domain import records_orders as r
from mooring.domain.records import Bag, joined, maybe_moment, moment, number, seal
from mooring.domain.translate_rows import Row, Shape, Stamp


def _shop(bag: Bag | None) -> str | None:
    return bag.shop_money.amount if bag else None


def _same(one: Bag | None, other: Bag | None) -> bool:
    """Whether two amounts in the shop's currency are equal; none is nothing."""
    left, right = _shop(one) or "0", _shop(other) or "0"
    return left == right or Decimal(left) == Decimal(right)


def needs_detail(order: r.Order) -> bool:
    """Whether an order has to be read by id too: it has refunds, or its shipping is more than the one line bulk shows.

    Shopify's shipping total leaves discounts out in one reading of its documentation and counts them in another, so
    either price of that line explains it.
    """
    if order.refunds:
        return True
    line, total = order.shipping_line, order.total_shipping_price_set
    if line is None:
        return not _same(total, None)
    return not (_same(total, line.discounted_price_set) or _same(total, line.original_price_set))


def _order(record: r.Order, stamp: Stamp) -> Row:
    shopify_id, updated_at = number(record.id), moment(record.updated_at)
    total, current = record.total_price_set, record.current_total_price_set
    billing, shipping, tags = record.billing_address, record.shipping_address, ", ".join(record.tags)
    due = needs_detail(record)
    digest, body = seal(record)
    return (
        stamp.store_id,
        shopify_id,
        record.name,
        number(record.customer.id) if record.customer else None,
        record.email,
        record.phone,
        record.display_financial_status,
        record.display_fulfillment_status,
        record.currency_code,
        record.presentment_currency_code,
        total.shop_money.amount if total else "0",
        current.shop_money.amount if current else "0",
        total.presentment_money.amount if total else "0",
        _shop(record.subtotal_price_set),
        _shop(record.total_tax_set),
        _shop(record.total_discounts_set),
        _shop(record.total_shipping_price_set),
        _shop(record.total_refunded_set),
        record.taxes_included,
        bool(record.test),
        record.source_name,
        tags,
        maybe_moment(record.processed_at),
        maybe_moment(record.cancelled_at),
        maybe_moment(record.closed_at),
        due,
        maybe_moment(record.created_at),
        updated_at,
        stamp.historic,
        joined(
            record.name,
            record.email,
            record.phone,
            record.po_number,
            billing.first_name if billing else None,
            billing.last_name if billing else None,
            shipping.first_name if shipping else None,
            shipping.last_name if shipping else None,
            tags,
        ),
        stamp.fetched_at,
        digest,
        body,
    )


ORDER = Shape(
    "orders",
    r.Order,
    ("store_id", "shopify_id", "name", "customer_id", "email", "phone", "financial_status", "fulfillment_status",
     "currency", "presentment_currency", "total", "current_total", "presentment_total", "subtotal", "total_tax",
     "total_discounts", "total_shipping", "total_refunded", "taxes_included", "test", "source_name", "tags",
     "processed_at", "cancelled_at", "closed_at", "detail_due", "created_at", "updated_at", "historic", "search",
     "fetched_at", "content_hash", "body"),
    _order,
)  # fmt: skip


def _line(record: r.Line, stamp: Stamp) -> Row:
    shopify_id, order_id = number(record.id), number(record.parent_id)
    price = record.original_unit_price_set
    digest, body = seal(record)
    return (
        stamp.store_id,
        shopify_id,
        order_id,
        number(record.product.id) if record.product else None,
        number(record.variant.id) if record.variant else None,
        record.sku or None,
        record.title,
        record.quantity,
        record.quantity if record.current_quantity is None else record.current_quantity,
        price.shop_money.amount if price else "0",
        price.shop_money.currency_code if price else "",
        stamp.fetched_at,
        digest,
        body,
    )


LINE = Shape(
    "order_lines",
    r.Line,
    ("store_id", "shopify_id", "order_id", "product_id", "variant_id", "sku", "title", "quantity", "current_quantity",
     "unit_price", "currency", "fetched_at", "content_hash", "body"),
    _line,
    parent="order_id",
)  # fmt: skip


def _refund(record: r.Refund, stamp: Stamp) -> Row:
    shopify_id, order_id, total = number(record.id), number(record.parent_id), record.total_refunded_set
    digest, body = seal(record)
    return (
        stamp.store_id,
        shopify_id,
        order_id,
        maybe_moment(record.created_at),
        total.shop_money.amount if total else "0",
        total.shop_money.currency_code if total else "",
        stamp.fetched_at,
        digest,
        body,
    )


REFUND = Shape(
    "refunds",
    r.Refund,
    ("store_id", "shopify_id", "order_id", "created_at", "total", "currency", "fetched_at", "content_hash", "body"),
    _refund,
    parent="order_id",
)
