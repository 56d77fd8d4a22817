"""What people asked for: erasure and insight (through Shopify's compliance topics), and not to be contacted."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text

from mooring.db.tables.base import metadata
from mooring.db.tables.types import OurTime

privacy_requests = Table(
    "privacy_requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("app_id", Text, nullable=False),
    Column("shop_id", BigInteger, nullable=False),
    Column("shop_domain", Text, nullable=False),
    Column("webhook_id", Text, nullable=False),
    Column("project_id", Text, ForeignKey("projects.id"), index=True),
    Column("store_id", Text, ForeignKey("stores.id"), index=True),
    Column("customer_id", BigInteger),
    Column("email_hash", Text),
    Column("phone_hash", Text),
    Column("order_ids", Text, nullable=False, default="[]"),
    Column("request_id", Text),
    Column("received_at", OurTime, nullable=False),
    Column("due_at", OurTime, nullable=False),
    Column("state", Text, nullable=False, default="received"),
    Column("settled_at", OurTime),
    Column("settled_by", Text),
    Column("receipt", Text),
    CheckConstraint("topic IN ('customers/data_request', 'customers/redact', 'shop/redact')", name="topic"),
    CheckConstraint("state IN ('received', 'open', 'done', 'cancelled')", name="state"),
    Index("uq_privacy_requests_once", "shop_id", "topic", "webhook_id", "store_id", unique=True),
)
"""One row per request and card that holds data of that shop; `received` rows have not been shared out yet and name no
store. Addresses are kept as keyed hashes only, under `suppressions`' purposes. `due_at`: 30 days by law, or the end of
the countdown of a `shop/redact`."""

suppressions = Table(
    "suppressions",
    metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("address_hash", Text, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("store_id", Text),
    Column("at", OurTime, nullable=False),
    CheckConstraint("channel IN ('email', 'sms')", name="channel"),
    CheckConstraint("cause IN ('unsubscribe', 'redact', 'admin')", name="cause"),
)
"""Addresses that must not be contacted, as keyed hashes of the normalised address. Outlives the deletion of a store."""
