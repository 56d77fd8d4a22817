"""How fast a store is imported, beside a bare script that writes the same lines into the same tables.

One run of ours is a fresh process with a fresh database: it is timed from the first byte of the first bulk file to the
commit that proves the last one; the files are built beforehand. Pages by id (refunds) come after that, since their
speed is Shopify's; they are counted and timed apart. Memory is watched from the first byte to the end of the import.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common
from benchmarks.common import SandboxProcess, say
from mooring.app import Built, build
from mooring.db import lists, operations, people, stores
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event
from mooring.domain.records_access import not_permitted
from mooring.domain.rules import Work
from mooring.ports import Shopify
from mooring.settings import load
from mooring.usecases import connect, import_store, shopify_apps
from mooring.usecases.import_store_documents import asked
from mooring.usecases.operations_drive import Runner
from mooring.usecases.who import SYSTEM

RUNS = 3
FETCHED = "2026-11-22T00:00:00Z"
_READING = {"new", "ready", "starting", "running", "reading", "counting", "tidying"}


class Timed:
    """Shopify as it is, with the moment of the first byte noted. Everything else goes straight through."""

    def __init__(self, inner: Shopify, memory: common.Memory) -> None:
        self._inner, self._memory = inner, memory
        self.first_byte: float | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextlib.contextmanager
    def open_file(self, url: str, first_byte: int) -> Iterator[Iterator[bytes]]:
        with self._inner.open_file(url, first_byte) as blocks:
            yield self._noted(blocks)

    def _noted(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            if self.first_byte is None:
                self.first_byte = time.perf_counter()
                self._memory.__enter__()
            yield block


# -- one run of ours, in a process of its own ----------------------------------------------------------------------


def run_ours(database_url: str, sandbox: SandboxProcess) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
        built = mooring(database_url, Path(folder), sandbox)
        memory = common.Memory()
        timed = Timed(built.app.shopify, memory)
        object.__setattr__(built.app, "shopify", timed)
        store_id = connect_store(built, sandbox)
        operation = import_store.request(built.app, SYSTEM, store_id)
        runner = Runner(built.app, "bench", {Work.IMPORT: import_store.advance})
        proved = drive(built, runner, operation.id)
        memory.__exit__()
        ended = time.perf_counter()
        with built.app.db.read() as connection:
            receipt = operations.load(connection, operation.id).receipt or {}
        built.close()
    assert timed.first_byte is not None
    kinds = receipt["kinds"]
    if not all(kind["verified"] for kind in kinds.values()):
        raise SystemExit(f"the import was not verified: {receipt}")
    return {
        "seconds": proved - timed.first_byte,
        "detail_seconds": ended - proved,
        "records": sum(kind["count"] for kind in kinds.values()),
        "lines": sum(kind["rows_written"] for kind in kinds.values()),
        "requests": receipt["requests"],
        "detail_requests": receipt["detail_requests"],
        "peak_memory_mb": memory.peak_mb,
        "memory_growth_mb": memory.growth_mb,
    }


def drive(built: Built, runner: Runner, operation_id: str) -> float:
    """To the end; returns when the last file was proved."""
    proved = 0.0
    while (wait := runner.advance(operation_id)) is not None:
        if not proved and not _reading(built, operation_id):
            proved = time.perf_counter()
        built.app.clock.sleep(wait)
    return proved or time.perf_counter()


def _reading(built: Built, operation_id: str) -> bool:
    with built.app.db.read() as connection:
        kinds = operations.load(connection, operation_id).cursor.get("kinds", {"": {}})
    return any(place.get("phase", "new") in _READING for place in kinds.values())


def mooring(database_url: str, folder: Path, sandbox: SandboxProcess) -> Built:
    settings = load(
        data_dir=folder, database_url=database_url, shopify_url=f"{sandbox.url}/{{shop}}",
        shopify_client_id=sandbox.client_id, shopify_client_secret=sandbox.client_secret,
        shopify_optional_scopes=("read_all_orders",),
    )  # fmt: skip
    return build(settings, with_engine=False, logger=structlog.get_logger())


def connect_store(built: Built, sandbox: SandboxProcess) -> str:
    app = built.app
    app_id = shopify_apps.app_of_settings(app)
    with app.db.write() as connection:
        people.create_project(connection, id="bench", name="Bench", at=app.clock.now())
    done = connect.request_client_credentials(app, SYSTEM, "bench", sandbox.domain, app_id=app_id)
    with app.db.write() as connection:
        lists.create(connection, id="bench", project_id="bench", name="Bench", at=app.clock.now())
        lists.dedicate(connection, "bench", done.store_id)
        store = stores.load(connection, done.store_id)
        if store.state == "connecting":
            stores.move(connection, store, Event.READY, at=app.clock.now(), actor="bench")
    return done.store_id


# -- the bare script -----------------------------------------------------------------------------------------------


def run_bare(server_url: str | None, sandbox: SandboxProcess, files: list[Path]) -> dict[str, Any]:
    """The same tables, made by the same migrations, with one store in them."""
    with common.database(server_url) as url, tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
        built = mooring(url, Path(folder), sandbox)
        store_id = connect_store(built, sandbox)
        built.close()
        address = url.removeprefix("sqlite:///").replace("postgresql+psycopg://", "postgresql://")
        script = str(Path(__file__).with_name("bare_import.py"))
        return common.run_again(script, address, store_id, FETCHED, *map(str, files))


def build_files(sandbox: SandboxProcess, folder: Path) -> list[Path]:
    """Have the sandbox build each kind's file, and keep a copy on disk for the bare script."""
    with common.database(None) as url, tempfile.TemporaryDirectory(prefix="mooring-bench-") as scratch:
        built = mooring(url, Path(scratch), sandbox)
        try:
            queries = {kind: asked(built.app, kind, not_permitted(frozenset(common.SCOPES.split(",")))).bulk
                       for kind in Kind}  # fmt: skip
            return [_build_file(built, sandbox, folder, kind, query) for kind, query in queries.items()]
        finally:
            built.close()


