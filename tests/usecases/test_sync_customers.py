"""Customers and their addresses on their way to Odoo, on real sandboxes on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mooring.db.tables import mappings, sync_intents, sync_items
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.syncing import sync


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 30, "orders": 0, "products": 0}) as made:
        made.run_import()
        yield made


def contacts(world: OdooWorld) -> list[dict[str, Any]]:
    return world.odoo.rows("res.partner", [["ref", "=like", "shopify:%"]], "ref", "name", "email", "child_ids")


def test_every_customer_reaches_odoo_once_and_a_second_sync_writes_nothing(world: OdooWorld) -> None:
    first = sync(world)
    assert first.state == "done", first.error
    assert first.receipt is not None and first.receipt["customers"]["created"] == 30
    assert len(contacts(world)) == 30
    assert world.count(mappings) == len(world.odoo.external_ids("s"))
    assert world.count(sync_intents) == world.count(sync_items) == 0
    world.odoo.forget()
    second = sync(world)
    assert second.receipt is not None and second.receipt["customers"]["unchanged"] == 30
    assert world.odoo.writing_calls() == {}
    assert second.receipt["calls"]["writes"] == 0
