"""Our metafields at Shopify, read by one bulk operation per kind: to prove a clear, and as a home to rebuild from.

Files are asked for, read and resumed as an import's are; a line holds an id and what stands under our keys, or null.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Connection

from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Purpose
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.domain.metafields import INVOICE_ID, MAPPING, NAMESPACE, ODOO_DATABASE, ODOO_ID
from mooring.domain.translate import BadLine
from mooring.errors import Permanent
from mooring.ports import Reply
from mooring.usecases import import_store_bulk as bulk
from mooring.usecases import import_store_read as reading
from mooring.usecases.context import App
from mooring.usecases.import_store_pieces import Piece
from mooring.usecases.import_store_place import Job, Pace, Phase, Place
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


@dataclass(frozen=True, slots=True)
class Carried:
    """What one record carries. `database`: the fingerprint it was written for."""

    kind: MappedKind
    shopify_id: int
    odoo_id: int | None
    database: str | None
    invoices: tuple[int, ...]


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
_PIECES = {Kind.CUSTOMERS: "Customer", Kind.PRODUCTS: "Product", Kind.ORDERS: "Order"}
_KIND_OF = {
    "Customer": MappedKind.CUSTOMER,
    "Product": MappedKind.PRODUCT,
    "ProductVariant": MappedKind.VARIANT,
    "Order": MappedKind.ORDER,
}


class _Value(msgspec.Struct):
    value: str


class _Line(msgspec.Struct):
    id: str
    odoo_id: _Value | None = None
    odoo_database: _Value | None = None
    invoice_id: _Value | None = None

    @property
    def carries(self) -> bool:
        return not (self.odoo_id is None and self.odoo_database is None and self.invoice_id is None)


_decode = msgspec.json.Decoder(_Line).decode


def carried(line: _Line) -> Carried:
    """A value that is no number was not written by us: the record carries one all the same."""
    type_, _, number = line.id.removeprefix("gid://shopify/").partition("/")
    return Carried(
        _KIND_OF[type_], int(number), _number(line.odoo_id), line.odoo_database.value if line.odoo_database else None,
        _numbers(line.invoice_id),
    )  # fmt: skip


def _number(value: _Value | None) -> int | None:
    return int(value.value) if value is not None and value.value.isascii() and value.value.isdecimal() else None


def _numbers(value: _Value | None) -> tuple[int, ...]:
    try:
        return tuple(msgspec.json.decode(value.value, type=list[int])) if value is not None else ()
    except msgspec.MsgspecError:
        return ()


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
        lines = _lines(kind, piece.lines)
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


def _lines(kind: Kind, lines: list[bytes]) -> list[_Line]:
    found = list[_Line]()
    try:
        found += [_decode(line) for line in lines]
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadLine(len(found) + 1, f"is not a line about {kind}") from None
    return found


def query(kind: SyncKind) -> str:
    """Fields, not connections: a line per record and none per value."""
    variants = f" variants {{ edges {{ node {{ id {_fields(SyncKind.PRODUCTS)} }} }} }}"
    inner = variants if kind is SyncKind.PRODUCTS else ""
    return f"{{ {kind} {{ edges {{ node {{ id {_fields(kind)}{inner} }} }} }} }}"


def _fields(kind: SyncKind) -> str:
    keys = [ODOO_ID, ODOO_DATABASE] + ([INVOICE_ID] if any(one.key == INVOICE_ID for one in MAPPING[kind]) else [])
    return " ".join(f'{key}: metafield(namespace: "{NAMESPACE}", key: "{key}") {{ value }}' for key in keys)


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
