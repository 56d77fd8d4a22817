"""The receipts file of a data directory: `ports.Ledger` as lines of JSON, each on the disk before the call returns."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec


class FileLedger:
    """Lines of JSON in a file that is only ever appended to. Several processes may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._appending = threading.Lock()

    def append(self, entry: Mapping[str, Any]) -> None:
        with self._appending:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = not self._path.exists()
            file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, self._mended(file) + msgspec.json.encode(entry) + b"\n")
                os.fsync(file)
            finally:
                os.close(file)
            if new:
                _sync_directory(self._path.parent)

    @staticmethod
    def _mended(file: int) -> bytes:
        """What has to come before the next line: a crash may have left the last one without its end."""
        size = os.fstat(file).st_size
        return b"\n" if size and os.pread(file, 1, size - 1) != b"\n" else b""

    def entries(self) -> Iterator[dict[str, Any]]:
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            with suppress(msgspec.DecodeError):
                yield msgspec.json.decode(line, type=dict[str, Any])


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
