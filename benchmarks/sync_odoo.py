"""A first sync to Odoo against a bare loop that sends the very same `load()` bodies.

Both write into a new database of a Sandbox Odoo that takes as long as the measured one. Ours reads the hub, matches,
decides, writes down what it is about to create, loads, and binds; the loop only loads.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common, hub
from benchmarks.common import say
from benchmarks.odoo_process import OdooProcess, odoo
from mooring.app import ENDINGS, WORKS, Built
from mooring.domain.mapping import SyncKind
from mooring.ports import Loaded, Odoo, OdooAccess
from mooring.usecases import odoo_connect, sync_odoo_request
from mooring.usecases.odoo_connect import Wish
from mooring.usecases.operations_drive import Runner
from mooring.usecases.who import SYSTEM

RUNS = 3
_QUIET = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True, "tz": "UTC"}


class Noted:
    """Odoo as it is, with every load written down so that it can be sent again."""

    def __init__(self, inner: Odoo) -> None:
        self.inner, self.loads, self.requests = inner, list[tuple[str, Sequence[str], Sequence[Sequence[str]]]](), 0

    def __getattr__(self, name: str) -> Any:
        self.requests += 1
        return getattr(self.inner, name)

    def load(
        self, access: OdooAccess, model: str, fields: Sequence[str], rows: Sequence[Sequence[str]], *,
        context: Mapping[str, Any] | None = None,
    ) -> Loaded:  # fmt: skip
        self.requests += 1
        self.loads.append((model, fields, rows))
        return self.inner.load(access, model, fields, rows, context=context)


def measure(server_url: str | None, records: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name:
        folder = Path(name)
        with odoo(folder / "odoo") as there, common.Memory() as memory:
            runs = [_run(there, server_url, folder, records, number) for number in range(1, RUNS + 1)]
        ours, bare = [one["ours"] for one in runs], [one["bare"] for one in runs]
        return {
            "name": "sync_odoo",
            "records": records,
            **common.ratios([records / one for one in ours], [records / one for one in bare]),
            "peak_memory_mb": round(memory.peak_mb, 1),
            "memory_growth_mb": round(memory.growth_mb, 1),
            "requests": max(one["requests"] for one in runs),
            "loads": max(one["loads"] for one in runs),
            "detail_requests": 0,
            "database": "postgresql" if server_url and not server_url.startswith("sqlite") else "sqlite",
            "machine": common.machine(),
        }


def _run(there: OdooProcess, server_url: str | None, folder: Path, records: int, number: int) -> dict[str, Any]:
    ours, bare = f"ours{number}", f"bare{number}"
    key = there.database(ours)
    with common.database(server_url) as url, closing(hub.mooring(url, folder / f"data{number}", records)) as built:
        noted = Noted(built.app.odoo)
        object.__setattr__(built.app, "odoo", noted)
        odoo_connect.request(built.app, SYSTEM, hub.PROJECT, Wish(there.url, ours, "admin", key))
        noted.requests = 0
        began = time.perf_counter()
        _sync(built)
        seconds = time.perf_counter() - began
    _check(there, ours, records)
    alone = _bare(there, bare, noted)
    say(f"Run {number}: {len(noted.loads)} loads of {noted.requests} calls, ours {seconds:.2f} s, bare {alone:.2f} s")
    return {"ours": seconds, "bare": alone, "requests": noted.requests, "loads": len(noted.loads)}


def _sync(built: Built) -> None:
    operation = sync_odoo_request.request(built.app, SYSTEM, hub.STORE, [SyncKind.CUSTOMERS])
    runner = Runner(built.app, "bench", WORKS, ENDINGS)
    while (wait := runner.advance(operation.id)) is not None:
        time.sleep(wait)


def _check(there: OdooProcess, name: str, records: int) -> None:
    if there.partners(name) < records:
        raise SystemExit(f"Odoo has {there.partners(name):,} contacts, not {records:,}")


def _bare(there: OdooProcess, name: str, noted: Noted) -> float:
    headers = {"Authorization": f"bearer {there.database(name)}", "X-Odoo-Database": name}
    bodies = [
        (model, {"fields": list(fields), "data": [list(row) for row in rows], "context": _QUIET})
        for model, fields, rows in noted.loads
    ]
    began = time.perf_counter()
    for model, body in bodies:
        answer = there.http.post(f"{there.url}/json/2/{model}/load", json=body, headers=headers)
        if not answer.json()["ids"]:
            raise SystemExit(f"the bare load was refused: {answer.text[:300]}")
    return time.perf_counter() - began


def main() -> None:
    common.run(__doc__, measure, records=6_000, of="customers")


if __name__ == "__main__":
    main()
