"""No order, invoice, payment or credit note is doubled and none is lost, whatever the weather: the whole way from an
order to its refund. `MOORING_TEST_ORDER_SEEDS` says how many stories are told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.weather_cast import SHAPES
from tests.usecases.weather_orders import Trade
from tests.usecases.weather_teller import Teller

pytestmark = pytest.mark.slow

SEEDS = int(os.environ.get("MOORING_TEST_ORDER_SEEDS", "300"))
FIRST = int(os.environ.get("MOORING_TEST_ORDER_FIRST", "1"))
BLOCK = 50
"""Stories that share a world."""


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        yield made


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, BLOCK))
def test_nothing_is_booked_twice_and_nothing_is_lost(world: OdooWorld, database_kind: str, first: int) -> None:
    """A tenth of them on PostgreSQL."""
    seeds = range(first, min(first + BLOCK, FIRST + SEEDS))
    teller, calls, struck = Teller(world), 0, 0
    for seed in seeds if database_kind == "sqlite" else seeds[::10]:
        story = teller.tell(Trade(seed % SHAPES), seed)
        calls, struck = calls + story.calls, struck + story.struck
    assert struck >= calls / 10 or calls < 300, f"only {struck} of {calls} calls were struck"
