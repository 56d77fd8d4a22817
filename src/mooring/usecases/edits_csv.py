"""Hub edits as a CSV file: one customer per row, every row applied whole or not at all, and told about.

The first line names the columns: one of `customer` (hub id), `shopify_id` and `email_address` says whom a row is about,
the others are fields (`domain.edits.EDITABLE`) or what a sender of messages tells (`engagement.Told`). An empty cell
changes nothing. A preview does the same and takes it back, so what it says is what will happen.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import edits_customers
from mooring.db.stores import Store
from mooring.domain.edits import EDITABLE, FIELDS
from mooring.domain.records import email_key
from mooring.domain.wording import counted
from mooring.errors import InvalidInput, Refused
from mooring.usecases.context import App
from mooring.usecases.edits import apply, editable
from mooring.usecases.engagement import MOMENT, NUMBER, Told, check, take
from mooring.usecases.who import Who

LARGEST = 1 << 20
MOST_ROWS = 5_000
_AT_ONCE = 50
"""Rows in one transaction, so that nobody waits long for the writer."""
COLUMNS: tuple[str, ...] = (*EDITABLE, *(one.name for one in fields(Told)))
"""What a file may change."""
WHO = {"customer": "hub_id", "shopify_id": "shopify_id", "email_address": "email_key"}
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class RowResult:
    """`line` as a text editor counts: where the row ends. `outcome`: changed, unchanged or refused; `sentence` says why
    it was refused."""

    line: int
    outcome: str
    fields: tuple[str, ...] = ()
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """`preview`: nothing of it was kept."""

    rows: tuple[RowResult, ...]
    preview: bool = False

    def count(self, outcome: str) -> int:
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def refused(self) -> tuple[RowResult, ...]:
        return tuple(row for row in self.rows if row.outcome == "refused")

    @property
    def sentence(self) -> str:
        if self.preview:
            return (
                f"{counted(self.count('changed'), 'customers')} would change, {self.count('unchanged'):,} would not, "
                f"{counted(self.count('refused'), 'rows')} would be refused. Nothing was changed yet."
            )
        return (
            f"{counted(self.count('changed'), 'customers')} changed, {self.count('unchanged'):,} unchanged, "
            f"{counted(self.count('refused'), 'rows')} refused."
        )


_Row = tuple[int, dict[str, str]]


def preview(app: App, who: Who, store_id: str, content: bytes) -> Upload:
    """What `upload` would do now, row by row."""
    return _all(app, who, store_id, content, keep=False)


def upload(app: App, who: Who, store_id: str, content: bytes) -> Upload:
    """A file that cannot be read as a whole is refused before any row of it takes effect."""
    return _all(app, who, store_id, content, keep=True)


def _all(app: App, who: Who, store_id: str, content: bytes, *, keep: bool) -> Upload:
    store = editable(app, who, store_id)
    rows = list(_read(content))
    done: list[RowResult] = []
    for first in range(0, len(rows), _AT_ONCE):
        with app.db.write() as connection:
            done += [_take(app, connection, who, store, row) for row in rows[first : first + _AT_ONCE]]
            if not keep:
                connection.rollback()
    return Upload(tuple(done), preview=not keep)


# -- reading -------------------------------------------------------------------------------------------------------


def _read(content: bytes) -> Iterator[_Row]:
    if len(content) > LARGEST:
        raise InvalidInput(f"The file is larger than {LARGEST >> 20} MB. Send it in parts.", field="file")
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), restkey="", strict=True)
        columns = _columns(reader.fieldnames)
        for count, row in enumerate(reader, 1):
            if count > MOST_ROWS:
                raise InvalidInput(f"The file has more than {MOST_ROWS:,} rows. Send it in parts.", field="file")
            yield reader.line_num, _cells(row, columns, reader.line_num)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"This is no CSV file in UTF-8: {error}.", field="file") from None


def _columns(names: Sequence[str] | None) -> list[str]:
    found = [name.strip().lower() for name in names or ()]
    if len(found) != len(set(found)) or sum(name in WHO for name in found) != 1:
        raise InvalidInput(f"The first line has to name one of the columns {', '.join(WHO)}, each once.", field="file")
    for name in found:
        if name not in WHO and name not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise InvalidInput(f"There is no field {name} to change. There are: {known}.", field="file")
    return found


def _cells(row: dict[str, str | None], columns: list[str], line: int) -> dict[str, str]:
    cells = list(row.values())
    if "" in row or None in cells:
        raise InvalidInput(f"Line {line} has another number of cells than the first line.", field="file")
    return {name: (cell or "").strip() for name, cell in zip(columns, cells, strict=True)}


# -- taking --------------------------------------------------------------------------------------------------------


def _take(app: App, connection: Connection, who: Who, store: Store, row: _Row) -> RowResult:
    """A refusal is decided before anything of the row is written."""
    line, cells = row
    changes = {name: cell for name, cell in cells.items() if name not in WHO and cell}
    try:
        customer_id, told = _customer(connection, store, cells), _told(app, changes)
        edited = {name: cell for name, cell in changes.items() if name in EDITABLE}
        changed = apply(app, connection, who, store, customer_id, edited)
        changed += take(app, connection, who, store, customer_id, told) if told else ()
    except Refused as refused:
        return RowResult(line, "refused", sentence=refused.sentence)
    return RowResult(line, "changed" if changed else "unchanged", changed)


def _told(app: App, changes: dict[str, str]) -> Told | None:
    """Judged before anything of the row is written; None where the row says nothing of it."""
    values: dict[str, Any] = {one.name: changes[one.name] for one in fields(Told) if one.name in changes}
    if not values:
        return None
    if (number := _whole(values.get("total_messages", ""))) is not None:
        values["total_messages"] = number
    try:
        told = msgspec.convert(values, Told)
    except msgspec.ValidationError as error:
        raise _unreadable(str(error).partition("`$.")[2].rstrip("`")) from None
    check(app, told)
    return told


def _unreadable(name: str) -> InvalidInput:
    expected = NUMBER if name == "total_messages" else MOMENT
    return InvalidInput(f"{FIELDS[name].title}: {expected}.", field=name)


def _customer(connection: Connection, store: Store, cells: dict[str, str]) -> int:
    name = next(one for one in cells if one in WHO)
    value = email_key(cells[name]) if name == "email_address" else _number(cells[name])
    found = edits_customers.customers_by(connection, store.id, WHO[name], value) if value is not None else []
    if not found:
        raise Refused("There is no such customer in this store.", code="not_found")
    if len(found) > 1:
        raise Refused("Several customers of this store have this address. Name one by its id.", code="ambiguous")
    return found[0]


def _number(text: str) -> int | None:
    """An id, also as the last part of a longer one."""
    return _whole(text.rpartition("/")[2])


def _whole(digits: str) -> int | None:
    fits = digits.isascii() and digits.isdecimal() and len(digits) < 20
    return number if fits and (number := int(digits)) <= _LARGEST_ID else None
