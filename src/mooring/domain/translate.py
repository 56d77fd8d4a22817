"""Shopify JSON -> records -> rows: the lines of a bulk file, and nodes asked for by id.

Lines of a bulk file are told apart by the type in their gid. A child may stand thousands of lines after its parent and
beside any other record's child, so every line is translated on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from mooring.domain import translate_orders as orders
from mooring.domain import translate_rows as rows
from mooring.domain.kinds import Kind
from mooring.domain.proof import child_key, pack, pair_key, root_key
from mooring.domain.records import Record
from mooring.domain.translate_rows import Row, Shape, Stamp
from mooring.errors import Permanent


@dataclass(frozen=True, slots=True)
class Layout:
    """What a kind's bulk file holds: roots of one type, children of another under `connection`. Types as Shopify's gids
    name them."""

    root: Shape
    root_type: str
    child: Shape
    child_type: str
    connection: str


LAYOUTS: dict[Kind, Layout] = {
    Kind.CUSTOMERS: Layout(rows.CUSTOMER, "Customer", rows.ADDRESS, "MailingAddress", "addressesV2"),
    Kind.ORDERS: Layout(orders.ORDER, "Order", orders.LINE, "LineItem", "lineItems"),
    Kind.PRODUCTS: Layout(rows.PRODUCT, "Product", rows.VARIANT, "ProductVariant", "variants"),
    Kind.COLLECTIONS: Layout(rows.COLLECTION, "Collection", rows.MEMBERSHIP, "Product", "products"),
}


class BadLine(Permanent):
    """A line that is not what Shopify sends. `line` counts from 1 within what was given."""

    code = "bad_line"

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


Found = tuple[bool, Any]
"""(is it a child, the record)."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of some lines, with the packed keys that prove completeness."""

    roots: list[Row]
    children: list[Row]
    keys: bytes


class _Head(msgspec.Struct, gc=False):
    id: str
    parent_id: str | None = msgspec.field(default=None, name="__parentId")


_decode_head = msgspec.json.Decoder(_Head).decode
_Decode = Callable[[bytes], Any]


class Reader:
    """Reads the lines of one kind."""

    def __init__(self, kind: Kind) -> None:
        self.layout = LAYOUTS[kind]
        self._root: _Decode = msgspec.json.Decoder(self.layout.root.record).decode
        self._child: _Decode = msgspec.json.Decoder(self.layout.child.record).decode
        # How a line of each type begins when the id comes first, as it does in our queries. Shopify escapes slashes.
        self._root_start = _start(self.layout.root_type)
        self._child_start = _start(self.layout.child_type)

    def records(self, lines: Iterable[bytes]) -> Iterator[Found]:
        """One by one, so that only one record at a time need be held. Raises `BadLine`."""
        root, child, root_start, child_start = self._root, self._child, self._root_start, self._child_start
        at = 0
        try:
            for line in lines:
                at += 1
                if line.startswith(child_start):
                    yield True, child(line)
                elif line.startswith(root_start) or self._is_root(line):
                    yield False, root(line)
                else:
                    yield True, child(line)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            raise BadLine(at, _reason(error)) from None

    def _is_root(self, line: bytes) -> bool:
        """For a line that does not begin as expected. Raises `ValueError` for a type this kind's file cannot hold."""
        head = _decode_head(line)
        kind = head.id.rpartition("/")[0].rpartition("/")[2]
        if kind == self.layout.child_type and head.parent_id:
            return False
        if kind == self.layout.root_type and not head.parent_id:
            return True
        raise ValueError("holds a record that was not asked for")

    def rows(self, found: Iterable[Found], stamp: Stamp) -> Rows:
        """Takes the records apart. Raises `BadLine`."""
        roots: list[Row] = []
        children: list[Row] = []
        root, child = self.layout.root.row, self.layout.child.row
        try:
            for is_child, record in found:
                if is_child:
                    children.append(child(record, stamp))
                else:
                    roots.append(root(record, stamp))
            return Rows(roots, children, pack(self._keys(roots, children)))
        except (ValueError, OverflowError) as error:
            raise BadLine(len(roots) + len(children) + 1, _reason(error)) from None

    def _keys(self, roots: list[Row], children: list[Row]) -> list[int]:
        keys = [root_key(row[1]) for row in roots]
        if self.layout.child is rows.MEMBERSHIP:
            return keys + [pair_key(row[1], row[2]) for row in children]
        return keys + [child_key(row[1]) for row in children]


def _start(kind: str) -> bytes:
    return b'{"id":"gid:\\/\\/shopify\\/' + kind.encode() + b"\\/"


def _reason(error: Exception) -> str:
    """Never the line itself, which may hold personal data."""
    if isinstance(error, msgspec.ValidationError):
        return f"does not have the shape Shopify documents ({error})"
    if isinstance(error, msgspec.DecodeError | UnicodeDecodeError):
        return "is not readable JSON"
    return "holds an id or a date that is none" if not str(error).startswith("holds") else str(error)


def without_nul(rows: Sequence[Row]) -> list[Row]:
    """Rows with U+0000 taken out of their texts, which PostgreSQL cannot store. The canonical form escapes it."""
    return [tuple(v.replace("\0", "") if isinstance(v, str) else v for v in row) for row in rows]


def graft(record: Record, stored: str, unread: Iterable[tuple[str, ...]]) -> None:
    """Give a record back what this reading could not see: `unread` are paths of names in Shopify's spelling."""
    old = msgspec.json.decode(stored, type=type(record))
    for path in unread:
        _graft(record, old, path)


def _graft(new: Any, old: Any, path: tuple[str, ...]) -> None:
    attribute = _attributes(new.__class__).get(path[0])
    if attribute is None:
        return
    mine, theirs = getattr(new, attribute), getattr(old, attribute)
    if len(path) == 1 or (mine is None and theirs is None):
        setattr(new, attribute, theirs)
    elif isinstance(mine, msgspec.Struct) and isinstance(theirs, msgspec.Struct):
        _graft(mine, theirs, path[1:])


def _attributes(record: type[Any]) -> Mapping[str, str]:
    return dict(zip(record.__struct_encode_fields__, record.__struct_fields__, strict=True))
