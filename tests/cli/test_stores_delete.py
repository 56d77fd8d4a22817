"""`mooring stores delete` and `export`, with a server running and without one."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

import pytest

from mooring.cli import stores_delete
from mooring.errors import InvalidInput
from tests.cli.commands import answer, mooring, serving
from tests.cli.conftest import SHOP, Rehearsing

pytestmark = pytest.mark.slow


def imported(rehearsing: Rehearsing, data_dir: Path) -> None:
    """A connected store with everything in it, and no server."""
    with serving(data_dir, **rehearsing.settings) as running:
        rehearsing.set_up(running)
    rehearsing.install()
    answer("stores", "connect", "harbour", "--client-credentials", data_dir=data_dir, **rehearsing.settings)
    answer("stores", "sync", SHOP, data_dir=data_dir, **rehearsing.settings)


@pytest.mark.parametrize("served", [True, False])
def test_it_asks_first_and_then_deletes(rehearsing: Rehearsing, data_dir: Path, served: bool) -> None:
    imported(rehearsing, data_dir)
    if served:
        with serving(data_dir, **rehearsing.settings):
            deleted(rehearsing, data_dir)
    else:
        deleted(rehearsing, data_dir)


def deleted(rehearsing: Rehearsing, data_dir: Path) -> None:
    asked = mooring("stores", "delete", SHOP, "--json", data_dir=data_dir, **rehearsing.settings)
    assert asked.returncode == 4, asked.stderr
    said = json.loads(asked.stdout)
    assert {line["name"]: line["count"] for line in said["preview"]["removed"]}["customers"] == 12
    plain = mooring("stores", "delete", "harbour", data_dir=data_dir, **rehearsing.settings)
    assert plain.returncode == 4
    assert "12  Customers" in plain.stdout
    assert "--confirm" in plain.stderr
    short = mooring(
        "stores", "delete", "harbour", "--confirm", said["confirm"], data_dir=data_dir, **rehearsing.settings
    )
    assert (short.returncode, f"--domain {SHOP}" in short.stderr) == (2, True)
    done = answer("stores", "delete", SHOP, "--confirm", said["confirm"], data_dir=data_dir, **rehearsing.settings)
    assert (done["state"], done["receipt"]["removed"]["customers"], done["receipt"]["by_hand"]) == ("done", 12, [])
    assert answer("stores", "list", data_dir=data_dir, **rehearsing.settings)["stores"] == []


CHOSEN = {"id": "018f00aa", "shop_domain": SHOP, "name": "Tea House"}


@pytest.mark.parametrize("named", [SHOP, SHOP.upper(), f" {SHOP} "])
def test_naming_the_whole_domain_is_typing_it(named: str) -> None:
    assert stores_delete.typed(named, None, CHOSEN, "token") == SHOP


@pytest.mark.parametrize("named", ["Tea House", "harbour", "018f00aa"])
def test_a_name_or_an_id_is_not_typing_the_domain(named: str) -> None:
    assert stores_delete.typed(named, None, CHOSEN, None) == SHOP  # only looking
    assert stores_delete.typed(named, "else.myshopify.com", CHOSEN, "token") == "else.myshopify.com"
    with pytest.raises(InvalidInput, match=f"--domain {SHOP}"):
        stores_delete.typed(named, None, CHOSEN, "token")


@pytest.mark.parametrize("served", [True, False])
def test_an_export_is_a_whole_zip_that_only_its_owner_reads(
    rehearsing: Rehearsing, data_dir: Path, tmp_path: Path, served: bool
) -> None:
    imported(rehearsing, data_dir)
    shown = answer("stores", "show", SHOP, data_dir=data_dir, **rehearsing.settings)
    counts = {kind["kind"]: kind["count"] for kind in shown["kinds"]}
    file = tmp_path / "harbour.zip"
    if served:
        with serving(data_dir, **rehearsing.settings):
            answer("stores", "export", SHOP, str(file), data_dir=data_dir, **rehearsing.settings)
    else:
        answer("stores", "export", SHOP, str(file), data_dir=data_dir, **rehearsing.settings)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        for kind, count in counts.items():
            assert len(archive.read(f"{kind}.jsonl").splitlines()) == count > 0
    again = mooring("stores", "export", SHOP, str(file), data_dir=data_dir, **rehearsing.settings)
    assert again.returncode == 3
    assert zipfile.is_zipfile(file)
