"""Run a number of programs with a seed, and tell how it went."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.stateful import get_state_machine_test

from tests.sim.machine import Story
from tests.sim.stage import Stage

STEPS = (40, 30, 20)
"""How long the programs of a seed are at most: some are long, and there is time for more of the shorter ones."""
_ALL_CHECKS = (
    HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example,
)  # fmt: skip


@contextmanager
def only_the_seed_decides() -> Generator[None]:
    """Hypothesis strews in the constants of whichever of our modules are loaded: a seed would tell another story beside
    other tests, and after every change of the code."""
    name = "_maybe_draw_constant"
    before = getattr(HypothesisProvider, name)
    setattr(HypothesisProvider, name, lambda *_, **__: None)
    try:
        yield
    finally:
        setattr(HypothesisProvider, name, before)


def run(
    stage: Stage, *, seed: int, programs: int, shrink: bool = False,
    told: Callable[[list[str]], Any] = lambda story: None,
) -> None:  # fmt: skip
    """Raises what was found wrong, with the story that shows it; with `shrink`, which takes minutes, the shortest."""
    last: list[str] = []

    def heard(story: list[str]) -> None:
        last[:] = story
        told(story)

    class Seeded(Story):
        pass

    Seeded.stage, Seeded.told = stage, staticmethod(heard)
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    test = get_state_machine_test(
        Seeded,
        settings=hypothesis.settings(
            max_examples=programs, stateful_step_count=STEPS[seed % len(STEPS)], deadline=None, database=None,
            phases=phases, suppress_health_check=_ALL_CHECKS, verbosity=Verbosity.normal, report_multiple_bugs=False,
        ),
    )  # fmt: skip
    try:
        with only_the_seed_decides():
            hypothesis.seed(seed)(test)()
    except Exception as error:
        error.add_note("\n".join([f"The story (script/sim --seed {seed} makes it shorter):", *last]))
        raise
