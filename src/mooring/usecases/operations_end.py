"""How an operation ends, and what is put straight then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from mooring.db import stores_marks
from mooring.db.operations import Operation
from mooring.domain.rules import Work
from mooring.usecases.context import App
from mooring.usecases.operations_run import Ended, Run

_CANCELLED = "This was cancelled. What was done so far is kept."


class Ends:
    """`endings`: for kinds of work that leave something behind when they do not end well."""

    def __init__(self, app: App, endings: Mapping[Work, Ended]) -> None:
        self._app = app
        self._endings = endings

    def finish(self, run: Run, state: str, receipt: dict[str, Any], error: str | None) -> None:
        """Done, failed or cancelled. Success clears the error that this kind of work had left on the store."""
        now = self._app.clock.now()
        with run.checkpoint(state=state, receipt=receipt, error=error, finished_at=now, lease_until=None) as connection:
            if state == "done" and run.operation.store_id is not None:
                stores_marks.clear_error(connection, run.operation.store_id, by=run.work)
            if state != "done":
                self.put_straight(connection, run.operation, error or _CANCELLED)

    def put_straight(self, connection: Connection, operation: Operation, sentence: str) -> None:
        """In the transaction that ends it."""
        if ended := self._endings.get(operation.kind):
            ended(connection, operation, sentence)
