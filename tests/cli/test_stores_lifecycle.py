"""`mooring stores disconnect`, `reconnect` and `check`: asked first, answered by exit status, the same with and without
a server."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from mooring_sandbox.shopify import shops
from tests.cli.commands import COMMAND, answer, environment, mooring, serving
from tests.cli.conftest import SHOP, Rehearsing

pytestmark = pytest.mark.slow
PROMPT = "Are you sure you want to disconnect? You can reconnect later."


@pytest.fixture
def here(data_dir: Path, rehearsing: Rehearsing) -> dict[str, object]:
    """A connected store, and no server."""
    with serving(data_dir, **rehearsing.settings) as running:
        rehearsing.set_up(running)
    rehearsing.install()
    answer("stores", "connect", "harbour", "--client-credentials", data_dir=data_dir, **rehearsing.settings)
    return {"data_dir": data_dir, **rehearsing.settings}


def test_a_pause_and_back(here: dict, rehearsing: Rehearsing) -> None:
    asked = mooring("stores", "disconnect", SHOP, "--json", **here)
    assert asked.returncode == 4, asked.stderr
    said = json.loads(asked.stdout)
    assert said["error"]["sentence"] == PROMPT
    assert said["preview"]["stays"][0].startswith("Everything imported: ")
    plain = mooring("stores", "disconnect", SHOP, **here)
    assert plain.returncode == 4
    assert PROMPT in plain.stderr
    wrong = mooring("stores", "disconnect", SHOP, "--confirm", "7", **here)
    assert (wrong.returncode, "changed since the preview" in wrong.stderr) == (4, True)
    assert "--confirm " + said["confirm"] in wrong.stderr
    done = answer("stores", "disconnect", SHOP, "--confirm", said["confirm"], "--wait", **here)
    assert (done["store"]["badge"], done["clean_up"]["state"]) == ("Disconnected", "done")
    examined = {one["name"]: one for one in answer("doctor", **here)["checks"]}
    assert examined[f"store {SHOP}"]["sentence"] == "Disconnected, so Shopify was not asked."
    again = mooring("stores", "disconnect", SHOP, "--yes", **here)
    assert (again.returncode, "already disconnected" in again.stderr) == (3, True)
    assert mooring("stores", "check", SHOP, **here).returncode == 3
    back = answer("stores", "reconnect", SHOP, "--client-credentials", **here)
    assert back["store"]["badge"] == "Connected"
    checked = mooring("stores", "check", SHOP, **here)
    assert (checked.returncode, "Health check completed" in checked.stdout) == (0, True)
    shown = mooring("stores", "show", SHOP, **here).stdout
    assert "  pass    Token valid: " in shown
    assert "  granted read_customers: " in shown
    assert back["store"]["id"] in mooring("stores", "list", **here, COLUMNS="40").stdout
    shop_id = rehearsing.sandbox.state.shop_id("harbour")
    assert shop_id is not None
    shops.set_state(rehearsing.sandbox.state, shop_id, "frozen")
    failed = mooring("stores", "check", SHOP, "--json", **here)
    assert (failed.returncode, json.loads(failed.stdout)["health"]) == (1, "failed")


def test_with_a_server_the_command_is_its_client(here: dict, data_dir: Path) -> None:
    settings = {name: value for name, value in here.items() if name != "data_dir"}
    with serving(data_dir, **settings):
        done = mooring("stores", "disconnect", "harbour", "--yes", **here)
        assert done.returncode == 0, done.stderr
        assert f"{SHOP} is disconnected. Everything imported stays." in done.stdout
        offered = answer("stores", "reconnect", SHOP, **here)
        assert "/connect/" in offered["open_url"]
    alone = mooring("stores", "reconnect", SHOP, **here)
    assert (alone.returncode, "Start 'mooring serve' first" in alone.stderr) == (3, True)


@pytest.mark.parametrize(("typed", "status", "badge"), [("n\n", 3, "Connected"), ("y\n", 0, "Disconnected")])
def test_on_a_terminal_the_very_prompt_is_asked(here: dict, typed: str, status: int, badge: str) -> None:
    settings = {name: str(value) for name, value in here.items() if name != "data_dir"}
    master, slave = pty.openpty()
    os.write(master, typed.encode())
    try:
        done = subprocess.run(
            [*COMMAND, "stores", "disconnect", SHOP],
            env=environment(here["data_dir"], settings),
            stdin=slave,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        os.close(slave)
        os.close(master)
    assert done.returncode == status, done.stderr
    assert PROMPT in done.stderr
    assert "Webhooks are no longer obeyed" in done.stderr
    assert answer("stores", "show", SHOP, **here)["badge"] == badge
