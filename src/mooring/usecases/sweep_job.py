"""A sweep in the hands of one worker: files that hold nothing but ids, asked for, read and proved as an import does."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from mooring.db import records_chunks
from mooring.domain.kinds import Kind
from mooring.domain.proof import pack, root_key
from mooring.domain.records import number
from mooring.domain.translate import LAYOUTS, BadLine
from mooring.usecases.import_store_pieces import Piece
from mooring.usecases.import_store_place import Job, Pace, Phase, Place


class SweepPlace(Place, omit_defaults=True):
    """One kind. `after` is the hub id reached in the present phase, `chunk` the chunk of the file."""

    judged: int = 0
    gone: int = 0
    """Living here, and not in the file."""
    marked: int = 0
    still_there: int = 0
    """Not in the file, and yet Shopify knows them."""
    held: int = 0
    kept: int = 0
    """Gone, and a person has said to keep them."""
    chunk: int = -1
    owed: list[int] = msgspec.field(default_factory=list[int])
    """In the file, not here, and still to be read."""
    found: int = 0
    recovered: int = 0
    beyond: bool = False
    """So many are not here that an import of the kind is cheaper."""

    def now_there(self, now: float) -> datetime:
        """By Shopify's clock: when it made the bulk operation, and what has passed on ours since we asked for it."""
        return datetime.fromisoformat(self.created_at) + timedelta(seconds=max(0.0, now - self.asked_at))


class _Line(msgspec.Struct):
    id: str


_decode = msgspec.json.Decoder(_Line).decode


class SweepJob(Job):
    """Ids only, compared with the hub."""

    place_type = SweepPlace
    safe = "Nothing was marked as deleted."

    def place(self, kind: Kind) -> SweepPlace:
        found = self.places[kind]
        assert isinstance(found, SweepPlace)
        return found

    def prepare(self, connection: Connection, kind: Kind, place: Place) -> None:
        """Keys of a file that was begun before no longer count."""
        records_chunks.clear(connection, self.run.id, kind)

    def query(self, kind: Kind, place: Place) -> str:
        return f"{{ {kind} {{ edges {{ node {{ id }} }} }} }}"

    def commit(self, kind: Kind, place: Place, piece: Piece, pace: Pace) -> None:
        keys = [root_key(one) for one in _ids(kind, piece.lines)]
        with self.checkpoint() as connection:
            if place.byte == 0:
                records_chunks.clear(connection, self.run.id, kind)
            if keys:
                records_chunks.add(
                    connection, self.run.id, kind,
                    first_byte=place.byte, end_byte=piece.end_byte, lines=len(keys), keys=pack(keys),
                )  # fmt: skip
            place.byte, place.lines, place.roots = piece.end_byte, place.lines + len(keys), place.roots + len(keys)
            if piece.last:
                place.phase, place.cut = Phase.COUNTING, piece.cut

    def proved(self, kind: Kind, place: Place) -> None:
        place.phase = Phase.COMPARING
        with self.checkpoint():
            pass

    def failed(self, connection: Connection, kind: Kind, sentence: str) -> None:
        """The kind's own state tells of its imports; the sweep's receipt tells of this."""

    def retry(self, kind: Kind) -> str:
        return f"The {kind} are compared again within the hour."


def _ids(kind: Kind, lines: list[bytes]) -> list[int]:
    """Raises `BadLine` for a line that is not the id of such a record."""
    start, found = f"gid://shopify/{LAYOUTS[kind].root_type}/", list[int]()
    try:
        for line in lines:
            gid = _decode(line).id
            if not gid.startswith(start):
                raise ValueError(gid)
            found.append(number(gid))
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        raise BadLine(len(found) + 1, "does not hold the id of such a record") from None
    return found
