"""The fast path into the hub: many rows of one table of one store, written where they win.

Rows whose content is known already are found by a look at the stored hashes and not sent at all, so an unchanged store
costs reads only. What is left goes through one upsert whose WHERE holds the rule of what wins once more, because on
PostgreSQL another worker may have written in between. SQLite: `executemany`; PostgreSQL: COPY into a temporary table,
then one INSERT … ON CONFLICT. Both work on the driver's connection inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, any_, func, literal, select

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Upsert:
    """How one table takes rows. Columns begin with `store_id, shopify_id`.

    `same`: the columns which, when all equal, make a row unchanged. `kept`: set when a row is inserted, never after.
    `wins`: SQL over `old` and `excluded` that must hold for an update. `revives`: an update takes a deletion mark off.
    """

    table: str
    columns: tuple[str, ...]
    same: tuple[str, ...]
    kept: frozenset[str]
    wins: str
    revives: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """`new` are the Shopify ids of the rows that were not there before."""

    rows: int
    written: int
    new: tuple[int, ...]

    @property
    def unchanged(self) -> int:
        return self.rows - self.written


def write(connection: Connection, upsert: Upsert, store_id: str, rows: Sequence[Row]) -> Written:
    """Upsert rows of one store. A row that stands there twice counts as written at most twice, and as new once."""
    if not rows:
        return Written(0, 0, ())
    known = _known(connection, upsert, store_id, [row[1] for row in rows])
    version = _version(upsert)
    changed = [row for row in rows if known.get(row[1]) != version(row)] if known else rows
    new = tuple({row[1]: None for row in changed if row[1] not in known})
    if not changed:
        return Written(len(rows), 0, ())
    send = _copy if is_postgres(connection) else _execute_many
    return Written(len(rows), send(connection, upsert, changed), new)


def is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def driver(connection: Connection) -> Any:
    """The driver's own connection, in the transaction that `connection` is in."""
    return connection.connection.driver_connection


def among(connection: Connection, ids: Iterable[int]) -> tuple[str, Any]:
    """(SQL, value): an IN list of any length bound as one parameter, for `fetch` and `execute`."""
    if is_postgres(connection):
        return "= ANY(?)", list(ids)
    return "IN (SELECT value FROM json_each(?))", str(list(ids))


def within(connection: Connection, column: ColumnElement[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    """The same for a statement of SQLAlchemy, which is then built once, whatever the number of ids."""
    if is_postgres(connection):
        return column == any_(literal(list(ids), ARRAY(BigInteger)))
    listed = func.json_each(str(list(ids))).table_valued("value")
    return column.in_(select(listed.c.value))


def moment(connection: Connection, at: datetime) -> Any:
    """A moment by our clock as its column's type would put it, for `execute` and `execute_many`."""
    if is_postgres(connection):
        return at
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def execute(connection: Connection, statement: str, values: Sequence[Any]) -> Any:
    """Run a statement written with `?` on the driver's connection; returns its cursor."""
    if is_postgres(connection):
        return driver(connection).execute(statement.replace("?", "%s"), values)
    return driver(connection).execute(statement, values)


def execute_many(connection: Connection, statement: str, rows: Sequence[Row]) -> int:
    """The same for many rows; returns how many were touched."""
    cursor = driver(connection).cursor()
    cursor.executemany(statement.replace("?", "%s") if is_postgres(connection) else statement, rows)
    return cursor.rowcount


def _known(connection: Connection, upsert: Upsert, store_id: str, ids: list[int]) -> dict[int, Any]:
    """What is stored for these ids: the columns of `same`, or None for a row marked as deleted."""
    which, value = among(connection, ids)
    same = ", ".join(upsert.same)
    if upsert.revives:
        same = f"CASE WHEN deleted_at IS NULL THEN {same} END"
    query = f"SELECT shopify_id, {same} FROM {upsert.table} WHERE store_id = ? AND shopify_id {which}"  # noqa: S608
    found = execute(connection, query, (store_id, value)).fetchall()
    return {row[0]: row[1] if len(upsert.same) == 1 else row[1:] for row in found}


@cache
def _version(upsert: Upsert) -> Callable[[Row], Any]:
    return itemgetter(*(upsert.columns.index(name) for name in upsert.same))


@cache
def _on_conflict(upsert: Upsert) -> str:
    updated = [name for name in upsert.columns if name not in upsert.kept]
    sets = [f"{name} = excluded.{name}" for name in updated] + ["deleted_at = NULL"] * upsert.revives
    differs = [f"old.{name} <> excluded.{name}" for name in upsert.same] + [
        "old.deleted_at IS NOT NULL"
    ] * upsert.revives
    return (
        f"ON CONFLICT (store_id, shopify_id) DO UPDATE SET {', '.join(sets)} "
        f"WHERE ({' OR '.join(differs)}) AND {upsert.wins}"
    )


def _execute_many(connection: Connection, upsert: Upsert, rows: Sequence[Row]) -> int:
    return execute_many(connection, _sqlite_insert(upsert), rows)


@cache
def _sqlite_insert(upsert: Upsert) -> str:
    columns, marks = ", ".join(upsert.columns), ", ".join("?" * len(upsert.columns))
    return f"INSERT INTO {upsert.table} AS old ({columns}) VALUES ({marks}) {_on_conflict(upsert)}"  # noqa: S608


def _copy(connection: Connection, upsert: Upsert, rows: Sequence[Row]) -> int:
    make, copy, insert, drop = _postgres_statements(upsert)
    with driver(connection).cursor() as cursor:
        cursor.execute(make)
        with cursor.copy(copy) as stream:
            for row in rows:
                stream.write_row(row)
        written = cursor.execute(insert).rowcount
        cursor.execute(drop)
    return written


@cache
def _postgres_statements(upsert: Upsert) -> tuple[bytes, ...]:
    """A doubled line would make INSERT … ON CONFLICT touch a row twice, which PostgreSQL refuses: hence DISTINCT."""
    columns, incoming = ", ".join(upsert.columns), f"incoming_{upsert.table}"
    make = (
        f"CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS "  # noqa: S608
        f"SELECT {columns} FROM {upsert.table} WITH NO DATA"
    )
    copy = f"COPY {incoming} ({columns}) FROM STDIN"
    insert = (
        f"INSERT INTO {upsert.table} AS old ({columns}) "  # noqa: S608
        f"SELECT DISTINCT ON (store_id, shopify_id) {columns} FROM {incoming} {_on_conflict(upsert)}"
    )
    return tuple(statement.encode() for statement in (make, copy, insert, f"DROP TABLE {incoming}"))
