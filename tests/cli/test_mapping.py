"""`mooring mapping …`: shown, cleared with its confirmation, rebuilt, resumed, carried over; and the exit statuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import answer, mooring, serving
from tests.cli.conftest import SHOP, Rehearsing
from tests.usecases.odoo_world import DATABASE, LOGIN, Odoo, an_odoo

pytestmark = pytest.mark.slow


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    with an_odoo() as one:
        yield one


@pytest.fixture
def here(data_dir: Path, rehearsing: Rehearsing) -> Iterator[dict[str, Any]]:
    """A running server with a project, and a store whose import has ended."""
    with serving(data_dir, **rehearsing.settings) as running:
        rehearsing.set_up(running)
        rehearsing.install()
        where: dict[str, Any] = {"data_dir": data_dir, **rehearsing.settings}
        answer("stores", "connect", "harbour", "--client-credentials", **where)
        answer("stores", "sync", SHOP, **where)
        yield where


def test_from_a_sync_to_a_clear_and_back(here: dict[str, Any], odoo: Odoo, tmp_path: Path) -> None:
    unconnected = mooring("mapping", "rebuild", SHOP, **here)
    assert (unconnected.returncode, "not connected to an Odoo" in unconnected.stderr) == (3, True)
    key = tmp_path / "key"
    key.write_text(odoo.key)
    answer("odoo", "connect", odoo.url, "--database", DATABASE, "--login", LOGIN, "--key-file", str(key), **here)
    answer("odoo", "sync", SHOP, **here)
    before = odoo.rows("res.partner", [], "name", "write_date")

    shown = mooring("mapping", "show", **here)
    assert (shown.returncode, "12 customers mapped" in shown.stdout) == (0, True), shown.stdout
    assert answer("mapping", "verify", SHOP, **here)["receipt"]["found"].keys() <= {"agree", "doubled"}
    file = tmp_path / "mapping.csv"
    assert answer("mapping", "export", SHOP, str(file), **here)["bytes"] == file.stat().st_size

    _clear(here, odoo)
    _carry_over(here, file, tmp_path)
    _clear(here, odoo)
    _rebuild(here, odoo)
    assert odoo.rows("res.partner", [], "name", "write_date") == before


def _clear(here: dict[str, Any], odoo: Odoo) -> None:
    """Nothing is cleared without the token of what was printed."""
    asked = mooring("mapping", "clear", SHOP, "--kind", "customers", "--kind", "products", "--json", **here)
    said = json.loads(asked.stdout)
    assert asked.returncode == 4, asked.stderr
    assert said["preview"]["stores"][0]["records"] == {"customers": 12, "products": 5}
    stale = mooring("mapping", "clear", SHOP, "--confirm", "nonsense", **here)
    assert stale.returncode == 4
    assert "--confirm" in stale.stderr
    assert odoo.external_ids() != {}
    confirmed = ("--kind", "customers", "--kind", "products", "--confirm", said["confirm"])
    [done] = answer("mapping", "clear", SHOP, *confirmed, **here)["operations"]
    assert (done["state"], done["receipt"]["open"], odoo.external_ids()) == ("done", [], {})
    shown = mooring("mapping", "show", **here).stdout
    assert "0 customers mapped" in shown and "Mapping cleared on" in shown


def _carry_over(here: dict[str, Any], file: Path, tmp_path: Path) -> None:
    taken = answer("mapping", "import", SHOP, str(file), **here)
    assert taken["added"] == file.read_text().count("\n") - 1
    assert taken["operation"]["state"] == "done"
    missing = mooring("mapping", "import", SHOP, str(tmp_path / "none"), **here)
    assert (missing.returncode, "cannot be read" in missing.stderr) == (2, True)
    other = tmp_path / "other.csv"
    lines = file.read_text().splitlines(keepends=True)
    shop, mark, *rest = lines[1].split(",")
    for line, status, words in (
        (",".join([shop, "elsewhere/1", *rest]), 3, "another Odoo database"),
        (",".join(["77", mark, *rest]), 3, "another shop"),
        (",".join([shop, mark, *rest[:-2], "999999", rest[-1]]), 3, "is mapped to record"),
        (",".join([shop, mark, "nobody", *rest[1:]]), 2, "Line 2 cannot be used"),
    ):
        other.write_text(lines[0] + line)
        refused = mooring("mapping", "import", SHOP, str(other), **here)
        assert (refused.returncode, words in refused.stderr) == (status, True), refused.stderr


def _rebuild(here: dict[str, Any], odoo: Odoo) -> None:
    both = mooring("mapping", "rebuild", SHOP, "--accept", "--undo", **here)
    assert (both.returncode, "not both" in both.stderr) == (2, True)
    found = answer("mapping", "rebuild", SHOP, "--kind", "customers", **here)
    assert found["counts"]["customer"] == {"matched": 12}
    assert odoo.external_ids() == {}
    accepted = answer("mapping", "rebuild", SHOP, "--kind", "customers", "--accept", **here)
    assert accepted["counts"]["customer"] == {"accepted": 12}
    undone = answer("mapping", "rebuild", SHOP, "--kind", "customers", "--undo", **here)
    assert undone["counts"]["customer"] == {"undone": 12}
    early = mooring("mapping", "resume", SHOP, "--confirm", found["operation"]["id"], **here)
    assert (early.returncode, "preview" in early.stderr) == (3, True)
    seen = mooring("mapping", "resume", SHOP, "--kind", "customers", "--json", **here)
    assert seen.returncode == 4, seen.stderr
    said = json.loads(seen.stdout)
    assert said["preview"]["receipt"]["customers"]["link"] == 12
    assert answer("mapping", "resume", SHOP, "--confirm", said["confirm"], **here) == {"kinds": ["customers"]}


def test_what_odoo_owes_is_retried_and_dismissed(here: dict[str, Any], odoo: Odoo, tmp_path: Path) -> None:
    """Without the key the clear ends at once with an open task: exit 1, for not everything was cleared."""
    key = tmp_path / "key"
    key.write_text(odoo.key)
    answer("odoo", "connect", odoo.url, "--database", DATABASE, "--login", LOGIN, "--key-file", str(key), **here)
    answer("odoo", "sync", SHOP, "--kind", "customers", **here)
    odoo.fault("status", status=401, times=None)
    said = json.loads(mooring("mapping", "clear", "--json", **here).stdout)
    ended = mooring("mapping", "clear", "--confirm", said["confirm"], "--json", **here)
    [done] = json.loads(ended.stdout)["operations"]
    assert (ended.returncode, done["state"], len(done["receipt"]["open"])) == (1, "done", 1)
    [task] = answer("mapping", "show", **here)["tasks"]
    refused = mooring("mapping", "rebuild", SHOP, **here)
    assert (refused.returncode, "Clear sync data is not finished" in refused.stderr) == (3, True)
    tried = mooring("mapping", "retry", task["id"], **here)
    assert tried.returncode == 1, tried.stderr
    dismissed = answer("mapping", "dismiss", task["id"], **here)
    assert (dismissed["state"], "tried again" in dismissed["sentence"]) == ("dismissed", False)
    again = mooring("mapping", "dismiss", task["id"], **here)
    assert (again.returncode, "settled already" in again.stderr) == (3, True)
