"""Everything of a store, table by table, a page at a time: short reads, so that nothing waits for a slow download."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Column, Connection, Table, and_, or_, select

_PAGE = 250


class Reader(Protocol):
    def __call__(self) -> AbstractContextManager[Connection]: ...


def rows(read: Reader, table: Table, store_id: str) -> Iterator[Sequence[Any]]:
    """All rows of a store, in the order of the table's key. Each page is a transaction of its own."""
    key = [column for column in table.primary_key.columns if column.name != "store_id"]
    at = [list(table.c).index(column) for column in key]
    after: list[Any] | None = None
    while True:
        query = select(table).where(table.c.store_id == store_id).order_by(*key).limit(_PAGE)
        if after is not None:
            query = query.where(_behind(key, after))
        with read() as connection:
            page = [tuple(row) for row in connection.execute(query)]
        yield from page
        if len(page) < _PAGE:
            return
        after = [page[-1][place] for place in at]


def _behind(key: list[Column[Any]], after: list[Any]) -> Any:
    """Rows behind this one. Written out: SQLAlchemy has no comparison of tuples that both databases index."""
    if len(key) == 1:
        return key[0] > after[0]
    return or_(key[0] > after[0], and_(key[0] == after[0], _behind(key[1:], after[1:])))
