"""A sandbox's data directory: one store, one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.settings import load
from mooring_sandbox.shopify.state import State


class InUse(Exception):
    pass


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[State, Clock]]:
    """The directory's state and its clock, moved as far as it was; nobody else has it meanwhile."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ValueError(f"{path} is a file, not a directory") from None
    except PermissionError:
        raise ValueError(f"no permission to write to {path}") from None
    with _locked(path):
        state = State(path / "shopify.sqlite")
        try:
            yield state, Clock(timedelta(seconds=load(state, "clock_offset", 0.0)))
        finally:
            state.close()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with (path / "sandbox.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise InUse(f"{path} is in use by another sandbox (process {file.read().strip() or 'unknown'})") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
