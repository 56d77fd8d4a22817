"""Where a reading of bulk files stands: one place per kind, kept as JSON in the operation's cursor, and a worker's hold
on it.

An import reads whole records, a sweep only their ids; how files are asked for, read and proved is the same for both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Connection

from mooring.db import records_chunks
from mooring.domain.kinds import Kind
from mooring.ports import Reply
from mooring.usecases.context import App
from mooring.usecases.import_store_pieces import Piece
from mooring.usecases.operations_run import Run


class Phase(StrEnum):
    NEW = "new"
    READY = "ready"
    """Probed; the bulk operation has not been asked for, or Shopify had no room for it yet."""
    STARTING = "starting"
    """Asked for, no answer yet. Found in a cursor it means that the answer was lost."""
    RUNNING = "running"
    READING = "reading"
    COUNTING = "counting"
    TIDYING = "tidying"
    DETAILING = "detailing"
    COMPARING = "comparing"
    MARKING = "marking"
    FINDING = "finding"
    DONE = "done"
    FAILED = "failed"
    WAITING = "waiting"
    """A permission is missing; the kind is not failed."""


ENDED = frozenset({Phase.DONE, Phase.FAILED, Phase.WAITING})
_KNOWN = frozenset({Phase.READING, Phase.COUNTING, Phase.TIDYING, Phase.DETAILING, Phase.COMPARING, Phase.MARKING,
                    Phase.FINDING, Phase.DONE})  # fmt: skip
"""Phases in which Shopify has said how much there is."""


class Place(msgspec.Struct, omit_defaults=True):
    """One kind. Moments are Shopify's, as text, except `asked_at`, `not_before` and `began`: seconds of our clock."""

    phase: Phase = Phase.NEW
    began: float = 0.0
    seconds: float = 0.0
    unread: tuple[str, ...] = ()
    """Paths that the query leaves out."""
    missing: tuple[str, ...] = ()
    """Those of them that an earlier import read: what is stored there is kept."""
    unapproved: tuple[str, ...] = ()
    asked_at: float = 0.0
    not_before: float = 0.0
    """Until then Shopify is not asked again whether it has room for another bulk operation."""
    bulk_id: str = ""
    created_at: str = ""
    """When Shopify made the bulk operation: the fetched-at of everything in its file."""
    prepared: int = 0
    """How many lines Shopify has put into the file so far."""
    starts: int = 0
    lost_files: int = 0
    objects: int = 0
    root_objects: int = 0
    byte: int = 0
    lines: int = 0
    roots: int = 0
    cut: bool = False
    written: int = 0
    rows_written: int = 0
    rows: int = 0
    passed_over: int = 0
    """Children left alone because their record was fetched later than this file."""
    part: int = 0
    distinct: int = 0
    distinct_roots: int = 0
    after: tuple[int, int] = (0, 0)
    removed: int = 0
    detail_after: int = 0
    detail_page: int = 20
    details: int = 0
    error: str = ""

    @property
    def ended(self) -> bool:
        return self.phase in ENDED

    @property
    def unchanged(self) -> int:
        return self.roots - self.written

    def start_over(self) -> None:
        """Forget a file; the next one is another answer and is read from its beginning."""
        fresh = Place()
        for name in ("bulk_id", "created_at", "prepared", "objects", "root_objects", "byte", "lines", "roots",
                     "cut", "written", "rows_written", "rows", "passed_over"):  # fmt: skip
            setattr(self, name, getattr(fresh, name))
        self.phase = Phase.READY


_urls: WeakKeyDictionary[Run, dict[Kind, str]] = WeakKeyDictionary()


@dataclass
class Pace:
    """How fast a file is read by this worker; `shown` is when pages were last told."""

    began: float
    roots_before: int
    shown: float = 0.0


class Job(ABC):
    """A reading of bulk files in the hands of one worker, for one slice. What an import and a sweep do differently is
    theirs to say.

    `urls` are the addresses of the files. Who knows an address can read the file without a token, so they are never
    stored: another worker asks Shopify again.
    """

    place_type: ClassVar[type[Place]] = Place
    safe: ClassVar[str]
    """What is still so although something failed."""

    def __init__(self, app: App, run: Run) -> None:
        self.app, self.run = app, run
        kept = msgspec.convert(run.cursor.get("kinds", {}), dict[Kind, self.place_type])
        self.places: dict[Kind, Place] = {kind: kept[kind] for kind in Kind if kind in kept}
        self.urls = _urls.setdefault(run, {})
        self.polls_waited: int = run.cursor.get("polls_waited", 0)
        run.counts.setdefault("requests", 0)
        run.counts.setdefault("polls", 0)
        run.counts.setdefault("detail_requests", 0)

    @property
    def store_id(self) -> str:
        return self.run.store.id

    def now(self) -> float:
        return self.app.clock.now().timestamp()

    @contextmanager
    def checkpoint(self) -> Generator[Connection]:
        """One transaction with the store's rows and the places as they are at the end of the block."""
        with self.run.checkpoint() as connection:
            yield connection
            self.run.cursor = {"kinds": msgspec.to_builtins(self.places), "polls_waited": self.polls_waited}
            self.run.counts["kinds"] = {kind: self._count(place) for kind, place in self.places.items()}

    def _count(self, place: Place) -> dict[str, Any]:
        """What a page shows while the operation runs."""
        return {
            "phase": place.phase,
            "count": place.roots,
            "expected": place.root_objects if place.phase in _KNOWN else None,
            "prepared": place.prepared,
            "lines": place.lines,
            "written": place.written,
            "unchanged": place.unchanged,
        }

    def call(self, document: str, variables: dict[str, Any], count_as: str = "requests") -> Reply:
        reply = self.run.call(document, variables)
        self.run.counts[count_as] += 1
        return reply

    def open_file(self, url: str, first_byte: int) -> AbstractContextManager[Iterator[bytes]]:
        return self.run.open_file(url, first_byte)

    def in_phase(self, *phases: Phase) -> list[tuple[Kind, Place]]:
        return [(kind, place) for kind, place in self.places.items() if place.phase in phases]

    def fail(self, kind: Kind, sentence: str) -> None:
        """This kind ends here, said in words; the others go on. What it wrote stays."""
        place = self.places[kind]
        place.phase, place.error, place.seconds = Phase.FAILED, sentence, self.now() - place.began
        with self.checkpoint() as connection:
            records_chunks.clear(connection, self.run.id, kind)
            self.failed(connection, kind, sentence)

    # -- what every reading says for itself ------------------------------------------------------------------------

    @abstractmethod
    def prepare(self, connection: Connection, kind: Kind, place: Place) -> None:
        """In the transaction before Shopify is asked for a file."""

    @abstractmethod
    def query(self, kind: Kind, place: Place) -> str:
        """What Shopify is asked to run; the same text every time."""

    @abstractmethod
    def commit(self, kind: Kind, place: Place, piece: Piece, pace: Pace) -> None:
        """One piece of a file. Raises `BadLine`."""

    @abstractmethod
    def proved(self, kind: Kind, place: Place) -> None:
        """The file was complete."""

    @abstractmethod
    def failed(self, connection: Connection, kind: Kind, sentence: str) -> None:
        """What else a failure writes, in its transaction."""

    @abstractmethod
    def retry(self, kind: Kind) -> str:
        """What to do about a failure."""
