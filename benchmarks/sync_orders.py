"""Orders into Odoo, invoiced and paid, against a bare loop that sends the very same writing requests.

Both work in a new database of a Sandbox Odoo that takes as long as the measured one. Ours reads the hub, books, looks
Odoo through, decides, writes each step down before it is sent and reads it back; the loop only sends. Requests to
Shopify would be those for metafields, which this store does not ask for.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common, hub, hub_orders
from benchmarks.common import say
from benchmarks.odoo_process import OdooProcess, odoo
from mooring.app import ENDINGS, WORKS, Built
from mooring.db import order_books
from mooring.domain.mapping import SyncKind
from mooring.domain.order_settings import Outcome
from mooring.http import Answer, Http
from mooring.odoo.client import OdooClient
from mooring.odoo.hosts import OdooHosts
from mooring.ports import ODOO_LIMIT
from mooring.usecases import odoo_connect, sync_odoo_request
from mooring.usecases.odoo_connect import Wish
from mooring.usecases.operations_drive import Runner
from mooring.usecases.who import SYSTEM

RUNS = 3
QUOTATIONS = 1_000
_READS = ("/search_read", "/search_count", "/read")


@dataclass
class Noted:
    """What was sent to Odoo, in order."""

    requests: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])

    def writes(self, *, after: int = 0) -> list[tuple[str, bytes]]:
        return [one for one in self.requests[after:] if not one[0].endswith(_READS)]


class NotedHttp(Http):
    """The HTTP client, and a note of each request."""

    def __init__(self, built: Built, noted: Noted) -> None:
        super().__init__(
            OdooHosts(), inside_transaction=lambda: built.app.db.in_transaction, monotonic=time.monotonic,
            read_seconds=ODOO_LIMIT.total_seconds(),
        )  # fmt: skip
        self._noted = noted

    def send(self, method: str, url: str, *, body: bytes = b"", **how: Any) -> Answer:
        self._noted.requests.append((urlsplit(url).path, body))
        return super().send(method, url, body=body, **how)


def measure(server_url: str | None, records: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name:
        bench = Bench(Path(name), server_url)
        with odoo(Path(name) / "odoo") as there, common.Memory() as memory:
            runs = [bench.run(there, Outcome.INVOICE, records, f"booked{one}") for one in range(1, RUNS + 1)]
            drafts = bench.run(there, Outcome.DRAFT_ORDER, QUOTATIONS, "quotations")
    return {
        "name": "sync_orders",
        "records": records,
        **common.ratios([records / one.ours for one in runs], [records / one.bare for one in runs]),
        "peak_memory_mb": round(memory.peak_mb, 1),
        "memory_growth_mb": round(memory.growth_mb, 1),
        "requests": max(one.requests for one in runs),
        "detail_requests": 0,
        "per_1000_orders": {
            "odoo_booked": round(max(one.requests for one in runs) * 1000 / records),
            "odoo_quotations": round(drafts.requests * 1000 / QUOTATIONS),
            "shopify": 0,
        },
        "quotations_ratio": round(drafts.bare / drafts.ours, 3),
        "database": "postgresql" if server_url and not server_url.startswith("sqlite") else "sqlite",
        "machine": common.machine(),
    }


@dataclass(frozen=True)
class Run:
    """Seconds of both, and all requests of ours to Odoo."""

    ours: float
    bare: float
    requests: int


@dataclass(frozen=True)
class Bench:
    folder: Path
    server_url: str | None

    def run(self, there: OdooProcess, outcome: Outcome, records: int, name: str) -> Run:
        key, noted = there.database(name), Noted()
        with (
            common.database(self.server_url) as url,
            closing(hub.mooring(url, self.folder / f"data-{name}", 1)) as built,
        ):
            object.__setattr__(built.app, "odoo", OdooClient(NotedHttp(built, noted)))
            _prepare(built, Wish(there.url, name, "admin", key), outcome, records)
            before, began = len(noted.requests), time.perf_counter()
            _sync(built, SyncKind.ORDERS)
            ours = time.perf_counter() - began
            _check(built, outcome, records)
        bare = _bare(there, f"{name}-bare", noted, before)
        made = Run(ours, bare, len(noted.requests) - before)
        say(f"{name}: {made.requests} requests for {records} orders, ours {ours:.2f} s, bare {bare:.2f} s")
        return made


def _prepare(built: Built, wish: Wish, outcome: Outcome, records: int) -> None:
    """Customers and products are in Odoo already: what they cost is measured elsewhere."""
    hub_orders.fill(built, records)
    odoo_connect.request(built.app, SYSTEM, hub.PROJECT, wish)
    _sync(built, SyncKind.CUSTOMERS, SyncKind.PRODUCTS)
    hub_orders.settle_terms(built, outcome)


def _sync(built: Built, *kinds: SyncKind) -> None:
    operation = sync_odoo_request.request(built.app, SYSTEM, hub.STORE, kinds)
    runner = Runner(built.app, "bench", WORKS, ENDINGS)
    while (wait := runner.advance(operation.id)) is not None:
        time.sleep(wait)


def _check(built: Built, outcome: Outcome, records: int) -> None:
    stage = order_books.PAID if outcome is Outcome.INVOICE else order_books.DRAFT
    with built.app.db.read() as connection:
        found = order_books.stages(connection, hub.STORE)
    if found != {stage: records}:
        raise SystemExit(f"the orders came to {found}, not all {records:,} to {stage}")


def _bare(there: OdooProcess, name: str, noted: Noted, before: int) -> float:
    """A database that has seen the same beginning gives away the same ids."""
    key = there.database(name)
    there.replay(name, key, Noted(noted.requests[:before]).writes())
    began = time.perf_counter()
    there.replay(name, key, noted.writes(after=before))
    return time.perf_counter() - began


def main() -> None:
    common.run(__doc__, measure, records=60, of="orders that are invoiced and paid")


if __name__ == "__main__":
    main()
