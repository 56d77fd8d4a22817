"""Wrong use and foreseen faults of the command `mooring`: a sentence, the right exit status, never a traceback."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.commands import mooring

pytestmark = pytest.mark.slow


def test_the_version_is_printed(data_dir: Path) -> None:
    done = mooring("--version", data_dir=data_dir)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)


@pytest.mark.parametrize("words", [["nonsense"], ["stores", "nonsense"], ["stores", "show"], ["serve", "--port=x"]])
def test_wrong_usage_ends_with_2(data_dir: Path, words: list[str]) -> None:
    done = mooring(*words, data_dir=data_dir)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_and_says_so_in_json(data_dir: Path) -> None:
    done = mooring("stores", "list", "--nonsense", "--json", data_dir=data_dir)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "usage"


def test_a_bad_setting_is_named_and_its_value_is_not_repeated(data_dir: Path) -> None:
    done = mooring("doctor", data_dir=data_dir, MOORING_SHOPIFY_URL="ftp://hush", MOORING_PORT="1")
    assert done.returncode == 1
    assert "MOORING_SHOPIFY_URL" in done.stderr
    assert "hush" not in done.stderr


@pytest.mark.parametrize("words", [["migrate"], ["stores", "list"], ["serve", "--port=0"]])
def test_a_directory_nobody_may_write_to_is_a_sentence(data_dir: Path, words: list[str]) -> None:
    file = data_dir / "file"
    file.write_text("")
    done = mooring(*words, data_dir=file.parent, MOORING_DATA_DIR=str(file))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(file) in done.stderr


def test_migrating_twice_changes_nothing_the_second_time(data_dir: Path) -> None:
    first, second = (json.loads(mooring("migrate", "--json", data_dir=data_dir).stdout) for _ in range(2))
    assert first["before"] is None
    assert second["before"] == second["after"] == first["after"]


def test_a_database_that_is_none_is_a_sentence(data_dir: Path) -> None:
    (data_dir / "hub.db").write_text("This is a letter, not a database. " * 100)
    done = mooring("migrate", data_dir=data_dir)
    assert done.returncode == 1
    assert "file is not a database" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreachable_postgresql_is_a_sentence_without_its_password(data_dir: Path, free_port: int) -> None:
    url = f"postgresql://hub:hush@127.0.0.1:{free_port}/hub"
    done = mooring("migrate", data_dir=data_dir, MOORING_DATABASE_URL=url)
    assert done.returncode == 1
    assert "MOORING_DATABASE_URL" in done.stderr
    assert "hush" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_schema_newer_than_the_code_is_refused(data_dir: Path) -> None:
    mooring("migrate", data_dir=data_dir)
    with sqlite3.connect(data_dir / "hub.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'r9999'")
    connection.close()
    for words in (["migrate"], ["doctor"]):
        done = mooring(*words, data_dir=data_dir)
        assert done.returncode == 1
        assert "newer than this version" in " ".join((done.stderr + done.stdout).split())


def test_doctor_of_a_new_directory_finds_nothing_to_mend(data_dir: Path) -> None:
    done = mooring(
        "doctor", "--json", data_dir=data_dir, MOORING_SHOPIFY_CLIENT_ID="a", MOORING_SHOPIFY_CLIENT_SECRET="hush"
    )
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["healthy"]) == (0, True)
    settings = {one["name"]: one for one in facts["settings"]}
    assert settings["MOORING_SHOPIFY_CLIENT_ID"] == {"name": "MOORING_SHOPIFY_CLIENT_ID", "set": True, "value": "a"}
    assert settings["MOORING_SHOPIFY_CLIENT_SECRET"]["value"] is None
    assert settings["MOORING_PUBLIC_URL"]["set"] is False
    assert "hush" not in done.stdout + done.stderr
    assert not (data_dir / "hub.db").exists(), "doctor makes nothing"


def test_doctor_of_an_old_schema_says_what_to_run(data_dir: Path) -> None:
    with sqlite3.connect(data_dir / "hub.db") as connection:
        connection.execute("CREATE TABLE another (name TEXT)")
    connection.close()
    done = mooring("doctor", "--json", data_dir=data_dir)
    assert done.returncode == 1
    failed = [one["sentence"] for one in json.loads(done.stdout)["checks"] if one["status"] == "failed"]
    assert any("mooring migrate" in sentence for sentence in failed)


def test_a_csv_file_that_is_not_there_is_named_before_anything_starts(data_dir: Path) -> None:
    done = mooring("demo", "--once", "--json", "--orders-csv=nowhere.csv", data_dir=data_dir)
    assert done.returncode == 2
    assert "nowhere.csv" in json.loads(done.stdout)["error"]["sentence"]
