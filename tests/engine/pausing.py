"""A process in which an operation pauses for ten minutes, unless somebody wakes it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from mooring import app as root
from mooring.db import operations as rows
from mooring.db import operations_woken
from mooring.domain.rules import Work
from mooring.settings import Settings
from mooring.usecases.operations_run import Done, Next, Run, Wait


def advance(app: object, run: Run) -> Next:
    at = run.cursor.get("at", 0) + 1
    with run.checkpoint():
        run.cursor["at"] = at
    print(f"slice {at}", flush=True)
    return Wait(600) if at == 1 else Done({"slices": at})


def main(data: Path, database_url: str) -> None:
    root.WORKS[Work.IMPORT] = advance
    built = root.build(Settings(data_dir=data, database_url=database_url, log_level="error"))
    built.launch()
    (operation,) = _unfinished(built)
    while built.app.clock.now() > (operation.lease_until or built.app.clock.now()) or operation.cursor.get("at") != 1:
        time.sleep(0.05)
        (operation,) = _unfinished(built)
    with built.app.db.write() as connection:
        operations_woken.wake(connection, operation.id, at=built.app.clock.now())
    while _unfinished(built):
        time.sleep(0.05)
    print("finished", flush=True)
    built.close()


def _unfinished(built: root.Built) -> list[rows.Operation]:
    with built.app.db.read() as connection:
        return rows.unfinished(connection, "s")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
