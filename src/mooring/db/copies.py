"""Whole databases, copied and put back: SQLite by its own VACUUM, PostgreSQL by its own programs.

A SQLite copy is made beside running readers and writers from one consistent snapshot, and holds no bytes of deleted
rows. Passwords go to PostgreSQL's programs by environment, never by argument.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import URL, text

from mooring.db.database import Database
from mooring.errors import Permanent, Refused

PIECE = 1024 * 1024
COPY, STAGE = ".backup-", ".restore-"
"""How a copy is called while it is being made, and the folder a backup is unpacked into. What a crash left behind is
removed at the next start."""
_ENGINE_SCHEMA, _ASIDE = "dbos", "before_restore_*"
_LONGEST = 6 * 3600
"""Seconds that PostgreSQL's programs may take."""


# -- SQLite --------------------------------------------------------------------------------------------------------


def of_sqlite(path: Path) -> BinaryIO:
    """An open copy of the database at `path`. It has no name any more: it is gone when it is closed."""
    handle, name = tempfile.mkstemp(prefix=COPY, dir=path.parent)
    os.close(handle)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as source:
            source.execute("VACUUM INTO ?", (name,))
        return Path(name).open("rb")
    finally:
        Path(name).unlink()


def tidy(db: Database) -> None:
    """Only for a process that holds the directory's lock: nobody else can be making a copy."""
    if db.path is None:
        return
    for copy in db.path.parent.glob(f"{COPY}*"):
        copy.unlink(missing_ok=True)
    for stage in db.path.parent.glob(f"{STAGE}*"):
        shutil.rmtree(stage)


# -- PostgreSQL ----------------------------------------------------------------------------------------------------


def dump(db: Database) -> Iterator[bytes]:
    """In pg_dump's own format, without what the engine keeps. Raises `Refused` when the program is not here."""
    program = _program("pg_dump", db)
    command = [program, "--format=custom", "--compress=0", f"--exclude-schema={_ENGINE_SCHEMA}",
               f"--exclude-schema={_ASIDE}", f"--dbname={_address(db.url)}"]  # fmt: skip
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=_environment(db.url))
        assert running.stdout is not None
        try:
            while piece := running.stdout.read(PIECE):
                yield piece
            if running.wait(_LONGEST):
                raise _failed("pg_dump", said)
        finally:
            running.stdout.close()
            if running.poll() is None:
                running.kill()
                running.wait()


def put_back(db: Database, dumped: Path, *, aside: str | None, afterwards: str) -> None:
    """The dump into an empty database, in one transaction with `afterwards` (SQL). `aside`: the schema that what is
    there now is kept in. The engine's own schema goes: it is disposable."""
    before = [f"DROP SCHEMA IF EXISTS {_ENGINE_SCHEMA} CASCADE;"]
    if aside is not None:
        before += [f"ALTER SCHEMA public RENAME TO {aside};", "CREATE SCHEMA public;"]
    with tempfile.TemporaryFile() as script, tempfile.TemporaryFile() as said:
        script.write("\n".join([*before, ""]).encode())
        script.flush()
        read = [_program("pg_restore", db), "--no-owner", "--no-privileges", "--file=-", str(dumped)]
        if subprocess.run(read, stdout=script, stderr=said, timeout=_LONGEST, check=False).returncode:
            raise _failed("pg_restore", said)
        script.seek(0, os.SEEK_END)
        script.write(f"\nSET search_path TO public;\n{afterwards}\n".encode())
        script.seek(0)
        write = [_program("psql", db), "--no-psqlrc", "--quiet", "--single-transaction", "--output=/dev/null",
                 "--set=ON_ERROR_STOP=1", f"--dbname={_address(db.url)}"]  # fmt: skip
        done = subprocess.run(write, stdin=script, stderr=said, env=_environment(db.url), timeout=_LONGEST, check=False)
        if done.returncode:
            raise _failed("psql", said)


def _program(name: str, db: Database) -> str:
    found = shutil.which(name)
    if found is None:
        plain = _address(db.url)
        raise Refused(
            f"{name} is not installed here. Install PostgreSQL's client programs, or make the backup where they are: "
            f"pg_dump --format=custom --exclude-schema={_ENGINE_SCHEMA} --dbname={plain}",
            code="no_program",
        )
    return found


def _address(url: URL) -> str:
    """Without the password."""
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def _environment(url: URL) -> dict[str, str]:
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    return {**os.environ, **password, "PGCONNECT_TIMEOUT": "10", "LC_MESSAGES": "C"}


def _failed(program: str, said: BinaryIO) -> Permanent:
    """With the program's first complaint, which names a table or a server and no data."""
    said.seek(0)
    lines = [line.strip() for line in said.read(4000).decode(errors="replace").splitlines() if line.strip()]
    return Permanent(f"{program} failed: {lines[0] if lines else 'it says no more'}", code="program_failed")


_LOOKS = 10


def _others(db: Database, *, after: float = 0) -> int:
    """How many other connections there are, `after` so many seconds."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with db.read() as connection:
        connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": after})
        return connection.execute(text(query)).scalar_one()


def is_taken(db: Database) -> bool:
    """Whether a Mooring lives in this database."""
    with db.read() as connection:
        return connection.execute(text("SELECT to_regclass('public.installation')")).scalar() is not None


def refuse_company(db: Database) -> None:
    """Raises `Refused` while anybody else is connected: a Mooring at work would go on in the restored data. Who has
    just left may be counted for a moment still."""
    others = _others(db)
    for _ in range(_LOOKS):
        others = others and _others(db, after=0.2)
    if others:
        raise Refused(
            f"{others} other connections are open to this database. Stop every process of Mooring first. "
            "Nothing was changed.",
            code="in_use",
        )
