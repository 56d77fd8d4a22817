"""A restore that dies by its own SIGKILL just before the so-manieth file changes its name or goes, and the next start.

Python tells of each rename, removal and new folder before it happens (`sys.addaudithook`), so that nothing of Mooring
has to be touched. One process does all: every restore and every start is a fork of it. Prints what each start found.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mooring.app import build
from mooring.cli.restoring import restore
from mooring.settings import Settings
from mooring.usecases import backup, held, people, signing_in
from mooring.usecases.who import CLI

CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir"})


def forked(work: Callable[..., None], *about: Any) -> int:
    """The exit status of a fork that does this; negative for the signal it died of."""
    child = os.fork()
    if child == 0:
        try:
            work(*about)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, log_level="error")


def projects(folder: Path) -> tuple[list[str], bool]:
    built = build(settings(folder), with_engine=False)
    found = [one["name"] for one in people.projects(built.app, CLI)], held.held(built.app) is not None
    built.close()
    return found


def make(folder: Path, file: Path) -> None:
    """A Mooring with one project, its backup, and another project that came later."""
    folder.mkdir(mode=0o700)
    built = build(settings(folder), with_engine=False)
    signing_in.set_up(
        built.app, signing_in.setup_token(built.app), email="ada@example.com", name="Ada",
        password="a long enough password", project="Before",
    )  # fmt: skip
    file.write_bytes(b"".join(backup.write(built.app, CLI)))
    people.create_project(built.app, CLI, "After")
    built.close()
    (folder / "engine.db").write_bytes(b"disposable")


def die_at(change: int) -> None:
    left = change

    def hook(event: str, _: object) -> None:
        nonlocal left
        if event in CHANGES:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def restored(folder: Path, file: Path, change: int) -> None:
    die_at(change)
    restore(settings(folder), file, replace=True)


def told(folder: Path, out: Path) -> None:
    """What the next start finds here, and in what was moved aside."""
    cut_off = (folder / "restoring.json").exists()
    missing = not (folder / "hub.db").exists()
    names, waits = projects(folder)
    asides = sorted(folder.glob("before_restore_*"))
    kept = [projects(aside)[0] for aside in asides]
    out.write_text(json.dumps(
        {"cut_off": cut_off, "missing": missing, "projects": names, "held": waits, "aside": kept,
         "left": sorted(path.name for path in folder.glob("restoring.json"))}
    ))  # fmt: skip


def main(here: str) -> None:
    root = Path(here)
    origin, file = root / "origin", root / "mooring.backup"
    assert forked(make, origin, file) == 0
    for change in range(1, 100):
        folder, out = root / f"at{change}", root / f"at{change}.json"
        shutil.copytree(origin, folder)
        ended = forked(restored, folder, file, change)
        assert forked(told, folder, out) == 0
        print(json.dumps({"ended": ended} | json.loads(out.read_text())))
        if ended == 0:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
