"""How many webhooks are taken in durably, beside the same endpoint when it verifies the signature and keeps nothing.

Ours is a real `mooring serve` (SQLite with synchronous=FULL unless a PostgreSQL server is named); the other one is the
same application under the same server, made here with a receiver that stops after the signature: it exists in no
command. Both are flooded over HTTP by processes of their own. `idle_p99_ms` is measured at 200 deliveries a second,
`busy_p99_ms` under the flood. `lost` are deliveries that were answered 200 and are not in the inbox afterwards.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common, flood
from benchmarks.common import say
from mooring.db import credentials
from mooring.db.database import Database
from mooring.db.tables import deliveries

RUNS = 5
SENDERS = 2
LINES = 64
IDLE_RATE = 200.0
IDLE_SECONDS = 10
SECRET = "a-client-secret-for-the-benchmark"
SERVE = [sys.executable, "-m", "mooring.cli.main", "serve", "--port=0", "--json"]


@dataclass(frozen=True)
class Serving:
    url: str
    database_url: str
    process: subprocess.Popen[str]

    @property
    def peak_mb(self) -> float:
        return self._status("VmHWM") / 1e3

    @property
    def now_mb(self) -> float:
        return self._status("VmRSS") / 1e3

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(float(line.split()[1]) * 1.024 for line in lines if line.startswith(name))


@contextlib.contextmanager
def serving(command: list[str], database_url: str) -> Iterator[Serving]:
    """A server process on a data directory of its own; it is given its hook's address."""
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MOORING_")} | {
            "MOORING_DATA_DIR": folder,
            "MOORING_DATABASE_URL": database_url,
            "MOORING_SHOPIFY_CLIENT_ID": "benchmark",
            "MOORING_SHOPIFY_CLIENT_SECRET": SECRET,
        }
        with (Path(folder) / "log").open("w") as log:
            process = subprocess.Popen(
                command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert process.stdout is not None
        try:
            said = json.loads(process.stdout.readline())
            yield Serving(f"{said['url']}/hooks/{_app_id(database_url)}", database_url, process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _app_id(database_url: str) -> str:
    db = Database(database_url)
    with db.read() as connection:
        found = credentials.apps(connection)[0]["id"]
    db.close()
    return found


# -- the other one -------------------------------------------------------------------------------------------------


def serve_bare() -> None:
    """The same application, whose receiver looks at the signature and forgets the rest."""
    from mooring import settings as configuration
    from mooring.cli import serving as real
    from mooring.usecases.context import App
    from mooring.usecases.receive import Outcome, Receiver, Webhook

    class Bare(Receiver):
        async def receive(self, webhook: Webhook) -> Outcome:
            genuine = await self._secrets.verify(webhook.app_id, webhook.body, webhook.signature)
            return Outcome.KEPT if genuine else Outcome.FORGED

    real.root.Receiver = Bare  # type: ignore[attr-defined]

    def ready(app: App) -> None:
        print(json.dumps({"url": app.settings.listens_at}), flush=True)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        real.serve(configuration.load(port=0), ready)


# -- measuring -----------------------------------------------------------------------------------------------------


def send(server: Serving, run: str, records: int, *, rate: float = 0.0) -> dict[str, Any]:
    """From several processes that begin together. Speed is over the time from the first begin to the last end."""
    senders = 1 if rate else SENDERS
    command = [sys.executable, flood.__file__, server.url, SECRET]
    options = [str(records // senders), f"--lines={LINES // senders}", f"--rate={rate}"]
    processes = [
        subprocess.Popen([*command, f"{run}-{n}", *options], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        for n in range(senders)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [json.loads(process.communicate(timeout=600)[0]) for process in processes]
    return {
        "seconds": max(one["seconds"] for one in answers),
        "p99_ms": max(one["p99_ms"] for one in answers),
        "p50_ms": max(one["p50_ms"] for one in answers),
        "statuses": [one["statuses"] for one in answers],
        "accepted": [f"{run}-{n}-{number:08d}" for n, one in enumerate(answers) for number in one["accepted"]],
    }


def lost(server: Serving, accepted: list[str]) -> int:
    db = Database(server.database_url)
    with db.read() as connection:
        stored = set(connection.execute(select(deliveries.c.webhook_id)).scalars())
    db.close()
    return len(set(accepted) - stored)


def speed(server: Serving, run: str, records: int) -> tuple[float, dict[str, Any]]:
    sent = send(server, run, records)
    return len(sent["accepted"]) / sent["seconds"], sent


def measure(server_url: str | None, records: int) -> dict[str, Any]:
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(serving(SERVE, stack.enter_context(common.database(server_url))))
        bare_command = [sys.executable, __file__, "--bare"]
        bare = stack.enter_context(serving(bare_command, stack.enter_context(common.database(server_url))))
        return _compare(ours, bare, records, "postgresql" if server_url else "sqlite")


def _compare(ours: Serving, bare: Serving, records: int, database: str) -> dict[str, Any]:
    for server in (ours, bare):
        send(server, "warm", 1000)
    memory = ours.now_mb
    idle = send(ours, "idle", int(IDLE_RATE * IDLE_SECONDS), rate=IDLE_RATE)
    accepted, speeds, busy = list(idle["accepted"]), ([], []), list[float]()
    for run in range(1, RUNS + 1):
        mine, sent = speed(ours, f"run{run}", records)
        other, _ = speed(bare, f"run{run}", records)
        speeds[0].append(mine)
        speeds[1].append(other)
        accepted += sent["accepted"]
        busy.append(sent["p99_ms"])
        say(f"Run {run}: ours {mine:,.0f}/s, bare {other:,.0f}/s, p99 {sent['p99_ms']:.1f} ms {sent['statuses']}")
    return {
        "name": "webhooks",
        "records": records,
        **common.ratios(*speeds),
        "idle_p99_ms": round(idle["p99_ms"], 1),
        "busy_p99_ms": round(sorted(busy)[len(busy) // 2], 1),
        "accepted": len(accepted),
        "lost": lost(ours, accepted),
        "peak_memory_mb": round(ours.peak_mb, 1),
        "memory_growth_mb": round(ours.now_mb - memory, 1),
        "requests": 0,
        "detail_requests": 0,
        "database": database,
        "machine": common.machine(),
    }


def main() -> None:
    if sys.argv[1:2] == ["--bare"]:
        serve_bare()
        return
    common.run(__doc__, measure, records=20_000, of="deliveries in each run")


if __name__ == "__main__":
    main()
