"""A restore that was cut off: the same command again, a start that finds its files gone, and PostgreSQL's key ring."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mooring.app import build
from mooring.cli import checks
from mooring.cli.restoring import restore
from mooring.cli.verdict import FAILED
from mooring.db import people as installation
from mooring.db.database import Database
from mooring.errors import Misconfigured, Refused
from mooring.settings import Settings
from mooring.usecases import backup, held, restore_files
from mooring.usecases.restore_files import Moves, Place
from mooring.usecases.who import CLI
from tests.support import postgres


def settings(folder: Path, url: str = "") -> Settings:
    folder.mkdir(mode=0o700, exist_ok=True)
    return Settings(data_dir=folder, database_url=url, log_level="error")


def made(folder: Path, url: str = "") -> Settings:
    chosen = settings(folder, url)
    build(chosen, with_engine=False).close()
    return chosen


def cut_off(folder: Path) -> Moves:
    """What a kill leaves behind when the old database has gone and the new one has not come."""
    stage = folder / ".restore-x"
    stage.mkdir()
    made(folder / "other")
    shutil.move(folder / "other" / "hub.db", stage / "hub.db")
    shutil.move(folder / "other" / "keys", stage / "keys")
    away = {name: f"before_restore_x/{name}" for name in ("hub.db", "keys")}
    moves = Moves(stage.name, "before_restore_x", away, {"keys": "keys", "hub.db": "hub.db"})
    restore_files.begin(Place(folder, folder), moves)
    (folder / "before_restore_x").mkdir()
    (folder / "hub.db").rename(folder / "before_restore_x" / "hub.db")
    return moves


def test_the_same_command_again_finishes_it_and_says_where_the_old_one_is(tmp_path: Path) -> None:
    chosen, file = made(tmp_path / "data"), tmp_path / "mooring.backup"
    built = build(chosen, with_engine=False)
    file.write_bytes(b"".join(backup.write(built.app, CLI)))
    built.close()
    cut_off(chosen.data_dir)
    database = {check.name: check for check in checks.of_machine(chosen)}["database"]
    assert (database.status, "cut off" in database.sentence) == (FAILED, True)
    with pytest.raises(Refused, match="before_restore_x") as refusal:
        restore(chosen, file, replace=True)
    assert refusal.value.code == "restore_finished"
    assert (chosen.data_dir / "hub.db").exists()
    kept = restore(chosen, file, replace=True).aside
    assert kept is not None
    assert (Path(kept) / "hub.db").exists()


def test_a_start_that_finds_the_unpacked_backup_gone_begins_no_new_mooring(tmp_path: Path) -> None:
    chosen = made(tmp_path / "data")
    cut_off(chosen.data_dir)
    shutil.rmtree(chosen.data_dir / ".restore-x")
    for _ in range(2):
        with pytest.raises(Misconfigured, match="untouched in .*before_restore_x"):
            build(chosen, with_engine=False)
        assert not (chosen.data_dir / "hub.db").exists()


@pytest.mark.postgres
@pytest.mark.parametrize("put_back", [True, False])
def test_on_postgresql_the_key_ring_follows_the_database(
    postgres_cluster: postgres.Cluster, tmp_path: Path, put_back: bool
) -> None:
    name = postgres_cluster.create()
    try:
        chosen = made(tmp_path / "data", postgres_cluster.url(name))
        keys, hold = (chosen.data_dir / "keys").read_text(), '{"at":"2026-01-01T00:00:00Z","source":"a backup"}'
        stage = chosen.data_dir / ".restore-x"
        stage.mkdir()
        (stage / "keys").write_text(f"{keys}k0:{'A' * 43}=\n")
        db = Database(chosen.url)
        place = Place.of(chosen.data_dir, db)
        restore_files.begin(place, Moves(stage.name, "keys.x", {"keys": "keys.x"}, {"keys": "keys"}, hold))
        if put_back:
            with db.write() as connection:
                installation.set_fact(connection, installation.HELD_FACT, hold)
        db.close()
        built = build(chosen, with_engine=False)
        waits = held.held(built.app) is not None
        built.close()
        assert (waits, "k0:" in (chosen.data_dir / "keys").read_text()) == (put_back, put_back)
        assert (chosen.data_dir / "keys.x").exists() is put_back
        assert not place.cut_off
        assert not stage.exists()
    finally:
        postgres_cluster.drop(name)
