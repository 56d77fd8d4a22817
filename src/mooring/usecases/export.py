"""Everything imported from a store as one ZIP, for whoever wants to keep it before a delete.

Made while it is read: nothing is kept here, neither in memory nor in a file. Tables come as CSV for people, records
as lines of JSON with everything Shopify said. A store that begins to be deleted meanwhile breaks the download off, so
that half an export is never taken for a whole one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Table

from mooring.db import audit, exporting, stores, tables
from mooring.db.stores import Store
from mooring.domain import sheets
from mooring.domain.lifecycle import GOING
from mooring.domain.rules import Role
from mooring.errors import Refused
from mooring.usecases import zipped
from mooring.usecases.context import App
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who
from mooring.usecases.zipped import File

_TABLES: tuple[Table, ...] = (
    tables.customers, tables.addresses, tables.orders, tables.order_lines, tables.refunds, tables.products,
    tables.variants, tables.collections, tables.collection_products, tables.engagement, tables.hub_edits,
)  # fmt: skip
_INNER = frozenset({"store_id", "body", "content_hash", "search", "detail", "detail_due", "email_key", "phone_key"})
"""Columns that are ours alone, or that stand in the lines of JSON."""
_ROWS_AT_ONCE = 250
_README = """{name} ({domain}), everything Mooring imported from it and changed on it, {at:%Y-%m-%d %H:%M} UTC.

*.csv    one row per record, for spreadsheets. A text that a spreadsheet would take for a formula has an apostrophe in
         front.
*.jsonl  one record per line, with everything Shopify said of it ("record", "detail"), unchanged.

shopify_id is Shopify's own id; hub_id is Mooring's. Amounts are exact decimals, moments are ISO 8601.
"""


@dataclass(frozen=True, slots=True)
class Export:
    """`chunks` may be read once; it raises `Refused` when the store begins to be deleted meanwhile."""

    name: str
    chunks: Iterator[bytes]


def export(app: App, who: Who, store_id: str) -> Export:
    """Checked and noted in the activity log now; read as the chunks are taken."""
    store = store_of(app, who, store_id, Role.ADMIN)
    _refuse_going(store)
    with app.db.write() as connection:
        audit.write(
            connection, at=app.clock.now(), project_id=store.project_id, store_id=store.id, actor=who.id,
            event="store.exported",
        )  # fmt: skip
    name = f"{store.shop_domain.partition('.')[0]}-{app.clock.now():%Y-%m-%d}.zip"
    return Export(name, zipped.chunks(_files(app, store), at=app.clock.now()))


def _refuse_going(store: Store) -> None:
    if store.state in GOING:
        raise Refused("This store is being deleted, so it can no longer be exported.", code="deleting")


def _files(app: App, store: Store) -> Iterator[File]:
    yield "README.txt", [_README.format(name=store.name, domain=store.shop_domain, at=app.clock.now()).encode()]
    for table in _TABLES:
        yield f"{table.name}.csv", _csv(app, store, table)
        if "body" in table.c:
            yield f"{table.name}.jsonl", _jsonl(app, store, table)


def _reader(app: App, store: Store) -> Callable[[], AbstractContextManager[Connection]]:
    @contextmanager
    def read() -> Generator[Connection]:
        with app.db.read() as connection:
            _refuse_going(stores.load(connection, store.id))
            yield connection

    return read


def _csv(app: App, store: Store, table: Table) -> Iterator[bytes]:
    shown = [place for place, column in enumerate(table.c) if column.name not in _INNER]
    names = [column.name for column in table.c]
    yield sheets.lines([[names[place] for place in shown]]).encode()
    for some in _batches(exporting.rows(_reader(app, store), table, store.id)):
        yield sheets.lines([row[place] for place in shown] for row in some).encode()


def _jsonl(app: App, store: Store, table: Table) -> Iterator[bytes]:
    names = [column.name for column in table.c]
    for some in _batches(exporting.rows(_reader(app, store), table, store.id)):
        yield b"".join(_line(dict(zip(names, row, strict=True))) for row in some)


def _line(row: dict[str, Any]) -> bytes:
    """Records are stored as canonical JSON, so they are put in as they are."""
    facts = {name: row[name] for name in ("hub_id", "shopify_id", "deleted_at") if row.get(name) is not None}
    for name, column in (("record", "body"), ("detail", "detail")):
        if row.get(column):
            facts[name] = msgspec.Raw(row[column].encode())
    return msgspec.json.encode(facts) + b"\n"


def _batches(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    batch: list[Sequence[Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
