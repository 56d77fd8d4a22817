"""The file of a bulk operation, read from the first byte that is not committed to its end.

A slice reads for a second or two and keeps the download open for the next one; whoever comes after a crash opens the
file again where the cursor says.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from mooring.domain.kinds import Kind
from mooring.domain.translate import BadLine
from mooring.errors import Permanent
from mooring.usecases import import_store_bulk as bulk
from mooring.usecases.import_store_ahead import Ahead
from mooring.usecases.import_store_pieces import Piece, pieces, usual
from mooring.usecases.import_store_place import Job, Pace, Phase, Place
from mooring.usecases.operations_run import Again, Next, Run

SLICE_SECONDS = 1.5
_LOST_FILES = 3
_LOST = frozenset({"file_gone", "file_changed", "wrong_range"})


@dataclass
class _Download:
    kind: Kind
    bulk_id: str
    at: int
    pieces: Ahead[Piece]
    pace: Pace


_open: WeakKeyDictionary[Run, _Download] = WeakKeyDictionary()
"""Downloads between two slices of the same worker. One that is forgotten closes itself."""


def _download(job: Job, kind: Kind, place: Place) -> _Download:
    held = _open.get(job.run)
    if held is None or (held.kind, held.bulk_id, held.at) != (kind, place.bulk_id, place.byte):
        held = _open[job.run] = _opened(job, kind, place)
    return held


def _opened(job: Job, kind: Kind, place: Place) -> _Download:
    opening, first = job.open_file(job.urls[kind], place.byte), place.byte
    job.run.counts["requests"] += 1
    pace = Pace(job.app.clock.monotonic(), place.roots)
    return _Download(kind, place.bulk_id, first, Ahead(lambda: _stream(opening, first)), pace)


def _stream(opening: AbstractContextManager[Iterator[bytes]], first_byte: int) -> Generator[Piece]:
    with opening as blocks:
        yield from pieces(blocks, first_byte, usual())


def read(job: Job, kind: Kind, place: Place) -> Next:
    """Read on for one slice. Whoever does not know the file's address asks for it first, and reads on at once: it is in
    no cursor, so of workers that are gone after one slice none would ever read."""
    if kind not in job.urls and (following := _look_up(job, kind, place)):
        return following
    try:
        _read(job, kind, place)
    except BadLine as bad:
        _open.pop(job.run, None)
        job.fail(kind, _bad_line(job, kind, place, bad))
    except Permanent as error:
        _open.pop(job.run, None)
        if error.code not in _LOST:
            raise
        _lost(job, kind, place, error)
    return Again()


def _read(job: Job, kind: Kind, place: Place) -> None:
    """One chunk at least, however slow the download is to open."""
    until = job.app.clock.monotonic() + SLICE_SECONDS
    download = _download(job, kind, place)
    more = True
    while more:
        job.commit(kind, place, next(download.pieces), download.pace)
        download.at = place.byte
        more = place.phase is Phase.READING and not job.run.cancelled and job.app.clock.monotonic() < until
    if place.phase is not Phase.READING:
        _open.pop(job.run, None)


def _bad_line(job: Job, kind: Kind, place: Place, bad: BadLine) -> str:
    said = f"Line {place.lines + bad.line:,} of the file Shopify made for {kind} {bad.sentence}."
    return f"{said} {job.safe} {job.retry(kind)}"


def _lost(job: Job, kind: Kind, place: Place, error: Permanent) -> None:
    """Ask for the file's address again. If the file itself is another one now, it is read from its beginning."""
    place.lost_files += 1
    if place.lost_files > _LOST_FILES:
        job.fail(kind, f"{error.sentence} {job.safe} {job.retry(kind)}")
        return
    if error.code != "file_gone":
        place.start_over()
        with job.checkpoint():
            pass
        return
    _ask_again(job, place)


def _ask_again(job: Job, place: Place) -> None:
    place.phase = Phase.RUNNING
    with job.checkpoint():
        pass


def _look_up(job: Job, kind: Kind, place: Place) -> Next | None:
    """None when the address is known; else how it goes on without."""
    place.phase = Phase.RUNNING
    following = bulk.poll(job, [(kind, place)])
    return None if kind in job.urls else following
