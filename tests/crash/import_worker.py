"""A process that drives one import until it is done, or killed. Says on standard output when it begins.

Chunks are small and the download is slow, so that a kill finds it at work; every line that leaves the download is
counted in a file that survives.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mooring.domain.rules import Work
from mooring.ports import Shopify
from mooring.usecases import import_store, import_store_pieces
from mooring.usecases.operations_drive import drive
from tests.usecases.importing import connected

CHUNK_LINES = 200
CHUNK_BYTES = 32 << 10
BLOCK = 4 << 10
PAUSE = 0.004


class Counting:
    """Shopify as it is, except that its files come slowly and in small blocks, and their lines are counted."""

    def __init__(self, inner: Shopify, counter: Path) -> None:
        self._inner = inner
        self._counter = os.open(counter, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextlib.contextmanager
    def open_file(self, url: str, first_byte: int) -> Iterator[Iterator[bytes]]:
        with self._inner.open_file(url, first_byte) as blocks:
            yield self._slowly(blocks)

    def _slowly(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            for at in range(0, len(block), BLOCK):
                part = block[at : at + BLOCK]
                os.write(self._counter, b"." * part.count(b"\n"))
                yield part
                time.sleep(PAUSE)


def main(database_url: str, data_dir: str, url: str, client_id: str, secret: str, operation: str, counter: str) -> None:
    import_store_pieces.CHUNK_LINES, import_store_pieces.CHUNK_BYTES = CHUNK_LINES, CHUNK_BYTES
    built = connected(database_url, Path(data_dir), url, client_id, secret)
    object.__setattr__(built.app, "shopify", Counting(built.app.shopify, Path(counter)))
    print("working", flush=True)
    drive(built.app, operation, {Work.IMPORT: import_store.advance})


if __name__ == "__main__":
    main(*sys.argv[1:])
