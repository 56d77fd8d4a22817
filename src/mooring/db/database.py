"""One database, two kinds of transaction.

`read()` never blocks anybody. `write()` is the only way to change something: on SQLite it is one connection behind one
lock, opened with BEGIN IMMEDIATE (a deferred BEGIN that is upgraded later fails at once with "database is locked",
whatever the busy timeout); on PostgreSQL it is an ordinary transaction from the pool. SQLite's checkpoint runs on that
one connection too, which keeps clear of the WAL-reset bug of SQLite before 3.51.3.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from mooring.errors import Misconfigured

_BUSY_MS = 10_000
_CHECKPOINT_MS = 50
"""How long a checkpoint waits for readers; the writer waits with it."""
_LOCK_MS = 5_000

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
    f"PRAGMA busy_timeout={_BUSY_MS}",
    "PRAGMA cache_size=-65536",
)


class Turns:
    """A lock that is handed on in the order it was asked for. Python's own goes to whoever is quickest, which is
    whoever has just let go of it: a long row of transactions would starve everybody else."""

    def __init__(self) -> None:
        self._held = False
        self._waiting: deque[threading.Lock] = deque()
        self._mutex = threading.Lock()

    def __enter__(self) -> None:
        with self._mutex:
            if not self._held:
                self._held = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    @property
    def wanted(self) -> bool:
        return bool(self._waiting)

    def __exit__(self, *_: object) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


class Database:
    """Thread-safe. `dialect` is "sqlite" or "postgresql". A statement that fails is told without its values: they may
    be somebody's name and address, and the error goes into the log."""

    def __init__(self, url: str) -> None:
        self.url = make_url(normalise_url(url))
        self.dialect = self.url.get_backend_name()
        self._local = threading.local()
        self._writing = Turns()
        if self.dialect == "sqlite":
            self._readers, self._writer = self._sqlite_engines()
        else:
            self._readers = self._writer = create_engine(
                self.url, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True
            )

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None."""
        return Path(self.url.database) if self.dialect == "sqlite" and self.url.database else None

    @property
    def engine(self) -> Engine:
        """The engine that writes; for migrations only."""
        return self._writer

    def _sqlite_engines(self) -> tuple[Engine, Engine]:
        if not self.url.database or self.url.database == ":memory:":
            raise Misconfigured("MOORING_DATABASE_URL names no file. Give SQLite a path, as in sqlite:///data/hub.db.")
        manual = {"isolation_level": None, "check_same_thread": False}
        readers = create_engine(self.url, connect_args=manual, pool_size=8, max_overflow=24, hide_parameters=True)
        writer = create_engine(self.url, connect_args=manual, poolclass=StaticPool, hide_parameters=True)
        for engine, begin in ((readers, "BEGIN"), (writer, "BEGIN IMMEDIATE")):
            event.listen(engine, "connect", _set_pragmas)
            event.listen(engine, "begin", _beginner(begin))
        return readers, writer

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is inside `read()` or `write()`; no external call may be made then."""
        return getattr(self._local, "depth", 0) > 0

    @contextmanager
    def read(self) -> Generator[Connection]:
        with self._entered(), self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Generator[Connection]:
        """All or nothing. Not re-entrant on purpose: a use case opens its transaction in one place."""
        if getattr(self._local, "writing", False):
            raise AssertionError("write() inside write(): pass the connection on instead")
        with self._turn(), self._entered():
            self._local.writing = True
            try:
                with self._writer.connect() as connection, connection.begin():
                    yield connection
            finally:
                self._local.writing = False

    @contextmanager
    def _turn(self) -> Generator[None]:
        if self.dialect != "sqlite":
            yield
            return
        with self._writing:
            yield

    @contextmanager
    def _entered(self) -> Generator[None]:
        self._local.depth = getattr(self._local, "depth", 0) + 1
        try:
            yield
        finally:
            self._local.depth -= 1

    @property
    def writer_wanted(self) -> bool:
        """Whether somebody waits for the one writer of SQLite: a long piece of work should keep it short then."""
        return self._writing.wanted

    def ping(self) -> None:
        with self.read() as connection:
            connection.execute(select(text("1")))

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the SQLite file and empty it. False: somebody still reads the database as it
        was before; try again. Writers wait for it a moment at most."""
        if self.dialect != "sqlite":
            return True
        with self._writing, self._writer.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.execute(f"PRAGMA busy_timeout={_CHECKPOINT_MS}")
            try:
                busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                raw.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        return not busy

    def wipe(self, names: Sequence[str]) -> bool:
        """Let go of what was deleted from these tables. SQLite overwrites it (secure_delete) when it deletes, so only
        the log is left; PostgreSQL needs VACUUM. False: not possible just now; try again."""
        if self.dialect == "sqlite":
            return self.checkpoint()
        with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"SET lock_timeout = {_LOCK_MS}")
            try:
                connection.exec_driver_sql(f"VACUUM {', '.join(names)}")
            except OperationalError:
                return False
            finally:
                connection.exec_driver_sql("RESET lock_timeout")
        return True

    def close(self) -> None:
        self._readers.dispose()
        if self._writer is not self._readers:
            self._writer.dispose()


def normalise_url(url: str) -> str:
    """`postgres://` and `postgresql://` mean psycopg, the one driver that is shipped."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    raise Misconfigured(
        "MOORING_DATABASE_URL must begin with sqlite:/// or postgresql://.", setting="MOORING_DATABASE_URL"
    )


def _set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _beginner(statement: str):
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin
