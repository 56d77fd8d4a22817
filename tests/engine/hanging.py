"""A process of its own in which the first slice of an operation hangs, under the real engine and housekeeping."""

from __future__ import annotations

import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from mooring import app as root
from mooring.db import operations as rows
from mooring.domain.rules import Work
from mooring.errors import Stale
from mooring.settings import Settings
from mooring.usecases.operations_run import Done, Next, Run

WAKE = threading.Event()


def advance(app: object, run: Run) -> Next:
    print(f"begun epoch {run.operation.epoch}", flush=True)
    if not WAKE.is_set() and run.operation.restarts == 0:
        WAKE.wait(60)
        _write_late(run)
    return Done({"restarts": run.operation.restarts})


def _write_late(run: Run) -> None:
    try:
        with run.checkpoint():
            pass
    except Stale:
        print("woke up fenced", flush=True)
        raise
    print("woke up in time", flush=True)


def main(data: Path, database_url: str, minutes: float) -> None:
    """So many minutes pass while the slice hangs; then it wakes up."""
    root.WORKS[Work.IMPORT] = advance
    clock = root.SystemClock()
    built = root.build(Settings(data_dir=data, database_url=database_url, log_level="error"), clock=clock)
    built.launch()
    while not _state(built, "running"):
        time.sleep(0.05)
    time.sleep(0.5)
    clock.advance(timedelta(minutes=minutes))
    time.sleep(8)  # the sweeper looks every second, housekeeping every five
    WAKE.set()
    while not _state(built, "done"):
        time.sleep(0.05)
    time.sleep(0.5)
    built.close()
    print("finished", flush=True)


def _state(built: root.Built, state: str) -> bool:
    with built.app.db.read() as connection:
        return rows.of_project(connection, "p")[-1].state == state


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
