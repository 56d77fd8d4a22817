"""What was changed here: hub edits of customers, each with how far it has got on its way to Shopify; engagement."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from mooring.db.tables.base import metadata
from mooring.db.tables.types import BigId, OurTime

_OPEN = text("state IN ('pending', 'waiting')")
_FAILED = text("state = 'failed'")

hub_edits = Table(
    "hub_edits",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("store_id", Text, ForeignKey("stores.id"), nullable=False),
    Column("customer_id", BigInteger, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text),
    Column("state", Text, nullable=False, default="pending"),
    Column("error", Text),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", OurTime),
    Column("made_by", Text, nullable=False),
    Column("made_at", OurTime, nullable=False),
    Column("settled_at", OurTime),
    CheckConstraint("state IN ('pending', 'waiting', 'sent', 'failed', 'superseded', 'kept')", name="state"),
    Index("ix_hub_edits_customer", "store_id", "customer_id"),
    Index("ix_hub_edits_open", "store_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_hub_edits_failed", "store_id", sqlite_where=_FAILED, postgresql_where=_FAILED),
    sqlite_autoincrement=True,
)
"""`customer_id` is Shopify's. `waiting`: the toggle is off or its permission is missing. `kept`: stays here only, for
Shopify has a value of its own there. `superseded`: changed again before it was sent."""

engagement = Table(
    "engagement",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("last_open_at", OurTime),
    Column("last_click_at", OurTime),
    Column("last_sms_click_at", OurTime),
    Column("total_messages", BigInteger),
    Column("rfm", Text),
    Column("changed_at", OurTime, nullable=False),
)
