"""Rows of `import_chunks`: which bytes of a bulk file are committed, and the keys of their lines."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, delete, insert, select

from mooring.db.tables import import_chunks, operations
from mooring.domain.kinds import Kind

_AT_ONCE = 64


def add(
    connection: Connection, operation_id: str, kind: Kind, *, first_byte: int, end_byte: int, lines: int, keys: bytes
) -> None:
    connection.execute(
        insert(import_chunks).values(
            operation_id=operation_id, kind=kind, first_byte=first_byte, end_byte=end_byte, lines=lines, keys=keys
        )
    )


def keys(connection: Connection, operation_id: str, kind: Kind) -> Iterator[bytes]:
    """The packed keys of a file, chunk by chunk, a few chunks in memory at a time."""
    row, after = import_chunks.c, -1
    while True:
        query = (
            select(row.first_byte, row["keys"])
            .where(row.operation_id == operation_id, row.kind == kind, row.first_byte > after)
            .order_by(row.first_byte)
            .limit(_AT_ONCE)
        )
        found = connection.execute(query).all()
        yield from (packed for _, packed in found)
        if len(found) < _AT_ONCE:
            return
        after = found[-1][0]


def clear(connection: Connection, operation_id: str, kind: Kind) -> int:
    row = import_chunks.c
    done = connection.execute(delete(import_chunks).where(row.operation_id == operation_id, row.kind == kind))
    return done.rowcount


def clear_finished(connection: Connection, store_id: str) -> int:
    """Keys that operations of this store left behind when they were cancelled or given up."""
    over = select(operations.c.id).where(
        operations.c.store_id == store_id, operations.c.state.not_in(("pending", "running", "parked"))
    )
    return connection.execute(delete(import_chunks).where(import_chunks.c.operation_id.in_(over))).rowcount
