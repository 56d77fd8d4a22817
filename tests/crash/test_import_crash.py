"""kill -9 at random moments of an import: it ends complete, nothing is doubled, little is read twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mooring.db import tables
from tests.crash.import_worker import CHUNK_LINES
from tests.usecases.importing import World, world

KILLS = 10
SIZES = {"customers": 900, "orders": 700, "products": 60}
ALL_ORDERS = ("read_all_orders", "read_customers", "read_orders", "read_products")

pytestmark = [pytest.mark.crash, pytest.mark.slow]


def start(shop: World, operation: str, counter: Path, data_dir: Path) -> subprocess.Popen[str]:
    settings = shop.app.settings
    command = [
        sys.executable, "-m", "tests.crash.import_worker", settings.url, str(data_dir), settings.shopify_url[:-7],
        settings.shopify_client_id, settings.shopify_client_secret.get_secret_value(), operation, str(counter),
    ]  # fmt: skip
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)


def test_ten_kills_lose_and_double_nothing(database_url: str, data_dir: Path) -> None:
    moments = random.Random(3)
    counter = data_dir / "lines"
    with world(database_url, data_dir, sizes=SIZES, scopes=ALL_ORDERS, fresh=True) as shop:
        operation = shop.issue().id
        shop.release_directory()
        for _ in range(KILLS):
            process = start(shop, operation, counter, data_dir)
            time.sleep(moments.uniform(0.0, 0.45))
            kill(process)
            assert not shop.operation(operation).finished, "the import was too quick to be killed this often"
        assert start(shop, operation, counter, data_dir).wait(120) == 0
        check(shop, operation, counter)


def check(shop: World, operation: str, counter: Path) -> None:
    found = shop.operation(operation)
    assert (found.state, found.error) == ("done", None)
    assert found.receipt is not None
    assert all(kind["verified"] for kind in found.receipt["kinds"].values())
    total = 0
    for table, type_ in (
        (tables.customers, "Customer"),
        (tables.orders, "Order"),
        (tables.products, "Product"),
        (tables.variants, "ProductVariant"),
        (tables.collections, "Collection"),
    ):
        documents = shop.documents(type_)
        assert shop.count(table) == len(documents)
        total += len(documents)
    total += sum(shop.count(t) for t in (tables.addresses, tables.order_lines, tables.collection_products))
    assert counter.stat().st_size <= total + KILLS * CHUNK_LINES
    assert shop.count(tables.list_members) == shop.count(tables.customers)
