"""Processes that a command starts and ends again: each says in one line of JSON where it is to be found."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from mooring.errors import Permanent

_GOODBYE_SECONDS = 20
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


@contextmanager
def running(words: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> Iterator[dict[str, Any]]:
    """`mooring WORDS… --json` for the length of the block; gives what it printed when it was ready.

    Raises `Permanent` when it ends before that: what it had to say about it stands on stderr.
    """
    command = [sys.executable, "-m", "mooring.cli.main", *words, "--json"]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=folder, env=dict(environment), preexec_fn=_end_with_parent
    )
    try:
        assert child.stdout is not None
        yield _announced(child, words[0], child.stdout.readline())
    finally:
        _end(child)


def _end_with_parent() -> None:
    """Even a parent that is killed leaves nobody behind. On systems other than Linux this does nothing."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _announced(child: subprocess.Popen[bytes], name: str, line: bytes) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError:
        said = {}
    if not said or "error" in said:
        sentence = said.get("error", {}).get("sentence") or "The reason stands above."
        raise Permanent(f"mooring {name} did not start. {sentence}", code="child_failed")
    return said


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_GOODBYE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    with suppress(OSError, AttributeError):
        child.stdout.close()  # pyright: ignore[reportOptionalMemberAccess]
