"""Long work: one row per operation holds the truth (cursor, counts, lease, epoch); the engine only carries it."""

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

_ACTIVE = text("state IN ('pending', 'running', 'parked')")

operations = Table(
    "operations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False),
    Column("store_id", Text, ForeignKey("stores.id")),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("generation", Integer),
    Column("arguments", Text, nullable=False, default="{}"),
    Column("cursor", Text, nullable=False, default="{}"),
    Column("counts", Text, nullable=False, default="{}"),
    Column("seq", Integer, nullable=False, default=0),
    Column("epoch", Integer, nullable=False, default=0),
    Column("worker", Text),
    Column("lease_until", OurTime),
    Column("not_before", OurTime),
    Column("attempts", Integer, nullable=False, default=0),
    Column("restarts", Integer, nullable=False, default=0, server_default="0"),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("error", Text),
    Column("receipt", Text),
    Column("created_by", Text, nullable=False),
    Column("created_at", OurTime, nullable=False),
    Column("started_at", OurTime),
    Column("finished_at", OurTime),
    CheckConstraint("state IN ('pending', 'running', 'parked', 'done', 'failed', 'cancelled', 'stale')", name="state"),
    Index("ix_operations_store", "store_id", "created_at"),
    Index("ix_operations_unfinished", "state", "lease_until", sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    Index(
        "uq_operations_active",
        "store_id",
        "kind",
        unique=True,
        sqlite_where=text("state IN ('pending', 'running', 'parked') AND store_id IS NOT NULL"),
        postgresql_where=text("state IN ('pending', 'running', 'parked') AND store_id IS NOT NULL"),
    ),
)

"""`attempts`: errors in a row since the last saved progress. `restarts`: how often it stood still and began afresh."""

import_chunks = Table(
    "import_chunks",
    metadata,
    Column("operation_id", Text, ForeignKey("operations.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("first_byte", BigInteger, primary_key=True),
    Column("end_byte", BigInteger, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("keys", LargeBinary, nullable=False),
)
"""One row per committed chunk of a bulk file: `keys` packs one signed 64-bit key per line, so that distinct lines and
roots can be counted at the end without holding a file's worth of ids. Gone when the kind is proved."""
