"""kill -9 all along a delete: it ends with nothing left, a tombstone and a receipt whose numbers are right."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mooring.db import operations_stalled, stores
from mooring.domain.lifecycle import State
from mooring.usecases import delete_preview
from tests.usecases.deleting import ask, named_rows, outcomes
from tests.usecases.importing import SYSTEM, World, world
from tests.usecases.test_delete import KEPT

KILLS = 8
SIZES = {"customers": 120, "orders": 90, "products": 20}
ALL_ORDERS = ("read_all_orders", "read_customers", "read_orders", "read_products")

pytestmark = [pytest.mark.crash, pytest.mark.slow]


def work(shop: World, operation_id: str, data_dir: Path, looks: int) -> int:
    """One worker process; its exit status, negative for the signal it died of."""
    settings = shop.app.settings
    with shop.app.db.write() as connection:
        operations_stalled.release_all(connection)
    command = [
        sys.executable, "-m", "tests.crash.delete_worker", settings.url, str(data_dir), settings.shopify_url,
        settings.shopify_client_id, settings.shopify_client_secret.get_secret_value(), operation_id, str(looks),
    ]  # fmt: skip
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(command, cwd=root, timeout=300, check=False).returncode


def test_kills_all_along_the_way_lose_nothing(database_url: str, data_dir: Path) -> None:
    moments = random.Random(11)
    with world(database_url, data_dir, sizes=SIZES, scopes=ALL_ORDERS, fresh=True) as shop:
        shop.run_import()
        there = {line.name: line.count for line in delete_preview.preview(shop.app, SYSTEM, shop.store_id).removed}
        operation = ask(shop.app, SYSTEM, shop.store_id)
        shop.release_directory()
        steps = list[str]()
        for _ in range(KILLS):
            assert work(shop, operation.id, data_dir, moments.randint(6, 14)) == -signal.SIGKILL
            found = shop.operation(operation.id)
            assert not found.finished
            steps.append(found.cursor.get("step", ""))
        assert work(shop, operation.id, data_dir, 0) == 0
        check(shop, operation.id, there)
    assert "erase" in steps, steps


def check(shop: World, operation_id: str, there: dict[str, int | None]) -> None:
    found = shop.operation(operation_id)
    assert (found.state, found.error) == ("done", None)
    assert found.receipt is not None
    assert found.receipt["removed"] == found.receipt["previewed"]
    assert {kind: found.receipt["removed"][kind] for kind in ("customers", "orders", "products", "collections")} == {
        kind: there[kind] for kind in ("customers", "orders", "products", "collections")
    }
    assert set(outcomes(found).values()) <= {"done", "already_gone"}
    assert named_rows(shop.app, shop.store_id).keys() <= KEPT
    with shop.app.db.read() as connection:
        assert stores.load(connection, shop.store_id).state is State.DELETED
