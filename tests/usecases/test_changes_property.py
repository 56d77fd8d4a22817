"""Whatever a merchant does, and whenever Mooring looks: after a quiet end the hub is the shop, record by record."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.usecases.changing import ALL_ORDERS, gone, later, live, run_pull, run_sweep, unlike
from tests.usecases.importing import World, world

pytestmark = pytest.mark.slow

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("live"), st.integers(1, 120), st.integers(0, 10_000)),
        st.tuples(st.just("wait"), st.integers(0, 30), st.just(0)),
        st.tuples(st.just("pull"), st.just(0), st.just(0)),
        st.tuples(st.just("sweep"), st.just(0), st.just(0)),
        st.tuples(st.just("cut"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("slow"), st.integers(0, 3), st.just(0)),
    ),
    max_size=12,
)


@contextmanager
def shop_of_its_own() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="mooring-") as folder:
        data = Path(folder)
        sizes: dict[str, Any] = {"customers": 12, "orders": 12, "products": 5}
        with world(f"sqlite:///{data / 'mooring.db'}", data, sizes=sizes, scopes=ALL_ORDERS) as shop:
            yield shop


def play(shop: World, step: tuple[str, int, int]) -> None:
    name, size, seed = step
    match name:
        case "live":
            live(shop, timedelta(minutes=size), seed=seed, step=timedelta(minutes=2))
        case "wait":
            later(shop, timedelta(minutes=size))
        case "pull":
            assert run_pull(shop).state == "done"
        case "sweep":
            assert run_sweep(shop).state == "done"
        case "cut":
            shop.fault("cut", operation="ById|Changes|Present", skip=size, sent_bytes=20)
        case _:
            shop.fault("throttled", operation="ById|Changes", skip=size)


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_after_a_quiet_end_the_hub_is_the_shop(steps: list[tuple[str, int, int]]) -> None:
    with shop_of_its_own() as shop:
        shop.run_import()
        for step in steps:
            play(shop, step)
        later(shop, timedelta(minutes=10))
        assert run_pull(shop).state == "done"
        assert run_sweep(shop).state == "done"
        assert unlike(shop) == {}
        assert gone(shop) == {}
