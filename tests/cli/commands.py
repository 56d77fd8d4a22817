"""The real command `mooring` in processes of its own, with nothing of the caller's settings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "mooring.cli.main"]


def environment(data_dir: Path, more: dict[str, str]) -> dict[str, str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MOORING_")}
    return {**bare, "MOORING_DATA_DIR": str(data_dir), "NO_COLOR": "1", "COLUMNS": "200", **more}


def mooring(*words: str, data_dir: Path, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; `typed` is its standard input."""
    return subprocess.run(
        [*COMMAND, *words],
        env=environment(data_dir, more),
        cwd=data_dir,
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def answer(*words: str, data_dir: Path, **more: str) -> Any:
    """What a command that succeeds prints with --json: exactly one object."""
    done = mooring(*words, "--json", data_dir=data_dir, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


@dataclass
class Serving:
    """A running `mooring serve`. `log` is the file its stderr goes to."""

    process: subprocess.Popen[str]
    said: dict[str, Any]
    log: Path

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def serving(data_dir: Path, **more: str) -> Iterator[Serving]:
    """`mooring serve` on a free port for the length of the block."""
    log = data_dir.parent / "serve.log"
    with log.open("a") as stderr:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port=0", "--json"],
            env=environment(data_dir, more),
            cwd=data_dir,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        running = Serving(process, json.loads(line), log)
        try:
            yield running
        finally:
            if process.poll() is None:
                running.stop()
            process.stdout.close()
