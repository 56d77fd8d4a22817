"""Notices to people: shown in the pages, and sent by e-mail or to a project's own address where that is set up."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from mooring.db.tables.base import metadata
from mooring.db.tables.types import BigId, OurTime

_DUE = text("state = 'due'")

notices = Table(
    "notices",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False),
    Column("store_id", Text),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("address", Text),
    Column("urgent", Boolean, nullable=False, default=False),
    Column("at", OurTime, nullable=False),
    Column("settled_at", OurTime),
    Index("uq_notices_key", "project_id", "key", unique=True),
    Index("ix_notices_project", "project_id", "id"),
    sqlite_autoincrement=True,
)
"""`key` makes a notice happen once ("store 5 lost its credentials in generation 7"). `address`: the page it is about.
`settled_at`: its cause is gone."""

notice_reads = Table(
    "notice_reads",
    metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("person_id", Text, primary_key=True),
    Column("last_id", BigId, nullable=False),
)

notice_posts = Table(
    "notice_posts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("notice_id", BigId, ForeignKey("notices.id"), nullable=False),
    Column("way", Text, nullable=False),
    Column("state", Text, nullable=False, default="due"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", OurTime),
    Column("error", Text),
    Column("settled_at", OurTime),
    CheckConstraint("way IN ('email', 'webhook')", name="way"),
    CheckConstraint("state IN ('due', 'sent', 'failed')", name="state"),
    Index("uq_notice_posts_once", "notice_id", "way", unique=True),
    Index("ix_notice_posts_due", "id", sqlite_where=_DUE, postgresql_where=_DUE),
    sqlite_autoincrement=True,
)

notice_hooks = Table(
    "notice_hooks",
    metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", OurTime, nullable=False),
)