def _build_file(built: Built, sandbox: SandboxProcess, folder: Path, kind: Kind, query: str) -> Path:
    say(f"Building the file of {kind} …")
    counts = sandbox.control("POST", "/bulk/prebuild", shop=sandbox.domain, app=sandbox.client_id, query=query)
    say(f"  {counts['rows']:,} lines, {counts['size'] / 1e6:,.0f} MB")
    path, shopify = folder / f"{kind}.jsonl", built.app.shopify
    token = shopify.ask(sandbox.domain, _credentials(sandbox)).access_token
    started = shopify.graphql(sandbox.domain, token, shopify.document("bulk_run"), {"query": query})
    operation = started.data["bulkOperationRunQuery"]["bulkOperation"]["id"]
    url = None
    while url is None:
        reply = shopify.graphql(sandbox.domain, token, shopify.document("bulk_status"), {"ids": [operation]})
        url = reply.data["nodes"][0]["url"]
        time.sleep(0.1)
    with shopify.open_file(url, 0) as blocks, path.open("wb") as file:
        file.writelines(blocks)
    return path


def _credentials(sandbox: SandboxProcess) -> Any:
    from mooring.ports import ShopifyApp

    return ShopifyApp(id="bench", client_id=sandbox.client_id, secret=sandbox.client_secret)


# -- the whole -----------------------------------------------------------------------------------------------------


def measure(server_url: str | None, records: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name:
        folder = Path(name)
        say(f"Making a shop of {records:,} customers, {records:,} orders, {records // 5:,} products …")
        with common.sandbox(folder / "shop", customers=records, orders=records, products=records // 5) as sandbox:
            files = build_files(sandbox, folder)
            return _compare(server_url, sandbox, files)


def _compare(server_url: str | None, sandbox: SandboxProcess, files: list[Path]) -> dict[str, Any]:
    ours: list[dict[str, Any]] = []
    bare: list[dict[str, Any]] = []
    for run in range(1, RUNS + 1):
        with common.database(server_url) as url:
            ours.append(common.run_again(__file__, "--worker", url, json.dumps(vars(sandbox))))
        bare.append(run_bare(server_url, sandbox, files))
        say(f"Run {run}: ours {ours[-1]['seconds']:.1f} s, bare {bare[-1]['seconds']:.1f} s")
    lines = ours[-1]["lines"]
    assert lines == bare[-1]["lines"], "both have to write the same"
    return {
        "name": "import_store",
        "records": ours[-1]["records"],
        "lines": lines,
        **common.ratios([lines / one["seconds"] for one in ours], [lines / one["seconds"] for one in bare]),
        "peak_memory_mb": round(max(one["peak_memory_mb"] for one in ours), 1),
        "memory_growth_mb": round(max(one["memory_growth_mb"] for one in ours), 1),
        "requests": ours[-1]["requests"],
        "detail_requests": ours[-1]["detail_requests"],
        "detail_seconds": round(ours[-1]["detail_seconds"], 1),
        "database": "postgresql" if server_url and "postgres" in server_url else "sqlite",
        "machine": common.machine(),
    }


def main() -> None:
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(run_ours(sys.argv[2], SandboxProcess(**json.loads(sys.argv[3])))))
        return
    common.run(__doc__, measure, records=100_000, of="customers, and as many orders; products a fifth")


if __name__ == "__main__":
    main()
