"""All rows by the store they belong to, as they are in the database, to be compared before and after."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table

from mooring.db.database import Database
from mooring.db.tables import metadata

Rows = dict[str, dict[str, list[tuple[Any, ...]]]]
"""store -> table -> rows, sorted."""

IMPORTED = frozenset(
    {
        "customers", "addresses", "orders", "order_lines", "refunds", "products", "variants", "collections",
        "collection_products",
    }
)  # fmt: skip
_NOT_THE_STORES_OWN = frozenset({"audit", "notices", "receipts", "oauth_pending"})


class Reader:
    """Looks at the database from outside, over a connection of its own, and knows when there is nothing new to see."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._raw = sqlite3.connect(str(db.path), check_same_thread=False) if db.dialect == "sqlite" else None
        self._version: object = None

    def close(self) -> None:
        if self._raw is not None:
            self._raw.close()

    def news(self) -> bool:
        """Whether anybody may have written anything since the last question."""
        known, self._version = self._version, self._now()
        return self._version != known

    def _now(self) -> object:
        """Another one after each commit; on PostgreSQL, where the write-ahead log ends."""
        if self._raw is not None:
            return self._raw.execute("PRAGMA data_version").fetchone()[0]
        with self._db.read() as connection:
            return connection.exec_driver_sql("SELECT pg_current_wal_insert_lsn()::text").scalar()

    def by_store(self) -> Rows:
        found: Rows = defaultdict(dict)
        for name, at, query in _QUERIES:
            for row in self._all(query):
                found[row[at]].setdefault(name, []).append(tuple(row))
        return found

    def _all(self, query: str) -> Iterable[Sequence[Any]]:
        if self._raw is not None:
            return self._raw.execute(query)
        with self._db.read() as connection:
            return connection.exec_driver_sql(query).all()


def _queries() -> Iterator[tuple[str, int, str]]:
    """Table, where the store's id stands, and how to read it: in an order, so that lists can be compared."""
    for name, table in metadata.tables.items():
        columns, store = list(table.c.keys()), "id" if name == "stores" else "store_id"
        if store in columns and name not in _NOT_THE_STORES_OWN:
            yield name, columns.index(store), _query(table)


def _query(table: Table) -> str:
    key = [column.name for column in table.primary_key] or table.c.keys()
    return f"SELECT {', '.join(table.c.keys())} FROM {table.name} ORDER BY {', '.join(key)}"


_QUERIES = tuple(_queries())
_ALL = {name: _query(table) for name, table in metadata.tables.items()}


def everything(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """The whole database, for acts that were refused: they change nothing."""
    return {name: [tuple(row) for row in connection.exec_driver_sql(query)] for name, query in _ALL.items()}


def imported(rows: Rows, store_id: str) -> dict[str, list[tuple[Any, ...]]]:
    return {name: found for name, found in rows.get(store_id, {}).items() if name in IMPORTED}


def differing(before: Rows, after: Rows, store_id: str) -> list[str]:
    """The tables in which this store's rows are not what they were."""
    one, two = before.get(store_id, {}), after.get(store_id, {})
    return sorted(name for name in one.keys() | two.keys() if one.get(name, []) != two.get(name, []))
