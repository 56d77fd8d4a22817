"""What `mooring doctor` can tell from this machine alone: settings, directory, database, keys. Changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mooring.cli.console import of_driver
from mooring.cli.verdict import FAILED, OK, WARNING, Check
from mooring.db import migrate
from mooring.db.database import Database
from mooring.errors import MooringError
from mooring.settings import PREFIX, Settings
from mooring.usecases.restore_files import Place

_CUT_OFF = "A restore was cut off before its end. The next start finishes it, or 'mooring migrate' does at once."
_WAL_RESET_MENDED = (3, 51, 3)


def setting_rows(settings: Settings) -> list[dict[str, Any]]:
    """Every setting: whether somebody set it, and its value unless that is a secret."""
    return [
        {"name": PREFIX + name.upper(), "set": name in settings.model_fields_set, "value": _shown(settings, name)}
        for name in type(settings).model_fields
    ]


def _shown(settings: Settings, name: str) -> str | None:
    value = getattr(settings, name)
    if hasattr(value, "get_secret_value") or (name == "database_url" and not str(value).startswith("sqlite")):
        return None
    return ",".join(value) if isinstance(value, tuple) else str(value)


def of_machine(settings: Settings) -> Iterator[Check]:
    yield _directory(settings.data_dir)
    yield _address(settings)
    yield from _database(settings)


def _directory(folder: Path) -> Check:
    name = "data directory"
    if not folder.exists():
        return Check(name, OK, f"{folder} does not exist yet; the first start makes it.")
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Check(name, FAILED, f"{folder} is no directory this user can write to. Set MOORING_DATA_DIR to one.")
    if folder.stat().st_mode & 0o077:
        return Check(name, WARNING, f"Other users of this machine may look into {folder}. chmod 700 would stop them.")
    return Check(name, OK, f"{folder} is there, and only its owner can look into it.")


def _address(settings: Settings) -> Check:
    if settings.public_url.startswith("https://"):
        return Check("public address", OK, f"Browsers and Shopify come in at {settings.public_url}.")
    sentence = (
        "Without an https address in MOORING_PUBLIC_URL Shopify cannot deliver webhooks: stores work by regular pulls."
    )
    return Check("public address", WARNING, sentence)


def is_new(settings: Settings) -> bool:
    """Whether there is no database yet. Only of SQLite can that be said without asking."""
    path = Database(settings.url).path
    return path is not None and not path.exists() and not _is_cut_off(settings)


def _is_cut_off(settings: Settings) -> bool:
    return Place.of(settings.data_dir, Database(settings.url)).cut_off


def _database(settings: Settings) -> Iterator[Check]:
    if _is_cut_off(settings):
        yield Check("database", FAILED, _CUT_OFF)
        return
    if is_new(settings):
        yield Check("database", OK, "There is none yet; the first start makes it.")
        return
    db = Database(settings.url)
    try:
        yield _answering(db)
        yield _schema(db)
    except MooringError as error:
        yield Check("database", FAILED, error.sentence)
    except Exception as error:  # drivers raise what they like; doctor passes it on and goes on
        yield Check("database", FAILED, f"{of_driver(error)} Check MOORING_DATABASE_URL.")
    finally:
        db.close()


def _answering(db: Database) -> Check:
    db.ping()
    if db.dialect != "sqlite":
        return Check("database", OK, f"PostgreSQL answers as {db.url.database} on {db.url.host or 'this machine'}.")
    with db.read() as connection:
        version = str(connection.exec_driver_sql("SELECT sqlite_version()").scalar())
    if tuple(int(part) for part in version.split(".")) < _WAL_RESET_MENDED:
        return Check("database", WARNING, f"{_file(db)} answers. {_old(version)}")
    return Check("database", OK, f"{_file(db)} answers (SQLite {version}).")


def _file(db: Database) -> str:
    return f"SQLite file {db.path}"


def _old(version: str) -> str:
    return (
        f"SQLite {version} has a rare fault in its write-ahead log, mended in 3.51.3; Mooring works round it by "
        "writing through one connection, so let no other program write to this file."
    )


def _schema(db: Database) -> Check:
    with db.read() as connection:
        revision = migrate.current(connection)
    migrate.refuse_newer(revision)
    if revision == migrate.head():
        return Check("schema", OK, f"Schema {revision} is the one this version needs.")
    return Check("schema", FAILED, f"Schema {revision or 'none'} is not {migrate.head()}. Run 'mooring migrate'.")
