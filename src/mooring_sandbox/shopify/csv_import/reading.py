"""CSV files as Shopify and spreadsheets write them: any usual encoding, columns found by name, rows counted as shown.

Cells are read through a `Row`, which collects what is wrong instead of stopping at the first bad one.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from mooring_sandbox.clock import iso
from mooring_sandbox.shopify.catalogue.money import currency
from mooring_sandbox.shopify.csv_import.errors import CsvError

Source = str | Path | bytes

csv.field_size_limit(2**31 - 1)

_DELIMITERS = ",;\t"
_TRUE, _FALSE = {"true", "yes", "y", "1"}, {"false", "no", "n", "0"}
_MONEY = re.compile(r"-?\d+(\.\d+)?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_ZONE = re.compile(r" ?([+-]\d\d):?(\d\d)$")


def decoded(raw: bytes) -> str:
    """UTF-16 and UTF-8 by their marks, else UTF-8, else what old spreadsheets write."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


class Table:
    """One file: a header that is found by name, and rows that are read one after the other."""

    def __init__(self, kind: str, source: Source, required: Sequence[str]) -> None:
        self.name = f"{kind}.csv" if isinstance(source, bytes) else Path(source).name
        self.errors: list[CsvError] = []
        self._told: set[CsvError] = set()
        self._latest = 0
        self._text = self._read(source)
        self._delimiter, self._columns = self._header(required)

    def _read(self, source: Source) -> str:
        try:
            return decoded(source if isinstance(source, bytes) else Path(source).read_bytes())
        except OSError as error:
            self.wrong(None, None, f"a readable file ({error.strerror})")
            return ""

    def _header(self, required: Sequence[str]) -> tuple[str, dict[str, int]]:
        """The delimiter under which the header has the most columns, and where each column is."""
        if self.errors:
            return ",", {}
        line = next(csv.reader(self._lines()), None)
        if not line:
            self.wrong(None, None, f"a header row with the columns {', '.join(required)}; the file is empty")
            return ",", {}
        best = max(_DELIMITERS, key=lambda d: len(next(csv.reader(self._lines(), delimiter=d))))
        names = next(csv.reader(self._lines(), delimiter=best))
        columns: dict[str, int] = {}
        for at, name in enumerate(names):
            columns.setdefault(name.strip().casefold(), at)
        missing = [name for name in required if name.casefold() not in columns]
        for name in missing:
            self.wrong(1, name, "this column, it is required")
        return best, {} if missing else columns

    def _lines(self) -> io.StringIO:
        return io.StringIO(self._text, newline="")

    def wrong(self, row: int | None, column: str | None, expected: str, found: str | None = None) -> None:
        error = CsvError(self.name, row, column, expected, found)
        if error not in self._told:
            self._told.add(error)
            self.errors.append(error)
            self._latest = max(self._latest, row or 0)

    def has(self, column: str) -> bool:
        return column.casefold() in self._columns

    def wrong_since(self, row: int) -> bool:
        """Whether a cell of this row or a later one was wrong: what is reckoned from it would only be wrong again."""
        return self._latest >= row

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank. A file that cannot be cut into cells ends where it stops making sense."""
        if not self._columns:
            return
        reader, number = csv.reader(self._lines(), delimiter=self._delimiter, strict=True), 0
        try:
            for number, cells in enumerate(reader, 1):
                if number > 1 and any(cell.strip() for cell in cells):
                    yield Row(self, number, cells, self._columns)
        except csv.Error as error:
            self.wrong(number + 1, None, f"cells in matching quotes ({error})")


class Row:
    """One row's cells by column name. Each reader returns a usable value and notes what was wrong with the cell."""

    def __init__(self, table: Table, number: int, cells: list[str], columns: dict[str, int]) -> None:
        self.table, self.number, self._cells, self._columns = table, number, cells, columns
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[max(columns.values()) + 1 :]):
            table.wrong(
                number, None, f"no more cells than the header has ({max(columns.values()) + 1})", str(len(cells))
            )

    def wrong(self, column: str, expected: str) -> None:
        self.table.wrong(self.number, column, expected, self.raw(column))

    def raw(self, *columns: str) -> str:
        """The first of these columns that the file has and that is filled, as it stands."""
        for column in columns:
            at = self._columns.get(column.casefold())
            if at is not None and at < len(self._cells) and self._cells[at]:
                return self._cells[at]
        return ""

    def text(self, *columns: str) -> str | None:
        return self.raw(*columns).strip() or None

    def code(self, *columns: str) -> str | None:
        """A SKU, barcode, post code or telephone: Shopify puts an apostrophe before it to keep spreadsheets off."""
        return self.raw(*columns).strip().removeprefix("'").strip() or None

    def flag(self, column: str, default: bool = False, *older: str) -> bool:
        told = (self.text(column, *older) or "").casefold()
        if not told or told in _TRUE | _FALSE:
            return told in _TRUE if told else default
        self.wrong(column, "yes or no (true or false)")
        return default

    def whole(self, column: str, default: int = 0, *, least: int | None = None) -> int:
        told = self.text(column)
        if told is None:
            return default
        try:
            number = int(told.removesuffix(".0"))
        except ValueError:
            self.wrong(column, "a whole number")
            return default
        if least is not None and number < least:
            self.wrong(column, f"a whole number of at least {least}")
            return default
        return number

    def money(self, column: str, code: str, *, negative: bool = False) -> int | None:
        """Minor units of an amount such as 1234.50; None where the cell is empty."""
        told = self.code(column)
        if told is None:
            return None
        places = currency(code).decimals
        expected = (
            f"an amount such as {currency(code).price(1250)}, at most {places} decimals" if places else "a whole amount"
        )
        if not _MONEY.fullmatch(told) or (told.startswith("-") and not negative):
            self.wrong(column, expected)
            return None
        try:
            return currency(code).minors[told]
        except ValueError:
            self.wrong(column, expected)
            return None

    def moment(self, column: str) -> str | None:
        """A date with time and zone as Shopify's DateTime; without a zone it is UTC."""
        told = self.text(column)
        if told is None:
            return None
        try:
            read = datetime.fromisoformat(_ZONE.sub(r"\1:\2", told.removesuffix(" UTC").replace(" Z", "Z")))
        except ValueError:
            self.wrong(column, "a date such as 2026-05-01 10:30:00 +0200")
            return None
        return iso(read if read.tzinfo else read.replace(tzinfo=UTC))

    def choice(self, column: str, allowed: dict[str, str], default: str) -> str:
        told = (self.text(column) or "").casefold()
        if not told:
            return default
        if told not in allowed:
            self.wrong(column, f"one of {', '.join(allowed)}")
        return allowed.get(told, default)

    def country(self, *columns: str) -> str | None:
        told = self.code(*columns)
        if told is not None and not _COUNTRY.fullmatch(told.upper()):
            self.wrong(
                next((c for c in columns if self.raw(c)), columns[0]), "a country code of two letters, such as DE"
            )
            return None
        return told and told.upper()

    def listed(self, column: str) -> list[str]:
        parts = (part.strip() for part in self.raw(column).split(","))
        return list(dict.fromkeys(part for part in parts if part))
