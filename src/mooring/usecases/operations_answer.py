"""How an operation's errors are answered: the class of each says what happens next. Unknown ones are our own fault."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from mooring.db import operations, operations_parked, stores, stores_marks
from mooring.db.operations import Operation
from mooring.domain.lifecycle import LIVE
from mooring.domain.rules import Work
from mooring.domain.timing import next_check
from mooring.errors import (
    AppRejected,
    AuthLost,
    Conflict,
    Held,
    MooringError,
    OutcomeUnknown,
    Permanent,
    Refused,
    Retriable,
    Stale,
    StoreUnavailable,
)
from mooring.usecases.context import App
from mooring.usecases.lost import lose, lost_by
from mooring.usecases.operations_end import Ends
from mooring.usecases.operations_run import KEPT, Run

_MAX_WAIT = 600.0
_OWN_FAULTS = 5
"""After how many errors of our own in a row an operation is given up."""
_LOOK_AGAIN = 10.0
_SHORT = 2.0
"""Waits up to so many seconds are sat out by the worker; longer ones free it."""


class Answers:
    def __init__(self, app: App, ends: Ends) -> None:
        self._app = app
        self._ends = ends

    def answer(self, run: Run, error: Exception) -> float | None:
        """Seconds to wait before the next slice, or None when this worker has let go of it."""
        try:
            return self._instruct(run, error)
        except (Stale, Conflict):
            return None

    def _instruct(self, run: Run, error: Exception) -> float | None:
        match error:
            case Stale():
                return None
            case Held():
                return self._try_later(run, error.sentence, _LOOK_AGAIN)
            case StoreUnavailable():
                self._mark_store(run, error)
                return self._try_later(run, error.sentence, error.retry_after)
            case Retriable():
                return self._try_later(run, error.sentence, error.retry_after)
            case OutcomeUnknown():  # the next slice observes what happened before it acts
                return self._try_later(run, error.sentence, _LOOK_AGAIN)
            case AuthLost():
                return self._lose_auth(run, error)
            case AppRejected():
                self._mark_store(run, error)
                return self._try_later(run, error.sentence, _MAX_WAIT)
            case Permanent() | Refused():
                return self._ends.finish(run, "failed", {"counts": run.counts}, error.sentence)
            case _:
                return self._own_fault(run, error)

    def _try_later(self, run: Run, sentence: str, seconds: float) -> float | None:
        backoff = min(_MAX_WAIT, 2.0 ** min(run.operation.attempts, 9))
        wait = max(seconds, backoff)
        self._save_rest(run, wait, sentence)
        return None if wait > _SHORT else wait

    def _save_rest(self, run: Run, wait: float, sentence: str) -> None:
        """Let go of the operation until `not_before`; the sweeper takes it up again."""
        now = self._app.clock.now()
        with self._app.db.write() as connection:
            current = self._still_mine(connection, run)
            operations.save(
                connection,
                current,
                at=now,
                attempts=current.attempts + 1,
                error=sentence,
                worker=None,
                lease_until=None,
                not_before=now + timedelta(seconds=wait),
            )

    @staticmethod
    def _still_mine(connection: Connection, run: Run) -> Operation:
        current = operations.load(connection, run.id)
        if current.epoch != run.operation.epoch:
            raise Stale("This operation was taken over meanwhile.", code="stale_epoch")
        return current

    def _lose_auth(self, run: Run, error: AuthLost) -> None:
        """The store needs a reconnect; its work waits, parked, for the next READY."""
        now = self._app.clock.now()
        with self._app.db.write() as connection:
            store = stores.fence(connection, run.store.id, run.operation.generation or 0)
            lose(self._app, connection, store, reason=error.sentence, lost=lost_by(error))
            operations_parked.park_all(connection, store.id, at=now, but=frozenset({Work.HEALTH_CHECK}))

    def _mark_store(self, run: Run, error: MooringError) -> None:
        now = self._app.clock.now()
        with self._app.db.write() as connection:
            store = stores.fence(connection, run.store.id, run.operation.generation or 0)
            if store.state in LIVE:
                due = next_check(store.id, now, error)
                stores_marks.mark_error(connection, store, error.sentence, by=run.work, check_due_at=due)

    def _own_fault(self, run: Run, error: Exception) -> float | None:
        reference = self._app.ids.new()
        self._app.log.error("operation_error", operation=run.id, work=run.work, reference=reference, exc_info=error)
        sentence = error.sentence if isinstance(error, MooringError) else (
            f"Mooring met an error of its own (reference {reference}). {KEPT}"
        )  # fmt: skip
        if run.operation.attempts + 1 < _OWN_FAULTS:
            return self._try_later(run, sentence, 1.0)
        with self._app.db.write() as connection:
            current = self._still_mine(connection, run)
            operations.save(
                connection, current, at=self._app.clock.now(), state="failed", error=sentence,
                finished_at=self._app.clock.now(), lease_until=None,
            )  # fmt: skip
            self._ends.put_straight(connection, run.operation, sentence)
        return None
