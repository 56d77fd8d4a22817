"""Orders in Odoo: how they are booked, which tax is which, and how far each has come."""

import sqlalchemy as sa
from alembic import op

from mooring.db.tables.types import OurTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_books",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("shopify_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("frozen", sa.Text(), nullable=True),
        sa.Column("frozen_digest", sa.LargeBinary(), nullable=True),
        sa.Column("ignored_digest", sa.LargeBinary(), nullable=True),
        sa.Column("ignored_cancel", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Text(), nullable=True),
        sa.Column("invoices", sa.Text(), nullable=False),
        sa.Column("payments", sa.Text(), nullable=False),
        sa.Column("credits", sa.Text(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("due_at", OurTime(), nullable=True),
        sa.Column("at", OurTime(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('draft', 'order', 'draft_invoice', 'invoiced', 'paid', 'cancelled')",
            name=op.f("ck_order_books_stage"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_order_books_store_id")),
        sa.PrimaryKeyConstraint("store_id", "shopify_id", name=op.f("pk_order_books")),
    )
    op.create_index("ix_order_books_due", "order_books", ["store_id", "due_at"], unique=False)
    op.create_table(
        "order_settings",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=True),
        sa.Column("pricelists", sa.Text(), nullable=False),
        sa.Column("journals", sa.Text(), nullable=False),
        sa.Column("services", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("changed_at", OurTime(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('draft_order', 'order', 'draft_invoice', 'invoice')", name=op.f("ck_order_settings_outcome")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_order_settings_store_id")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_order_settings")),
    )
    op.create_table(
        "order_steps",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("shopify_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=True),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", OurTime(), nullable=False),
        sa.CheckConstraint(
            "step IN ('confirm', 'invoice', 'post', 'pay', 'credit', 'post_credit', 'pay_credit', 'cancel', 'reopen')",
            name=op.f("ck_order_steps_step"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_order_steps_store_id")),
        sa.PrimaryKeyConstraint("store_id", "shopify_id", name=op.f("pk_order_steps")),
    )
    op.create_table(
        "order_taxes",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("confirmed_at", OurTime(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("seen_at", OurTime(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_order_taxes_store_id")),
        sa.PrimaryKeyConstraint("store_id", "key", name=op.f("pk_order_taxes")),
    )
