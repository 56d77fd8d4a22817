"""Nothing doubled, nothing lost, whatever the weather. `MOORING_TEST_SYNC_SEEDS` says how many stories are told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mooring.db import odoo as odoo_rows
from tests.usecases import weather_cast
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.weather import Story
from tests.usecases.weather_cast import SHAPES, Cast, Goods, Holdings, People

SEEDS = int(os.environ.get("MOORING_TEST_SYNC_SEEDS", "300"))
FIRST = int(os.environ.get("MOORING_TEST_SYNC_FIRST", "1"))
BLOCK = 50
"""Stories that share a world."""


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        yield made


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, BLOCK))
def test_nothing_is_doubled_and_nothing_lost(world: OdooWorld, database_kind: str, first: int) -> None:
    """A tenth of them on PostgreSQL."""
    seeds = range(first, min(first + BLOCK, FIRST + SEEDS))
    teller, calls, struck = Teller(world), 0, 0
    for seed in seeds if database_kind == "sqlite" else seeds[::10]:
        story = teller.tell(seed)
        calls, struck = calls + story.calls, struck + story.struck
    assert struck >= calls / 5 or calls < 300, f"only {struck} of {calls} calls were struck"
    with world.app.db.read() as connection:
        assert odoo_rows.load(connection, PROJECT).state == "connected"


@dataclass(frozen=True)
class Ending:
    """What Odoo holds, and what waits for somebody."""

    held: Holdings
    items: list[tuple[int, str, str]]


class Teller:
    def __init__(self, world: OdooWorld) -> None:
        self._world = world
        self._clean: dict[Cast, Ending] = {}

    def tell(self, seed: int) -> Story:
        story = Story(self._world, cast(seed), seed)
        story.play()
        story.calm()
        assert self._end(story) == self._clean_end(story.cast, seed), seed
        assert story.open_intents() == 0, seed
        if seed % 4 == 0:
            self._second_sync_writes_nothing(story)
        story.over()
        return story

    def _clean_end(self, cast: Cast, seed: int) -> Ending:
        """What one sync of each store leaves in good weather."""
        if cast not in self._clean:
            twin = Story(self._world, cast, seed, chance=0, twin=True)
            self._clean[cast] = self._end(twin)
            twin.over()
        return self._clean[cast]

    def _end(self, story: Story) -> Ending:
        for shop in story.shops:
            assert story.sync(shop).state == "done", story.tag
            assert weather_cast.mapped(story.app, shop) == weather_cast.planted(self._world, shop), story.tag
        held = story.cast.holdings(self._world, story.shops, story.tag)
        return Ending(held, weather_cast.items(story.app, story.shops))

    def _second_sync_writes_nothing(self, story: Story) -> None:
        self._world.odoo.forget()
        for shop in story.shops:
            done = story.sync(shop)
            assert done.receipt is not None and done.receipt["calls"]["writes"] == 0, (story.tag, done.receipt)
        assert self._world.odoo.writing_calls() == {}, story.tag


def cast(seed: int) -> Cast:
    shape = seed // 3 % SHAPES
    return Goods(shape) if seed % 3 == 0 else People(shape)
