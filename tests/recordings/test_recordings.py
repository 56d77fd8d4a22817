"""The sandbox answers as the recorded real stores did: every scenario, by the replay tool, over real HTTP.

The tool and the recordings lie beside the repository (`../shared`); without them the tests are skipped and say so.
The tool POSTs a reset address before each scenario; a small application around the sandbox's then seeds the next.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.state import State

from .seeding import SHOP, SHOP_ID, Seed, caller_for

SHARED = Path(__file__).resolve().parents[3] / "shared"
SCENARIOS = SHARED / "recordings/shopify"
TOOL = SHARED / "tools/shopify_replay.py"
MISSING = f"no recordings to hold the sandbox against: {SCENARIOS} is absent"
DOMAIN = "example-store.myshopify.com"
NAMES = sorted(p.stem for p in SCENARIOS.glob("*.json"))

pytestmark = pytest.mark.skipif(not TOOL.exists() or not NAMES, reason=MISSING)


class Rehearsal:
    """The sandbox, and `POST /next` in front of it: the shop becomes what the next scenario takes for granted."""

    def __init__(self, state: State, clock: Clock, data: Path, scenarios: list[dict[str, Any]]) -> None:
        self.asgi = server.create(state, clock, data=data)
        self.sandbox = self.asgi.sandbox
        self.state = state
        self.app = self.sandbox.apps.create({})
        self._waiting = iter(scenarios)
        state.add_shop(SHOP_ID, "example-store", SHOP)
        self.install({})
        self.token = self.sandbox.tokens.mint_legacy(SHOP_ID, self.app.id, self.app.secrets[0].value).access.value

    def install(self, scenario: dict[str, Any]) -> None:
        scopes = sorted(caller_for(scenario).scopes)
        self.sandbox.apps.change(self.app.id, {"scopes": scopes})
        self.sandbox.installations.install(SHOP_ID, self.app.id, scopes)

    def next(self) -> None:
        scenario = next(self._waiting)
        with self.state.transaction() as db:
            db.execute("DELETE FROM record WHERE shop_id = ? AND type <> 'BulkOperation'", (SHOP_ID,))
            db.execute("DELETE FROM embedded WHERE shop_id = ?", (SHOP_ID,))
            self.state.changes += 1
        self.install(scenario)
        Seed(scenario).build().write(self.state, SHOP_ID)
        self.upload(scenario)
        self.sandbox.graph.drain(SHOP_ID, self.app.id, 2000)

    def upload(self, scenario: dict[str, Any]) -> None:
        """Files that the notes say were uploaded to the paths that are sent."""
        if "a file was uploaded" not in Seed(scenario).notes:
            return
        for exchange in scenario["exchanges"]:
            key = exchange["request"]["variables"]["path"]
            self.sandbox.bulk.staged.path(key).write_text("{}\n")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/next":
            self.next()
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.asgi(scope, receive, send)

    def close(self) -> None:
        self.asgi.close()


def scenarios() -> list[dict[str, Any]]:
    return [json.loads((SCENARIOS / f"{name}.json").read_text()) for name in NAMES]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the tool says of each scenario: "" if it passed, else how the answers differ."""
    data = tmp_path_factory.mktemp("recordings")
    state = State(data / "state.sqlite")
    rehearsal = Rehearsal(state, Clock(), data, scenarios())
    with server.run_in_thread(rehearsal) as url:  # type: ignore[arg-type]
        command = [
            sys.executable, str(TOOL), str(SCENARIOS), "--base-url", f"{url}/{DOMAIN}", "--token", rehearsal.token,
            "--reset-url", f"{url}/next", "--schema", str(SHARED / "shopify/schema/2026-10.graphql.gz"),
        ]  # fmt: skip
        ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    state.close()
    assert ran.returncode in (0, 1), ran.stderr
    yield read_report(ran.stdout)


def read_report(text: str) -> dict[str, str]:
    """Lines "ok    NAME (n)" and "diff  NAME", the latter followed by indented ones."""
    parts = re.split(r"^(ok|diff)\s+(\S+)[^\n]*\n", text, flags=re.MULTILINE)[1:]
    return {
        name: "" if word == "ok" else rest for word, name, rest in zip(*(parts[i::3] for i in range(3)), strict=True)
    }


@pytest.mark.parametrize("name", NAMES)
def test_answers_as_recorded(report: dict[str, str], name: str) -> None:
    assert report[name] == "", f"{name} differs:\n{report[name]}"
