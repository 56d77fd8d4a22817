"""Hub records -> what Mooring would write into Odoo. The two kinds are in `translate_odoo_partners` and `_products`.

A value has one canonical form, whether it comes out of the hub or out of Odoo's answer: texts are never None, numbers
are decimals of two places as text, exact ones as many as they need, a link is the linked record's id and 0 where there
is none, several links are their ids in order, as text. So both sides can be compared, hashed, and put into a cell of
`load()`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import Enum, auto
from hashlib import blake2b
from typing import Any

from mooring.domain.mapping import MappedKind
from mooring.domain.records import email_key, phone_key

VERSION = b"1"
"""Raised when the same hub record is to be written differently: everything is then compared with Odoo anew."""

Value = str | bool | int
Values = Mapping[str, Value]


class Form(Enum):
    TEXT = auto()
    NUMBER = auto()
    EXACT = auto()
    FLAG = auto()
    LINK = auto()
    LINKS = auto()


PARTNER_FIELDS: dict[str, Form] = {
    "name": Form.TEXT,
    "company_name": Form.TEXT,
    "email": Form.TEXT,
    "phone": Form.TEXT,
    "street": Form.TEXT,
    "street2": Form.TEXT,
    "city": Form.TEXT,
    "zip": Form.TEXT,
    "country_id": Form.LINK,
    "state_id": Form.LINK,
    "ref": Form.TEXT,
}
TEMPLATE_FIELDS: dict[str, Form] = {
    "name": Form.TEXT,
    "list_price": Form.NUMBER,
    "sale_ok": Form.FLAG,
    "description_sale": Form.TEXT,
}
VARIANT_FIELDS: dict[str, Form] = {"default_code": Form.TEXT, "barcode": Form.TEXT, "weight": Form.NUMBER}

ORDER_FIELDS: dict[str, Form] = {
    "partner_id": Form.LINK,
    "partner_invoice_id": Form.LINK,
    "partner_shipping_id": Form.LINK,
    "pricelist_id": Form.LINK,
    "warehouse_id": Form.LINK,
    "client_order_ref": Form.TEXT,
    "origin": Form.TEXT,
    "date_order": Form.TEXT,
}
LINE_FIELDS: dict[str, Form] = {
    "product_id": Form.LINK,
    "name": Form.TEXT,
    "product_uom_qty": Form.NUMBER,
    "price_unit": Form.EXACT,
    "discount": Form.EXACT,
    "tax_ids": Form.LINKS,
}

FIELDS: dict[MappedKind, dict[str, Form]] = {
    MappedKind.CUSTOMER: PARTNER_FIELDS,
    MappedKind.ADDRESS: PARTNER_FIELDS,
    MappedKind.PRODUCT: TEMPLATE_FIELDS,
    MappedKind.VARIANT: VARIANT_FIELDS,
    MappedKind.ORDER: ORDER_FIELDS,
    MappedKind.ORDER_LINE: LINE_FIELDS,
}
"""What Mooring writes of a kind, again and again. What it says only once, when it makes a record, is in
`Wanted.once`."""

BLOCKS: tuple[frozenset[str], ...] = (
    frozenset({"street", "street2", "city", "zip", "country_id", "state_id"}),
    frozenset(LINE_FIELDS),
)
"""Fields that mean something together only: a street of one address and the town of another are no address, and the
quantity of one line at the price of another costs something else."""

FILLED_ONLY = frozenset({"ref"})
"""Written where Odoo has nothing; what stands there is somebody's own, and no difference to decide on."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One record as Mooring would write it. `reference`, `email`, `barcode` and `sku` are what it is recognised by, in
    the form in which they are compared. `selected`: of a variant, its value of each option; `alone`: what is said of
    it besides where it has to be a product of its own. `excluded`: why it is not
    synced. `notes`: what Odoo cannot be told, in sentences."""

    kind: MappedKind
    shopify_id: int
    values: Values
    parent_id: int | None = None
    once: Values = field(default_factory=dict[str, Value])
    reference: str = ""
    email: str = ""
    barcode: str = ""
    sku: str = ""
    selected: tuple[str, ...] = ()
    alone: Values = field(default_factory=dict[str, Value])
    excluded: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """What tells variants apart: an attribute of Odoo, and those of its values that occur."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A record that people see, and what lives inside it."""

    root: Wanted
    children: tuple[Wanted, ...] = ()
    options: tuple[Option, ...] = ()

    def all(self) -> tuple[Wanted, ...]:
        return (self.root, *self.children)


# -- values --------------------------------------------------------------------------------------------------------

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def one_line(*parts: str | None) -> str:
    """The parts with one space between them. Odoo takes no NUL, and its one-line fields no line break."""
    text = " ".join([part for part in parts if part])
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_CONTROL.sub("", text).split())


def amount(value: Decimal | float | str | None) -> str:
    """Two places, as Odoo shows prices and weights. Anything that is no number counts as nothing."""
    try:
        return f"{Decimal(str(value or 0)):.2f}"
    except InvalidOperation:
        return "0.00"


def exact(value: Decimal | float | str | None) -> str:
    """All the places that a number has, and no more: 12.50 and 12.5 are both 12.5."""
    text = f"{Decimal(str(value or 0)):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def links(ids: Iterable[int]) -> str:
    return ",".join(str(id_) for id_ in sorted(ids))


def cell(value: Value) -> str:
    """As `load()` reads it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    return str(value) if value else ""


def column(name: str, form: Form | None) -> str:
    """What a cell of this field stands under in a load: links go by database id."""
    return f"{name}/.id" if form in (Form.LINK, Form.LINKS) else name


def told(form: Form, raw: Any) -> Value:
    """The canonical form of what Odoo answered: a link is `[id, name]`, and what is empty is False."""
    if form is Form.LINK:
        return int(raw[0]) if raw else 0
    if form is Form.LINKS:
        return links(raw or ())
    if form is Form.EXACT:
        return exact(raw)
    if form is Form.FLAG:
        return bool(raw)
    if form is Form.NUMBER:
        return amount(raw)
    return str(raw) if raw else ""


def row_values(kind: MappedKind, row: Mapping[str, Any]) -> dict[str, Value]:
    """Those of a kind's fields that a row of Odoo has."""
    return {name: told(form, row[name]) for name, form in FIELDS[kind].items() if name in row}


def plain(name: str, value: Value) -> Value:
    """What two spellings of one value have in common: they are no difference."""
    if not isinstance(value, str):
        return value
    if name == "email":
        return email_key(value) or ""
    if name == "phone":
        return phone_key(value) or ""
    return " ".join(value.split())


def same(name: str, one: Value, other: Value) -> bool:
    return one == other or plain(name, one) == plain(name, other)


def is_empty(value: Value) -> bool:
    """Nothing is said: no text, no link, and of amounts none. A flag always says something."""
    return value in ("", "0.00") or (value == 0 and not isinstance(value, bool))


# -- hashes --------------------------------------------------------------------------------------------------------


def mark(name: str, value: Value) -> str:
    """The hash of one value, as it is kept of each field that was written; of nothing a dash."""
    said = plain(name, value)
    return blake2b(repr(said).encode(), digest_size=6).hexdigest() if said else "-"


def digest(master: bool | None, hashes: Iterable[bytes]) -> bytes:
    """Of all that decides what is written of a record: the contents of it and of what lives inside it, how they are
    translated, and whether Shopify is master. Equal digests: nothing to do, and nobody need be asked."""
    seed = VERSION + (b"?" if master is None else b"+" if master else b"-")
    return blake2b(seed + b"".join(hashes), digest_size=16).digest()
