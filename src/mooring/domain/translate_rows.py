"""Records -> rows of the hub. A row function takes a record apart and returns a tuple in the order of its columns.

These functions run once per line of a bulk file, hundreds of thousands of times per import. They are plain tuples of
projections on purpose; money stays the decimal text Shopify sends, moments the text that sorts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mooring.domain import records as r
from mooring.domain.records import email_key, joined, maybe_moment, moment, number, phone_key, seal

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all rows of one answer share. `fetched_at` is by Shopify's clock. `historic` marks what came with a bulk
    import, and so was not learned as it happened."""

    store_id: str
    fetched_at: str
    historic: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """How records of one type become rows of one table. `parent`: the column that names the record they belong to."""

    table: str
    record: type[r.Record]
    columns: tuple[str, ...]
    row: Callable[[Any, Stamp], Row]
    parent: str | None = None

    @property
    def sealed(self) -> bool:
        """Whether its rows have content of their own."""
        return "body" in self.columns


_SEALED = ("fetched_at", "content_hash", "body")
_ROOT = ("created_at", "updated_at", "historic", "search", *_SEALED)


def _columns(*own: str) -> tuple[str, ...]:
    return ("store_id", "shopify_id", *own)


def _customer(record: r.Customer, stamp: Stamp) -> Row:
    shopify_id, updated_at = number(record.id), moment(record.updated_at)
    email, phone, spent = record.default_email_address, record.default_phone_number, record.amount_spent
    address = email.email_address if email else None
    dialled = phone.phone_number if phone else None
    consent = phone.sms_marketing_consent if phone else None
    tags = ", ".join(record.tags)
    digest, body = seal(record)
    return (
        stamp.store_id,
        shopify_id,
        record.first_name,
        record.last_name,
        address,
        dialled,
        email_key(address),
        phone_key(dialled),
        email.marketing_state if email else None,
        consent.state if consent else None,
        int(record.number_of_orders) if record.number_of_orders else None,
        spent.amount if spent else None,
        spent.currency_code if spent else None,
        tags,
        maybe_moment(record.created_at),
        updated_at,
        stamp.historic,
        joined(record.first_name, record.last_name, address, dialled, tags),
        stamp.fetched_at,
        digest,
        body,
    )


CUSTOMER = Shape(
    "customers",
    r.Customer,
    _columns("first_name", "last_name", "email", "phone", "email_key", "phone_key", "email_state", "sms_state",
             "orders_count", "amount_spent", "currency", "tags", *_ROOT),
    _customer,
)  # fmt: skip


def _address(record: r.Address, stamp: Stamp) -> Row:
    shopify_id, customer_id = number(record.id), number(record.parent_id)
    digest, body = seal(record)
    return (stamp.store_id, shopify_id, customer_id, record.country_code, stamp.fetched_at, digest, body)


ADDRESS = Shape(
    "addresses", r.Address, _columns("customer_id", "country_code", *_SEALED), _address, parent="customer_id"
)


def _product(record: r.Product, stamp: Stamp) -> Row:
    shopify_id, updated_at = number(record.id), moment(record.updated_at)
    tags = ", ".join(record.tags)
    digest, body = seal(record)
    return (
        stamp.store_id,
        shopify_id,
        record.title,
        record.handle,
        record.vendor,
        record.product_type,
        record.status,
        record.variants_count.count if record.variants_count else None,
        record.total_inventory,
        tags,
        maybe_moment(record.created_at),
        updated_at,
        stamp.historic,
        joined(record.title, record.handle, record.vendor, record.product_type, tags),
        stamp.fetched_at,
        digest,
        body,
    )


PRODUCT = Shape(
    "products",
    r.Product,
    _columns("title", "handle", "vendor", "product_type", "status", "variants_count", "total_inventory", "tags",
             *_ROOT),
    _product,
)  # fmt: skip


def _variant(record: r.Variant, stamp: Stamp) -> Row:
    shopify_id, product_id = number(record.id), number(record.parent_id)
    updated_at = maybe_moment(record.updated_at)
    digest, body = seal(record)
    return (
        stamp.store_id,
        shopify_id,
        product_id,
        record.title,
        record.sku or None,
        record.barcode or None,
        record.price,
        record.compare_at_price,
        record.inventory_quantity,
        number(record.inventory_item.id) if record.inventory_item else None,
        record.position,
        updated_at,
        stamp.fetched_at,
        digest,
        body,
    )


VARIANT = Shape(
    "variants",
    r.Variant,
    _columns("product_id", "title", "sku", "barcode", "price", "compare_at_price", "inventory_quantity",
             "inventory_item_id", "position", "updated_at", *_SEALED),
    _variant,
    parent="product_id",
)  # fmt: skip


def _collection(record: r.Collection, stamp: Stamp) -> Row:
    shopify_id, updated_at = number(record.id), moment(record.updated_at)
    smart = any(source.typename == "CollectionConditionsSource" for source in record.sources)
    digest, body = seal(record)
    return (
        stamp.store_id,
        shopify_id,
        record.title,
        record.handle,
        smart,
        record.products_count.count if record.products_count else None,
        None,
        updated_at,
        stamp.historic,
        joined(record.title, record.handle),
        stamp.fetched_at,
        digest,
        body,
    )


COLLECTION = Shape(
    "collections", r.Collection, _columns("title", "handle", "smart", "products_count", *_ROOT), _collection
)


def _membership(record: r.Membership, stamp: Stamp) -> Row:
    return (stamp.store_id, number(record.parent_id), number(record.id))


MEMBERSHIP = Shape(
    "collection_products",
    r.Membership,
    ("store_id", "collection_id", "product_id"),
    _membership,
    parent="collection_id",
)
