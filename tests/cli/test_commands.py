"""The commands as a person types them: with a server they are its clients, without one they do the work themselves."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from mooring_sandbox.shopify import shops
from tests.cli.commands import answer, mooring, serving
from tests.cli.conftest import SHOP, Rehearsing

pytestmark = pytest.mark.slow


def test_a_store_from_connecting_to_its_proof(data_dir: Path, rehearsing: Rehearsing) -> None:
    here = {"data_dir": data_dir, **rehearsing.settings}
    with serving(**here) as running:
        rehearsing.set_up(running)
        rehearsing.install()
        connected = answer("stores", "connect", "harbour", "--client-credentials", **here)
        assert connected["store"]["shop_domain"] == SHOP
        imported = answer("stores", "sync", SHOP, **here)
        assert (imported["state"], imported["receipt"]["kinds"]["customers"]["count"]) == ("done", 12)
    _without_a_server(here, imported["id"])
    _unwell(here, rehearsing)


def _without_a_server(here: dict, operation_id: str) -> None:
    """The same answers, and the same work, from the command's own process."""
    shown = answer("stores", "show", "harbour", **here)
    kinds = {kind["kind"]: kind for kind in shown["kinds"]}
    assert (kinds["products"]["count"], kinds["products"]["verified"], shown["badge"]) == (5, True, "Connected")
    listed = answer("operations", "list", **here)["operations"]
    assert [one["id"] for one in listed if one["kind"] == "import"] == [operation_id]
    assert answer("operations", "show", operation_id, **here)["state"] == "done"
    cancelled = mooring("operations", "cancel", operation_id, **here)
    assert (cancelled.returncode, cancelled.stderr.strip()) == (3, "This operation has already finished.")
    again = answer("stores", "sync", "harbour", **here)
    assert again["receipt"]["kinds"]["customers"]["unchanged"] == 12
    assert "verified: 12 of 12; last bulk sync 20" in mooring("stores", "show", "harbour", **here).stdout
    none = mooring("stores", "recover", "harbour", "orders", "#no-such-order", **here)
    assert none.returncode == 1
    assert none.stdout.startswith("Shopify shows no such record among the orders.")


def _unwell(here: dict, rehearsing: Rehearsing) -> None:
    assert answer("doctor", **here)["healthy"] is True
    shop_id = rehearsing.sandbox.state.shop_id("harbour")
    assert shop_id is not None
    shops.set_state(rehearsing.sandbox.state, shop_id, "frozen")
    done = mooring("doctor", "--json", **here)
    assert done.returncode == 1
    checks = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
    assert checks[f"store {SHOP}"]["status"] == "failed"
    failed = mooring("stores", "sync", "harbour", "--list=no such list", **here)
    assert failed.returncode == 2
    assert "There is no list called no such list" in failed.stderr


def test_connecting_by_consent_gives_an_address_to_open(data_dir: Path, rehearsing: Rehearsing) -> None:
    here = {"data_dir": data_dir, **rehearsing.settings}
    with serving(**here) as running:
        rehearsing.set_up(running)
        opened = answer("stores", "connect", "harbour", **here)["open_url"]
        assert opened.startswith(f"{running.said['url']}/connect/")
        assert opened.rpartition("/")[2] not in running.log.read_text()
        bad = mooring("stores", "connect", "-harbour-", "--json", **here)
    alone = mooring("stores", "connect", "harbour", **here)
    assert (alone.returncode, "mooring serve" in alone.stderr) == (3, True)
    assert bad.returncode == 2


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Store domain is required"),
        ("har bour", "Invalid store domain format"),
        ("abc", "Store name must be at least 4 characters"),
        ("a" * 61, "Store name cannot exceed 60 characters"),
        ("harbour-", "Store name cannot start or end with a hyphen"),
    ],
)
def test_a_refused_domain_is_refused_in_the_same_words(
    data_dir: Path, rehearsing: Rehearsing, typed: str, sentence: str
) -> None:
    here = {"data_dir": data_dir, **rehearsing.settings}
    with serving(**here) as running:
        rehearsing.set_up(running)
        done = mooring("stores", "connect", typed, **here)
    assert (done.returncode, done.stderr.strip()) == (2, sentence)


def test_people_are_let_in_and_get_links(data_dir: Path, rehearsing: Rehearsing) -> None:
    here = {"data_dir": data_dir, **rehearsing.settings}
    with serving(**here) as running:
        rehearsing.set_up(running)
        url = running.said["url"]
        added = answer("people", "add", "ada@example.com", "--name=Ada", "--role=editor", **here)
        assert added["link"].startswith(f"{url}/password/")
        assert answer("people", "password", "ada@example.com", **here)["link"].startswith(f"{url}/password/")
        assert answer("people", "link", "ada@example.com", **here)["link"].startswith(f"{url}/login/")
        assert running.log.read_text().count(added["link"].rpartition("/")[2]) == 0
    assert answer("people", "role", "ada@example.com", "admin", **here)["role"] == "admin"
    roles = {one["email"]: one["role"] for one in answer("people", "list", **here)["people"]}
    assert roles == {"admin@localhost": "admin", "ada@example.com": "admin"}
    for words in (["people", "link", "nobody@example.com"], ["people", "role", "nobody@example.com", "viewer"]):
        assert mooring(*words, **here).returncode == 3
    assert mooring("people", "add", "no address", "--name=Ada", **here).returncode == 2
    assert mooring("people", "list", "--project=nowhere", **here).returncode == 3


def test_an_apps_secret_is_read_from_a_file_or_standard_input(data_dir: Path) -> None:
    secret = data_dir / "secret"
    secret.write_text("hush-1\n")
    by_file = mooring("apps", "add", "One", "--client-id=id-1", f"--secret-file={secret}", "--json", data_dir=data_dir)
    by_input = mooring("apps", "add", "Two", "--client-id=id-2", "--json", data_dir=data_dir, typed="hush-2\n")
    assert (by_file.returncode, by_input.returncode) == (0, 0), by_file.stderr + by_input.stderr
    assert json.loads(by_file.stdout)["redirect_uri"].endswith("/oauth/callback")
    listed = mooring("apps", "list", "--json", data_dir=data_dir)
    assert {one["client_id"] for one in json.loads(listed.stdout)["apps"]} == {"id-1", "id-2"}
    assert answer("apps", "show", "Two", data_dir=data_dir)["client_id"] == "id-2"
    said = by_file.stdout + by_input.stdout + listed.stdout + by_file.stderr + by_input.stderr
    assert "hush" not in said
    assert b"hush" not in (data_dir / "hub.db").read_bytes()
    assert stat.S_IMODE((data_dir / "hub.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "typed"), [([], ""), (["--secret-file=nowhere"], "hush"), (["--secret-file=."], "hush")]
)
def test_without_a_secret_no_app_is_added(data_dir: Path, words: list[str], typed: str) -> None:
    done = mooring("apps", "add", "One", "--client-id=id-1", *words, data_dir=data_dir, typed=typed)
    assert done.returncode == 2
    assert "secret" in done.stderr
    assert answer("apps", "list", data_dir=data_dir) == {"apps": []}
