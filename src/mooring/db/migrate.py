"""Bring a database to this code's schema. One transaction: a kill leaves the old schema or the new one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from mooring.db.database import Database
from mooring.errors import Misconfigured

_HERE = Path(__file__).parent / "migrations"
_LOCK = 0x6D6F6F72
"""PostgreSQL advisory lock, so that many processes may start at once and one of them migrates."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    return config


@cache
def _scripts() -> ScriptDirectory:
    """Read once: whoever starts asks three times which revisions there are."""
    return ScriptDirectory.from_config(_config())


def head() -> str:
    """The revision this code needs."""
    revision = _scripts().get_current_head()
    assert revision is not None
    return revision


def current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(db: Database) -> tuple[str | None, str]:
    """(revision before, revision after). Raises `Misconfigured` when the database is newer than the code."""
    with db.write() as connection:
        if db.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        before, wanted = current(connection), head()
        refuse_newer(before)
        if before == wanted:
            return before, wanted
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before, wanted


def refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise Misconfigured(
            f"This database has schema {revision}, which is newer than this version of Mooring knows ({head()}). "
            "Nothing was changed. Start the newer version, or restore a backup made with this one.",
            code="schema_newer",
        )


def require_current(db: Database) -> None:
    """For processes that do not migrate. Raises `Misconfigured` unless the schema is exactly this code's."""
    with db.read() as connection:
        revision = current(connection)
    refuse_newer(revision)
    if revision != head():
        raise Misconfigured(
            f"This database has schema {revision or 'none'}; this version of Mooring needs {head()}. "
            "Run 'mooring migrate'.",
            code="schema_older",
        )
