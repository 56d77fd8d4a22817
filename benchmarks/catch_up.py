"""What a catch-up of a small gap in a large store costs: requests, and time beside the bare requests.

The shop is imported once. Then, run after run, a hundred of its records change while nothing comes in, a catch-up
recovers them, and the very same requests are sent again by a bare loop that throws the answers away.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import select

from benchmarks import common
from benchmarks.common import SandboxProcess, say
from benchmarks.import_store import connect_store, mooring
from mooring.app import WORKS, Built
from mooring.db import operations, operations_parked, records_kinds, stores, tables
from mooring.ports import Reply, Shopify
from mooring.usecases import catch_up, import_store
from mooring.usecases.operations_drive import Runner
from mooring.usecases.who import SYSTEM

RUNS = 3
CHANGED = {"Customer": 50, "Order": 40, "Product": 10}
TABLES = {"Customer": tables.customers, "Order": tables.orders, "Product": tables.products}


class Noted:
    """Shopify as it is, with every question written down so that it can be asked again."""

    def __init__(self, inner: Shopify) -> None:
        self.inner = inner
        self.asked: list[tuple[str, str, str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def graphql(self, shop_domain: str, access_token: str, document: str, variables: dict[str, Any]) -> Reply:
        self.asked.append((shop_domain, access_token, document, variables))
        return self.inner.graphql(shop_domain, access_token, document, variables)


def measure(server_url: str | None, records: int) -> dict[str, Any]:
    sizes = {"customers": records * 11 // 20, "orders": records * 8 // 20, "products": records // 20}
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name, common.database(server_url) as url:
        folder = Path(name)
        say(f"Making a shop of {records:,} records …")
        with common.sandbox(folder / "shop", **sizes) as sandbox:
            built = mooring(url, folder / "data", sandbox)
            with closing(built):
                return _measured(built, sandbox, sum(sizes.values()))


def _measured(built: Built, sandbox: SandboxProcess, records: int) -> dict[str, Any]:
    store_id = connect_store(built, sandbox)
    say("Importing it …")
    _drive(built, import_store.request(built.app, SYSTEM, store_id).id)
    noted = Noted(built.app.shopify)
    object.__setattr__(built.app, "shopify", noted)
    runs = [_run(built, noted, sandbox, store_id, number) for number in range(1, RUNS + 1)]
    changed = sum(CHANGED.values())
    return {
        "name": "catch_up",
        "records": records,
        "gap": changed,
        **common.ratios([changed / run["ours"] for run in runs], [changed / run["bare"] for run in runs]),
        "peak_memory_mb": round(common.resident_mb(), 1),
        "requests": max(run["requests"] for run in runs),
        "database": built.app.db.dialect,
        "machine": common.machine(),
    }


def _run(built: Built, noted: Noted, sandbox: SandboxProcess, store_id: str, number: int) -> dict[str, Any]:
    _change(built, sandbox, store_id, number)
    with built.app.db.write() as connection:
        store = stores.load(connection, store_id)
        stores.change(connection, store_id, gap_from=built.app.clock.now())
        operation = catch_up.begin(built.app, connection, SYSTEM, store)
    noted.asked.clear()
    began = time.perf_counter()
    receipt = _drive(built, operation.id)
    ours = time.perf_counter() - began
    recovered = sum(receipt["recovered"].values())
    if recovered != sum(CHANGED.values()):
        raise SystemExit(f"{recovered} records were recovered: {receipt}")
    asked, bare = list(noted.asked), _ask_again(noted)
    _forget_the_sweep(built, store_id)
    say(f"Run {number}: {len(asked)} requests, ours {ours:.2f} s, bare {bare:.2f} s")
    return {"ours": ours, "bare": bare, "requests": len(asked)}


def _ask_again(noted: Noted) -> float:
    began = time.perf_counter()
    for question in list(noted.asked):
        noted.inner.graphql(*question)
    return time.perf_counter() - began


def _change(built: Built, sandbox: SandboxProcess, store_id: str, number: int) -> None:
    """Records that changed behind Mooring's back, each run other ones, some time after the catch-up points."""
    with built.app.db.read() as connection:
        points = [row.catch_up_point for row in records_kinds.of_store(connection, store_id).values()]
    moment = max([datetime.now(UTC), *points]).strftime("%Y-%m-%dT%H:%M:%SZ")
    documents = [
        {"type": type_, "doc": _document(sandbox, type_, one) | {"tags": [f"run {number}"], "updatedAt": moment}}
        for type_, count in CHANGED.items()
        for one in _some(built, store_id, type_, count * (number - 1), count)
    ]
    sandbox.control("POST", f"/shops/{sandbox.domain}/records", records=documents)
    time.sleep(6)  # longer than `domain.changed.SETTLING`, so that nothing has to be read a second time


def _document(sandbox: SandboxProcess, type_: str, one: int) -> dict[str, Any]:
    return sandbox.control("GET", f"/shops/{sandbox.domain}/records/{type_}/{one}")


def _some(built: Built, store_id: str, type_: str, skip: int, count: int) -> Iterator[int]:
    row = TABLES[type_].c
    query = select(row.shopify_id).where(row.store_id == store_id).order_by(row.shopify_id).offset(skip).limit(count)
    with built.app.db.read() as connection:
        yield from connection.execute(query).scalars().all()


def _forget_the_sweep(built: Built, store_id: str) -> None:
    with built.app.db.write() as connection:
        ended = frozenset(one.kind for one in operations.unfinished(connection, store_id))
        operations_parked.end_all(connection, store_id, ended, at=built.app.clock.now(), sentence="Not measured here.")


def _drive(built: Built, operation_id: str) -> dict[str, Any]:
    runner = Runner(built.app, "bench", WORKS)
    while (wait := runner.advance(operation_id)) is not None:
        built.app.clock.sleep(min(wait, 0.05))
    with built.app.db.read() as connection:
        operation = operations.load(connection, operation_id)
    if operation.state != "done":
        raise SystemExit(f"{operation.kind} ended as {operation.state}: {operation.error}")
    return operation.receipt or {}


def main() -> None:
    common.run(__doc__, measure, records=100_000, of="records of all kinds together")


if __name__ == "__main__":
    main()
