"""Stories of `weather` told to their end, and compared with the one of the same cast in which the sun shone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pprint import pformat

from tests.usecases import weather_cast
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.weather import Story
from tests.usecases.weather_cast import Cast, Holdings


@dataclass(frozen=True)
class Ending:
    """What Odoo holds, and what waits for somebody."""

    held: Holdings
    items: list[tuple[int, str, str]]


SEEDS, BLOCK = 300, 30
"""Stories there are to tell, and how many of them share a world."""
EVERY = {"sqlite": 1 if os.environ.get("MOORING_TEST_ALL_SEEDS") else 3, "postgres": 10}
"""Which are told: every third in each run of all tests, all by `script/faults`."""
BLOCKS = tuple(range(first, first + BLOCK) for first in range(1, SEEDS, BLOCK))


def tell_block(world: OdooWorld, database_kind: str, numbers: range, cast: Callable[[int], Cast]) -> float:
    """The stories of these seeds. Which share of calls the weather struck: of few calls, now and then, less than it
    aims at."""
    teller, calls, struck = Teller(world), 0, 0
    for seed in numbers[:: EVERY[database_kind]]:
        story = teller.tell(cast(seed), seed)
        calls, struck = calls + story.calls, struck + story.struck
    return struck / max(calls, 1)


class Teller:
    def __init__(self, world: OdooWorld) -> None:
        self._world = world
        self._clean: dict[Cast, Ending] = {}

    def tell(self, cast: Cast, seed: int) -> Story:
        story = Story(self._world, cast, seed)
        story.play()
        story.calm()
        self.reckon(story)
        return story

    def reckon(self, story: Story) -> None:
        """Both stores are synced once more, and everything is as it ought to be."""
        seed = story.seed
        ended, clean = self._end(story), self._clean_end(story.cast, seed)
        assert ended == clean, f"seed {seed}:\n{pformat(ended)}\nand in good weather:\n{pformat(clean)}"
        assert story.open_intents() == 0, seed
        if seed % 4 == 0:
            self._second_sync_writes_nothing(story)
        story.over()

    def _clean_end(self, cast: Cast, seed: int) -> Ending:
        """What one sync of each store leaves in good weather."""
        if cast not in self._clean:
            twin = Story(self._world, cast, seed, twin=True)
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
