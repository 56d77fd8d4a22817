"""Backup and restore of a PostgreSQL database, by its own programs."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from mooring.app import build
from mooring.cli import restoring
from mooring.cli.restoring import restore
from mooring.db.copies import refuse_company
from mooring.db.database import Database
from mooring.errors import Refused
from mooring.settings import Settings
from mooring.usecases import backup as use
from mooring.usecases import held, people, signing_in
from mooring.usecases.who import CLI
from tests.conftest import lacking
from tests.support import postgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def programs() -> None:
    if shutil.which("pg_dump") is None:
        lacking("pg_dump", "postgresql-client")


def settings(url: str, folder: Path) -> Settings:
    folder.mkdir(mode=0o700, exist_ok=True)
    return Settings(data_dir=folder, database_url=url, log_level="error")


def made(url: str, folder: Path, file: Path) -> None:
    """A Mooring with one person, its backup, and another project that came later."""
    built = build(settings(url, folder), with_engine=False)
    signing_in.set_up(
        built.app, signing_in.setup_token(built.app), email="ada@example.com", name="Ada",
        password="a long enough password", project="Before",
    )  # fmt: skip
    file.write_bytes(b"".join(use.write(built.app, CLI)))
    people.create_project(built.app, CLI, "After")
    built.close()


def projects(url: str, folder: Path) -> tuple[list[str], bool]:
    built = build(settings(url, folder), with_engine=False)
    found = [one["name"] for one in people.projects(built.app, CLI)]
    waits = held.held(built.app) is not None
    built.close()
    return found, waits


def test_a_dump_comes_back_held(programs: None, postgres_cluster: postgres.Cluster, tmp_path: Path) -> None:
    cluster, file = postgres_cluster, tmp_path / "mooring.backup"
    old, new = cluster.create(), cluster.create()
    try:
        made(cluster.url(old), tmp_path / "old", file)
        with zipfile.ZipFile(file) as bundle:
            assert set(bundle.namelist()) == {"backup.json", "keys", "receipts.jsonl", "hub.dump"}
        assert restore(settings(cluster.url(new), tmp_path / "new"), file, replace=False).aside is None
        assert projects(cluster.url(new), tmp_path / "new") == (["Before"], True)
        with pytest.raises(Refused, match="--replace"):
            restore(settings(cluster.url(old), tmp_path / "old"), file, replace=False)
        aside = restore(settings(cluster.url(old), tmp_path / "old"), file, replace=True).aside
        assert projects(cluster.url(old), tmp_path / "old") == (["Before"], True)
        assert aside is not None
        with psycopg.connect(cluster.url(old)) as connection:
            schema = aside.removeprefix("the schema ")
            query = sql.SQL("SELECT name FROM {} ORDER BY created_at").format(sql.Identifier(schema, "projects"))
            kept = connection.execute(query).fetchall()
        assert kept == [("Before",), ("After",)]
    finally:
        cluster.drop(old)
        cluster.drop(new)


def test_nobody_is_restored_under(programs: None, postgres_cluster: postgres.Cluster) -> None:
    name = postgres_cluster.create()
    db = Database(postgres_cluster.url(name))
    try:
        with psycopg.connect(postgres_cluster.url(name)), pytest.raises(Refused, match="Stop every process"):
            refuse_company(db)
        refuse_company(db)
    finally:
        db.close()
        postgres_cluster.drop(name)


def test_a_sqlite_backup_does_not_fit_a_postgresql_database(
    programs: None, postgres_cluster: postgres.Cluster, tmp_path: Path
) -> None:
    file = tmp_path / "mooring.backup"
    made(f"sqlite:///{tmp_path / 'hub.db'}", tmp_path / "old", file)
    name = postgres_cluster.create()
    with pytest.raises(Refused, match="sqlite database") as refusal:
        restoring.restore(settings(postgres_cluster.url(name), tmp_path / "new"), file, replace=False)
    postgres_cluster.drop(name)
    assert refusal.value.code == "other_database"
