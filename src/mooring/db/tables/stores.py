"""Stores and what belongs to their tie with Shopify: app, claim, credentials, settings, lists, audit."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from mooring.db.tables.base import metadata
from mooring.db.tables.types import BigId, OurTime, ShopifyTime

shopify_apps = Table(
    "shopify_apps",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("client_id", Text, nullable=False, unique=True),
    Column("client_secret", LargeBinary, nullable=False),
    Column("previous_secret", LargeBinary),
    Column("optional_scopes", Text, nullable=False, default=""),
    Column("from_settings", Boolean, nullable=False, default=False),
    Column("accepted_at", OurTime),
    Column("created_at", OurTime, nullable=False),
)

"""`accepted_at`: when the token endpoint last accepted this app for any store."""

stores = Table(
    "stores",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False, index=True),
    Column("app_id", Text, ForeignKey("shopify_apps.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("state_since", OurTime, nullable=False),
    Column("reason", Text),
    Column("lost", Text),
    Column("gap_from", OurTime),
    Column("claim", Boolean, nullable=False, default=False),
    Column("shop_id", BigInteger, nullable=False),
    Column("shop_domain", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("shop", Text, nullable=False, default="{}"),
    Column("granted_scopes", Text, nullable=False, default=""),
    Column("settings", Text, nullable=False, default="{}"),
    Column("denied_fields", Text, nullable=False, default="[]"),
    Column("error", Text),
    Column("error_by", Text),
    Column("delete_failed", Text),
    Column("authorized_at", OurTime),
    Column("checked_at", OurTime),
    Column("health", Text),
    Column("initial_sync_started_at", OurTime),
    Column("mapping_epoch", Integer, nullable=False, default=1),
    Column("created_by", Text),
    Column("created_at", OurTime, nullable=False),
    Column("deleted_at", OurTime),
    Column("pull_due_at", OurTime),
    Column("sweep_due_at", OurTime),
    Column("check_due_at", OurTime),
    Column("subscribe_due_at", OurTime),
    Column("subscriptions", Text),
    Column("dropped", BigInteger, nullable=False, default=0, server_default="0"),
    Column("drain_worker", Text),
    Column("drain_until", OurTime),
    Column("app_rejected_at", OurTime),
    CheckConstraint(
        "state IN ('connecting', 'connected', 'reconnect_required', 'disconnected', 'deleting', 'deleted')",
        name="state",
    ),
    CheckConstraint("generation > 0", name="generation"),
    Index(
        "uq_stores_one_card",
        "project_id",
        "shop_id",
        unique=True,
        sqlite_where=text("state <> 'deleted'"),
        postgresql_where=text("state <> 'deleted'"),
    ),
    Index("uq_stores_one_claim", "shop_id", unique=True, sqlite_where=text("claim"), postgresql_where=text("claim")),
)

"""`error_by`: whose success clears `error`: a kind of operation, or `health`. `lost`: while credentials or permissions
are missing, which: `credentials`, `scopes` or `uninstalled`. `gap_from`: since when nothing comes in any more; a
catch-up that went through clears it. `…_due_at`: when the schedule wants the next one. `subscriptions`: what the last
look at the webhook subscriptions found, as JSON. `dropped`: late deliveries that were not obeyed. `app_rejected_at`:
since when the token endpoint refuses the app for this store (`invalid_client`)."""

store_domains = Table(
    "store_domains",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("domain", Text, primary_key=True, index=True),
    Column("since", OurTime, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("access_token", LargeBinary, nullable=False),
    Column("refresh_token", LargeBinary),
    Column("access_expires_at", OurTime),
    Column("refresh_expires_at", OurTime),
    Column("scopes", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("obtained_at", OurTime, nullable=False),
    Column("refresh_holder", Text),
    Column("refresh_until", OurTime),
    CheckConstraint("kind IN ('offline', 'client_credentials')", name="kind"),
)

oauth_pending = Table(
    "oauth_pending",
    metadata,
    Column("nonce_hash", Text, primary_key=True),
    Column("session_hash", Text, nullable=False),
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False),
    Column("person_id", Text, nullable=False),
    Column("app_id", Text, ForeignKey("shopify_apps.id"), nullable=False),
    Column("shop_domain", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("store_id", Text, ForeignKey("stores.id")),
    Column("created_at", OurTime, nullable=False),
    Column("expires_at", OurTime, nullable=False, index=True),
    Column("used_at", OurTime),
    Column("pair", LargeBinary),
    Column("outcome", Text),
    CheckConstraint("purpose IN ('connect', 'reconnect')", name="purpose"),
)

lists = Table(
    "lists",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("store_id", Text, ForeignKey("stores.id"), unique=True),
    Column("created_at", OurTime, nullable=False),
    UniqueConstraint("project_id", "name"),
)

kind_states = Table(
    "kind_states",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("state", Text, nullable=False, default="pending"),
    Column("operation_id", Text),
    Column("count", BigInteger, nullable=False, default=0),
    Column("expected", BigInteger),
    Column("verified", Boolean, nullable=False, default=False),
    Column("written", BigInteger, nullable=False, default=0),
    Column("unchanged", BigInteger, nullable=False, default=0),
    Column("rate", BigInteger),
    Column("error", Text),
    Column("attempts", Integer, nullable=False, default=0),
    Column("last_bulk_at", OurTime),
    Column("last_webhook_at", OurTime),
    Column("last_pull_at", OurTime),
    Column("catch_up_point", ShopifyTime),
    Column("read_lately", Text),
    Column("visible_since", ShopifyTime),
    Column("never_read", Text),
    Column("read_without", Text),
    CheckConstraint("kind IN ('customers', 'orders', 'products', 'collections')", name="kind"),
    CheckConstraint("state IN ('pending', 'syncing', 'synced', 'failed')", name="state"),
)

"""`never_read`: the fields (a JSON list of paths) that every import so far left out, for want of a permission or an
approval or by a toggle. Any other field that an import leaves out keeps the value that is stored. `read_lately`: the
records behind the catch-up point that were read by id although nothing was written, as JSON {id: updatedAt}: the next
pull need not read them again. `read_without`: the fields without which some records were written since the last
complete import, as JSON {path: when, by Shopify's clock}: once they may be read again, those records lack them."""

audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", OurTime, nullable=False),
    Column("project_id", Text, index=True),
    Column("store_id", Text, index=True),
    Column("actor", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text),
    Column("generation", Integer),
    Column("detail", Text, nullable=False, default="{}"),
    sqlite_autoincrement=True,
)
