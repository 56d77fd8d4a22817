"""An order as it is to be booked in Odoo, line by line, and how a later change of it is told.

`frozen()` keeps of a booking what a confirmed order may not change unnoticed: lines and money. Notes, dates and the
reasons of discounts are not part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct, json

from mooring.domain.order_money import ZERO, Charge, Priced
from mooring.domain.order_taxes import TaxKey, TaxTable, charges


class Role(StrEnum):
    """What a line is. All but `PRODUCT` stand on service products that the settings name; a `CUSTOM` line is goods
    without a variant: made up at the till, or deleted in Shopify."""

    PRODUCT = "product"
    CUSTOM = "custom"
    GIFT_CARD_SOLD = "gift_card_sold"
    DISCOUNT = "discount"
    SHIPPING = "shipping"
    TIP = "tip"
    FEE = "fee"
    DUTY = "duty"
    ROUNDING = "rounding"
    ADJUSTMENT = "adjustment"


_PLACED = (Role.DISCOUNT, Role.SHIPPING, Role.TIP, Role.FEE, Role.DUTY, Role.ROUNDING)
_OWN, _ORDERS, _PLACES = 1 << 62, 1 << 48, 1 << 11


def own_key(order_id: int, role: Role, place: int = 0) -> int:
    """The number of a line that Shopify has no line item for. Shopify's ids are far below 2^62, where these begin, so
    the two never meet; below that stand order (48 bits), role (3) and place within the order (11). It fits a signed
    64-bit column. Raises `OverflowError` for what would not be told apart."""
    if not (0 < order_id < _ORDERS and 0 <= place < _PLACES):
        raise OverflowError(f"line {place} of {order_id} has no number")
    return _OWN | ((order_id * 8 + _PLACED.index(role)) * _PLACES + place)


def rounding_key(order_id: int) -> int:
    """Of the one line that may round an order."""
    return own_key(order_id, Role.ROUNDING)


def order_of(key: int) -> int | None:
    """The order that a number of `own_key` was made of; None for a line item of Shopify's."""
    return (key & ~_OWN) // _PLACES // 8 if key & _OWN else None


class BookingLine(Struct, frozen=True, omit_defaults=True):
    """`key`: the mapped number of kind order_line. `amount`: what Shopify says the line costs after all discounts and
    before taxes on top; nothing for a separate discount, which is in the amount of its line (`of`, a key). `discount`:
    per cent. `shopify_id`: Shopify's own id of a shipping line, a fee or a duty. `sku`: as it was sold, to match a line
    by whose variant is gone."""

    key: int
    role: Role
    name: str
    quantity: int
    price_unit: Decimal
    amount: Decimal = ZERO
    discount: Decimal = ZERO
    taxes: tuple[TaxKey, ...] = ()
    variant_id: int | None = None
    sku: str = ""
    of: int | None = None
    shopify_id: int | None = None


class Booking(Struct, frozen=True, omit_defaults=True):
    """Everything that Odoo is told of an order but who bought it.

    `reference` is for `client_order_ref`, `origin` for `origin`, `note` is HTML for `note`. `date_order` is UTC as
    `load()` takes it, empty where Shopify tells none: Odoo takes now. `untaxed` and `total` are what Odoo will say;
    `total` equals Shopify's. `rounding`: the one line of role rounding, at most 0.02 either way. `customer_id`:
    Shopify's number; None for a guest.
    """

    order_id: int
    reference: str
    origin: str
    date_order: str
    currency: str
    taxes_included: bool
    lines: tuple[BookingLine, ...]
    untaxed: Decimal
    total: Decimal
    note: str = ""
    rounding: Decimal = ZERO
    customer_id: int | None = None

    @property
    def tax(self) -> Decimal:
        return self.total - self.untaxed


class FrozenLine(Struct, frozen=True, omit_defaults=True):
    """No role and no variant: both change when a product is deleted in Shopify, which changes no order. The amount and
    not how it is told to Odoo: a line may be priced in another way by a later version."""

    key: int
    name: str
    quantity: int
    amount: str
    taxes: tuple[str, ...] = ()


class Frozen(Struct, frozen=True):
    """What is kept of a booking once its order is confirmed."""

    currency: str
    total: str
    lines: tuple[FrozenLine, ...]


def priced(line: BookingLine, table: TaxTable) -> Priced:
    """The line as `order_money` predicts it. Raises `KeyError` for a tax that the table does not have."""
    return Priced(line.quantity, line.price_unit, line.discount, taxed(line.taxes, table))


def taxed(keys: tuple[TaxKey, ...], table: TaxTable) -> tuple[Charge, ...]:
    return charges(keys, table) if keys else ()


# -- frozen --------------------------------------------------------------------------------------------------------


def frozen(booking: Booking) -> bytes:
    """Canonical JSON of lines and money, to be kept with the mapping of a confirmed order."""
    goods = (line for line in booking.lines if line.role not in (Role.DISCOUNT, Role.ROUNDING))
    lines = tuple(
        FrozenLine(one.key, one.name.partition("\n")[0], one.quantity, plain(one.amount), _labels(one.taxes))
        for one in sorted(goods, key=lambda line: line.key)
    )
    return json.encode(Frozen(booking.currency, plain(booking.total), lines))


def frozen_digest(kept: bytes) -> bytes:
    """Equal digests: nothing changed that matters to a confirmed order."""
    return blake2b(kept, digest_size=16).digest()


def difference(old: bytes, new: bytes) -> tuple[str, ...]:
    """What changed between two frozen bookings, in sentences; empty if nothing did."""
    before, after = json.decode(old, type=Frozen), json.decode(new, type=Frozen)
    money = before.currency
    told = [f"The currency was {money} and is {after.currency}."] if money != after.currency else []
    if before.total != after.total or told:
        told.append(f"The total was {before.total} {money} and is {after.total} {after.currency}.")
    earlier, later = _by_key(before.lines), _by_key(after.lines)
    told += [f"New: {_described(later[key], after.currency)}." for key in later if key not in earlier]
    told += [f"Gone: {_described(earlier[key], money)}." for key in earlier if key not in later]
    for key in earlier:
        if key in later and earlier[key] != later[key]:
            told += _changed(earlier[key], later[key])
    return tuple(told)


def _by_key(lines: Iterable[FrozenLine]) -> dict[int, FrozenLine]:
    return {line.key: line for line in lines}


def _labels(taxes: Iterable[TaxKey]) -> tuple[str, ...]:
    return tuple(sorted(tax.label for tax in taxes))


def _described(line: FrozenLine, currency: str) -> str:
    return f"{line.quantity} x {line.name} for {line.amount} {currency}"


def _changed(old: FrozenLine, new: FrozenLine) -> Iterable[str]:
    for was, before, now, after in (
        ("the quantity was", old.quantity, "is", new.quantity),
        ("the amount was", old.amount, "is", new.amount),
        ("the taxes were", ", ".join(old.taxes) or "none", "are", ", ".join(new.taxes) or "none"),
        ("the name was", old.name, "is", new.name),
    ):
        if before != after:
            yield f"{old.name}: {was} {before} and {now} {after}."


def plain(amount: Decimal) -> str:
    """One form for equal numbers: 12.50 and 12.5 are both 12.5."""
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
