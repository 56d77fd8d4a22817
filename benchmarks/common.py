"""What benchmarks share: a sandbox in a process of its own, the machine's description, medians, JSON."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from mooring.db.database import normalise_url

SCOPES = "read_all_orders,read_customers,read_orders,read_products"
_LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_HOUR = 3600.0


@dataclass(frozen=True)
class SandboxProcess:
    url: str
    domain: str
    client_id: str
    client_secret: str

    def control(self, method: str, path: str, **body: Any) -> Any:
        request = urllib.request.Request(
            f"{self.url}/_sandbox{path}",
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"Content-Type": "application/json"},
        )
        try:
            with _LOCAL.open(request, timeout=_HOUR) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise SystemExit(f"the sandbox refused {method} {path}: {refused.read().decode()}") from None


@contextlib.contextmanager
def sandbox(folder: Path, *, customers: int, orders: int, products: int) -> Iterator[SandboxProcess]:
    """A shop of these sizes with one installed app, without waiting times or rate limits."""
    sizes = {"customers": customers, "orders": orders, "products": products}
    options = [f"--{name}={size}" for name, size in sizes.items()]
    command = [sys.executable, "-c", "from mooring_sandbox.cli import main; main()", "--json", "--port=0"]
    process = subprocess.Popen(
        [*command, f"--data={folder}", "--shop=bench-shop", *options], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        app = facts["app"]
        made = SandboxProcess(facts["url"], facts["shops"][0]["domain"], app["client_id"], app["client_secret"])
        _prepare(made)
        yield made
    finally:
        process.terminate()
        process.wait(30)


def _prepare(made: SandboxProcess) -> None:
    made.control("PATCH", f"/apps/{made.client_id}", scopes=SCOPES.split(","))
    made.control("POST", f"/shops/{made.domain}/install", app=made.client_id, scopes=SCOPES.split(","))
    made.control(
        "PATCH", "/settings",
        bulk_created_seconds=0.0, bulk_seconds=0.0, throttle_maximum=1e9, throttle_restore=1e9,
    )  # fmt: skip


@contextlib.contextmanager
def database(server_url: str | None) -> Iterator[str]:
    """The address of a new, empty database: a SQLite file, or one beside `server_url` on its PostgreSQL server."""
    if server_url is None or server_url.startswith("sqlite"):
        with tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
            yield f"sqlite:///{folder}/hub.db"
        return
    name = f"mooring_bench_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


class Memory:
    """The resident memory of this process, watched by a thread. In MB."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.start_mb = self.peak_mb = resident_mb()

    def __enter__(self) -> Memory:
        self.start_mb = self.peak_mb = resident_mb()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.peak_mb = max(self.peak_mb, resident_mb())

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self.peak_mb = max(self.peak_mb, resident_mb())

    @property
    def growth_mb(self) -> float:
        return self.peak_mb - self.start_mb


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def run_again(script: str, *arguments: str) -> dict[str, Any]:
    """Run a benchmark's own work in a fresh process; the last line it prints is its result."""
    command = [sys.executable, script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_HOUR, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def ratios(ours: list[float], ceiling: list[float]) -> dict[str, Any]:
    """Speeds of interleaved runs, as the contract of `benchmarks/NAME.py --json` wants them."""
    pairs = [mine / bare for mine, bare in zip(ours, ceiling, strict=True)]
    return {
        "ours_per_s": _speed(statistics.median(ours)),
        "ceiling_per_s": _speed(statistics.median(ceiling)),
        "ratio": round(statistics.median(pairs), 3),
        "spread": [round(min(pairs), 3), round(max(pairs), 3)],
    }


def _speed(per_second: float) -> float:
    """Whole numbers, but for what is slow."""
    return round(per_second) if per_second >= 100 else round(per_second, 2)


def machine() -> str:
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]  # fmt: skip
    cpu = names[0] if names else platform.processor()
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def run(about: str | None, measure: Callable[[str | None, int], dict[str, Any]], *, records: int, of: str) -> None:
    """What each benchmark is on the command line: one JSON object on standard output. `of`: what is counted."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object only")
    parser.add_argument("--database-url", help="a PostgreSQL server on which databases may be made; default: SQLite")
    parser.add_argument("--records", type=int, default=records, help=of)
    options = parser.parse_args()
    server = normalise_url(options.database_url).replace("+psycopg", "") if options.database_url else None
    result = measure(server, options.records)
    print(json.dumps(result) if options.json else json.dumps(result, indent=2))


def say(text: str) -> None:
    """Progress, beside the one JSON object on standard output."""
    print(text, file=sys.stderr, flush=True)
