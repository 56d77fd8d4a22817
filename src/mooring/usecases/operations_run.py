"""One worker's hold on one operation: where it stands, how it writes and calls, and what it says is next."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mooring.db import operations, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.lifecycle import Purpose
from mooring.domain.rules import Work
from mooring.ports import Reply
from mooring.usecases import gate
from mooring.usecases.context import App

KEPT = "What was written so far is kept."
"""Said of work that was given up; a delete, which writes nothing, leaves it out."""


@dataclass(frozen=True, slots=True)
class Again:
    """More to do at once."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do for so many seconds. `free`: somebody else has to get on first, so no worker is held meanwhile."""

    seconds: float
    free: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Finished; the receipt holds numbers and sentences, never personal data. `failed` says that it is a sad end."""

    receipt: dict[str, Any]
    failed: str | None = None


Next = Again | Wait | Done
Advance = Callable[["App", "Run"], Next]
Ended = Callable[[Connection, Operation, str], None]
"""Puts straight what an operation leaves behind when it is ended from outside: cancelled, or given up. In that very
transaction; the text says why, for people."""
CalledOff = Callable[["App", "Run"], None]
"""Stops at the other side what a cancelled operation has running there."""


class Run:
    """One worker's hold on one operation. `cursor` and `counts` belong to the work and are saved by `checkpoint`."""

    def __init__(self, app: App, operation: Operation, store: Store | None) -> None:
        self._app = app
        self._operation = operation
        self._store = store
        self.cursor: dict[str, Any] = operation.cursor
        self.counts: dict[str, Any] = operation.counts
        self.cancelled: bool = operation.cancel_requested

    @property
    def id(self) -> str:
        return self._operation.id

    @property
    def work(self) -> Work:
        return self._operation.kind

    @property
    def arguments(self) -> dict[str, Any]:
        return self._operation.arguments

    @property
    def operation(self) -> Operation:
        return self._operation

    @property
    def store(self) -> Store:
        """As it was when this worker took the operation."""
        assert self._store is not None
        return self._store

    @contextmanager
    def checkpoint(self, **values: Any) -> Generator[Connection]:
        """The one way to write a store's rows: one transaction in which the store's generation and the operation's
        epoch and seq are checked, and cursor, counts and lease are saved. Raises `Stale`; then nothing was written."""
        with self._app.db.write() as connection:
            if self._operation.store_id is not None:
                stores.fence(connection, self._operation.store_id, self._operation.generation or 0)
            yield connection
            saved = {"cursor": self.cursor, "counts": self.counts, "attempts": 0} | values
            self._operation = operations.save(connection, self._operation, at=self._app.clock.now(), **saved)

    def call(self, document: str, variables: dict[str, Any], *, purpose: Purpose = Purpose.IMPORT) -> Reply:
        return gate.call(self._app, self._ticket(purpose), document, variables)

    def upload(
        self, url: str, parameters: Sequence[tuple[str, str]], content: bytes, *, purpose: Purpose = Purpose.IMPORT
    ) -> None:
        gate.upload(self._app, self._ticket(purpose), url, parameters, content)

    def open_file(
        self, url: str, first_byte: int, *, purpose: Purpose = Purpose.IMPORT
    ) -> AbstractContextManager[Iterator[bytes]]:
        return gate.open_file(self._app, self._ticket(purpose), url, first_byte)

    def _ticket(self, purpose: Purpose) -> gate.Ticket:
        until = self.arguments.get("until")
        ends = datetime.fromisoformat(until) if until else None
        return gate.Ticket(self.store.id, self._operation.generation or 0, purpose, ends)
