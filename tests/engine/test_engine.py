"""The engine carries operations and owns nothing: killed, or robbed of its database, everything goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert

from mooring.app import build
from mooring.db import operations as rows
from mooring.db import stores
from mooring.db.operations import Operation
from mooring.db.tables import projects, shopify_apps
from mooring.domain.rules import Work
from mooring.settings import Settings
from mooring.usecases import operations
from mooring.usecases.who import CLI
from tests.engine.child import SLICES

CHILD = "tests.engine.child"
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.crash


class Place:
    """A data directory with one operation waiting, and the processes that work on it."""

    def __init__(self, data: Path, database_url: str) -> None:
        self.data, self.database_url = data, database_url
        self.settings = Settings(data_dir=data, database_url=database_url, log_level="error")
        built = build(self.settings, with_engine=False)
        app, now = built.app, built.app.clock.now()
        with app.db.write() as connection:
            connection.execute(insert(projects).values(id="p", name="P", created_at=now))
            blank = {"client_secret": b"", "optional_scopes": "", "from_settings": False, "created_at": now}
            connection.execute(insert(shopify_apps).values(id="a", name="A", client_id="c", **blank))
            shop = {"shop_id": 1, "shop_domain": "abcd.myshopify.com", "name": "N"}
            store = stores.create(connection, at=now, actor="cli", id="s", project_id="p", app_id="a", **shop)
            self.id = operations.issue(app, connection, CLI, store, Work.IMPORT, {}).id
        built.close()

    def start(self, module: str = CHILD, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", module, str(self.data), self.database_url, *more]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ)

    def operation(self) -> Operation:
        built = build(self.settings, with_engine=False)
        with built.app.db.read() as connection:
            found = rows.load(connection, self.id)
        built.close()
        return found

    def kill(self, process: subprocess.Popen[str]) -> None:
        """And let the dead worker's lease lapse: on SQLite the next process knows that it is alone."""
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
        if not self.database_url.startswith("sqlite"):
            with psycopg.connect(self.database_url, autocommit=True) as connection:
                connection.execute("UPDATE operations SET lease_until = lease_until - interval '1 hour'")

    def forget_engine(self) -> None:
        """Delete the engine's database, as an operator might."""
        if self.database_url.startswith("sqlite"):
            for path in self.data.glob("engine.db*"):
                path.unlink()
        else:
            with psycopg.connect(self.database_url, autocommit=True) as connection:
                connection.execute("DROP SCHEMA IF EXISTS dbos CASCADE")


@pytest.fixture
def place(data_dir: Path, database_url: str) -> Iterator[Place]:
    yield Place(data_dir, database_url)


def lines_of(process: subprocess.Popen[str], upto: str) -> list[str]:
    assert process.stdout is not None
    seen: list[str] = []
    for line in process.stdout:
        seen.append(line.strip())
        if line.startswith(upto):
            break
    return seen


def slices(lines: list[str]) -> list[int]:
    return [int(line.split()[1]) for line in lines if line.startswith("slice ")]


def test_an_operation_left_behind_by_a_kill_goes_on_from_its_cursor(place: Place) -> None:
    done: list[int] = []
    for stop in (5, 12, 25):
        process = place.start()
        done += slices(lines_of(process, f"slice {stop} "))
        place.kill(process)
    process = place.start()
    done += slices(lines_of(process, "finished"))
    assert process.wait(timeout=60) == 0

    end = place.operation()
    assert (end.state, end.receipt) == ("done", {"slices": SLICES})
    assert set(done) == set(range(1, SLICES + 1))
    assert len(done) <= SLICES + 3, "a kill costs at most the slice that was under way"


def test_the_engines_database_is_disposable(place: Place) -> None:
    process = place.start()
    before = slices(lines_of(process, "slice 10 "))
    place.kill(process)
    place.forget_engine()

    process = place.start()
    after = slices(lines_of(process, "finished"))
    assert process.wait(timeout=60) == 0
    assert place.operation().state == "done"
    assert after[0] in (before[-1], before[-1] + 1), "it went on where it was, not at the beginning"


def test_a_slow_slice_outlasts_its_lease_and_is_nobody_elses_meanwhile(place: Place) -> None:
    process = place.start("tests.engine.hanging", "2")
    lines = lines_of(process, "finished")
    assert process.wait(timeout=60) == 0
    assert [line.partition(" epoch")[0] for line in lines] == ["begun", "woke up in time", "finished"]
    assert (place.operation().state, place.operation().restarts) == ("done", 0)


def test_a_slice_that_hangs_for_good_is_begun_afresh_beside_it(place: Place) -> None:
    process = place.start("tests.engine.hanging", "16")
    lines = lines_of(process, "finished")
    assert process.wait(timeout=60) == 0
    said = [line.partition(" epoch")[0] for line in lines]
    assert said == ["begun", "begun", "woke up fenced", "finished"], "the second one while the first still hangs"
    end = place.operation()
    assert (end.state, end.receipt, end.restarts) == ("done", {"restarts": 1}, 1)


def test_one_that_pauses_can_be_woken(place: Place) -> None:
    process = place.start("tests.engine.pausing")
    assert slices(lines_of(process, "finished")) == [1, 2]
    assert process.wait(timeout=60) == 0
    assert place.operation().not_before is None


def test_an_operation_may_begin_another_one_in_its_last_slice(place: Place) -> None:
    """DBOS refuses to enqueue from within a step; what is begun there is found by the sweeper."""
    process = place.start(CHILD, "follow")
    lines = lines_of(process, "finished")
    assert process.wait(timeout=60) == 0
    assert lines.count("followed") == 1, "the first one ended the first time it tried"
    assert slices(lines)[-1] == SLICES
    assert place.operation().state == "done"
