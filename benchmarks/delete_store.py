"""How fast a store is deleted, beside a bare script that deletes the same rows in chunks under the same pragmas
(`secure_delete` on); and how long deliveries wait for the database meanwhile.

One run of ours is a fresh process: it is timed from asking for the delete to its receipt, the final checkpoint
included. Runs are interleaved, each on a copy of the same database. In a run of its own, 200 deliveries a second go
through the real intake (group commit) into the inbox, first alone and then while the delete runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import structlog
from sqlalchemy import func, make_url, select

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common, delete_rows
from benchmarks.common import say
from benchmarks.delete_rows import STORE
from mooring.app import Built, build
from mooring.db import inbox, operations, stores, tables
from mooring.db.inbox import Arrival
from mooring.domain.rules import Work
from mooring.settings import load
from mooring.usecases import delete
from mooring.usecases.operations_drive import Runner
from mooring.usecases.receive_commit import GroupCommit
from mooring.usecases.who import SYSTEM

RUNS = 3
PER_SECOND = 200
IDLE_SECONDS = 10.0


def mooring(url: str, folder: Path) -> Built:
    return build(load(data_dir=folder, database_url=url), with_engine=False, logger=structlog.get_logger())


# -- one run of ours, in a process of its own ----------------------------------------------------------------------


def run_ours(url: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
        built = mooring(url, _beside(url, Path(folder)))
        with common.Memory() as memory:
            began = time.perf_counter()
            receipt = erase(built)
            seconds = time.perf_counter() - began
        built.close()
    return {
        "seconds": seconds,
        "rows": receipt["rows"],
        "peak_memory_mb": memory.peak_mb,
        "memory_growth_mb": memory.growth_mb,
    }


def _beside(url: str, folder: Path) -> Path:
    """The directory with the keys the database was made with."""
    shutil.copy(_keys(url), folder / "keys")
    return folder


def _keys(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///")).parent / "keys" if url.startswith("sqlite") else _POSTGRES_KEYS


_POSTGRES_KEYS = Path(tempfile.gettempdir()) / "mooring-bench-keys"


def erase(built: Built) -> dict[str, Any]:
    """No call leaves: what is measured is the database."""
    app = built.app
    with app.db.write() as connection:
        store = stores.load(connection, STORE)
        operation = delete.begin(app, connection, SYSTEM, store, remote=False, cause=delete.RESTORED)
    runner = Runner(app, "bench", {Work.DELETE: delete.advance}, {Work.DELETE: delete.ended})
    while (wait := runner.advance(operation.id)) is not None:
        app.clock.sleep(wait)
    with app.db.read() as connection:
        done = operations.load(connection, operation.id)
    if done.state != "done" or done.receipt is None:
        raise SystemExit(f"the delete ended as {done.state}: {done.error}")
    return done.receipt


# -- deliveries meanwhile ------------------------------------------------------------------------------------------


def run_busy(url: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
        built = mooring(url, _beside(url, Path(folder)))
        idle = Deliveries(built, "idle")
        with idle:
            time.sleep(IDLE_SECONDS)
        busy = Deliveries(built, "busy")
        with busy:
            erase(built)
        with built.app.db.read() as connection:
            kept = connection.execute(select(func.count()).select_from(tables.deliveries)).scalar_one()
        built.close()
    return {
        "idle_p99_ms": idle.p99_ms,
        "busy_p99_ms": busy.p99_ms,
        "idle_p50_ms": idle.p50_ms,
        "busy_p50_ms": busy.p50_ms,
        "busy_max_ms": round(max(busy.waited) * 1000, 1),
        "deliveries": len(idle.waited) + len(busy.waited),
        "lost": idle.accepted + busy.accepted - kept,
    }


class Deliveries:
    """So many a second, each timed from the moment it was due until it was durable."""

    def __init__(self, built: Built, name: str) -> None:
        self._built, self._name = built, name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._send()), daemon=True)
        self.waited: list[float] = []
        self.accepted = 0

    def __enter__(self) -> Deliveries:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def p99_ms(self) -> float:
        return round(statistics.quantiles(self.waited, n=100)[98] * 1000, 2)

    @property
    def p50_ms(self) -> float:
        return round(statistics.median(self.waited) * 1000, 2)

    def _write(self, arrivals: list[Arrival]) -> None:
        with self._built.app.db.write() as connection:
            inbox.add_many(connection, arrivals)

    async def _send(self) -> None:
        group: GroupCommit[Arrival] = GroupCommit(self._write, self._built.app.log)
        began, sent, tasks = time.perf_counter(), 0, set[asyncio.Task[None]]()
        while not self._stop.is_set():
            due = began + sent / PER_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(self._one(group, sent, due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            sent += 1
        await asyncio.gather(*tasks)
        group.close()

    async def _one(self, group: GroupCommit[Arrival], number: int, due: float) -> None:
        accepted = await group.add(
            Arrival("app", "other.myshopify.com", f"{self._name}-{number}", "customers/update", None,
                    datetime.now(UTC), "customers", number, None)
        )  # fmt: skip
        self.accepted += accepted
        self.waited.append(time.perf_counter() - due)


# -- the whole -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def filled(server_url: str | None, records: int) -> Iterator[Any]:
    """A database with the store in it; gives a context manager that makes copies."""
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name, common.database(server_url) as url:
        folder = Path(url.removeprefix("sqlite:///")).parent if url.startswith("sqlite") else Path(name)
        built = mooring(url, folder)
        say(f"Filling a store with {records // 4:,} customers and {records * 3 // 4:,} orders …")
        delete_rows.fill(built, records // 4, records * 3 // 4)
        built.app.db.checkpoint()
        built.close()
        if not url.startswith("sqlite"):
            shutil.copy(folder / "keys", _POSTGRES_KEYS)
        try:
            yield lambda: _copy(url, folder)
        finally:
            _POSTGRES_KEYS.unlink(missing_ok=True)


@contextlib.contextmanager
def _copy(url: str, folder: Path) -> Iterator[str]:
    if url.startswith("sqlite"):
        with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name:
            shutil.copy(url.removeprefix("sqlite:///"), Path(name) / "hub.db")
            shutil.copy(folder / "keys", name)
            yield f"sqlite:///{name}/hub.db"
        return
    template = make_url(url).database
    name = f"{template}_copy"
    with psycopg.connect(make_url(url).set(database="postgres").render_as_string(False), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        try:
            yield make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def measure(server_url: str | None, records: int) -> dict[str, Any]:
    ours: list[dict[str, Any]] = []
    bare: list[dict[str, Any]] = []
    with filled(server_url, records) as copy:
        for run in range(1, RUNS + 1):
            with copy() as url:
                ours.append(common.run_again(__file__, "--worker", url))
            with copy() as url:
                bare.append(common.run_again(delete_rows.__file__, url))
            say(f"Run {run}: ours {ours[-1]['seconds']:.1f} s, bare {bare[-1]['seconds']:.1f} s")
        with copy() as url:
            say(f"{PER_SECOND} deliveries a second, alone and while the store is deleted …")
            waits = common.run_again(__file__, "--busy", url)
    rows = ours[-1]["rows"]
    assert rows == bare[-1]["rows"], "both have to delete the same"
    return {
        "name": "delete_store",
        "records": records,
        "rows": rows,
        **common.ratios([rows / one["seconds"] for one in ours], [rows / one["seconds"] for one in bare]),
        "peak_memory_mb": round(max(one["peak_memory_mb"] for one in ours), 1),
        "memory_growth_mb": round(max(one["memory_growth_mb"] for one in ours), 1),
        "requests": 0,
        "detail_requests": 0,
        **waits,
        "database": "postgresql" if server_url and "postgres" in server_url else "sqlite",
        "machine": common.machine(),
    }


def main() -> None:
    if sys.argv[1:2] in (["--worker"], ["--busy"]):
        work = run_ours if sys.argv[1] == "--worker" else run_busy
        print(json.dumps(work(sys.argv[2])))
        return
    common.run(__doc__, measure, records=400_000, of="a quarter customers, three quarters orders")


if __name__ == "__main__":
    main()
