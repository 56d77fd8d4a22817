"""Backup: one file with everything that cannot be made again, as a zip that any tool can open.

    backup.json      what it is: versions, when, how many lines of the receipts file the copy knew
    hub.db           the database (SQLite), or
    hub.dump         the database (PostgreSQL, pg_dump's custom format)
    keys             the key ring, unless MOORING_KEYS holds it
    receipts.jsonl   the receipts file

The key of keyed hashes (suppressions) is in the database, sealed under the key ring. Who has this file has everything.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Literal

import msgspec

from mooring import __version__
from mooring.db import audit, copies, migrate
from mooring.usecases.context import App
from mooring.usecases.who import Who

FORMAT = 1
MANIFEST, SQLITE, POSTGRES, KEYS, RECEIPTS = "backup.json", "hub.db", "hub.dump", "keys", "receipts.jsonl"


class Manifest(msgspec.Struct, frozen=True):
    """`keys`: whether the key ring is in the file or was in a setting, which is the operator's to keep."""

    format: int
    version: str
    schema: str
    database: Literal["sqlite", "postgresql"]
    made_at: datetime
    receipts_lines: int
    keys: Literal["file", "setting"]


def write(app: App, who: Who) -> Iterator[bytes]:
    """The file, piece by piece. Its copy of the database is one consistent moment; the receipts file is read before it,
    so that nothing the copy does not know can count as known."""
    who.require_installation_admin()
    receipts = [msgspec.json.encode(entry) for entry in app.ledger.entries()]
    manifest = _manifest(app, len(receipts))
    with app.db.write() as connection:
        audit.write(connection, at=app.clock.now(), actor=who.id, event="installation.backup")
    return _zipped(_members(app, manifest, receipts), manifest.made_at)


def _manifest(app: App, lines: int) -> Manifest:
    with app.db.read() as connection:
        schema = migrate.current(connection) or migrate.head()
    in_file = not app.settings.keys.get_secret_value()
    return Manifest(
        format=FORMAT,
        version=__version__,
        schema=schema,
        database="sqlite" if app.db.dialect == "sqlite" else "postgresql",
        made_at=app.clock.now(),
        receipts_lines=lines,
        keys="file" if in_file else "setting",
    )


def _members(app: App, manifest: Manifest, receipts: list[bytes]) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield MANIFEST, [msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"]
    if manifest.keys == "file":
        yield KEYS, [(app.settings.data_dir / KEYS).read_bytes()]
    yield RECEIPTS, [line + b"\n" for line in receipts]
    if app.db.path is None:
        yield POSTGRES, copies.dump(app.db)
        return
    with closing(copies.of_sqlite(app.db.path)) as copy:
        yield SQLITE, iter(lambda: copy.read(copies.PIECE), b"")


# -- the file ------------------------------------------------------------------------------------------------------


class _Sink:
    """What zipfile writes to: whatever came since the last `take`."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def _zipped(members: Iterable[tuple[str, Iterable[bytes]]], at: datetime) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:  # type: ignore[call-overload]
        for name, pieces in members:
            about = zipfile.ZipInfo(name, at.timetuple()[:6])
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with file.open(about, "w", force_zip64=True) as member:
                for piece in pieces:
                    member.write(piece)
                    yield sink.take()
    yield sink.take()
