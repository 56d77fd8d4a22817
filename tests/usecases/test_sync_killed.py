"""A worker killed at any point of a sync, and somebody else who goes on: the same end, as if nobody had died."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.db import operations
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.weather import Killed, Shop, Story
from tests.usecases.weather_cast import Cast, Goods, People
from tests.usecases.weather_orders import Trade
from tests.usecases.weather_teller import Teller

pytestmark = pytest.mark.slow

CASTS: tuple[Cast, ...] = (People(3), Goods(1), Trade(3))
MOST = 120
"""No story of these makes more calls."""
LONG = 40
"""A story of more calls is tried at every third."""


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        yield made


class Doomed(Story):
    """In good weather. The worker dies at one call, before or after it was made, or `at_slices` after every slice."""

    def __init__(
        self, world: OdooWorld, cast: Cast, seed: int, *, call: int = 0, after: bool = False, at_slices: bool = False
    ) -> None:
        self._call, self._after, self._at_slices, self.made = call, after, at_slices, 0
        super().__init__(world, cast, seed)
        self.chance = 0.0
        self.all_happens()

    def before_call(self) -> str:
        self.made += 1
        if self.made != self._call:
            return ""
        if self._after:
            return "killed_after"
        raise Killed

    def sync_both(self) -> None:
        for shop in self.shops:
            assert self.sync(shop).state == "done"

    def sync(self, shop: Shop) -> operations.Operation:
        if not self._at_slices:
            return super().sync(shop)
        asked = self._ask(shop)
        while not self._newest(shop).finished:
            self._advance(asked.id)
            self.runner.drop()
            self.runner = self._new_runner()
            self.pass_time(operations.LEASE.total_seconds() + 1)
        return self._newest(shop)


@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: str(cast.kinds[-1]))
def test_killed_after_every_slice(world: OdooWorld, cast: Cast) -> None:
    story = Doomed(world, cast, 4, at_slices=True)
    story.sync_both()
    Teller(world).reckon(story)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: str(cast.kinds[-1]))
def test_killed_at_every_call(world: OdooWorld, database_kind: str, cast: Cast, after: bool) -> None:
    """On PostgreSQL at every fourth."""
    teller, step, call = Teller(world), 1 if database_kind == "sqlite" else 4, 1
    while call < MOST:
        story = Doomed(world, cast, call, call=call, after=after)
        story.sync_both()
        over, long = story.made < call, story.made > LONG
        story.calm()
        teller.reckon(story)
        if over:
            return
        call += step * (3 if long else 1)
    raise AssertionError(f"more than {MOST} calls")
