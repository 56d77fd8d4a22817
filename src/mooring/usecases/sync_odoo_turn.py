"""One at a time: planning and creating in one Odoo database, for one sort of record, whatever store and worker.

A record is matched with what Odoo holds and created where nothing matches. Both happen inside one turn, so that two
stores with the same customer cannot both find nothing. An answer may be lost, though, and Odoo may still carry the call
out: what was sent to be created is written down before (`sync_intents`), and until it is known or too old to happen any
more, other stores wait with creating, and the same record is only sent again under the same external id.
After a Clear it is not even that: the external id by which it would have been told may be gone, so everybody waits.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mooring.db import odoo_turns, sync_intents
from mooring.db.sync_intents import Key
from mooring.errors import OutcomeUnknown, Stale
from mooring.ports import ODOO_LIMIT
from mooring.usecases.sync_odoo_place import Job

SETTLED = ODOO_LIMIT + timedelta(seconds=30)
"""After so long nothing that was sent can happen any more."""
TURN = 2 * ODOO_LIMIT
"""One writing call fits into it."""
BUSY_SECONDS = 2.0
"""How long to wait for one's turn before looking again."""


@dataclass(slots=True)
class Turn:
    """`sent`: what this store sent lately without hearing what became of it. `old`: what it sent so long ago that it
    has happened, or never will. `owned`: those of both whose record is still in the hub."""

    job: Job
    until: datetime
    sent: frozenset[Key] = frozenset()
    old: frozenset[Key] = frozenset()
    owned: frozenset[Key] = frozenset()
    over: bool = False

    @property
    def _mine(self) -> tuple[str, str]:
        return self.job.database, self.job.model

    def require(self) -> None:
        """Before a writing call: nobody else may be at it, and the turn must outlast the call. Raises `Stale`."""
        job, operation = self.job, self.job.run.operation
        if self.until - job.now < ODOO_LIMIT:
            self._prolong()
        with job.app.db.read() as connection:
            if not odoo_turns.holds(connection, *self._mine, holder=job.run.id, epoch=operation.epoch, at=job.now):
                raise Stale("Another worker has gone on with this sync.", code="stale_turn")

    def _prolong(self) -> None:
        until = self.job.now + TURN
        with self.job.app.db.write() as connection:
            _take(connection, self.job, until)
        self.until = until

    def release(self, connection: Connection) -> None:
        operation = self.job.run.operation
        odoo_turns.release(connection, *self._mine, holder=self.job.run.id, epoch=operation.epoch)
        self.over = True


def _take(connection: Connection, job: Job, until: datetime) -> bool:
    epoch = job.run.operation.epoch
    return odoo_turns.take(connection, job.database, job.model, holder=job.run.id, epoch=epoch, at=job.now, until=until)


@contextmanager
def turn(job: Job) -> Generator[Turn | None]:
    """None where it is somebody else's, or somebody else's records may still come into being. After a call whose
    outcome is not known it is kept: nobody else may begin until it is known, or too late to happen."""
    taken = _begin(job)
    try:
        yield taken
    except OutcomeUnknown:
        if taken is not None:
            taken.over = True
        raise
    finally:
        if taken is not None and not taken.over:
            with job.app.db.write() as connection:
                taken.release(connection)


def _begin(job: Job) -> Turn | None:
    until = job.now + TURN
    with job.app.db.write() as connection:
        if not _take(connection, job, until):
            return None
        taken = Turn(job, until)
        open_ = sync_intents.in_database(connection, job.database, job.kinds)
        young = [one for one in open_ if one.at > job.now - SETTLED]
        if any((one.store_id, one.epoch) != (job.store.id, job.epoch) for one in young):
            taken.release(connection)
            return None
        taken.sent = frozenset(one.key for one in young)
        taken.old = frozenset(one.key for one in open_ if one.store_id == job.store.id) - taken.sent
    return taken
