"""Operations driven slice by slice, by one worker at a time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mooring.db import operations, stores
from mooring.db.operations import Operation
from mooring.domain.rules import Work
from mooring.errors import MooringError
from mooring.usecases.context import App
from mooring.usecases.operations_answer import Answers
from mooring.usecases.operations_end import Ends
from mooring.usecases.operations_run import Advance, Again, CalledOff, Ended, Run, Wait
from mooring.usecases.operations_stuck import free_stuck


class Runner:
    """Drives operations for one worker. `worker` is this process's name in the leases."""

    def __init__(
        self,
        app: App,
        worker: str,
        works: dict[Work, Advance],
        endings: Mapping[Work, Ended] | None = None,
        called_off: Mapping[Work, CalledOff] | None = None,
    ) -> None:
        self._app = app
        self._worker = worker
        self._works = works
        self._ends = Ends(app, endings or {})
        self._answers = Answers(app, self._ends)
        self._called_off = called_off or {}
        self._runs: dict[str, Run] = {}
        self._inside: set[Run] = set()
        self._lock = threading.Lock()

    def advance(self, operation_id: str) -> float | None:
        """One slice. Seconds to wait before the next (0: at once), or None when there is nothing more to do here."""
        run = self._runs.get(operation_id) or self._take(operation_id)
        if run is None or not self._is_mine(run) or not self._enter(run):
            return None
        try:
            return self._proceed(run)
        except Exception as error:  # every error is an instruction; unknown ones are our own fault
            self._let_go(run)
            return self._answers.answer(run, error)
        finally:
            with self._lock:
                self._inside.discard(run)

    def is_at(self, operation_id: str) -> bool:
        """Whether a thread of this process is in the middle of a slice of it, however long that takes."""
        with self._lock:
            return self._runs.get(operation_id) in self._inside

    def _enter(self, run: Run) -> bool:
        """One thread at a time: two that share a hold would share its epoch and seq, and no fence is between them."""
        with self._lock:
            if run in self._inside:
                return False
            self._inside.add(run)
            return True

    def _is_mine(self, run: Run) -> bool:
        """Whether it was not taken away: parked, ended, or begun afresh because it stood still. Whoever is to go on
        with it takes it anew."""
        with self._app.db.read() as connection:
            current = operations.load(connection, run.id)
        run.cancelled = run.cancelled or current.cancel_requested
        if current.epoch != run.operation.epoch:
            self._let_go(run)
        return current.epoch == run.operation.epoch

    def _let_go(self, run: Run) -> None:
        """Another thread may have taken it anew meanwhile: that hold is not this one's to drop."""
        with self._lock:
            if self._runs.get(run.id) is run:
                del self._runs[run.id]

    def drop(self) -> None:
        """Forget what is held (the process is going); leases lapse or are released at the next start."""
        with self._lock:
            self._runs.clear()

    def _take(self, operation_id: str) -> Run | None:
        app = self._app
        with app.db.write() as connection:
            operation = operations.take(connection, operation_id, worker=self._worker, at=app.clock.now())
            if operation is None:
                return None
            store = stores.load(connection, operation.store_id) if operation.store_id else None
        run = Run(app, operation, store)
        with self._lock:
            self._runs[operation_id] = run
        return run

    def _proceed(self, run: Run) -> float | None:
        if run.cancelled:
            self._call_off(run)
            return self._finish(run, "cancelled", run.operation.receipt or {"counts": run.counts}, None)
        step = self._works[run.work](self._app, run)
        if isinstance(step, Again):
            return 0.0
        if isinstance(step, Wait):
            return self._set_aside(run, step.seconds) if step.free else self._rest(run, step.seconds)
        return self._finish(run, "failed" if step.failed else "done", step.receipt, step.failed)

    def _call_off(self, run: Run) -> None:
        """Stop at the other side what nobody will read any more, best effort: a cancel never waits for it."""
        try:
            self._called_off.get(run.work, _nothing)(self._app, run)
        except MooringError as error:
            self._app.log.warning("call_off_failed", operation=run.id, work=run.work, reason=error.code)

    def _rest(self, run: Run, seconds: float) -> float:
        lease = self._app.clock.now() + timedelta(seconds=seconds) + operations.LEASE
        with run.checkpoint(lease_until=lease, error=None):
            pass
        return seconds

    def _set_aside(self, run: Run, seconds: float) -> None:
        """The sweeper takes it up again when its time has come."""
        until = self._app.clock.now() + timedelta(seconds=seconds)
        with run.checkpoint(worker=None, lease_until=None, not_before=until, error=None):
            pass
        self._let_go(run)

    def _finish(self, run: Run, state: str, receipt: dict[str, Any], error: str | None) -> None:
        self._ends.finish(run, state, receipt, error)
        self._let_go(run)

    def free_stuck(self) -> int:
        """Take operations from whoever holds them without getting on. Returns how many."""
        return free_stuck(self._app, self._ends, self._forget)

    def _forget(self, operation_id: str) -> None:
        with self._lock:
            self._runs.pop(operation_id, None)


def _nothing(_: App, __: Run) -> None:
    """Work that has nothing running elsewhere."""


def drive(
    app: App,
    operation_id: str,
    works: dict[Work, Advance],
    endings: Mapping[Work, Ended] | None = None,
    *,
    worker: str = "inline",
) -> Operation:
    """Run an operation to its rest in this thread, without an engine. For tests, tools and the benchmark."""
    runner = Runner(app, worker, works, endings)
    while True:
        wait = runner.advance(operation_id)
        with app.db.read() as connection:
            operation = operations.load(connection, operation_id)
        if operation.finished or operation.state == "parked":
            return operation
        if wait is None:
            wait = _until(app, operation)
        app.clock.sleep(wait)


def _until(app: App, operation: Operation) -> float:
    if operation.not_before is None:
        return 0.05
    return max(0.0, (operation.not_before - app.clock.now()).total_seconds())
