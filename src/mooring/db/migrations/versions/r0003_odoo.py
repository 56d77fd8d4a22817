"""Odoo: the connection of a project, the mapping, and what goes on between the two."""

import sqlalchemy as sa
from alembic import op

from mooring.db.tables.types import OurTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "odoo_turns",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("until", OurTime(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "model", name=op.f("pk_odoo_turns")),
    )
    op.create_table(
        "odoo_connections",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("database", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("server_version", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_since", OurTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("looks_like", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("connected_at", OurTime(), nullable=False),
        sa.Column("connected_by", sa.Text(), nullable=False),
        sa.Column("checked_at", OurTime(), nullable=True),
        sa.CheckConstraint("protocol IN ('json2', 'jsonrpc')", name=op.f("ck_odoo_connections_protocol")),
        sa.CheckConstraint("state IN ('connected', 'held', 'disconnected')", name=op.f("ck_odoo_connections_state")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_odoo_connections_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_odoo_connections")),
    )
    op.create_table(
        "clear_tasks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", OurTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", OurTime(), nullable=False),
        sa.Column("settled_at", OurTime(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.CheckConstraint("side IN ('shopify', 'odoo')", name=op.f("ck_clear_tasks_side")),
        sa.CheckConstraint("state IN ('open', 'done', 'dismissed')", name=op.f("ck_clear_tasks_state")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_clear_tasks_project_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_clear_tasks_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clear_tasks")),
    )
    op.create_index("ix_clear_tasks_store", "clear_tasks", ["store_id", "state"], unique=False)
    op.create_table(
        "mappings",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shopify_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("odoo_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.Column("planted", sa.Boolean(), nullable=False),
        sa.Column("metafield", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("written_at", OurTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('customer', 'address', 'product', 'variant', 'order', 'order_line')",
            name=op.f("ck_mappings_kind"),
        ),
        sa.CheckConstraint("metafield IN ('none', 'due', 'written')", name=op.f("ck_mappings_metafield")),
        sa.CheckConstraint("origin IN ('created', 'linked')", name=op.f("ck_mappings_origin")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_mappings_store_id")),
        sa.PrimaryKeyConstraint("store_id", "kind", "shopify_id", name=op.f("pk_mappings")),
    )
    op.create_index(
        "ix_mappings_metafield",
        "mappings",
        ["store_id", "kind"],
        unique=False,
        sqlite_where=sa.text("metafield = 'due'"),
        postgresql_where=sa.text("metafield = 'due'"),
    )
    op.create_index("ix_mappings_odoo", "mappings", ["fingerprint", "model", "odoo_id"], unique=False)
    op.create_index("ix_mappings_parent", "mappings", ["store_id", "kind", "parent_id"], unique=False)
    op.create_index("ix_mappings_written", "mappings", ["store_id", "written_at"], unique=False)
    op.create_table(
        "odoo_kinds",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("auto", sa.Boolean(), nullable=False),
        sa.Column("master", sa.Boolean(), nullable=True),
        sa.Column("accepted_at", OurTime(), nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("held_since", OurTime(), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("held_reason", sa.Text(), nullable=True),
        sa.Column("definitions", sa.Text(), nullable=False),
        sa.Column("synced_at", OurTime(), nullable=True),
        sa.Column("due_at", OurTime(), nullable=True),
        sa.CheckConstraint("definitions IN ('none', 'made', 'leaving')", name=op.f("ck_odoo_kinds_definitions")),
        sa.CheckConstraint("held_reason IN ('cleared', 'new_store')", name=op.f("ck_odoo_kinds_held_reason")),
        sa.CheckConstraint("kind IN ('customers', 'orders', 'products')", name=op.f("ck_odoo_kinds_kind")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_odoo_kinds_store_id")),
        sa.PrimaryKeyConstraint("store_id", "kind", name=op.f("pk_odoo_kinds")),
    )
    op.create_table(
        "rebuild_rows",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shopify_id", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("found_by", sa.Text(), nullable=True),
        sa.Column("odoo_id", sa.BigInteger(), nullable=True),
        sa.Column("candidates", sa.Text(), nullable=True),
        sa.Column("at", OurTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('matched', 'ambiguous', 'unmatched', 'accepted', 'undone')", name=op.f("ck_rebuild_rows_state")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_rebuild_rows_store_id")),
        sa.PrimaryKeyConstraint("store_id", "kind", "shopify_id", name=op.f("pk_rebuild_rows")),
    )
    op.create_index("ix_rebuild_rows_state", "rebuild_rows", ["store_id", "kind", "state"], unique=False)
    op.create_table(
        "sync_intents",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shopify_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("at", OurTime(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_sync_intents_store_id")),
        sa.PrimaryKeyConstraint("store_id", "kind", "shopify_id", name=op.f("pk_sync_intents")),
    )
    op.create_table(
        "sync_items",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shopify_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("operation_id", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", OurTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'in_progress', 'failed', 'review', 'decided')", name=op.f("ck_sync_items_state")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_sync_items_store_id")),
        sa.PrimaryKeyConstraint("store_id", "kind", "shopify_id", name=op.f("pk_sync_items")),
    )
    op.create_index("ix_sync_items_state", "sync_items", ["store_id", "kind", "state"], unique=False)
    op.create_table(
        "clear_rows",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("odoo_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["clear_tasks.id"], name=op.f("fk_clear_rows_task_id")),
        sa.PrimaryKeyConstraint("task_id", "name", name=op.f("pk_clear_rows")),
    )
