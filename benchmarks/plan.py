"""How fast a sync finds out that nothing changed: planning a whole store against a bare loop.

The loop reads the very same rows in the same portions and compares the same hashes, and does nothing else. Ours is what
each sync does before it asks or writes anything.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common, hub
from benchmarks.common import say
from mooring.app import Built
from mooring.db import bulk, mappings, operations, stores, sync_source
from mooring.db.mappings import Mapping
from mooring.db.odoo_kinds import OdooKind
from mooring.db.stores import Store
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.domain.rules import Work
from mooring.domain.translate_odoo import VERSION, digest
from mooring.usecases.operations_run import Run
from mooring.usecases.sync_odoo_place import HEADS, Job, Place
from mooring.usecases.sync_odoo_read import next_batch

RUNS = 5
_SOURCE = sync_source.SOURCES[SyncKind.CUSTOMERS]


def measure(server_url: str | None, records: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name, common.database(server_url) as url:
        say(f"Making a hub of {records:,} customers, all of them synced …")
        with closing(hub.mooring(url, Path(name) / "data", records)) as built:
            _map(built)
            job = _job(built)
            with common.Memory() as memory:
                runs = [(_ours(job, records), _bare(built, records)) for _ in range(RUNS)]
            return {
                "name": "plan",
                "records": records,
                **common.ratios([one for one, _ in runs], [one for _, one in runs]),
                "peak_memory_mb": round(memory.peak_mb, 1),
                "memory_growth_mb": round(memory.growth_mb, 1),
                "requests": 0,
                "detail_requests": 0,
                "database": built.app.db.dialect,
                "machine": common.machine(),
            }


def _map(built: Built) -> None:
    """Every customer was synced as it is now."""
    after = 0
    while True:
        with built.app.db.write() as connection:
            heads = sync_source.heads(connection, _SOURCE, hub.STORE, after=after, limit=HEADS)
            if not heads:
                return
            first, after = heads[0][0], heads[-1][0]
            inner = sync_source.inner_hashes(connection, _SOURCE, hub.STORE, first, after)
            rows = [
                Mapping(MappedKind.CUSTOMER, one, one, "bench/1", "created", 1, digest=digest(None, (mine, inner[one])))
                for one, mine, _ in heads
            ]
            mappings.bind(connection, hub.STORE, rows, at=built.app.clock.now())


def _ours(job: Job, records: int) -> float:
    """Records per second."""
    unchanged = job.place.after = 0
    began = time.perf_counter()
    while True:
        batch = next_batch(job)
        unchanged += batch.unchanged
        job.place.after = batch.after
        if batch.over:
            break
    seconds = time.perf_counter() - began
    if unchanged != records:
        raise SystemExit(f"{unchanged:,} of {records:,} were found unchanged")
    say(f"ours {records / seconds:,.0f}/s")
    return records / seconds


def _job(built: Built) -> Job:
    app = built.app
    with app.db.write() as connection:
        operation = operations.create(
            connection, id=app.ids.new(), project_id=hub.PROJECT, store_id=hub.STORE, kind=Work.SYNC_ODOO, generation=1,
            arguments={"kinds": ["customers"]}, created_by="bench", at=app.clock.now(),
        )  # fmt: skip
    run, place = Run(app, operation, _store(built)), Place([SyncKind.CUSTOMERS], epochs={SyncKind.CUSTOMERS: 1})
    nobody: Any = None
    return Job(app, run, place, nobody, nobody, OdooKind(hub.STORE, SyncKind.CUSTOMERS))


def _store(built: Built) -> Store:
    with built.app.db.read() as connection:
        return stores.load(connection, hub.STORE)


_HEADS = (
    "SELECT shopify_id, content_hash, deleted_at FROM customers WHERE store_id = ? AND shopify_id > ? "
    "ORDER BY shopify_id LIMIT ?"
)
_INNER = (
    "SELECT customer_id, content_hash FROM addresses WHERE store_id = ? AND customer_id BETWEEN ? AND ? "
    "ORDER BY customer_id, shopify_id"
)
_KEPT = (
    "SELECT shopify_id, digest, epoch FROM mappings WHERE store_id = ? AND kind = 'customer' "
    "AND shopify_id BETWEEN ? AND ?"
)


def _bare(built: Built, records: int) -> float:
    after = same = 0
    seed = VERSION + b"?"
    began = time.perf_counter()
    while True:
        with built.app.db.read() as connection:
            heads = bulk.execute(connection, _HEADS, (hub.STORE, after, HEADS)).fetchall()
            if not heads:
                break
            span = (hub.STORE, heads[0][0], heads[-1][0])
            inner: dict[int, bytes] = {}
            for owner, mark in bulk.execute(connection, _INNER, span):
                inner[owner] = inner.get(owner, b"") + mark
            kept = {one: mark for one, mark, _ in bulk.execute(connection, _KEPT, span)}
        for one, mark, _ in heads:
            same += kept.get(one) == blake2b(seed + mark + inner[one], digest_size=16).digest()
        after = heads[-1][0]
    seconds = time.perf_counter() - began
    if same != records:
        raise SystemExit(f"the bare loop found {same:,} of {records:,} unchanged")
    say(f"bare {records / seconds:,.0f}/s")
    return records / seconds


def main() -> None:
    common.run(__doc__, measure, records=100_000, of="customers")


if __name__ == "__main__":
    main()
