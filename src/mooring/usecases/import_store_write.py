"""One piece of a bulk file -> one transaction: rows by what wins, the keys that prove them, the place after them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection

from mooring.db import lists, records, records_chunks, records_kinds
from mooring.db.bulk import Written
from mooring.domain import records_access as access
from mooring.domain.kinds import Kind
from mooring.domain.records import number
from mooring.domain.translate import LAYOUTS, Found, Reader, Rows, graft, without_nul
from mooring.domain.translate_rows import Shape, Stamp
from mooring.usecases.import_store_pieces import Piece
from mooring.usecases.import_store_place import Job, Pace, Phase, Place
from mooring.usecases.suppression_imports import screened

_SHOWN_EVERY = 0.5
"""Seconds between two updates of what pages show."""


def commit(job: Job, kind: Kind, place: Place, piece: Piece, pace: Pace) -> None:
    """Translated before the transaction is opened, unless stored rows have to complete what was read."""
    reader = _reader(kind)
    stamp = Stamp(job.store_id, place.created_at)
    ready = None if place.missing else _rows(reader, reader.records(piece.lines), stamp, piece)
    with job.checkpoint() as connection:
        if place.byte == 0:
            _begin(job, connection, kind, place)
        rows = ready or _rows(reader, _completed(job, connection, kind, place, piece, reader), stamp, piece)
        _write(job, connection, kind, place, reader, rows, stamp)
        _mark(job, connection, kind, place, piece, rows)
        _show(job, connection, kind, place, pace)


@cache
def _reader(kind: Kind) -> Reader:
    return Reader(kind)


def _begin(job: Job, connection: Connection, kind: Kind, place: Place) -> None:
    """The first piece of a file: an earlier file of this import no longer counts."""
    records_chunks.clear(connection, job.run.id, kind)
    records_kinds.narrow_never_read(connection, job.store_id, kind, frozenset(place.unread))
    made = datetime.fromisoformat(place.created_at)
    records_kinds.note_without(connection, job.store_id, kind, place.unread, at=made)


def _rows(reader: Reader, found: Iterable[Found], stamp: Stamp, piece: Piece) -> Rows:
    rows = reader.rows(found, stamp)
    if piece.nul:
        return Rows(without_nul(rows.roots), without_nul(rows.children), rows.keys)
    return rows


def _completed(job: Job, connection: Connection, kind: Kind, place: Place, piece: Piece, reader: Reader) -> list[Found]:
    found = list(reader.records(piece.lines))
    complete(connection, job.store_id, kind, found, place.missing)
    return found


def complete(connection: Connection, store_id: str, kind: Kind, found: Sequence[Found], missing: Iterable[str]) -> None:
    """What this reading leaves out (`missing`) is taken from what is stored, so that it is not blanked."""
    layout, paths = LAYOUTS[kind], tuple(missing)
    for children, shape, prefix in (
        (False, layout.root, str(kind)),
        (True, layout.child, f"{kind}.{layout.connection}"),
    ):
        unread = access.steps(paths, prefix)
        if unread and shape.sealed:
            some = [record for is_child, record in found if is_child is children]
            _graft_stored(connection, shape, store_id, some, unread)


def _graft_stored(
    connection: Connection, shape: Shape, store_id: str, found: list[Any], unread: tuple[tuple[str, ...], ...]
) -> None:
    stored = records.bodies(connection, shape, store_id, [number(record.id) for record in found])
    for record in found:
        if body := stored.get(number(record.id)):
            graft(record, body, unread)


def _write(
    job: Job, connection: Connection, kind: Kind, place: Place, reader: Reader, rows: Rows, stamp: Stamp
) -> None:
    root, child, store_id = reader.layout.root, reader.layout.child, job.store_id
    incoming = rows.roots
    if kind is Kind.CUSTOMERS:
        incoming = screened(job.app, connection, job.run.store.project_id, store_id, incoming)
    roots = records.write_roots(connection, root, store_id, incoming)
    children, passed_over = records.write_children(connection, child, root, store_id, rows.children, stamp.fetched_at)
    if kind is Kind.CUSTOMERS and roots.new and (list_id := lists.of_store(connection, store_id)):
        records.join_list(connection, store_id, roots.new, list_id)
    _count(place, roots, children, passed_over)


def _count(place: Place, roots: Written, children: Written, passed_over: int) -> None:
    place.roots += roots.rows
    place.written += roots.written
    place.rows += roots.rows + children.rows
    place.rows_written += roots.written + children.written
    place.passed_over += passed_over


def _mark(job: Job, connection: Connection, kind: Kind, place: Place, piece: Piece, rows: Rows) -> None:
    """The keys of the lines, and the byte to go on from."""
    count = len(piece.lines)
    if count:
        records_chunks.add(
            connection, job.run.id, kind,
            first_byte=place.byte, end_byte=piece.end_byte, lines=count, keys=rows.keys,
        )  # fmt: skip
    place.byte, place.lines = piece.end_byte, place.lines + count
    if piece.last:
        place.phase, place.cut = Phase.COUNTING, piece.cut


def _show(job: Job, connection: Connection, kind: Kind, place: Place, pace: Pace) -> None:
    now = job.app.clock.monotonic()
    if now - pace.shown < _SHOWN_EVERY and place.phase is Phase.READING:
        return
    pace.shown = now
    rate = round((place.roots - pace.roots_before) / max(now - pace.began, 0.001))
    records_kinds.change(
        connection, job.store_id, kind,
        count=place.roots, expected=place.root_objects, written=place.written, unchanged=place.unchanged, rate=rate,
    )  # fmt: skip
