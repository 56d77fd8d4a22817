"""The machine finds bugs: each of six that are planted, within a bounded number of programs."""

import pytest

from tests.sim.planted import BUGS
from tests.sim.running import run
from tests.sim.stage import Stage

WITHIN = 200


@pytest.mark.parametrize("bug", BUGS)
def test_is_found(on_sqlite: Stage, bug: str) -> None:
    tried = []
    with BUGS[bug](), pytest.raises(AssertionError):
        run(on_sqlite, seed=1, programs=WITHIN, shrink=False, told=tried.append)
    print(f"{bug}: found after {len(tried)} programs")
