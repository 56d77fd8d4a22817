"""`mooring odoo …`: the key by file or standard input, never as an argument; what is said, and the exit statuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import answer, mooring, serving
from tests.cli.conftest import Rehearsing
from tests.usecases.odoo_world import DATABASE, LOGIN, Odoo, an_odoo

pytestmark = pytest.mark.slow


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    with an_odoo() as one:
        yield one


@pytest.fixture
def here(data_dir: Path, rehearsing: Rehearsing) -> dict[str, object]:
    """A project, and no server."""
    with serving(data_dir, **rehearsing.settings) as running:
        rehearsing.set_up(running)
    return {"data_dir": data_dir, **rehearsing.settings}


def test_from_test_to_disconnect(here: dict, odoo: Odoo, tmp_path: Path) -> None:
    to = (odoo.url, "--database", DATABASE, "--login", LOGIN)
    none = mooring("odoo", "show", **here)
    assert (none.returncode, "is not connected to an Odoo" in none.stderr) == (3, True)

    tried = mooring("odoo", "test", *to, typed=f"{odoo.key}\n", **here)
    assert tried.returncode == 0, tried.stderr
    assert "Odoo 19.0 answers. Company My Company; apps: sale, account, stock." in tried.stdout
    assert "granted Remove external ids (Access Rights)" in tried.stdout
    assert mooring("odoo", "show", **here).returncode == 3

    wrong = mooring("odoo", "connect", *to, typed="0123456789abcdef\n", **here)
    assert (wrong.returncode, "does not accept the API key" in wrong.stderr) == (1, True)
    empty = mooring("odoo", "connect", *to, typed="\n", **here)
    assert (empty.returncode, "The API key is empty" in empty.stderr) == (2, True)
    file = tmp_path / "key"
    missing = mooring("odoo", "connect", *to, "--key-file", str(file), **here)
    assert (missing.returncode, "cannot be read" in missing.stderr) == (2, True)
    file.write_text(odoo.key)
    made = answer("odoo", "connect", *to, "--key-file", str(file), **here)
    assert made["badge"] == "Connected"
    assert "Database: shop" in mooring("odoo", "show", **here).stdout

    checked = mooring("odoo", "check", **here)
    assert (checked.returncode, "is the one that was connected" in checked.stdout) == (0, True)
    examined = {one["name"]: one for one in answer("doctor", **here)["checks"]}
    (name,) = [one for one in examined if one.startswith("Odoo of ")]
    assert examined[name]["status"] == "ok"

    odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    held = mooring("odoo", "check", **here)
    assert (held.returncode, "staging copy" in held.stdout) == (1, True)
    examined = {one["name"]: one for one in json.loads(mooring("doctor", "--json", **here).stdout)["checks"]}
    assert "Held. Staging copy" in examined[name]["sentence"]
    assert answer("odoo", "keep", **here)["badge"] == "Connected"

    replaced = mooring("odoo", "key", "--key-file", "-", typed=f"{odoo.key}\n", **here)
    assert (replaced.returncode, "The API key is replaced." in replaced.stdout) == (0, True)

    asked = mooring("odoo", "disconnect", "--json", **here)
    said = json.loads(asked.stdout)
    assert (asked.returncode, said["preview"]["mapped"]) == (4, "The mapping holds 0 customers, 0 products, 0 orders.")
    stale = mooring("odoo", "disconnect", "--confirm", "99", **here)
    assert (stale.returncode, "changed since the preview" in stale.stderr) == (4, True)
    done = mooring("odoo", "disconnect", "--confirm", said["confirm"], **here)
    assert (done.returncode, "Everything in it stays" in done.stdout) == (0, True)
    examined = {one["name"]: one for one in answer("doctor", **here)["checks"]}
    assert examined[name]["sentence"] == "Disconnected, so Odoo was not asked."
    for command in (tried, wrong, replaced, done):
        assert odoo.key not in command.stdout + command.stderr
