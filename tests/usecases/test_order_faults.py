"""No order, invoice, payment or credit note is doubled and none is lost, whatever the weather: the whole way from an
order to its refund."""

from __future__ import annotations

import pytest

from tests.usecases.odoo_world import OdooWorld
from tests.usecases.weather_cast import SHAPES
from tests.usecases.weather_orders import Trade
from tests.usecases.weather_teller import BLOCKS, tell_block

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda seeds: str(seeds.start))
def test_nothing_is_booked_twice_and_nothing_is_lost(
    empty_world: OdooWorld, database_kind: str, seeds: range
) -> None:  # fmt: skip
    assert tell_block(empty_world, database_kind, seeds, lambda seed: Trade(seed % SHAPES)) > 0.08
