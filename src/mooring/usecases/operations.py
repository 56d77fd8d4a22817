"""Long work: how an operation is asked for, driven slice by slice, stopped, and how its errors are answered.

A kind of work is one function `advance(app, run) -> Next` that does a bounded slice, saves its place with
`run.checkpoint()` and says what is next. The engine calls `Runner.advance` until the operation rests; whatever is
lost on the way (process, engine, machine), the operation's own row says where to go on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mooring.db import audit, operations, people, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.lifecycle import LIVE, Purpose
from mooring.domain.rules import BESIDE_PARKED, ROUTINE, Role, Work, excluded_by, stops
from mooring.domain.timing import MOST_RESTARTS, STUCK_AFTER, next_check, stands_still, worth_a_restart
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
from mooring.ports import Reply
from mooring.usecases import gate, held
from mooring.usecases.context import App
from mooring.usecases.lost import lose, lost_by
from mooring.usecases.who import SYSTEM, Who

KEPT = "What was written so far is kept."
"""Said of work that was given up; a delete, which writes nothing, leaves it out."""
_MAX_WAIT = 600.0
_OWN_FAULTS = 5
"""After how many errors of our own in a row an operation is given up."""


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

    def open_file(self, url: str, first_byte: int) -> AbstractContextManager[Iterator[bytes]]:
        return gate.open_file(self._app, self._ticket(Purpose.IMPORT), url, first_byte)

    def _ticket(self, purpose: Purpose) -> gate.Ticket:
        return gate.Ticket(self.store.id, self._operation.generation or 0, purpose)


_WHILE_HELD = frozenset({Work.DELETE, Work.CLEAN_UP, Work.REDACT})
"""What may be asked for while a restored installation is held: its first part happens here, the rest waits."""


# -- asking for one ------------------------------------------------------------------------------------------------


def issue(app: App, connection: Connection, who: Who, store: Store, work: Work, arguments: dict[str, Any]) -> Operation:
    """The operation row, in the transaction of its reason. Raises `Refused` naming what runs and who started it.

    Start it with `app.engine.start(id)` after the commit; if that is lost, the sweeper starts it.
    """
    if work not in _WHILE_HELD:
        held.refuse_in(connection)
    running = [one for one in operations.unfinished(connection, store.id) if _stands_in_the_way(one, work)]
    blocking = excluded_by(work, frozenset(o.kind for o in running))
    if blocking:
        first = next(o for o in running if o.kind in blocking)
        raise Refused(_busy_sentence(connection, first), code="busy", operation_id=first.id, work=first.kind)
    if stopped := stops(work):
        operations.end_all(connection, store.id, stopped, at=app.clock.now(), sentence=f"{DOING[work]} ended this.")
    operation = operations.create(
        connection,
        id=app.ids.new(),
        project_id=store.project_id,
        store_id=store.id,
        kind=work,
        generation=store.generation,
        arguments=arguments,
        created_by=who.id,
        at=app.clock.now(),
    )
    if not (who == SYSTEM and work in ROUTINE):
        _log_issue(app, connection, operation)
    return operation


def _stands_in_the_way(unfinished: Operation, new: Work) -> bool:
    return not (unfinished.state == "parked" and new in BESIDE_PARKED)


def _log_issue(app: App, connection: Connection, operation: Operation) -> None:
    audit.write(
        connection,
        at=app.clock.now(),
        project_id=operation.project_id,
        store_id=operation.store_id,
        actor=operation.created_by,
        event=f"operation.{operation.kind}",
        detail={"operation": operation.id, **operation.arguments},
    )


DOING: dict[Work, str] = {
    Work.IMPORT: "An import",
    Work.CATCH_UP: "A catch-up",
    Work.PULL: "A pull",
    Work.SWEEP: "A sweep",
    Work.RECOVER: "A recovery of one record",
    Work.HEALTH_CHECK: "A health check",
    Work.CLEAN_UP: "A clean-up at Shopify",
    Work.SUBSCRIBE: "A look at the webhook subscriptions",
    Work.DELETE: "A delete",
    Work.REDACT: "An erasure somebody has a right to",
    Work.WRITE_BACK: "A write-back",
    Work.SYNC_ODOO: "A sync to Odoo",
    Work.VERIFY_MAPPING: "A check of the mapping",
    Work.CLEAR_MAPPING: "Clear sync data",
    Work.REBUILD_MAPPING: "A rebuild of the mapping",
}


def _busy_sentence(connection: Connection, operation: Operation) -> str:
    since = f" since {operation.created_at:%H:%M} UTC" if operation.created_at else ""
    by = people.name_of(connection, operation.created_by)
    state = "is parked" if operation.state == "parked" else "runs"
    return f"{DOING[operation.kind]} of this store {state}{since}, started by {by}. Wait for it, or cancel it."


def show(app: App, who: Who, operation_id: str) -> Operation:
    with app.db.read() as connection:
        operation = operations.load(connection, operation_id)
    who.require(operation.project_id, Role.VIEWER)
    return operation


def cancel(app: App, who: Who, operation_id: str) -> Operation:
    """Ask for a stop at the next checkpoint. What was written stays. A parked one ends at once."""
    with app.db.write() as connection:
        operation = operations.load(connection, operation_id)
        who.require(operation.project_id, Role.EDITOR)
        if operation.finished:
            raise Refused("This operation has already finished.", code="already_finished")
        if operation.kind is Work.DELETE:
            raise Refused("A delete cannot be cancelled once it has begun.", code="not_cancellable")
        if operation.kind is Work.REDACT:
            raise Refused("An erasure somebody asked for cannot be cancelled.", code="not_cancellable")
        operations.request_cancel(connection, operation_id, at=app.clock.now())
        audit.write(
            connection,
            at=app.clock.now(),
            project_id=operation.project_id,
            store_id=operation.store_id,
            actor=who.id,
            event="operation.cancel",
            detail={"operation": operation_id},
        )
    app.engine.start(operation_id)
    return show(app, who, operation_id)


# -- driving one ---------------------------------------------------------------------------------------------------


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
        self._endings = endings or {}
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
            return self._answer(run, error)
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
            return self._set_aside(run, step.seconds) if step.free else self._rest(run, step.seconds, None)
        return self._finish(run, "failed" if step.failed else "done", step.receipt, step.failed)

    def _call_off(self, run: Run) -> None:
        """Stop at the other side what nobody will read any more, best effort: a cancel never waits for it."""
        try:
            self._called_off.get(run.work, _nothing)(self._app, run)
        except MooringError as error:
            self._app.log.warning("call_off_failed", operation=run.id, work=run.work, reason=error.code)

    def _rest(self, run: Run, seconds: float, error: str | None) -> float:
        now = self._app.clock.now()
        lease = now + timedelta(seconds=seconds) + operations.LEASE
        values: dict[str, Any] = {"lease_until": lease, "error": error}
        if error is not None:
            values |= {"attempts": run.operation.attempts + 1}
        with run.checkpoint(**values):
            pass
        return seconds

    def _set_aside(self, run: Run, seconds: float) -> None:
        """The sweeper takes it up again when its time has come."""
        until = self._app.clock.now() + timedelta(seconds=seconds)
        with run.checkpoint(worker=None, lease_until=None, not_before=until, error=None):
            pass
        self._let_go(run)

    def _finish(self, run: Run, state: str, receipt: dict[str, Any], error: str | None) -> None:
        now = self._app.clock.now()
        with run.checkpoint(state=state, receipt=receipt, error=error, finished_at=now, lease_until=None) as connection:
            if state == "done" and run.operation.store_id is not None:
                stores.clear_error(connection, run.operation.store_id, by=run.work)
            if state != "done":
                self._end(connection, run, error or "This was cancelled. What was done so far is kept.")
        self._let_go(run)

    def _end(self, connection: Connection, run: Run, sentence: str) -> None:
        if ended := self._endings.get(run.work):
            ended(connection, run.operation, sentence)

    def _answer(self, run: Run, error: Exception) -> float | None:
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
                return self._finish(run, "failed", {"counts": run.counts}, error.sentence)
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
            operations.park_all(connection, store.id, at=now, but=frozenset({Work.HEALTH_CHECK}))

    def _mark_store(self, run: Run, error: MooringError) -> None:
        now = self._app.clock.now()
        with self._app.db.write() as connection:
            store = stores.fence(connection, run.store.id, run.operation.generation or 0)
            if store.state in LIVE:
                due = next_check(store.id, now, error)
                stores.mark_error(connection, store, error.sentence, by=run.work, check_due_at=due)

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
            self._end(connection, run, sentence)
        return None

    # -- what stands still ---------------------------------------------------------------------------------------

    def free_stuck(self) -> int:
        """Take operations from whoever holds them without getting on, and begin them afresh from their cursor; one that
        stood still again and again is ended, said in words. Returns how many."""
        app, now = self._app, self._app.clock.now()
        with app.db.read() as connection:
            found = [one for one in operations.held(connection, at=now) if _stands_still(one, now)]
        return sum(self._free(one) for one in found)

    def _free(self, operation: Operation) -> bool:
        again = worth_a_restart(operation.restarts)
        with self._app.db.write() as connection:
            freed = operations.begin_afresh(connection, operation) if again else self._give_up(connection, operation)
            if freed:
                self._log_stuck(connection, operation, "restarted" if again else "given_up")
        if freed:
            with self._lock:
                self._runs.pop(operation.id, None)
        if freed and again:
            self._app.engine.start(operation.id)
        return freed

    def _give_up(self, connection: Connection, operation: Operation) -> bool:
        ended = operations.give_up(connection, operation, _STUCK, at=self._app.clock.now())
        if ended and (put_straight := self._endings.get(operation.kind)):
            put_straight(connection, operation, _STUCK)
        return ended

    def _log_stuck(self, connection: Connection, operation: Operation, what: str) -> None:
        facts = {"operation": operation.id, "work": operation.kind, "restarts": operation.restarts}
        self._app.log.warning(f"stuck_operation_{what}", **facts)
        audit.write(
            connection,
            at=self._app.clock.now(),
            project_id=operation.project_id,
            store_id=operation.store_id,
            actor=SYSTEM.id,
            event=f"operation.{what}",
            detail=facts,
        )


def _stands_still(operation: Operation, now: datetime) -> bool:
    return stands_still(worker=operation.worker, lease_until=operation.lease_until, lease=operations.LEASE, at=now)


_STUCK = (
    f"This stood still for {STUCK_AFTER.seconds // 60} minutes, and after {MOST_RESTARTS} fresh starts as well. "
    f"{KEPT} The log says where it stands; start it again, or ask for support."
)


def forget_routine(app: App) -> None:
    """A job of the schedule, once a day: what the schedule itself did weeks ago goes."""
    now = app.clock.now()
    with app.db.read() as connection:
        last = people.fact(connection, _FORGOTTEN)
    if last is not None and now - datetime.fromisoformat(last) < timedelta(days=1):
        return
    with app.db.write() as connection:
        operations.forget_routine(connection, finished_before=now - _REMEMBERED)
        people.set_fact(connection, _FORGOTTEN, now.isoformat())


_FORGOTTEN = "routine_forgotten_at"
_REMEMBERED = timedelta(days=14)


def _nothing(_: App, __: Run) -> None:
    """Work that has nothing running elsewhere."""


_LOOK_AGAIN = 10.0
_SHORT = 2.0
"""Waits up to so many seconds are sat out by the worker; longer ones free it."""


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
