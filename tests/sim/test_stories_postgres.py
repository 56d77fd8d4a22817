"""A tenth of the stories on PostgreSQL."""

import pytest

from tests.sim.running import run
from tests.sim.stage import Stage


@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(101, 104))
def test_stories(on_postgres: Stage, seed: int) -> None:
    run(on_postgres, seed=seed, programs=10)
