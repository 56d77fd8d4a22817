"""The stages stories are played on, made once per process."""

from collections.abc import Iterator

import pytest

from tests.sim.stage import Stage, postgres_stage, sqlite_stage
from tests.support import postgres


@pytest.fixture(scope="session")
def on_sqlite() -> Iterator[Stage]:
    with sqlite_stage() as stage:
        yield stage


@pytest.fixture(scope="session")
def on_postgres(postgres_cluster: postgres.Cluster) -> Iterator[Stage]:
    with postgres_stage(postgres_cluster) as stage:
        yield stage
