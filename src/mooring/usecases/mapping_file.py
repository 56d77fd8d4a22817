"""A mapping as a file of lines, read strictly: whatever is not a pair is refused with the number of its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mooring.domain.mapping import MappedKind
from mooring.errors import InvalidInput

COLUMNS = ("shop_id", "fingerprint", "kind", "shopify_id", "parent_id", "odoo_id", "extra")
LARGEST = 200 * 1024 * 1024
"""Bytes of a file that is taken in."""
Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""What stands where an id should: one that no record can have is left out, and counted."""


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """A pair. `extra`: of an order, its invoices, as JSON."""

    shop_id: Id
    fingerprint: str
    kind: MappedKind
    shopify_id: Number
    odoo_id: Number
    parent_id: Id | None = None
    extra: str | None = None


class _Extra(msgspec.Struct, forbid_unknown_fields=True):
    invoices: list[Id] = []


def lines(content: bytes) -> list[Line]:
    if len(content) > LARGEST:
        raise InvalidInput("This file is larger than 200 MB.", field="file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("This file is not a text in UTF-8.", field="file") from None
    first = text.lstrip()[:1]
    rows = _of_json(text) if first == "{" else _of_csv(text)
    found, known = list[Line](), set[tuple[MappedKind, int]]()
    for number, row in rows:
        try:
            found.append(msgspec.convert(row, Line, strict=False))
        except msgspec.ValidationError as wrong:
            raise InvalidInput(f"Line {number} cannot be used: {wrong}.", field="file") from None
        _require_sound(number, found[-1], known)
    return found


def _require_sound(number: int, line: Line, known: set[tuple[MappedKind, int]]) -> None:
    """Each record once, and of its invoices nothing but their ids."""
    key = (line.kind, line.shopify_id)
    if key in known:
        said = f"the {line.kind.replace('_', ' ')} {line.shopify_id} stands in an earlier line"
        raise InvalidInput(f"Line {number} cannot be used: {said}.", field="file")
    known.add(key)
    if line.extra is not None:
        try:
            msgspec.json.decode(line.extra, type=_Extra)
        except msgspec.MsgspecError:
            said = "`extra` holds something else than the ids of invoices"
            raise InvalidInput(f"Line {number} cannot be used: {said}.", field="file") from None


def _of_json(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, msgspec.json.decode(line)
            except msgspec.DecodeError:
                raise InvalidInput(f"Line {number} is not JSON.", field="file") from None


def _of_csv(text: str) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(io.StringIO(text), restkey="more than the columns")
    try:
        if sorted(reader.fieldnames or ()) != sorted(COLUMNS):
            raise InvalidInput(f"The first line has to name these columns: {', '.join(COLUMNS)}.", field="file")
        for row in reader:
            yield reader.line_num, {name: value for name, value in row.items() if value not in ("", None)}
    except csv.Error as wrong:
        raise InvalidInput(f"Line {reader.line_num} is not CSV: {wrong}.", field="file") from None
