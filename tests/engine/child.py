"""A process of its own in which operations run under the real engine. Its work appends a number per slice to a file."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from mooring import app as root
from mooring.db import operations as rows
from mooring.domain.rules import Work
from mooring.settings import Settings
from mooring.usecases.context import App
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Again, Done, Next, Run
from mooring.usecases.who import CLI

SLICES = 40


def advance(app: App, run: Run) -> Next:
    number = run.cursor.get("at", 0) + 1
    with run.checkpoint():
        run.cursor["at"] = number
    print(f"slice {number} epoch {run.operation.epoch}", flush=True)
    time.sleep(0.02)
    return Done({"slices": number}) if number == SLICES else Again()


def follow(app: App, run: Run) -> Next:
    """Issues and starts another operation in the middle of its last slice, as a catch-up does with its sweep."""
    if run.cursor.get("at", 0) < 2:
        return advance(app, run)
    with run.checkpoint() as connection:
        following = issue(app, connection, CLI, run.store, Work.WRITE_BACK, {})
    app.engine.start(following.id)
    print("followed", flush=True)
    return Done({})


def main(data: Path, database_url: str) -> None:
    """Runs until no operation is unfinished."""
    root.WORKS[Work.IMPORT] = follow if "follow" in sys.argv else advance
    root.WORKS[Work.WRITE_BACK] = advance
    built = root.build(Settings(data_dir=data, database_url=database_url, log_level="error"))
    built.launch()
    print("launched", flush=True)
    while _unfinished(built):
        time.sleep(0.05)
    built.close()
    print("finished", flush=True)


def _unfinished(built: root.Built) -> bool:
    with built.app.db.read() as connection:
        return bool(rows.unfinished(connection, "s"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
