"""Our metafields at Shopify, read by one bulk operation per kind: to prove a clear, and as a home to rebuild from.

Files are asked for, read and resumed as an import's are; a line holds an id and what stands under our keys, or null.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Connection

from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Purpose
from mooring.domain.mapping import SyncKind
from mooring.errors import Permanent
from mooring.ports import Reply
from mooring.usecases import import_store_bulk as bulk
from mooring.usecases import import_store_read as reading
from mooring.usecases.context import App
from mooring.usecases.import_store_pieces import Piece
from mooring.usecases.import_store_place import Job, Pace, Phase, Place
from mooring.usecases.metafields_lines import Carried, carried, lines_of, query
from mooring.usecases.operations_run import Again, Next, Run, Wait


class ValuesPlace(Place, omit_defaults=True):
    """`carrying`: how many records carry a value; `some`: ids of a few of them."""

    carrying: int = 0
    some: list[str] = msgspec.field(default_factory=list[str])


class Reading(msgspec.Struct, omit_defaults=True):
    """Kept in the cursor of whoever reads. `before`: bulk operations of earlier rounds."""

    kinds: dict[Kind, ValuesPlace] = {}
    polls_waited: int = 0
    before: int = 0

    @property
    def started(self) -> int:
        return self.before + sum(place.starts for place in self.kinds.values())


class Owner(ABC):
    """Whose cursor the reading lives in."""

    app: App
    run: Run
    reading: Reading
    purpose: Purpose
    most: int
    """Bulk operations it may start in all."""

    @abstractmethod
    def checkpoint(self) -> AbstractContextManager[Connection]: ...

    @abstractmethod
    def take(self, connection: Connection, kind: SyncKind, found: Sequence[Carried]) -> None:
        """What a piece of the file holds, in the transaction that moves the place on."""


_MANY = 25
_urls: WeakKeyDictionary[Run, dict[Kind, str]] = WeakKeyDictionary()


class ValuesJob(Job):
    """One slice of such a reading. Its places are its owner's."""

    place_type = ValuesPlace
    safe = "Nothing was changed by reading."

    def __init__(self, owner: Owner) -> None:
        self.owner, self.app, self.run = owner, owner.app, owner.run
        self.places: dict[Kind, Place] = dict(owner.reading.kinds)
        self.urls = _urls.setdefault(owner.run, {})
        self.polls_waited = owner.reading.polls_waited
        for name in ("requests", "polls"):
            owner.run.counts.setdefault(name, 0)

    @contextmanager
    def checkpoint(self) -> Generator[Connection]:
        with self.owner.checkpoint() as connection:
            yield connection
            self.owner.reading.polls_waited = self.polls_waited

    def call(self, document: str, variables: dict[str, Any], count_as: str = "requests") -> Reply:
        reply = self.run.call(document, variables, purpose=self.owner.purpose)
        self.run.counts[count_as] += 1
        return reply

    def open_file(self, url: str, first_byte: int) -> AbstractContextManager[Iterator[bytes]]:
        return self.run.open_file(url, first_byte, purpose=self.owner.purpose)

    def prepare(self, connection: Connection, kind: Kind, place: Place) -> None:
        if self.owner.reading.started >= self.owner.most:
            raise Permanent("Shopify was asked to export our metafields often enough for now.", code="too_many_reads")

    @property
    def read(self) -> int:
        """Bytes, of all files."""
        return sum(place.byte for place in self.places.values())

    def query(self, kind: Kind, place: Place) -> str:
        return query(SyncKind(kind))

    def commit(self, kind: Kind, place: Place, piece: Piece, pace: Pace) -> None:
        assert isinstance(place, ValuesPlace)
        lines = lines_of(kind, piece.lines)
        found = [carried(line) for line in lines if line.carries]
        with self.checkpoint() as connection:
            self.owner.take(connection, SyncKind(kind), found)
            place.byte, place.lines = piece.end_byte, place.lines + len(lines)
            place.carrying += len(found)
            place.some = (place.some + [line.id for line in lines if line.carries])[:_MANY]
            if piece.last:
                place.phase, place.cut = Phase.COUNTING, piece.cut

    def proved(self, kind: Kind, place: Place) -> None:
        place.phase = Phase.DONE
        with self.checkpoint():
            pass

    def failed(self, connection: Connection, kind: Kind, sentence: str) -> None:
        """The owner's receipt tells of it."""

    def retry(self, kind: Kind) -> str:
        return "It is tried again later."


# -- slice by slice ------------------------------------------------------------------------------------------------


def begin(owner: Owner, kinds: Sequence[SyncKind]) -> None:
    """In the owner's next checkpoint."""
    now, before = owner.app.clock.now().timestamp(), owner.reading
    owner.reading = Reading(
        {Kind(str(kind)): ValuesPlace(phase=Phase.READY, began=now) for kind in kinds}, before=before.started
    )


def advance(owner: Owner) -> Next | None:
    """One bounded step; None when every file was read whole. Raises `Permanent` for one that cannot be.

    Whoever has to ask where a file is reads of it at once: the address is in no cursor, and a worker that is gone after
    one slice gets on all the same."""
    job = ValuesJob(owner)
    following, before = _step(job), job.read
    while isinstance(following, Again) and job.read == before and _is_reading(job):
        following = _step(job)
    return following


def _is_reading(job: ValuesJob) -> bool:
    return bool(job.in_phase(Phase.READING) or job.in_phase(Phase.RUNNING))


def _step(job: ValuesJob) -> Next | None:
    waits: list[float] = []
    for step in _steps(job):
        done = step()
        if not isinstance(done, Wait):
            _require_well(job)
            return done
        waits.append(done.seconds)
    _require_well(job)
    return Wait(min(waits)) if waits else None


_STEPS: dict[Phase, Callable[[Any, Kind, Any], Next]] = {
    Phase.STARTING: bulk.look_for,
    Phase.READY: bulk.start,
    Phase.READING: reading.read,
}


def _steps(job: ValuesJob) -> Iterator[Callable[[], Next]]:
    """All files are asked for before the first is read."""
    for phase in (Phase.STARTING, Phase.READY, Phase.READING):
        for kind, place in job.in_phase(phase):
            yield partial(_STEPS[phase], job, kind, place)
    for kind, place in job.in_phase(Phase.COUNTING):
        yield partial(_count, job, kind, place)
    if running := job.in_phase(Phase.RUNNING):
        yield partial(bulk.poll, job, running)


def _count(job: ValuesJob, kind: Kind, place: Place) -> Next:
    if place.lines != place.objects or place.cut:
        job.fail(kind, f"The file of {kind} has {place.lines:,} lines, and Shopify announced {place.objects:,}.")
    else:
        job.proved(kind, place)
    return Again()


def _require_well(job: ValuesJob) -> None:
    for _, place in job.in_phase(Phase.FAILED):
        raise Permanent(place.error, code="metafields_unread")
