"""The last step of a restore: files change places, and whoever starts next finishes what a crash cut off.

What is to move is written down (`restoring.json`) before the first file moves: that is the moment of the restore. From
then on every start first moves what has not moved yet, and only then looks for a database. So a folder in which the old
database is gone already and the new one has not come is never taken for a new Mooring.
"""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mooring.db import copies, people
from mooring.db.database import Database
from mooring.errors import Misconfigured
from mooring.usecases.backup import KEYS, RECEIPTS

JOURNAL = "restoring.json"
_LOST = (
    "A restore was cut off, and {} is not where it was put. What was here before is untouched in {}; take {} away to "
    "start without the restore. Nothing was changed."
)


class Moves(msgspec.Struct, frozen=True):
    """Names. `stage`: the folder the backup was unpacked into; `away`: of each file that is here, where it is kept;
    `home`: of each unpacked file, what it is called here. `hold`: the fact by which a PostgreSQL database tells that it
    was put back; None where the database is a file that moves too."""

    stage: str
    aside: str
    away: dict[str, str]
    home: dict[str, str]
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """`here`: the folder of the database file, or the data directory. Keys and receipts are in the data directory."""

    here: Path
    data_dir: Path

    @classmethod
    def of(cls, data_dir: Path, db: Database) -> Place:
        return cls(db.path.resolve().parent if db.path else data_dir.resolve(), data_dir.resolve())

    @property
    def journal(self) -> Path:
        return self.here / JOURNAL

    @property
    def cut_off(self) -> bool:
        """Whether a restore waits to be finished."""
        return self.journal.exists()

    def file(self, name: str) -> Path:
        return (self.data_dir if name in (KEYS, RECEIPTS) else self.here) / name


def begin(place: Place, moves: Moves) -> None:
    """From here on there is only forward."""
    draft = place.here / moves.stage / JOURNAL
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(moves))
        file.flush()
        os.fsync(file.fileno())
    sync(draft.parent)
    draft.rename(place.journal)
    sync(place.here)


def finish(place: Place, db: Database) -> Moves:
    """For whoever holds the directory's lock, before anybody opens the database. Safe to repeat. A PostgreSQL database
    that was not put back keeps its key ring."""
    moves = _read(place)
    if moves.hold is None or _says(db, moves.hold):
        _go_away(place, moves)
        _come_home(place, moves)
    place.journal.unlink()
    sync(place.here)
    shutil.rmtree(place.here / moves.stage, ignore_errors=True)
    return moves


def _read(place: Place) -> Moves:
    try:
        return msgspec.json.decode(place.journal.read_bytes(), type=Moves)
    except msgspec.DecodeError:
        raise Misconfigured(_LOST.format(place.journal, f"{place.here}/before_restore_…", place.journal)) from None


def _says(db: Database, hold: str) -> bool:
    if not copies.is_taken(db):
        return False
    with db.read() as connection:
        return people.fact(connection, people.HELD_FACT) == hold


def _go_away(place: Place, moves: Moves) -> None:
    """One that is kept already has moved; what bears its name now is the restored one."""
    for name, kept in moves.away.items():
        source, target = place.file(name), place.here / kept
        if source.exists() and not target.exists():
            target.parent.mkdir(mode=0o700, exist_ok=True)
            _carry(source, target)
            sync(target.parent)


def _come_home(place: Place, moves: Moves) -> None:
    """In the order that was written down: the database comes last."""
    place.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, called in moves.home.items():
        source, target = place.here / moves.stage / name, place.file(called)
        if source.exists():
            _carry(source, target)
        elif not target.exists():
            raise Misconfigured(_LOST.format(source, place.here / moves.aside, place.journal))
        sync(target.parent)


def _carry(source: Path, target: Path) -> None:
    """A data directory may be on another file system than the database."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        draft = target.with_name(f"{target.name}.moving")
        shutil.copy2(source, draft)
        with draft.open("rb") as copied:
            os.fsync(copied.fileno())
        draft.rename(target)
        source.unlink()


def sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
