"""Random stories on SQLite by fixed seeds, so the same in every run; half of them, for there are two cores."""

import pytest

from tests.sim.running import run
from tests.sim.stage import Stage

PROGRAMS = 25


@pytest.mark.parametrize("seed", [*range(1, 7), 13])
def test_stories(on_sqlite: Stage, seed: int) -> None:
    run(on_sqlite, seed=seed, programs=PROGRAMS)
