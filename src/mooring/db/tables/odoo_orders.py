"""Orders in Odoo: how a store's orders are booked, which tax is which, and how far each order has come.

An order reaches Odoo by `load()`, as customers and products do, and its mapping stands in `mappings`. What follows
(confirm, invoice, post, pay, credit) has no external id that would make it happen once, so each step is written down
before it is sent, and read back before it is sent again.
"""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text

from mooring.db.tables.base import metadata
from mooring.db.tables.types import OurTime

order_settings = Table(
    "order_settings",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("outcome", Text, nullable=False, default="draft_order"),
    Column("rule", Text, nullable=False),
    Column("warehouse_id", BigInteger),
    Column("pricelists", Text, nullable=False, default="{}"),
    Column("journals", Text, nullable=False, default="{}"),
    Column("services", Text, nullable=False, default="{}"),
    Column("terms", Text, nullable=False, default="{}"),
    Column("changed_at", OurTime, nullable=False),
    Column("changed_by", Text, nullable=False),
    CheckConstraint("outcome IN ('draft_order', 'order', 'draft_invoice', 'invoice')", name="outcome"),
)

"""`fingerprint`: whose ids these are; for another database or company they mean nothing. `rule`: which orders are taken
(`domain.order_rules`), as JSON. `pricelists`: Odoo's id by currency; `journals`: by gateway; `services`: the product
that stands for a role (shipping, tip, ...), by role. `terms`: what Odoo said of decimals and rounding when it was last
asked."""

order_taxes = Table(
    "order_taxes",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("entry", Text, nullable=False),
    Column("confirmed_at", OurTime),
    Column("confirmed_by", Text),
    Column("seen_at", OurTime, nullable=False),
)

"""The tax table: what one of Shopify's taxes (`key`: rate, included or not, title, as JSON) is in Odoo (`entry`, as
JSON). Proposed by its rate, and good for nothing until a person has confirmed it."""

order_books = Table(
    "order_books",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("shopify_id", BigInteger, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("frozen", Text),
    Column("frozen_digest", LargeBinary),
    Column("ignored_digest", LargeBinary),
    Column("ignored_cancel", Boolean, nullable=False, default=False),
    Column("total", Text),
    Column("invoices", Text, nullable=False, default="[]"),
    Column("payments", Text, nullable=False, default="{}"),
    Column("credits", Text, nullable=False, default="{}"),
    Column("settled", Boolean, nullable=False, default=False),
    Column("due_at", OurTime),
    Column("at", OurTime, nullable=False),
    CheckConstraint(
        "stage IN ('draft', 'order', 'draft_invoice', 'invoiced', 'paid', 'cancelled')", name="stage"
    ),
    Index("ix_order_books_due", "store_id", "due_at"),
)  # fmt: skip

"""How far an order has come in Odoo, as it was last read there. `frozen`: its lines and money as they were booked, from
the moment it was confirmed; `ignored_digest`: a change somebody decided to ignore, `ignored_cancel`: a cancellation.
`invoices`: Odoo's ids; `payments`: Odoo's id by Shopify's transaction; `credits`: Odoo's id by Shopify's refund, 0 for
one that somebody decided to ignore. `settled`: nothing is left to do until the order changes; `due_at`: when to look
again."""

order_steps = Table(
    "order_steps",
    metadata,
    Column("store_id", Text, ForeignKey("stores.id"), primary_key=True),
    Column("shopify_id", BigInteger, primary_key=True),
    Column("step", Text, nullable=False),
    Column("subject", BigInteger),
    Column("operation_id", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("sent_at", OurTime, nullable=False),
    CheckConstraint(
        "step IN ('confirm', 'invoice', 'post', 'pay', 'credit', 'post_credit', 'pay_credit', 'cancel', 'reopen')",
        name="step",
    ),
)  # fmt: skip

"""The one step of an order that was sent and whose answer is not known. While it is younger than Odoo's request limit
it may still happen, so nothing else is done to this order; afterwards Odoo is read, and then decided anew. `subject`:
Shopify's id of the transaction or refund it is about."""
