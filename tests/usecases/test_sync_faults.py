"""Nothing doubled, nothing lost, whatever the weather. `MOORING_TEST_SYNC_SEEDS` says how many stories are told."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from mooring.db import odoo as odoo_rows
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.weather import Story

SEEDS = int(os.environ.get("MOORING_TEST_SYNC_SEEDS", "20"))
FIRST = int(os.environ.get("MOORING_TEST_SYNC_FIRST", "1"))


@pytest.fixture
def world(database_url: str, data_dir) -> Iterator[OdooWorld]:  # type: ignore[no-untyped-def]
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        yield made


def test_nothing_is_doubled_and_nothing_lost(world: OdooWorld, database_kind: str) -> None:
    told = SEEDS if database_kind == "sqlite" else max(1, SEEDS // 10)
    calls = struck = 0
    for seed in range(FIRST, FIRST + told):
        story = Story(world, seed)
        story.play()
        story.calm()
        for shop in story.shops:
            assert story.sync(shop).state == "done"
        story.check()
        world.odoo.forget()
        for shop in story.shops:
            done = story.sync(shop)
            assert done.receipt is not None and done.receipt["calls"]["writes"] == 0, (seed, done.receipt)
        assert world.odoo.writing_calls() == {}, seed
        assert story.open_intents() == 0, seed
        calls, struck = calls + story.calls, struck + story.struck
    assert struck > calls / 8
    with world.app.db.read() as connection:
        assert odoo_rows.load(connection, "project-1").state == "connected"
