"""The lifecycle: inbox, holds, privacy, hub edits, notices, and what the schedule of a store needs."""

import sqlalchemy as sa
from alembic import op

from mooring.db.tables.types import BigId, OurTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_hooks",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", OurTime(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_notice_hooks_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_notice_hooks")),
    )
    op.create_table(
        "notice_reads",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("last_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_notice_reads_project_id")),
        sa.PrimaryKeyConstraint("project_id", "person_id", name=op.f("pk_notice_reads")),
    )
    op.create_table(
        "notices",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("at", OurTime(), nullable=False),
        sa.Column("settled_at", OurTime(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_notices_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_project", "notices", ["project_id", "id"], unique=False)
    op.create_index("uq_notices_key", "notices", ["project_id", "key"], unique=True)
    op.create_table(
        "suppressions",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=True),
        sa.Column("at", OurTime(), nullable=False),
        sa.CheckConstraint("cause IN ('unsubscribe', 'redact', 'admin')", name=op.f("ck_suppressions_cause")),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_suppressions_channel")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_suppressions_project_id")),
        sa.PrimaryKeyConstraint("project_id", "channel", "address_hash", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("shop_domain", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("triggered_at", sa.Text(), nullable=True),
        sa.Column("received_at", OurTime(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("record_id", sa.BigInteger(), nullable=True),
        sa.Column("other_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", OurTime(), nullable=True),
        sa.Column("settled_at", OurTime(), nullable=True),
        sa.Column("hold_id", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('new', 'held', 'done', 'dropped', 'dead')", name=op.f("ck_deliveries_state")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_deliveries_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_deliveries_settled",
        "deliveries",
        ["settled_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('done', 'dropped')"),
        postgresql_where=sa.text("state IN ('done', 'dropped')"),
    )
    op.create_index(
        "ix_deliveries_store",
        "deliveries",
        ["store_id", "state", "id"],
        unique=False,
        sqlite_where=sa.text("store_id IS NOT NULL"),
        postgresql_where=sa.text("store_id IS NOT NULL"),
    )
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["shop_domain", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index("uq_deliveries_webhook", "deliveries", ["shop_domain", "webhook_id"], unique=True)
    op.create_table(
        "engagement",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("last_open_at", OurTime(), nullable=True),
        sa.Column("last_click_at", OurTime(), nullable=True),
        sa.Column("last_sms_click_at", OurTime(), nullable=True),
        sa.Column("total_messages", sa.BigInteger(), nullable=True),
        sa.Column("rfm", sa.Text(), nullable=True),
        sa.Column("changed_at", OurTime(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_engagement_store_id")),
        sa.PrimaryKeyConstraint("store_id", "customer_id", name=op.f("pk_engagement")),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("made_at", OurTime(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", OurTime(), nullable=True),
        sa.Column("operation_id", sa.Text(), nullable=True),
        sa.CheckConstraint("cause IN ('sweep', 'webhooks')", name=op.f("ck_holds_cause")),
        sa.CheckConstraint("decision IN ('delete', 'keep')", name=op.f("ck_holds_decision")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_holds_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_store_id"), "holds", ["store_id"], unique=False)
    op.create_index(
        "uq_holds_open",
        "holds",
        ["store_id", "kind", "cause"],
        unique=True,
        sqlite_where=sa.text("decision IS NULL"),
        postgresql_where=sa.text("decision IS NULL"),
    )
    op.create_table(
        "hub_edits",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", OurTime(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", OurTime(), nullable=False),
        sa.Column("settled_at", OurTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'waiting', 'sent', 'failed', 'superseded', 'kept')", name=op.f("ck_hub_edits_state")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_hub_edits_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_edits")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hub_edits_customer", "hub_edits", ["store_id", "customer_id"], unique=False)
    op.create_index(
        "ix_hub_edits_failed",
        "hub_edits",
        ["store_id"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_index(
        "ix_hub_edits_open",
        "hub_edits",
        ["store_id", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending', 'waiting')"),
        postgresql_where=sa.text("state IN ('pending', 'waiting')"),
    )
    op.create_table(
        "notice_posts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("notice_id", BigId, nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", OurTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("settled_at", OurTime(), nullable=True),
        sa.CheckConstraint("state IN ('due', 'sent', 'failed')", name=op.f("ck_notice_posts_state")),
        sa.CheckConstraint("way IN ('email', 'webhook')", name=op.f("ck_notice_posts_way")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_posts_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_posts")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_notice_posts_due",
        "notice_posts",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_index("uq_notice_posts_once", "notice_posts", ["notice_id", "way"], unique=True)
    op.create_table(
        "privacy_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_domain", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("store_id", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("email_hash", sa.Text(), nullable=True),
        sa.Column("phone_hash", sa.Text(), nullable=True),
        sa.Column("order_ids", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("received_at", OurTime(), nullable=False),
        sa.Column("due_at", OurTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_at", OurTime(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('received', 'open', 'done', 'cancelled')", name=op.f("ck_privacy_requests_state")
        ),
        sa.CheckConstraint(
            "topic IN ('customers/data_request', 'customers/redact', 'shop/redact')",
            name=op.f("ck_privacy_requests_topic"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_privacy_requests_project_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_privacy_requests_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_requests")),
    )
    op.create_index(op.f("ix_privacy_requests_project_id"), "privacy_requests", ["project_id"], unique=False)
    op.create_index(op.f("ix_privacy_requests_store_id"), "privacy_requests", ["store_id"], unique=False)
    op.create_index(
        "uq_privacy_requests_once", "privacy_requests", ["shop_id", "topic", "webhook_id", "store_id"], unique=True
    )
    op.add_column("customers", sa.Column("merged_into", sa.BigInteger(), nullable=True))
    op.add_column("kind_states", sa.Column("last_pull_at", OurTime(), nullable=True))
    op.add_column("kind_states", sa.Column("read_lately", sa.Text(), nullable=True))
    op.add_column("kind_states", sa.Column("read_without", sa.Text(), nullable=True))
    op.add_column("operations", sa.Column("restarts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("shopify_apps", sa.Column("accepted_at", OurTime(), nullable=True))
    op.add_column("stores", sa.Column("lost", sa.Text(), nullable=True))
    op.add_column("stores", sa.Column("gap_from", OurTime(), nullable=True))
    op.add_column("stores", sa.Column("error_by", sa.Text(), nullable=True))
    op.add_column("stores", sa.Column("pull_due_at", OurTime(), nullable=True))
    op.add_column("stores", sa.Column("sweep_due_at", OurTime(), nullable=True))
    op.add_column("stores", sa.Column("check_due_at", OurTime(), nullable=True))
    op.add_column("stores", sa.Column("subscribe_due_at", OurTime(), nullable=True))
    op.add_column("stores", sa.Column("subscriptions", sa.Text(), nullable=True))
    op.add_column("stores", sa.Column("dropped", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("stores", sa.Column("drain_worker", sa.Text(), nullable=True))
    op.add_column("stores", sa.Column("drain_until", OurTime(), nullable=True))
    op.add_column("stores", sa.Column("app_rejected_at", OurTime(), nullable=True))
