"""The world every use case is tried in, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.state import State
from tests.conftest import database
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.world import Settled, World, build_world, prepare, settings_for, settle


@pytest.fixture(scope="session")
def settled(
    database_kind: str, migrated: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Settled:  # fmt: skip
    """A Mooring with its admin, to copy: hashing a password takes longer than most tests."""
    folder = tmp_path_factory.mktemp("settled")
    folder.chmod(0o700)
    if database_kind == "sqlite":
        shutil.copy(migrated, folder / "mooring.db")
        settle(f"sqlite:///{folder / 'mooring.db'}", folder)
        return Settled(folder / "keys", str(folder / "mooring.db"))
    cluster = request.getfixturevalue("postgres_cluster")
    name = cluster.create(migrated)
    settle(cluster.url(name), folder)
    return Settled(folder / "keys", name)


@pytest.fixture
def world(
    tmp_path: Path, data_dir: Path, database_kind: str, settled: Settled, request: pytest.FixtureRequest
) -> Iterator[World]:  # fmt: skip
    state = State(tmp_path / "state.sqlite")
    asgi = server.create(state, Clock(), data=tmp_path)
    prepare(asgi.sandbox)
    shutil.copy(settled.keys, data_dir / "keys")
    with (
        database(database_kind, data_dir, request, settled.database) as database_url,
        server.run_in_thread(asgi) as address,
        httpx.Client(timeout=20, trust_env=False) as http,
    ):
        settings = settings_for(asgi.sandbox, address, database_url, data_dir)
        world = build_world(asgi.sandbox, address, settings, http)
        yield world
        world.built.close()
    state.close()


@pytest.fixture
def empty_world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    """A store without records, connected to an Odoo."""
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        yield made
