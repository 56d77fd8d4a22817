"""The file of a bulk operation -> rows of the hub, chunk by chunk. Rows and place are committed together.

A slice reads for a second or two and keeps the download open for the next one; whoever comes after a crash opens the
file again at the first byte that is not committed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from mooring.db import lists, records, records_chunks, records_kinds
from mooring.db.bulk import Written
from mooring.domain import records_access as access
from mooring.domain.kinds import Kind
from mooring.domain.records import number
from mooring.domain.translate import BadLine, Found, Reader, Rows, graft, without_nul
from mooring.domain.translate_rows import Shape, Stamp
from mooring.errors import Permanent
from mooring.usecases.import_store_ahead import Ahead
from mooring.usecases.import_store_place import Job, Phase, Place
from mooring.usecases.operations import Again, Next, Run

CHUNK_LINES = 4_000
CHUNK_BYTES = 4 << 20
_LONGEST_LINE = 32 << 20
SLICE_SECONDS = 1.5
_SHOWN_EVERY = 0.5
"""Seconds between two updates of what pages show."""
_LOST_FILES = 3
_LOST = frozenset({"file_gone", "file_changed", "wrong_range"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a file up to `end_byte`. `cut`: the file ended in the middle of a line, which is left out."""

    lines: list[bytes]
    end_byte: int
    last: bool = False
    cut: bool = False
    nul: bool = False
    """Whether U+0000 stands in one of its texts, or near by."""


def pieces(blocks: Iterator[bytes], first_byte: int) -> Generator[Piece]:
    """Blocks as they come over the network, from `first_byte` on, as chunks of whole lines; the last one says so.

    Lines are cut at line feeds only: U+2028 and its like may stand inside a line.
    """
    rest, at, ended = b"", first_byte, False
    while not ended:
        data, ended = _gather(blocks, rest)
        whole = data.rfind(b"\n") + 1
        rest = data[whole:]
        if len(rest) > _LONGEST_LINE:
            raise BadLine(1, f"is longer than {_LONGEST_LINE:,} bytes")
        lines = data[:whole].split(b"\n")[:-1]
        starts = range(0, max(len(lines), 1), CHUNK_LINES)
        nul = b"\\u0000" in data
        for first in starts:
            part = lines[first : first + CHUNK_LINES]
            at += sum(map(len, part)) + len(part)
            last = ended and first == starts[-1]
            if part or last:
                written = [line for line in part if line and not line.isspace()]
                yield Piece(written, at, last, last and bool(rest.strip()), nul)


def _gather(blocks: Iterator[bytes], rest: bytes) -> tuple[bytes, bool]:
    """About a chunk's worth of bytes, and whether the file ended."""
    parts, size = [rest], len(rest)
    wanted = max(CHUNK_BYTES, size + 1)
    for block in blocks:
        parts.append(block)
        size += len(block)
        if size >= wanted:
            return b"".join(parts), False
    return b"".join(parts), True


# -- the open download ---------------------------------------------------------------------------------------------


@dataclass
class _Download:
    kind: Kind
    bulk_id: str
    at: int
    pieces: Ahead[Piece]
    began: float
    roots_before: int
    reader: Reader
    shown: float = 0.0


_open: WeakKeyDictionary[Run, _Download] = WeakKeyDictionary()
"""Downloads between two slices of the same worker. One that is forgotten closes itself."""


def _download(job: Job, kind: Kind, place: Place) -> _Download:
    held = _open.get(job.run)
    if held is not None and (held.kind, held.bulk_id, held.at) == (kind, place.bulk_id, place.byte):
        return held
    opening, first = job.run.open_file(place.url, place.byte), place.byte
    stream = Ahead(lambda: _stream(opening, first))
    job.run.counts["requests"] += 1
    made = _Download(kind, place.bulk_id, place.byte, stream, job.app.clock.monotonic(), place.roots, Reader(kind))
    _open[job.run] = made
    return made


def _stream(opening: AbstractContextManager[Iterator[bytes]], first_byte: int) -> Generator[Piece]:
    with opening as blocks:
        yield from pieces(blocks, first_byte)


def read(job: Job, kind: Kind, place: Place) -> Next:
    """Read on for one slice."""
    try:
        _read(job, kind, place)
    except BadLine as bad:
        _open.pop(job.run, None)
        job.fail(kind, _bad_line(kind, place, bad))
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
        _commit(job, kind, place, next(download.pieces), download)
        download.at = place.byte
        more = place.phase is Phase.READING and not job.run.cancelled and job.app.clock.monotonic() < until
    if place.phase is not Phase.READING:
        _open.pop(job.run, None)


