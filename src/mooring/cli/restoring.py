"""A backup file put back into place: looked through first, brought to this version's schema aside, then moved in.

Whatever was there is moved aside, never overwritten. The restored Mooring is held from its first moment: the hold is in
the database before the database is in its place. What a crash cuts off the next start finishes (`restore_files`).
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
from mooring.usecases import held, restore_files
from mooring.usecases.backup import FORMAT, KEYS, MANIFEST, POSTGRES, RECEIPTS, SQLITE, Manifest
from mooring.usecases.held import Hold
from mooring.usecases.restore_files import Moves, Place

_NO_BACKUP = "This is no backup of Mooring, or it is cut short. Nothing was changed."
_FULL = (
    "There is a Mooring here already. With --replace it is moved aside, into {}, and nothing of it is lost. "
    "Nothing was changed."
)
_FINISHED = (
    "An earlier restore had been cut off before its end. It is finished now, and held; what was here before it is in "
    "{}. Look at it, or repeat this command to put this file back."
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
    return f"before_restore_{now:%Y%m%d_%H%M%S_%f}"


# -- changing places ---------------------------------------------------------------------------------------------


@contextmanager
def _alone(settings: Settings, place: Place, db: Database) -> Iterator[None]:
    """Under the directory's lock. What an earlier restore left unfinished is finished, and nothing else is done."""
    lock = root.DirectoryLock(place.here)
    lock.take()
    try:
        if place.cut_off:
            aside = place.here / restore_files.finish(place, db).aside
            raise Refused(_FINISHED.format(aside), code="restore_finished")
        yield
    finally:
        lock.release()


@contextmanager
def _stage(place: Place) -> Iterator[Path]:
    """A folder to unpack into. It stays for the next start where moving its files was begun and not finished."""
    folder = Path(tempfile.mkdtemp(prefix=copies.STAGE, dir=place.here))
    try:
        yield folder
    finally:
        if not place.cut_off:
            shutil.rmtree(folder, ignore_errors=True)


def _homes(settings: Settings, place: Place, stage: Path) -> dict[str, str]:
    """The key ring comes with the backup, unless a setting holds it. The receipts file that is here stays, for the
    backup is to be compared with it."""
    stays = {KEYS: settings.keys.get_secret_value(), RECEIPTS: place.file(RECEIPTS).exists()}
    return {name: name for name, here in stays.items() if not here and (stage / name).exists()}


def _extract(bundle: zipfile.ZipFile, names: tuple[str, ...], folder: Path) -> None:
    for name in names:
        if name in bundle.namelist():
            _extract_one(bundle, name, folder / name)


def _extract_one(bundle: zipfile.ZipFile, name: str, path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out, bundle.open(name) as member:
        shutil.copyfileobj(member, out, copies.PIECE)
        out.flush()
        os.fsync(out.fileno())


# -- SQLite --------------------------------------------------------------------------------------------------------


def _into_sqlite(
    settings: Settings, db: Database, bundle: zipfile.ZipFile, manifest: Manifest, replace: bool, now: datetime
) -> str | None:
    assert db.path is not None
    place, target, aside = Place.of(settings.data_dir, db), db.path.resolve(), _aside_name(now)
    with _alone(settings, place, db):
        if target.exists() and not replace:
            raise Refused(_FULL.format(place.here / aside), code="not_empty")
        with _stage(place) as stage:
            _prepare(settings, bundle, manifest, stage, now)
            away = _away(place, target, aside)
            home = _homes(settings, place, stage) | {SQLITE: target.name}
            restore_files.begin(place, Moves(stage.name, aside, away, home))
            restore_files.finish(place, db)
    return str(place.here / aside) if away else None


def _prepare(settings: Settings, bundle: zipfile.ZipFile, manifest: Manifest, folder: Path, now: datetime) -> None:
    """The backup as a Mooring of its own: its keys open it, its schema is this version's, and it is held."""
    _extract(bundle, (SQLITE, KEYS, RECEIPTS), folder)
    own = settings.model_copy(update={"data_dir": folder, "database_url": ""})
    built = root.build(own, with_engine=False)
    try:
        with built.app.db.write() as connection:
            held.put(connection, _hold(manifest, now))
        built.app.db.checkpoint()
    finally:
        built.close()


def _away(place: Place, target: Path, aside: str) -> dict[str, str]:
    """The database, the engine's files and the key ring."""
    own = [target.name, *(f"{target.name}{suffix}" for suffix in _SIDE_FILES), KEYS]
    engine = [path.name for path in place.here.glob("engine.db*")]
    return {name: f"{aside}/{name}" for name in [*own, *engine] if place.file(name).exists()}


# -- PostgreSQL ----------------------------------------------------------------------------------------------------


def _into_postgres(
    settings: Settings, db: Database, bundle: zipfile.ZipFile, manifest: Manifest, replace: bool, now: datetime
) -> str | None:
    """In one transaction with the hold, by which it is seen afterwards whether it was done. A key ring that is here
    already is kept beside the new one."""
    place, aside, taken = Place.of(settings.data_dir, db), _aside_name(now), copies.is_taken(db)
    with _alone(settings, place, db):
        if taken and not replace:
            raise Refused(_FULL.format(f"the schema {aside}"), code="not_empty")
        copies.refuse_company(db)
        with _stage(place) as stage:
            _extract(bundle, (POSTGRES, KEYS, RECEIPTS), stage)
            hold = msgspec.json.encode(_hold(manifest, now)).decode()
            home = _homes(settings, place, stage)
            away = {name: f"{name}.{aside}" for name in home if place.file(name).exists()}
            restore_files.begin(place, Moves(stage.name, f"keys.{aside}", away, home, hold))
            try:
                afterwards = people.sql_of_fact(people.HELD_FACT, hold)
                copies.put_back(db, stage / POSTGRES, aside=aside if taken else None, afterwards=afterwards)
            finally:
                restore_files.finish(place, db)
    root.build(settings, with_engine=False).close()  # brings it to this version's schema, with its own keys
    return f"the schema {aside}" if taken else None
