"""One database: a SQLite file, in which one transaction at a time works and the first that commits wins.

A transaction is *begun* when its request arrives: from then on it would, in PostgreSQL, see the database as it was then
(REPEATABLE READ). It *runs* later, in one go. If another one that began after it, or beside it, has meanwhile changed a
row that it now changes too, it loses: `SerializationFailure`, exactly where PostgreSQL would refuse the statement.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mooring_sandbox.odoo.errors import SerializationFailure

Row = tuple[Any, ...]


class Database:
    """Numbers are never given out twice, even by a transaction that was rolled back, as PostgreSQL's sequences."""

    def __init__(self, path: Path | str, name: str) -> None:
        self.name, self.path = name, path
        self.lock = threading.RLock()
        self.connection = connect(path)
        self.commits = 0
        self._begun: Counter[int] = Counter()
        self._changed: dict[str, dict[Any, int]] = {}
        self._numbers: dict[str, int] = {}

    def close(self) -> None:
        with self.lock:
            self.connection.close()

    def begin(self) -> int:
        """What the transaction will be held against: how many had committed when it began."""
        with self.lock:
            self._begun[self.commits] += 1
            return self.commits

    def forget(self, begun: int) -> None:
        with self.lock:
            self._begun[begun] -= 1
            if self._begun[begun] <= 0:
                del self._begun[begun]

    @contextlib.contextmanager
    def run(self, begun: int, *, loses: bool = False) -> Iterator[Transaction]:
        """Commits at the end of the block, or leaves nothing behind. `loses`: its first change is refused."""
        with self.lock:
            transaction = Transaction(self, begun, loses)
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield transaction
                self._commit(transaction, begun)
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise

    def _commit(self, transaction: Transaction, begun: int) -> None:
        self.connection.execute("COMMIT")
        if not transaction.changed:
            return
        self.commits += 1
        others = sum(self._begun.values()) - (1 if begun in self._begun else 0)
        if not others:
            self._changed.clear()
            return
        for table, keys in transaction.changed.items():
            self._changed.setdefault(table, {}).update(dict.fromkeys(keys, self.commits))

    def changed_since(self, begun: int, table: str, keys: Iterable[Any]) -> bool:
        if begun == self.commits or table not in self._changed:
            return False
        known = self._changed[table]
        return any(known.get(key, 0) > begun for key in keys)

    def numbers(self, table: str, count: int) -> range:
        """So many new ids."""
        if table not in self._numbers:
            row = self.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
            self._numbers[table] = row[0] if row else 0
        first = self._numbers[table] + 1
        self._numbers[table] += count
        return range(first, first + count)

    def replace(self, other: sqlite3.Connection) -> None:
        """Becomes what another database holds."""
        with self.lock:
            other.backup(self.connection)
            self._numbers.clear()
            self._changed.clear()
            self.commits += 1


def connect(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, cached_statements=1000)
    connection.execute("PRAGMA journal_mode=WAL")
    # Survives a killed process; a machine that loses power may lose its last rehearsals.
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA case_sensitive_like=ON")
    connection.execute("PRAGMA cache_size=-65536")
    connection.create_function("fold", 1, _fold, deterministic=True)
    return connection


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class Transaction:
    """Speaks SQL, and knows which rows it has changed."""

    def __init__(self, database: Database, begun: int, loses: bool = False) -> None:
        self.database, self.begun, self._loses = database, begun, loses
        self.changed: dict[str, set[Any]] = {}
        self._points = 0

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        return self.database.connection.execute(sql, args).fetchall()

    def one(self, sql: str, args: Sequence[Any] = ()) -> Row | None:
        return self.database.connection.execute(sql, args).fetchone()

    def execute(self, sql: str, args: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self.database.connection.execute(sql, args)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self.database.connection.executemany(sql, rows)

    def numbers(self, table: str, count: int) -> range:
        return self.database.numbers(table, count)

    def touch(self, table: str, keys: Iterable[Any]) -> None:
        """Before a change to these rows (or unique keys): refuses it if somebody else was first."""
        keys = list(keys)
        if self._loses or self.database.changed_since(self.begun, table, keys):
            raise SerializationFailure
        self.changed.setdefault(table, set()).update(keys)

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """All of the block or nothing of it; the transaction goes on either way."""
        self._points += 1
        name = f"point{self._points}"
        self.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self.execute(f"RELEASE {name}")
            self._points -= 1


def as_list(values: Iterable[Any]) -> str:
    """For `IN (SELECT value FROM json_each(?))`: any number of values as one argument."""
    return msgspec.json.encode(list(values)).decode()
