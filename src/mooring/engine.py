"""Durable execution behind a small port; the only file that imports dbos.

DBOS carries the work through its public calls; our own operation row holds the truth. So its database is disposable:
delete it while Mooring is stopped and every operation goes on from its row. A sweeper starts whatever is due and
nobody's: freshly issued, waiting time over, or left behind by a worker whose lease lapsed.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dbos import DBOS, DBOSConfig, SetWorkflowID

from mooring.db import operations, operations_stalled, operations_woken
from mooring.usecases.context import App

_SWEEP_SECONDS = 1.0
_POLL_SECONDS = 0.2
_TIDY_EVERY = 600
"""Sweeps between two tidyings: DBOS keeps finished workflows for ever."""
_QUEUE = "operations"
_LOOK_SECONDS = 1.0
_GOODBYE_SECONDS = 5
"""How long operations may take to come to rest after a stop was asked for; DBOS looks each second."""
_advance: Callable[[str], float | None] | None = None
_woken: Callable[[str], bool] | None = None
"""One engine per process: DBOS is a singleton, so its workflow body finds its worker here."""


_slice = threading.local()
"""Whether this thread is inside a slice: DBOS lets nothing be enqueued from within a step."""


class _Busy:
    """Whether anybody is at work."""

    def __init__(self) -> None:
        self._lock, self._count = threading.Lock(), 0

    @property
    def anybody(self) -> bool:
        return self._count > 0

    def __enter__(self) -> None:
        with self._lock:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._count -= 1


_busy = _Busy()


@DBOS.step(name="mooring.advance")
def _step(operation_id: str) -> float | None:
    assert _advance is not None
    _slice.running = True
    try:
        return _advance(operation_id)
    finally:
        _slice.running = False


@DBOS.workflow(name="mooring.drive")
def _drive(operation_id: str) -> None:
    """Slices until the operation rests. A slice that ran twice is fenced by the operation's epoch and seq."""
    with _busy:
        while (wait := _step(operation_id)) is not None:
            if wait:
                _pause(operation_id, wait)


@DBOS.step(name="mooring.pause")
def _pause(operation_id: str, seconds: float) -> None:
    """Ends early when somebody has woken the operation. A step, so that a workflow that is taken up again has it behind
    it."""
    assert _woken is not None
    while seconds > 0 and not _woken(operation_id):
        time.sleep(min(seconds, _LOOK_SECONDS))
        seconds -= _LOOK_SECONDS


class DbosEngine:
    """`engine_url` is a database of its own; a SQLite file is put into WAL mode before DBOS opens it (9-15 times
    faster, and the mode sticks)."""

    def __init__(self, engine_url: str, *, worker: str, concurrency: int) -> None:
        self._url = engine_url
        self._worker = worker
        self._concurrency = concurrency
        self._app: App | None = None
        self._stopping = threading.Event()
        self._sweeper: threading.Thread | None = None
        self._drop: Callable[[], None] = lambda: None
        self._is_at: Callable[[str], bool] = lambda _: False

    def bind(
        self,
        app: App,
        advance: Callable[[str], float | None],
        drop: Callable[[], None],
        is_at: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Give the engine what it drives; done once by the composition root. `is_at`: whether this process is in the
        middle of a slice of an operation."""
        global _advance, _woken
        _advance, _woken, self._app = advance, self._is_woken, app
        self._drop, self._is_at = drop, is_at

    def launch(self) -> None:
        _prepare_file(self._url)
        config: DBOSConfig = {
            "name": "mooring",
            "system_database_url": self._url,
            "application_version": "1",
            "executor_id": self._worker,
            "log_level": "ERROR",
            "notification_listener_polling_interval_sec": _POLL_SECONDS,  # we send none, but the end waits for a poll
        }
        DBOS(config=config)
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE,
            worker_concurrency=self._concurrency,
            polling_interval_sec=_POLL_SECONDS,
            on_conflict="always_update",
        )
        self._sweeper = threading.Thread(target=self._sweep_for_ever, name="sweeper", daemon=True)
        self._sweeper.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._sweeper is not None:
            self._sweeper.join(timeout=10)
        DBOS.destroy(workflow_completion_timeout_sec=_GOODBYE_SECONDS if _busy.anybody else 0)
        self._drop()

    def start(self, operation_id: str) -> None:
        """Safe to call at any time; before `launch`, and from the slice of another operation, it does nothing and the
        sweeper finds the operation within a second."""
        if self._sweeper is None or self._app is None or self._stopping.is_set() or getattr(_slice, "running", False):
            return
        with self._app.db.read() as connection:
            operation = operations.load(connection, operation_id)
        if not operation.finished and operation.state != "parked":
            self._enqueue(operation_id, operation.epoch)

    def _enqueue(self, operation_id: str, epoch: int) -> None:
        workflow_id = f"{operation_id}.{epoch}"
        if self._is_over(workflow_id):
            self._raise_epoch(operation_id, epoch)
            workflow_id = f"{operation_id}.{epoch + 1}"
        with SetWorkflowID(workflow_id):
            DBOS.enqueue_workflow(_QUEUE, _drive, operation_id)

    def _is_woken(self, operation_id: str) -> bool:
        if self._app is None or self._stopping.is_set():
            return False
        with self._app.db.read() as connection:
            woken = operations_woken.is_woken(connection, operation_id)
        if woken:
            with self._app.db.write() as connection:
                operations_woken.take_wake(connection, operation_id)
        return woken

    def _is_over(self, workflow_id: str) -> bool:
        """Whether DBOS will not run it any more: it ended, or it is in the hands of another process, which should have
        leased the operation by now. Should that one live after all, the lease decides who works."""
        known = DBOS.get_workflow_status(workflow_id)
        if known is None or known.status == "ENQUEUED":
            return False
        return known.status != "PENDING" or known.executor_id != self._worker

    def _raise_epoch(self, operation_id: str, epoch: int) -> None:
        assert self._app is not None
        with self._app.db.write() as connection:
            operations_stalled.raise_epoch(connection, operation_id, epoch)

    def _sweep_for_ever(self) -> None:
        sweeps = 0
        while not self._stopping.wait(_SWEEP_SECONDS):
            sweeps += 1
            try:
                self.sweep()
                if sweeps % _TIDY_EVERY == 0:
                    _tidy()
            except Exception as error:  # a sweep that fails is followed by another one
                assert self._app is not None
                self._app.log.error("sweep_failed", exc_info=error)

    def sweep(self) -> None:
        assert self._app is not None
        with self._app.db.read() as connection:
            due = operations.due(connection, at=self._app.clock.now())
        for operation in due:
            if not self._is_at(operation.id):  # a slow slice outlasts its lease; it is not lost for that
                self._enqueue(operation.id, operation.epoch)


def _tidy() -> None:
    finished = DBOS.list_workflows(
        status=["SUCCESS", "ERROR", "CANCELLED"], limit=1000, load_input=False, load_output=False
    )
    for workflow in finished:
        DBOS.delete_workflow(workflow.workflow_id)


def _prepare_file(url: str) -> None:
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
