"""A process that drives one delete until it is done, or dies by its own SIGKILL at the so-manieth look at the clock.

Every transaction and every call looks at the clock, inside the transaction as well, so that it dies before commits
and after them. Chunks are small, so that there are many.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

import structlog

from mooring.app import SystemClock, build
from mooring.domain.rules import Work
from mooring.settings import load
from mooring.usecases import delete, delete_steps
from mooring.usecases.operations_drive import drive

CHUNK = 20


class Mortal(SystemClock):
    def __init__(self, looks: int) -> None:
        super().__init__()
        self._left = looks

    def now(self) -> datetime:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().now()


def main(database_url: str, data_dir: str, shopify_url: str, client_id: str, secret: str, id_: str, looks: str) -> None:
    """With `looks` 0 it lives until the delete is done."""
    delete_steps.USUAL = delete_steps.FEWEST = delete_steps.MOST = CHUNK
    settings = load(
        data_dir=Path(data_dir), database_url=database_url, shopify_url=shopify_url, shopify_client_id=client_id,
        shopify_client_secret=secret,
    )  # fmt: skip
    built = build(settings, clock=Mortal(int(looks)), with_engine=False, logger=structlog.get_logger())
    drive(built.app, id_, {Work.DELETE: delete.advance}, {Work.DELETE: delete.ended}, worker=str(os.getpid()))
    built.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
