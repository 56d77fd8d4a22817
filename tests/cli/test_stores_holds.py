"""Looking at Shopify now, and answering a deletion that is held, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import answer, mooring, serving
from tests.cli.conftest import SHOP, Rehearsing

pytestmark = pytest.mark.slow


def test_pull_sweep_and_the_answer_to_a_mass_deletion(data_dir: Path, rehearsing: Rehearsing) -> None:
    here = {"data_dir": data_dir, **rehearsing.settings}
    state = rehearsing.sandbox.state
    shop_id = state.shop_id("harbour")
    assert shop_id is not None
    document = next(state.scan(shop_id, "Customer"))
    for one in range(1, 31):
        state.put(shop_id, "Customer", document | {"id": f"gid://shopify/Customer/{one}", "addressesV2": []})
    with serving(**here) as running:
        rehearsing.set_up(running)
        rehearsing.install()
        answer("stores", "connect", "harbour", "--client-credentials", **here)
        early = mooring("stores", "pull", SHOP, **here)
        assert (early.returncode, "initial sync" in early.stderr) == (3, True)
        answer("stores", "sync", SHOP, **here)
        assert answer("stores", "pull", SHOP, **here)["state"] == "done"
        assert "  Customers: complete\n" in mooring("stores", "pull", SHOP, **here).stdout
        assert answer("stores", "holds", **here)["holds"] == []

        for one in range(1, 31):
            state.remove(shop_id, "Customer", one)
        swept = answer("stores", "sweep", SHOP, **here)
        assert swept["receipt"]["kinds"]["customers"]["held"] == 30
        (held,) = answer("stores", "holds", **here)["holds"]
        asked = mooring("stores", "decide", held["id"], "delete", "--json", **here)
        assert asked.returncode == 4
        read = mooring("operations", "show", swept["id"], **here).stdout
        assert "Customers: compared (" in read
        assert "held 30" in read
        token = json.loads(asked.stdout)["confirm"]
        done = answer("stores", "decide", held["id"], "delete", f"--confirm={token}", **here)
        assert (done["count"], done["operation"]["kind"]) == (30, "sweep")
        unknown = mooring("stores", "decide", held["id"], "keep", **here)
        assert "answered already" in unknown.stderr
