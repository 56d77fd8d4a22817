"""A ZIP made while it is read: nothing of it is kept, neither in memory nor in a file."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, cast

File = tuple[str, Iterable[bytes]]
"""A name, and the content in pieces that are made as they are asked for."""


class _Sink:
    """Where the ZIP is written to: taken away piece by piece. Having no `tell` makes the ZIP one that streams."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


def chunks(files: Iterable[File], *, at: datetime) -> Iterator[bytes]:
    """The bytes of the ZIP. One whose reading breaks off has no end and does not open: it is never taken for whole."""
    sink = _Sink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in files:
            entry = zipfile.ZipInfo(name, at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)
                    if held := sink.take():
                        yield held
    yield sink.take()
