"""Projects, the people in them, and everything that proves who somebody is. Only hashes of secrets are stored."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from mooring.db.tables.base import metadata
from mooring.db.tables.types import OurTime

installation = Table(
    "installation",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Facts about this installation: its id, the check that the key ring is the right one, the key of keyed hashes."""

projects = Table(
    "projects",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", OurTime, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("installation_admin", Boolean, nullable=False, default=False),
    Column("created_at", OurTime, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("person_id", Text, ForeignKey("people.id"), primary_key=True),
    Column("role", Text, nullable=False),
    CheckConstraint("role IN ('admin', 'editor', 'viewer')", name="role"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("people.id"), index=True),
    Column("data", Text, nullable=False, default="{}"),
    Column("created_at", OurTime, nullable=False),
    Column("expires_at", OurTime, nullable=False, index=True),
)

login_links = Table(
    "login_links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("person_id", Text, ForeignKey("people.id")),
    Column("created_at", OurTime, nullable=False),
    Column("expires_at", OurTime, nullable=False),
    Column("used_at", OurTime),
    CheckConstraint("purpose IN ('setup', 'login', 'password')", name="purpose"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("person_id", Text, ForeignKey("people.id"), nullable=False),
    Column("project_id", Text, ForeignKey("projects.id")),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", OurTime, nullable=False),
    Column("expires_at", OurTime, nullable=False),
    Column("last_used_at", OurTime),
    CheckConstraint("role IN ('admin', 'editor', 'viewer')", name="role"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("person_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request_hash", Text, nullable=False),
    Column("status", Integer),
    Column("answer", Text),
    Column("created_at", OurTime, nullable=False, index=True),
    UniqueConstraint("person_id", "key"),
)
