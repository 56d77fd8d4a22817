"""A backup file put back into place: looked through first, brought to this version's schema aside, then moved in.

Whatever was there is moved aside, never overwritten. The restored Mooring is held from its first moment: the hold is in
the database before the database is in its place.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from mooring import app as root
from mooring.db import copies, people
from mooring.db.database import Database
from mooring.errors import InvalidInput, Misconfigured, Refused
from mooring.settings import Settings
from mooring.usecases import held
from mooring.usecases.backup import FORMAT, KEYS, MANIFEST, POSTGRES, RECEIPTS, SQLITE, Manifest
from mooring.usecases.held import Hold

_NO_BACKUP = "This is no backup of Mooring, or it is cut short. Nothing was changed."
_FULL = (
    "There is a Mooring here already. With --replace it is moved aside, into {}, and nothing of it is lost. "
    "Nothing was changed."
)
_SIDE_FILES = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Restored:
    """`aside`: where what was here before is kept now; None where there was nothing."""

    manifest: Manifest
    aside: str | None


def restore(settings: Settings, file: Path, *, replace: bool) -> Restored:
    now = root.SystemClock().now()
    with _opened(file) as bundle:
        manifest = _manifest(bundle)
        db = Database(settings.url)
        try:
            _fits(settings, manifest, db)
            put = _into_sqlite if db.path else _into_postgres
            return Restored(manifest, put(settings, db, bundle, manifest, replace, now))
        finally:
            db.close()


# -- the file ------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as bundle:
            if bundle.testzip() is not None:
                raise InvalidInput(_NO_BACKUP, field="file")
            yield bundle
    except (zipfile.BadZipFile, EOFError):
        raise InvalidInput(_NO_BACKUP, field="file") from None


def _manifest(bundle: zipfile.ZipFile) -> Manifest:
    try:
        found = msgspec.json.decode(bundle.read(MANIFEST), type=Manifest)
    except (KeyError, msgspec.DecodeError):
        raise InvalidInput(_NO_BACKUP, field="file") from None
    if found.format != FORMAT:
        raise Refused(f"This backup was made by Mooring {found.version}, in a form this version does not know.")
    return found


def _fits(settings: Settings, manifest: Manifest, db: Database) -> None:
    if manifest.database != db.dialect:
        raise Refused(
            f"This backup holds a {manifest.database} database, and MOORING_DATABASE_URL names a {db.dialect} one. "
            "Nothing was changed.",
            code="other_database",
        )
    if manifest.keys == "setting" and not settings.keys.get_secret_value():
        raise Misconfigured(
            "The key ring is not in this backup: it was in MOORING_KEYS. Set MOORING_KEYS to the same keys first.",
            code="wrong_key",
        )


def _hold(manifest: Manifest, now: datetime) -> Hold:
    source = f"the backup of {manifest.made_at:%d %b %Y, %H:%M} UTC"
    return Hold(at=now, source=source, backup_at=manifest.made_at)


def _aside_name(now: datetime) -> str:
    return f"before_restore_{now:%Y%m%d_%H%M%S}"


# -- SQLite --------------------------------------------------------------------------------------------------------


def _into_sqlite(
    settings: Settings, db: Database, bundle: zipfile.ZipFile, manifest: Manifest, replace: bool, now: datetime
) -> str | None:
    assert db.path is not None
    target, aside = db.path.resolve(), db.path.resolve().parent / _aside_name(now)
    lock = root.DirectoryLock(target.parent)
    lock.take()
    try:
        if target.exists() and not replace:
            raise Refused(_FULL.format(aside), code="not_empty")
        with tempfile.TemporaryDirectory(prefix=copies.STAGE, dir=target.parent) as folder:
            staged = _staged(settings, bundle, manifest, Path(folder), now)
            moved = _move_aside(settings, target, aside)
            _move_in(settings, staged, target)
        return str(aside) if moved else None
    finally:
        lock.release()


def _staged(settings: Settings, bundle: zipfile.ZipFile, manifest: Manifest, folder: Path, now: datetime) -> Path:
    """The backup as a Mooring of its own: its keys open it, its schema is this version's, and it is held."""
    for name in (SQLITE, KEYS, RECEIPTS):
        if name in bundle.namelist():
            _extract(bundle, name, folder / name)
    own = settings.model_copy(update={"data_dir": folder, "database_url": ""})
    built = root.build(own, with_engine=False)
    try:
        with built.app.db.write() as connection:
            held.put(connection, _hold(manifest, now))
        built.app.db.checkpoint()
    finally:
        built.close()
    return folder


def _extract(bundle: zipfile.ZipFile, name: str, path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out, bundle.open(name) as member:
        shutil.copyfileobj(member, out, copies.PIECE)
        out.flush()
        os.fsync(out.fileno())


def _move_aside(settings: Settings, target: Path, aside: Path) -> bool:
    """The database, the engine's files and the key ring; the receipts file stays, for it is to be compared with."""
    own = [target, *(Path(f"{target}{suffix}") for suffix in _SIDE_FILES)]
    present = [path for path in (*own, *target.parent.glob("engine.db*"), settings.data_dir / KEYS) if path.exists()]
    if not present:
        return False
    aside.mkdir(mode=0o700)
    for path in present:
        path.rename(aside / path.name)
    _sync(aside)
    return True


def _move_in(settings: Settings, staged: Path, target: Path) -> None:
    """The database comes last: until it is there, nothing starts on what is not whole."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not settings.keys.get_secret_value():
        (staged / KEYS).rename(settings.data_dir / KEYS)
    receipts = settings.data_dir / RECEIPTS
    if not receipts.exists():
        (staged / RECEIPTS).rename(receipts)
    (staged / SQLITE).rename(target)
    _sync(settings.data_dir)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# -- PostgreSQL ----------------------------------------------------------------------------------------------------


def _into_postgres(
    settings: Settings, db: Database, bundle: zipfile.ZipFile, manifest: Manifest, replace: bool, now: datetime
) -> str | None:
    """In one transaction with the hold. A key ring that is here already is kept beside the new one."""
    aside = _aside_name(now)
    taken = copies.is_taken(db)
    if taken and not replace:
        raise Refused(_FULL.format(f"the schema {aside}"), code="not_empty")
    copies.refuse_company(db)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=copies.STAGE, dir=settings.data_dir) as folder:
        for name in (POSTGRES, KEYS, RECEIPTS):
            if name in bundle.namelist():
                _extract(bundle, name, Path(folder) / name)
        held_text = msgspec.json.encode(_hold(manifest, now)).decode()
        statement = people.sql_of_fact(people.HELD_FACT, held_text)
        copies.put_back(db, Path(folder) / POSTGRES, aside=aside if taken else None, afterwards=statement)
        _keys_and_receipts(settings, Path(folder), aside)
    root.build(settings, with_engine=False).close()  # brings it to this version's schema, with its own keys
    return f"the schema {aside}" if taken else None


def _keys_and_receipts(settings: Settings, staged: Path, aside: str) -> None:
    keys, receipts = settings.data_dir / KEYS, settings.data_dir / RECEIPTS
    if not settings.keys.get_secret_value():
        if keys.exists():
            keys.rename(settings.data_dir / f"keys.{aside}")
        (staged / KEYS).rename(keys)
    if not receipts.exists():
        (staged / RECEIPTS).rename(receipts)
    _sync(settings.data_dir)
