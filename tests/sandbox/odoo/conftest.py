"""A Sandbox Odoo without pace, asked over real HTTP: one server for a file's tests, a new database for each."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo import server
from mooring_sandbox.odoo.settings import Settings
from tests.sandbox.odoo.asking import DATABASE, Asking


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[server.App, str, httpx.Client]]:
    folder: Path = tmp_path_factory.mktemp("odoo")
    app = server.create(Clock(), data=folder, settings=Settings(pace=0), database=None)
    with server.run_in_thread(app) as url, httpx.Client(timeout=20, trust_env=False) as http:
        yield app, url, http


@pytest.fixture
def odoo(running: tuple[server.App, str, httpx.Client]) -> Asking:
    app, url, http = running
    sandbox = app.sandbox
    for name in sandbox.databases.names():
        sandbox.databases.drop(name)
    sandbox.faults.clear()
    sandbox.log.clear()
    sandbox.late.forget()
    sandbox.settings.reset()
    return Asking(app, url, sandbox.databases.key_for(sandbox.databases.create(DATABASE)), http)
