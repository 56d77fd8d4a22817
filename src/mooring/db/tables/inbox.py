"""The inbox: one row per received webhook. It keeps what a delivery points at, never what it says.

A delivery is a signal ("customer 5 changed"), so no body is stored: the ids are taken out of it on receipt, and what
they name is fetched again. Nothing personal waits here, and nothing has to be erased from here but rows.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from mooring.db.tables.base import metadata
from mooring.db.tables.types import BigId, OurTime

_WAITING = text("state = 'new'")
_NAMED = text("store_id IS NOT NULL")
_SETTLED = text("state IN ('done', 'dropped')")

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("app_id", Text, nullable=False),
    Column("shop_domain", Text, nullable=False),
    Column("webhook_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("triggered_at", Text),
    Column("received_at", OurTime, nullable=False),
    Column("store_id", Text, ForeignKey("stores.id")),
    Column("kind", Text),
    Column("record_id", BigInteger),
    Column("other_id", BigInteger),
    Column("state", Text, nullable=False, default="new"),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", OurTime),
    Column("settled_at", OurTime),
    Column("hold_id", Text),
    CheckConstraint("state IN ('new', 'held', 'done', 'dropped', 'dead')", name="state"),
    Index("uq_deliveries_webhook", "shop_domain", "webhook_id", unique=True),
    Index("ix_deliveries_waiting", "shop_domain", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_deliveries_settled", "settled_at", sqlite_where=_SETTLED, postgresql_where=_SETTLED),
    Index("ix_deliveries_store", "store_id", "state", "id", sqlite_where=_NAMED, postgresql_where=_NAMED),
    sqlite_autoincrement=True,
)
"""`kind` is a kind of record, or `app`, `shop`, `bulk` or `privacy`. `other_id`: of a merge, the one that stays.
`store_id` is known once a worker has looked who speaks for the shop. `state`: new -> done (obeyed), dropped (the store
was disconnected, or nobody speaks for the shop: counted, not obeyed), dead (could not be obeyed; `reason` says why, and
it can be replayed) or held (part of a mass deletion that waits for a person, see `holds`)."""

holds = Table(
    "holds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("store_id", Text, ForeignKey("stores.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("made_at", OurTime, nullable=False),
    Column("decision", Text),
    Column("decided_by", Text),
    Column("decided_at", OurTime),
    Column("operation_id", Text),
    CheckConstraint("cause IN ('sweep', 'webhooks')", name="cause"),
    CheckConstraint("decision IN ('delete', 'keep')", name="decision"),
    Index(
        "uq_holds_open",
        "store_id",
        "kind",
        "cause",
        unique=True,
        sqlite_where=text("decision IS NULL"),
        postgresql_where=text("decision IS NULL"),
    ),
)
"""A mass deletion that waits for a person: `count` of `total` records of a kind would be marked as deleted.
`operation_id`: the sweep that carried out, or found superfluous, what was decided; a permission is used once."""
