"""The Sandbox Odoo answers as the recorded real one did: every scenario, by the replay tool's own comparison, over
HTTP.

The tool and the recordings lie beside the repository (`../shared`); without them the tests are skipped and say so.
Where a
recording waits, the sandbox's clock is moved.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo import server
from mooring_sandbox.odoo.settings import Settings

SHARED = Path(__file__).resolve().parents[3] / "shared"
SCENARIOS = SHARED / "recordings/odoo19"
TOOL = SHARED / "tools/odoo_replay.py"
NAMES = sorted(p.stem for p in SCENARIOS.glob("*.json"))
# What a scenario is about, by how its name begins; it stands in the test's id.
ABOUT = {
    "identity": ("auth_", "identity_", "server_", "connector_", "low_rights_"),
    "wire": ("jsonrpc_", "request_", "record_", "reads"),
    "load": ("load_", "mapping_", "write_date_"),
    "contacts": ("partner_",),
    "products": ("product_",),
    "orders": ("order_", "invoice_", "credit_", "concurrent_", "stock_"),
}

pytestmark = pytest.mark.skipif(not TOOL.exists() or not NAMES, reason=f"no recordings: {SCENARIOS} is absent")


class Replay:
    """One sandbox for all scenarios, each of which is replayable on a database that others have used."""

    def __init__(self, tool: ModuleType, clock: Clock, client: httpx.Client, key: str) -> None:
        self._tool, self._clock, self._client, self._key = tool, clock, client, key

    def differences(self, scenario: dict[str, Any]) -> list[Any]:
        bound, found = self._tool.new_bindings(self._key, "shop", "admin"), []
        for number, exchange in enumerate(scenario["exchanges"], 1):
            self._clock.advance(timedelta(seconds=exchange.pop("wait_s", 0)))
            found += [(number, *rest) for _, *rest in self._tool.run({"exchanges": [exchange]}, self._client, bound)]
        return found


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    spec = importlib.util.spec_from_file_location("odoo_replay", TOOL)
    assert spec and spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    clock = Clock()
    app = server.create(clock, settings=Settings(pace=0))
    key = app.sandbox.databases.key_for(app.sandbox.databases.get("shop"))
    with server.run_in_thread(app) as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        yield Replay(tool, clock, client, key)


def about(name: str) -> str:
    return next(kind for kind, begins in ABOUT.items() if name.startswith(begins))


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{about(name)}-{name}") for name in NAMES])
def test_answers_as_recorded(replay: Replay, name: str) -> None:
    differing = replay.differences(json.loads((SCENARIOS / f"{name}.json").read_text("utf-8")))
    assert differing == [], "\n".join(f"#{n} {note}: {'; '.join(d)}" for n, note, d in differing)


@pytest.mark.parametrize("again", ["contacts", "orders"])
def test_a_used_database_answers_the_same(replay: Replay, again: str) -> None:
    for name in (name for name in NAMES if about(name) == again):
        assert replay.differences(json.loads((SCENARIOS / f"{name}.json").read_text("utf-8"))) == [], name
