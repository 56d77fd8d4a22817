"""The world every use case is tried in, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.state import State
from tests.usecases.world import World, build_world, prepare, settings_for


@pytest.fixture
def world(tmp_path: Path, data_dir: Path, database_url: str) -> Iterator[World]:
    state = State(tmp_path / "state.sqlite")
    asgi = server.create(state, Clock(), data=tmp_path)
    prepare(asgi.sandbox)
    with server.run_in_thread(asgi) as address, httpx.Client(timeout=20, trust_env=False) as http:
        settings = settings_for(asgi.sandbox, address, database_url, data_dir)
        world = build_world(asgi.sandbox, address, settings, http)
        yield world
        world.built.close()
    state.close()
