"""Backup and restore with the real command: a copy beside a running server, held when it is put back, accepted."""

from __future__ import annotations

import json
import sqlite3
import stat
import zipfile
from pathlib import Path

import pytest

from mooring.cli.console import FAILED, REFUSED, USAGE
from tests.cli.commands import answer, mooring, serving
from tests.cli.conftest import SHOP, Rehearsing


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mooring.backup"


def connected(rehearsing: Rehearsing, data_dir: Path, file: Path) -> None:
    """A store with its records, and a backup made beside the running server."""
    with serving(data_dir, **rehearsing.settings) as running:
        rehearsing.set_up(running)
        rehearsing.install()
        answer("stores", "connect", SHOP, "--client-credentials", data_dir=data_dir)
        answer("stores", "sync", SHOP, data_dir=data_dir)
        answer("backup", str(file), data_dir=data_dir)


def told(data_dir: Path, event: str, year: int, **settings: str) -> None:
    """Another line of the receipts file, as if it had happened after the backup."""
    store = answer("stores", "list", data_dir=data_dir, **settings)["stores"][0]
    line = {"event": event, "at": f"{year}-01-01T00:00:00+00:00", "store": store["id"], "shop_domain": SHOP}
    with (data_dir / "receipts.jsonl").open("a") as out:
        out.write(json.dumps(line | {"generation": 99}) + "\n")


def badge(data_dir: Path, **settings: str) -> str:
    return answer("stores", "list", data_dir=data_dir, **settings)["stores"][0]["badge"]


def test_a_backup_comes_back_held_and_goes_on_when_it_is_accepted(
    rehearsing: Rehearsing, data_dir: Path, tmp_path: Path, file: Path
) -> None:
    connected(rehearsing, data_dir, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as bundle:
        assert set(bundle.namelist()) == {"backup.json", "keys", "receipts.jsonl", "hub.db"}
    fresh = tmp_path / "fresh"
    fresh.mkdir(mode=0o700)
    answer("restore", str(file), data_dir=fresh)
    assert badge(fresh, **rehearsing.settings) == "Connected"
    refused = mooring("stores", "sync", SHOP, data_dir=fresh, **rehearsing.settings)
    assert (refused.returncode, "restore --accept" in refused.stderr) == (REFUSED, True)
    asked = mooring("restore", "--accept", "--json", data_dir=fresh, **rehearsing.settings)
    assert asked.returncode == 4
    token = json.loads(asked.stdout)["confirm"]
    done = answer("restore", "--accept", "--confirm", token, data_dir=fresh, **rehearsing.settings)
    assert (done["deleted"], done["reconnect"]) == (0, 0)
    assert answer("stores", "sync", SHOP, data_dir=fresh, **rehearsing.settings)["state"] == "done"


def test_what_was_deleted_and_authorised_since_is_made_good(rehearsing: Rehearsing, data_dir: Path, file: Path) -> None:
    connected(rehearsing, data_dir, file)
    told(data_dir, "authorized", 2998, **rehearsing.settings)
    answer("restore", str(file), "--replace", data_dir=data_dir)
    asked = json.loads(mooring("restore", "--accept", "--json", data_dir=data_dir, **rehearsing.settings).stdout)
    assert asked["preview"]["reconnects"] == [f"{SHOP} (01 Jan 2998, 00:00 UTC)"]
    told(data_dir, "erased", 2999, **rehearsing.settings)
    stale = mooring("restore", "--accept", "--confirm", asked["confirm"], "--json", data_dir=data_dir)
    assert stale.returncode == 4
    token = json.loads(stale.stdout)["confirm"]
    done = answer("restore", "--accept", "--confirm", token, data_dir=data_dir, **rehearsing.settings)
    assert (done["deleted"], done["failed"]) == (1, 0)
    assert answer("stores", "list", data_dir=data_dir, **rehearsing.settings)["stores"] == []


def test_an_older_file_put_back_by_hand_is_held(rehearsing: Rehearsing, data_dir: Path, file: Path) -> None:
    connected(rehearsing, data_dir, file)
    assert badge(data_dir, **rehearsing.settings) == "Connected"
    told(data_dir, "erased", 2999, **rehearsing.settings)
    asked = mooring("restore", "--accept", "--json", data_dir=data_dir, **rehearsing.settings)
    assert asked.returncode == 4
    assert json.loads(asked.stdout)["preview"]["restored_from"] == "a database file that was put back"


def test_nothing_is_overwritten_and_nothing_half_is_put_in_place(data_dir: Path, tmp_path: Path, file: Path) -> None:
    answer("migrate", data_dir=data_dir)
    answer("apps", "list", data_dir=data_dir)
    answer("backup", str(file), data_dir=data_dir)
    assert mooring("backup", str(file), data_dir=data_dir).returncode == REFUSED
    assert mooring("backup", str(file.parent / "none" / "b"), data_dir=data_dir).returncode == USAGE
    before = (data_dir / "hub.db").read_bytes()
    assert mooring("restore", str(file), data_dir=data_dir).returncode == REFUSED
    cut = tmp_path / "cut.backup"
    cut.write_bytes(file.read_bytes()[:-2000])
    assert mooring("restore", str(cut), "--replace", data_dir=data_dir).returncode == USAGE
    assert (data_dir / "hub.db").read_bytes() == before
    kept = answer("restore", str(file), "--replace", data_dir=data_dir)["aside"]
    assert (Path(kept) / "hub.db").read_bytes() == before
    assert (Path(kept) / "keys").read_bytes() == (data_dir / "keys").read_bytes()
    assert not list(data_dir.glob(".restore-*"))
    assert not list(data_dir.glob(".backup-*"))


def test_a_running_server_is_not_restored_under(data_dir: Path, tmp_path: Path, file: Path) -> None:
    with serving(data_dir):
        answer("backup", str(file), data_dir=data_dir)
        refused = mooring("restore", str(file), "--replace", data_dir=data_dir)
    assert refused.returncode == REFUSED
    assert "in use" in refused.stderr


def test_keys_from_a_setting_stay_the_operators(data_dir: Path, tmp_path: Path, file: Path) -> None:
    keys = {"MOORING_KEYS": "k1:" + "A" * 43 + "="}
    answer("apps", "list", data_dir=data_dir, **keys)
    assert answer("backup", str(file), data_dir=data_dir, **keys)["keys"] == "setting"
    fresh = tmp_path / "fresh"
    fresh.mkdir(mode=0o700)
    without = mooring("restore", str(file), data_dir=fresh)
    assert (without.returncode, "Set MOORING_KEYS" in without.stderr) == (FAILED, True)
    wrong = mooring("restore", str(file), data_dir=fresh, MOORING_KEYS="k1:" + "B" * 43 + "=")
    assert wrong.returncode == FAILED
    assert not (fresh / "hub.db").exists()
    answer("restore", str(file), data_dir=fresh, **keys)
    assert not (fresh / "keys").exists()


def test_the_copy_holds_no_bytes_of_deleted_rows(data_dir: Path, tmp_path: Path, file: Path) -> None:
    answer("apps", "list", data_dir=data_dir)
    with sqlite3.connect(data_dir / "hub.db") as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("INSERT INTO installation VALUES ('canary', 'canary-in-a-coal-mine')")
        connection.commit()
        connection.execute("DELETE FROM installation WHERE name = 'canary'")
    connection.close()
    answer("backup", str(file), data_dir=data_dir)
    with zipfile.ZipFile(file) as bundle:
        assert b"canary-in-a-coal-mine" not in bundle.read("hub.db")
