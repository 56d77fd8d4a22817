"""The hub: what was imported. Every row names its store; a hub id is never used twice (AUTOINCREMENT / identity).

Roots (customers, orders, products, collections) carry what decides who wins: `updated_at` and `fetched_at` by
Shopify's clock, and `content_hash`, which covers everything in `body` and nothing else. Rows that only exist inside a
root (addresses, lines, refunds, variants) carry `fetched_at` and their own hash. `body` is the whole imported record
as canonical JSON; the other columns are projections of it that are searched, sorted or matched by. `orders.detail` is
what only a reading by id can tell of an order beyond its refunds; `detail_due` says that this reading is still owed.

Whoever marks a root as deleted also sets its `fetched_at`, so that only a later answer of Shopify can take it off.
`customers.merged_into` is the Shopify id of the customer that survived a merge; the merged one is marked as deleted.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from mooring.db.tables.base import metadata
from mooring.db.tables.types import BigId, Money, OurTime, ShopifyTime


def _hub_table(name: str, *columns: Any, indexes: Sequence[Index] = ()) -> Table:
    return Table(
        name,
        metadata,
        Column("hub_id", BigId, primary_key=True, autoincrement=True),
        Column("store_id", Text, ForeignKey("stores.id"), nullable=False),
        Column("shopify_id", BigInteger, nullable=False),
        *columns,
        Column("fetched_at", ShopifyTime, nullable=False),
        Column("content_hash", LargeBinary, nullable=False),
        Column("body", Text, nullable=False),
        Index(f"uq_{name}_shopify_id", "store_id", "shopify_id", unique=True),
        *indexes,
        sqlite_autoincrement=True,
    )


def _root() -> list[Column[Any]]:
    return [
        Column("created_at", ShopifyTime),
        Column("updated_at", ShopifyTime, nullable=False),
        Column("historic", Boolean, nullable=False, default=False),
        Column("deleted_at", OurTime),
        Column("search", Text, nullable=False, default=""),
    ]


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


customers = _hub_table(
    "customers",
    Column("first_name", Text),
    Column("last_name", Text),
    Column("email", Text),
    Column("phone", Text),
    Column("email_key", Text),
    Column("phone_key", Text),
    Column("email_state", Text),
    Column("sms_state", Text),
    Column("orders_count", BigInteger),
    Column("amount_spent", Money),
    Column("currency", Text),
    Column("tags", Text, nullable=False, default=""),
    *_root(),
    Column("merged_into", BigInteger),
    indexes=(
        Index("ix_customers_email_key", "email_key", "store_id", **_where("email_key IS NOT NULL")),
        Index("ix_customers_phone_key", "phone_key", "store_id", **_where("phone_key IS NOT NULL")),
    ),
)

addresses = _hub_table(
    "addresses",
    Column("customer_id", BigInteger, nullable=False),
    Column("country_code", Text),
    indexes=(Index("ix_addresses_customer", "store_id", "customer_id"),),
)

orders = _hub_table(
    "orders",
    Column("name", Text, nullable=False),
    Column("customer_id", BigInteger),
    Column("email", Text),
    Column("phone", Text),
    Column("financial_status", Text),
    Column("fulfillment_status", Text),
    Column("currency", Text, nullable=False),
    Column("presentment_currency", Text, nullable=False),
    Column("total", Money, nullable=False),
    Column("current_total", Money, nullable=False),
    Column("presentment_total", Money, nullable=False),
    Column("subtotal", Money),
    Column("total_tax", Money),
    Column("total_discounts", Money),
    Column("total_shipping", Money),
    Column("total_refunded", Money),
    Column("taxes_included", Boolean),
    Column("test", Boolean, nullable=False, default=False),
    Column("source_name", Text),
    Column("tags", Text, nullable=False, default=""),
    Column("processed_at", ShopifyTime),
    Column("cancelled_at", ShopifyTime),
    Column("closed_at", ShopifyTime),
    Column("detail_due", Boolean, nullable=False, default=False),
    Column("detail", Text),
    *_root(),
    indexes=(
        Index("ix_orders_customer", "store_id", "customer_id", **_where("customer_id IS NOT NULL")),
        Index("ix_orders_detail_due", "store_id", "shopify_id", **_where("detail_due")),
    ),
)

order_lines = _hub_table(
    "order_lines",
    Column("order_id", BigInteger, nullable=False),
    Column("product_id", BigInteger),
    Column("variant_id", BigInteger),
    Column("sku", Text),
    Column("title", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("current_quantity", Integer, nullable=False),
    Column("unit_price", Money, nullable=False),
    Column("currency", Text, nullable=False),
    indexes=(Index("ix_order_lines_order", "store_id", "order_id"),),
)

refunds = _hub_table(
    "refunds",
    Column("order_id", BigInteger, nullable=False),
    Column("created_at", ShopifyTime),
    Column("total", Money, nullable=False),
    Column("currency", Text, nullable=False),
    indexes=(Index("ix_refunds_order", "store_id", "order_id"),),
)

products = _hub_table(
    "products",
    Column("title", Text, nullable=False),
    Column("handle", Text),
    Column("vendor", Text),
    Column("product_type", Text),
    Column("status", Text),
    Column("variants_count", Integer),
    Column("total_inventory", Integer),
    Column("tags", Text, nullable=False, default=""),
    *_root(),
)

variants = _hub_table(
    "variants",
    Column("product_id", BigInteger, nullable=False),
    Column("title", Text),
    Column("sku", Text),
    Column("barcode", Text),
    Column("price", Money),
    Column("compare_at_price", Money),
    Column("inventory_quantity", Integer),
    Column("inventory_item_id", BigInteger),
    Column("position", Integer),
    Column("updated_at", ShopifyTime),
    indexes=(
        Index("ix_variants_product", "store_id", "product_id"),
        Index("ix_variants_sku", "store_id", "sku", **_where("sku IS NOT NULL")),
        Index("ix_variants_barcode", "store_id", "barcode", **_where("barcode IS NOT NULL")),
    ),
)

collections = _hub_table(
    "collections",
    Column("title", Text, nullable=False),
    Column("handle", Text),
    Column("smart", Boolean, nullable=False, default=False),
    Column("products_count", Integer),
    *_root(),
)

collection_products = Table(
    "collection_products",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("collection_id", BigInteger, primary_key=True),
    Column("product_id", BigInteger, primary_key=True),
)

list_members = Table(
    "list_members",
    metadata,
    Column("list_id", Text, ForeignKey("lists.id"), primary_key=True),
    Column("customer_hub_id", BigInteger, primary_key=True),
    Column("store_id", Text, ForeignKey("stores.id"), nullable=False),
    Index("ix_list_members_store", "store_id"),
)