def _bad_line(kind: Kind, place: Place, bad: BadLine) -> str:
    return (
        f"Line {place.lines + bad.line:,} of the file Shopify made for {kind} {bad.sentence}. "
        f"The {place.lines:,} lines before are kept, "
        f"nothing was removed or blanked, and the catch-up point has not moved. Retry {kind} to have it made again."
    )


def _lost(job: Job, kind: Kind, place: Place, error: Permanent) -> None:
    """Ask for the file's address again. If the file itself is another one now, it is read from its beginning."""
    place.lost_files += 1
    if place.lost_files > _LOST_FILES:
        job.fail(kind, f"{error.sentence} What was read of {kind} is kept. Retry {kind}.")
        return
    if error.code == "file_gone":
        place.phase = Phase.RUNNING
    else:
        place.start_over()
    with job.checkpoint():
        pass


# -- one chunk -----------------------------------------------------------------------------------------------------


def _commit(job: Job, kind: Kind, place: Place, piece: Piece, download: _Download) -> None:
    reader, stamp = download.reader, Stamp(job.store_id, place.created_at)
    rows = None if place.missing else _rows(reader, reader.records(piece.lines), stamp, piece)
    with job.checkpoint() as connection:
        if rows is None:
            whole = _completed(connection, reader, list(reader.records(piece.lines)), place, job.store_id, kind)
            rows = _rows(reader, whole, stamp, piece)
        if place.byte == 0:
            records_chunks.clear(connection, job.run.id, kind)
            records_kinds.narrow_never_read(connection, job.store_id, kind, frozenset(place.unread))
        roots, children, passed_over = _write(connection, job.store_id, reader, rows, stamp)
        if kind is Kind.CUSTOMERS and roots.new and (list_id := lists.of_store(connection, job.store_id)):
            records.join_list(connection, job.store_id, roots.new, list_id)
        if piece.lines:
            records_chunks.add(
                connection, job.run.id, kind,
                first_byte=place.byte, end_byte=piece.end_byte, lines=len(piece.lines), keys=rows.keys,
            )  # fmt: skip
        _advance(place, piece, roots, children, passed_over)
        _show(job, connection, kind, place, download)


def _rows(reader: Reader, found: Iterable[Found], stamp: Stamp, piece: Piece) -> Rows:
    rows = reader.rows(found, stamp)
    if piece.nul:
        return Rows(without_nul(rows.roots), without_nul(rows.children), rows.keys)
    return rows


def _completed(
    connection: Connection, reader: Reader, found: list[Found], place: Place, store_id: str, kind: Kind
) -> list[Found]:
    """What this reading leaves out is taken from what is stored, so that it is not blanked."""
    layout = reader.layout
    for is_child, shape, prefix in (
        (False, layout.root, str(kind)),
        (True, layout.child, f"{kind}.{layout.connection}"),
    ):
        unread = access.steps(place.missing, prefix)
        if unread and shape.sealed:
            _graft_stored(connection, shape, store_id, [one for child, one in found if child is is_child], unread)
    return found


def _graft_stored(
    connection: Connection, shape: Shape, store_id: str, found: list[Any], unread: tuple[tuple[str, ...], ...]
) -> None:
    stored = records.bodies(connection, shape, store_id, [number(record.id) for record in found])
    for record in found:
        if body := stored.get(number(record.id)):
            graft(record, body, unread)


def _write(
    connection: Connection, store_id: str, reader: Reader, rows: Rows, stamp: Stamp
) -> tuple[Written, Written, int]:
    root, child = reader.layout.root, reader.layout.child
    roots = records.write_roots(connection, root, store_id, rows.roots)
    children, passed_over = records.write_children(connection, child, root, store_id, rows.children, stamp.fetched_at)
    return roots, children, passed_over


def _advance(place: Place, piece: Piece, roots: Written, children: Written, passed_over: int) -> None:
    place.byte = piece.end_byte
    place.lines += len(piece.lines)
    place.roots += roots.rows
    place.written += roots.written
    place.rows += roots.rows + children.rows
    place.rows_written += roots.written + children.written
    place.passed_over += passed_over
    if piece.last:
        place.phase, place.cut = Phase.COUNTING, piece.cut


def _show(job: Job, connection: Connection, kind: Kind, place: Place, download: _Download) -> None:
    now = job.app.clock.monotonic()
    if now - download.shown < _SHOWN_EVERY and place.phase is Phase.READING:
        return
    download.shown = now
    rate = round((place.roots - download.roots_before) / max(now - download.began, 0.001))
    records_kinds.change(
        connection, job.store_id, kind,
        count=place.roots, expected=place.root_objects, written=place.written, unchanged=place.unchanged, rate=rate,
    )  # fmt: skip
