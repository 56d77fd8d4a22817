"""Hub edits as a CSV file: one customer per row, every row applied whole or not at all, and told about.

The first line names the columns: one of `customer` (hub id), `shopify_id` and `email_address` says whom a row is about,
the others are fields (`domain.edits.EDITABLE`). An empty cell changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from mooring.db import edits
from mooring.db.stores import Store
from mooring.domain.edits import EDITABLE
from mooring.domain.records import email_key
from mooring.errors import InvalidInput, Refused
from mooring.usecases.context import App
from mooring.usecases.edits import apply, editable
from mooring.usecases.who import Who

LARGEST = 2 << 20
MOST_ROWS = 5_000
_AT_ONCE = 50
"""Rows in one transaction, so that nobody waits long for the writer."""
WHO = {"customer": "hub_id", "shopify_id": "shopify_id", "email_address": "email_key"}
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class RowResult:
    """`line` as a text editor counts. `outcome`: changed, unchanged or refused; `sentence` says why it was refused."""

    line: int
    outcome: str
    fields: tuple[str, ...] = ()
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    rows: tuple[RowResult, ...]

    def count(self, outcome: str) -> int:
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def sentence(self) -> str:
        return (
            f"{self.count('changed')} customers changed, {self.count('unchanged')} unchanged, "
            f"{self.count('refused')} rows refused."
        )


_Row = tuple[int, dict[str, str]]


def upload(app: App, who: Who, store_id: str, content: bytes) -> Upload:
    """A file that cannot be read as a whole is refused before any row of it takes effect."""
    store = editable(app, who, store_id)
    rows = list(_read(content))
    done: list[RowResult] = []
    for first in range(0, len(rows), _AT_ONCE):
        with app.db.write() as connection:
            done += [_take(app, connection, who, store, row) for row in rows[first : first + _AT_ONCE]]
    return Upload(tuple(done))


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
        if name not in WHO and name not in EDITABLE:
            known = ", ".join(EDITABLE)
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
        customer_id = _customer(connection, store, cells)
        changed = apply(app, connection, who, store, customer_id, changes)
    except Refused as refused:
        return RowResult(line, "refused", sentence=refused.sentence)
    return RowResult(line, "changed" if changed else "unchanged", changed)


def _customer(connection: Connection, store: Store, cells: dict[str, str]) -> int:
    name = next(one for one in cells if one in WHO)
    value = email_key(cells[name]) if name == "email_address" else _number(cells[name])
    found = edits.customers_by(connection, store.id, WHO[name], value) if value is not None else []
    if not found:
        raise Refused("There is no such customer in this store.", code="not_found")
    if len(found) > 1:
        raise Refused("Several customers of this store have this address. Name one by its id.", code="ambiguous")
    return found[0]


def _number(text: str) -> int | None:
    digits = text.rpartition("/")[2]
    fits = digits.isascii() and digits.isdecimal() and len(digits) < 20
    return number if fits and (number := int(digits)) <= _LARGEST_ID else None
