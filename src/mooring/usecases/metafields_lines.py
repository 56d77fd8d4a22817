"""A line of a file of our metafields (`metafields_read`): a record's id, and what stands under our keys."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from mooring.domain.kinds import Kind
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.domain.metafields import INVOICE_ID, MAPPING, NAMESPACE, ODOO_DATABASE, ODOO_ID
from mooring.domain.translate import BadLine


@dataclass(frozen=True, slots=True)
class Carried:
    """What one record carries. `database`: the fingerprint it was written for."""

    kind: MappedKind
    shopify_id: int
    odoo_id: int | None
    database: str | None
    invoices: tuple[int, ...]


_KIND_OF = {
    "Customer": MappedKind.CUSTOMER,
    "Product": MappedKind.PRODUCT,
    "ProductVariant": MappedKind.VARIANT,
    "Order": MappedKind.ORDER,
}


class _Value(msgspec.Struct):
    value: str


class Line(msgspec.Struct):
    id: str
    odoo_id: _Value | None = None
    odoo_database: _Value | None = None
    invoice_id: _Value | None = None

    @property
    def carries(self) -> bool:
        return not (self.odoo_id is None and self.odoo_database is None and self.invoice_id is None)


_decode = msgspec.json.Decoder(Line).decode


def carried(line: Line) -> Carried:
    """A value that is no number was not written by us: the record carries one all the same."""
    type_, _, number = line.id.removeprefix("gid://shopify/").partition("/")
    return Carried(
        _KIND_OF[type_], int(number), _number(line.odoo_id), line.odoo_database.value if line.odoo_database else None,
        _numbers(line.invoice_id),
    )  # fmt: skip


def _number(value: _Value | None) -> int | None:
    return int(value.value) if value is not None and value.value.isascii() and value.value.isdecimal() else None


def _numbers(value: _Value | None) -> tuple[int, ...]:
    try:
        return tuple(msgspec.json.decode(value.value, type=list[int])) if value is not None else ()
    except msgspec.MsgspecError:
        return ()


def lines_of(kind: Kind, lines: list[bytes]) -> list[Line]:
    found = list[Line]()
    try:
        found += [_decode(line) for line in lines]
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadLine(len(found) + 1, f"is not a line about {kind}") from None
    return found


def query(kind: SyncKind) -> str:
    """Fields, not connections: a line per record and none per value."""
    variants = f" variants {{ edges {{ node {{ id {_fields(SyncKind.PRODUCTS)} }} }} }}"
    inner = variants if kind is SyncKind.PRODUCTS else ""
    return f"{{ {kind} {{ edges {{ node {{ id {_fields(kind)}{inner} }} }} }} }}"


def _fields(kind: SyncKind) -> str:
    keys = [ODOO_ID, ODOO_DATABASE] + ([INVOICE_ID] if any(one.key == INVOICE_ID for one in MAPPING[kind]) else [])
    return " ".join(f'{key}: metafield(namespace: "{NAMESPACE}", key: "{key}") {{ value }}' for key in keys)
