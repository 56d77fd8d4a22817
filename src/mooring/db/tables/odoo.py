"""The Odoo side: the connection of a project, the mapping, and what goes on between the two.

Two names for kinds: `kind` of `odoo_kinds`, `sync_items` and the clear is one of the three that people choose
(customers, orders, products); `kind` of `mappings` is one record's (customer, address, product, variant, order,
order_line). A customer's addresses follow the customer, and so on: `domain.mapping` says which belongs to which.
"""

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
    text,
)

from mooring.db.tables.base import metadata
from mooring.db.tables.types import OurTime

odoo_connections = Table(
    "odoo_connections",
    metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("database", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("key", LargeBinary),
    Column("protocol", Text, nullable=False),
    Column("server_version", Text, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("company_id", BigInteger, nullable=False),
    Column("details", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_since", OurTime, nullable=False),
    Column("reason", Text),
    Column("looks_like", Text),
    Column("error", Text),
    Column("generation", Integer, nullable=False, default=1),
    Column("connected_at", OurTime, nullable=False),
    Column("connected_by", Text, nullable=False),
    Column("checked_at", OurTime),
    CheckConstraint("protocol IN ('json2', 'jsonrpc')", name="protocol"),
    CheckConstraint("state IN ('connected', 'held', 'disconnected')", name="state"),
)

"""At most one per project; it stays as `disconnected`, without its key, so that a mapping keeps its database.

`details`: what the last test found (company, version, language, currency, apps, rights, uuid, neutralised), as JSON.
`fingerprint`: which database and company this is; a mapping belongs to one. `looks_like`: why it is held:
`other_database`, `restored` or `copy`. `generation` is raised by whatever stops work that is under way."""

odoo_kinds = Table(
    "odoo_kinds",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("auto", Boolean, nullable=False, default=False),
    Column("master", Boolean),
    Column("accepted_at", OurTime),
    Column("accepted_by", Text),
    Column("epoch", Integer, nullable=False, default=1),
    Column("held_since", OurTime),
    Column("held_by", Text),
    Column("held_reason", Text),
    Column("definitions", Text, nullable=False, default="none"),
    Column("synced_at", OurTime),
    Column("due_at", OurTime),
    CheckConstraint("kind IN ('customers', 'orders', 'products')", name="kind"),
    CheckConstraint("definitions IN ('none', 'made', 'leaving')", name="definitions"),
    CheckConstraint("held_reason IN ('cleared', 'new_store')", name="held_reason"),
)

"""`auto`: synced without being asked, which a first accepted preview allows. `master`: Shopify is master of fields that
Mooring did not write last; None: of records that Mooring created, not of linked ones. `epoch`: raised by Clear; what an
older one planned binds nothing. `held_…`: automatic sync waits for Rebuild mapping or Resume sync. `definitions`: the
metafield definitions at Shopify; while they are `leaving` nothing is written under their keys."""

mappings = Table(
    "mappings",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("shopify_id", BigInteger, primary_key=True),
    Column("parent_id", BigInteger),
    Column("fingerprint", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("odoo_id", BigInteger, nullable=False),
    Column("origin", Text, nullable=False),
    Column("digest", LargeBinary),
    Column("fields", Text, nullable=False, default="{}"),
    Column("extra", Text),
    Column("planted", Boolean, nullable=False, default=False),
    Column("metafield", Text, nullable=False, default="none"),
    Column("epoch", Integer, nullable=False),
    Column("written_at", OurTime, nullable=False),
    CheckConstraint(
        "kind IN ('customer', 'address', 'product', 'variant', 'order', 'order_line')",
        name="kind",
    ),
    CheckConstraint("origin IN ('created', 'linked')", name="origin"),
    CheckConstraint("metafield IN ('none', 'due', 'written')", name="metafield"),
    Index("ix_mappings_parent", "store_id", "kind", "parent_id"),
    Index("ix_mappings_odoo", "fingerprint", "model", "odoo_id"),
    Index("ix_mappings_written", "store_id", "written_at"),
    Index(
        "ix_mappings_metafield", "store_id", "kind", sqlite_where=text("metafield = 'due'"),
        postgresql_where=text("metafield = 'due'"),
    ),
)  # fmt: skip

"""One row: a Shopify record <-> an Odoo record. `digest`: of all that Mooring would write, so that an unchanged record
is skipped. `fields`: a hash per field last written, as JSON, so that it is known who changed it since. `extra`: of an
order: `{"invoices": [ids]}`. `planted`: our external id stands in Odoo. `metafield`: whether the record at Shopify
carries it. `parent_id`: the Shopify id of the customer, product or order it belongs to."""

sync_items = Table(
    "sync_items",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("shopify_id", BigInteger, primary_key=True),
    Column("state", Text, nullable=False),
    Column("cause", Text),
    Column("sentence", Text),
    Column("detail", Text),
    Column("decision", Text),
    Column("operation_id", Text),
    Column("attempts", Integer, nullable=False, default=0),
    Column("at", OurTime, nullable=False),
    CheckConstraint("state IN ('queued', 'in_progress', 'failed', 'review', 'decided')", name="state"),
    Index("ix_sync_items_state", "store_id", "kind", "state"),
)

"""What is not simply synced or not synced. `cause`: a stable word; `detail`: candidates or differences, as JSON;
`decision`: what a person chose, as JSON, which the next sync carries out."""

sync_intents = Table(
    "sync_intents",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("shopify_id", BigInteger, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("operation_id", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("at", OurTime, nullable=False),
)

"""A record that was, or is about to be, sent to be created: until its answer is known it may not be matched with
anything else, for the first sending may still be under way in Odoo. Sending it again is safe."""

odoo_turns = Table(
    "odoo_turns",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("until", OurTime, nullable=False),
)

"""Planning and creating is one at a time per Odoo database and model, across stores, projects and workers. `holder` is
an operation and `epoch` its fencing number; a turn whose time has run out is taken over."""

clear_tasks = Table(
    "clear_tasks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False),
    Column("store_id", Text, ForeignKey("stores.id"), nullable=False),
    Column("operation_id", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("kinds", Text, nullable=False),
    Column("fingerprint", Text),
    Column("state", Text, nullable=False, default="open"),
    Column("count", BigInteger, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", OurTime),
    Column("error", Text),
    Column("created_at", OurTime, nullable=False),
    Column("settled_at", OurTime),
    Column("settled_by", Text),
    CheckConstraint("side IN ('shopify', 'odoo')", name="side"),
    CheckConstraint("state IN ('open', 'done', 'dismissed')", name="state"),
    Index("ix_clear_tasks_store", "store_id", "state"),
)

"""A side that could not be reached while the mapping was cleared: retried until it is done or dismissed. `fingerprint`:
the Odoo it concerns, and no other one that is connected since."""

clear_rows = Table(
    "clear_rows",
    metadata,
    Column("task_id", Text, ForeignKey("clear_tasks.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("odoo_id", BigInteger, nullable=False),
)

"""Which external ids an open task unlinks: those it listed, and no others that a later sync plants."""

rebuild_rows = Table(
    "rebuild_rows",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("shopify_id", BigInteger, primary_key=True),
    Column("operation_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("found_by", Text),
    Column("odoo_id", BigInteger),
    Column("candidates", Text),
    Column("at", OurTime, nullable=False),
    CheckConstraint("state IN ('matched', 'ambiguous', 'unmatched', 'accepted', 'undone')", name="state"),
    Index("ix_rebuild_rows_state", "store_id", "kind", "state"),
)

"""What a rebuild found: `found_by` external_id, metafield, reference, barcode, sku or email. Accepting writes the
mapping; undoing takes it back until the next sync."""
