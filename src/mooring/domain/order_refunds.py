"""What a refund takes back of a booked order: the lines of its credit note, exact to the cent.

A credit note is made from the posted invoice, so each of its lines names the booked line it takes back. What is
credited is what the refund takes out of the order, whether money went back or not: then invoices less credit notes
equal Shopify's current total. An edit that removes units leaves a refund too, and is credited like one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from mooring.domain.order_amounts import adjusted, shop, taken_out
from mooring.domain.order_booking import Booking, BookingLine, Role, plain, priced
from mooring.domain.order_causes import Cause, Review, review
from mooring.domain.order_money import ZERO, amount_of, rounded
from mooring.domain.order_payments import Payment, given_back
from mooring.domain.order_pricing import Grain, price_of, single_price
from mooring.domain.order_taxes import TaxKey, unanswered
from mooring.domain.records import maybe_moment, number
from mooring.domain.records_orders import Order, Refund, RefundLine, RefundShipping
from mooring.domain.translate_odoo import one_line
from mooring.domain.translate_odoo_orders import MOST_ROUNDING, Terms, sums_of

_RESTOCKED = frozenset({"RETURN", "CANCEL", "LEGACY_RESTOCK"})


@dataclass(frozen=True, slots=True)
class CreditLine:
    """`of`: the key of the booked line that it takes back, None for a line that is added to the credit note. Lines of
    the invoice that no credit line names are left out; a refund that names a line twice (part of it restocked) makes
    two credit lines of it. Amounts are positive where money goes back. `restock`: the units are on the shelf again."""

    of: int | None
    role: Role
    name: str
    quantity: int
    price_unit: Decimal
    discount: Decimal = ZERO
    taxes: tuple[TaxKey, ...] = ()
    restock: bool = False


@dataclass(frozen=True, slots=True)
class CreditNote:
    """`lines` may be empty: then only money went back, for what was credited before. `total` is what Odoo will say and
    what the refund takes out of the order. `date`: YYYY-MM-DD, in UTC, empty where none is told. `whole`: it mirrors
    the invoice, line by line. `payments`: the money that went back."""

    refund_id: int
    date: str
    reason: str
    lines: tuple[CreditLine, ...]
    untaxed: Decimal
    total: Decimal
    whole: bool = False
    rounding: Decimal = ZERO
    payments: tuple[Payment, ...] = ()


def credit(booking: Booking, refund_id: int, refund: Refund, terms: Terms) -> CreditNote | Review | None:
    """None where nothing leaves the order and no money moves. `terms`: those that the booking was made under, since
    the credit note has the taxes of the invoice."""
    if found := _unusable(booking, terms):
        return found
    value, paid = taken_out(refund, booking.taxes_included), given_back(refund)
    if not value and not paid and not _amounts(refund):
        return None
    if value < 0:
        return review(Cause.REFUND, f"It would raise the order's total by {plain(-value)} {booking.currency}.")
    if _is_whole(booking, refund, value):
        return _note(booking, refund_id, refund, terms, _mirrored(booking, refund), whole=True)
    try:
        made = _closed(booking, refund_id, refund, terms, terms.grain(booking.currency))
        if not _missed(made):
            return made
        return min(made, _closed(booking, refund_id, refund, terms, terms.grain(booking.currency, close=True)),
                   key=_missed)  # fmt: skip
    except LookupError:
        return review(Cause.REFUND, "It names a line that was not booked.")


def _unusable(booking: Booking, terms: Terms) -> Review | None:
    """Settings may have changed since it was booked."""
    if booking.currency not in terms.currencies:
        return review(Cause.CURRENCY, f"It is in {booking.currency}.")
    return unanswered((key for line in booking.lines for key in line.taxes), terms.taxes)


def _missed(made: CreditNote | Review) -> Decimal:
    return abs(made.rounding) if isinstance(made, CreditNote) else MOST_ROUNDING + 1


def _amounts(refund: Refund) -> bool:
    """Whether any part of it is worth anything: parts may make up for each other."""
    goods = any(shop(line.subtotal_set) for line in refund.refund_line_items)
    return goods or any(shop(line.subtotal_amount_set) for line in refund.refund_shipping_lines) or bool(
        adjusted(refund)
    )  # fmt: skip


def unsettled(booking: Booking, notes: Iterable[CreditNote], order: Order) -> Review | None:
    """Invoices less credit notes have to equal what the order costs now; `notes`: of all its refunds."""
    left = booking.total - sum((note.total for note in notes), ZERO)
    now = shop(order.current_total_price_set)
    if left == now:
        return None
    money = booking.currency
    return review(Cause.REFUND, f"After it {plain(left)} {money} would be left, Shopify says {plain(now)} {money}.")


# -- all of it -----------------------------------------------------------------------------------------------------


def _is_whole(booking: Booking, refund: Refund, value: Decimal) -> bool:
    """Every unit that was booked goes back, and all the money: then the invoice is mirrored as it stands."""
    units: dict[int, int] = {}
    for line in refund.refund_line_items:
        if line.line_item:
            key = number(line.line_item.id)
            units[key] = units.get(key, 0) + line.quantity
    goods = {line.key: line.quantity for line in booking.lines if _is_goods(line)}
    return value == booking.total and bool(goods) and units == goods


def _is_goods(line: BookingLine) -> bool:
    return line.role in (Role.PRODUCT, Role.CUSTOM, Role.GIFT_CARD_SOLD)


def _mirrored(booking: Booking, refund: Refund) -> tuple[CreditLine, ...]:
    back = {number(one.line_item.id): _is_restocked(one) for one in refund.refund_line_items if one.line_item}
    return tuple(
        CreditLine(line.key, line.role, line.name, line.quantity, line.price_unit, line.discount, line.taxes,
                   back.get(line.key, False))
        for line in booking.lines
    )  # fmt: skip


def _is_restocked(line: RefundLine) -> bool:
    return bool(line.restocked) or line.restock_type in _RESTOCKED


# -- parts ---------------------------------------------------------------------------------------------------------


def _lines(booking: Booking, refund: Refund, terms: Terms, grain: Grain) -> Iterator[CreditLine]:
    """Raises `LookupError` for a line that was not booked."""
    booked = {line.key: line for line in booking.lines}
    for one in refund.refund_line_items:
        if one.line_item is None:
            raise LookupError
        yield from _goods(booking, booked[number(one.line_item.id)], one, terms, grain)
    for freight in refund.refund_shipping_lines:
        yield _one(_shipping(booking, freight), shop(freight.subtotal_amount_set), grain)
    if duties := sum((shop(duty.amount_set) for duty in refund.duties or ()), ZERO):
        yield _one(_of(booking, Role.DUTY)[0], duties, grain)
    if kept := adjusted(refund):
        name = "Kept back" if kept > 0 else "Given back beyond the goods"
        yield _added(Role.ADJUSTMENT, name, -kept, grain)


def _goods(booking: Booking, line: BookingLine, refund: RefundLine, terms: Terms, grain: Grain) -> Iterator[CreditLine]:
    """As it was booked if that comes to Shopify's amount; else as a line of that many units is priced anew."""
    units, amount = refund.quantity or 1, shop(refund.subtotal_set)
    same = amount_of(priced(line, terms.taxes)._replace(quantity=units))
    restock, back = _is_restocked(refund), (line.role, line.name, units)
    if (same if grain.raw else rounded(same, grain.money)) == amount:
        yield CreditLine(line.key, *back, line.price_unit, line.discount, line.taxes, restock)
        return
    price = price_of(line.price_unit, units, amount, grain)
    yield CreditLine(line.key, *back, price.price_unit, price.discount, line.taxes, restock)
    if price.off:
        separate = next((one.key for one in booking.lines if one.of == line.key), None)
        yield CreditLine(separate, Role.DISCOUNT, "Discount", 1, -price.off, taxes=line.taxes)


def _shipping(booking: Booking, refund: RefundShipping) -> BookingLine:
    """Where only one was booked there is no other that it could mean, whatever Shopify calls it."""
    lines = _of(booking, Role.SHIPPING)
    if len(lines) == 1:
        return lines[0]
    named = number(refund.shipping_line.id) if refund.shipping_line else None
    found = [line for line in lines if named is None or line.shopify_id in (named, None)]
    return found[0]


def _of(booking: Booking, role: Role) -> list[BookingLine]:
    found = [line for line in booking.lines if line.role is role]
    if not found:
        raise LookupError
    return found


def _one(line: BookingLine, amount: Decimal, grain: Grain) -> CreditLine:
    price = single_price(amount, grain)
    return CreditLine(line.key, line.role, line.name, 1, price.price_unit, price.discount, line.taxes)


def _added(role: Role, name: str, amount: Decimal, grain: Grain) -> CreditLine:
    price = single_price(amount, grain)
    return CreditLine(None, role, name, 1, price.price_unit, price.discount)


# -- total ---------------------------------------------------------------------------------------------------------


def _closed(booking: Booking, refund_id: int, refund: Refund, terms: Terms, grain: Grain) -> CreditNote | Review:
    """Raises `LookupError` for a line that was not booked."""
    lines, value = tuple(_lines(booking, refund, terms, grain)), taken_out(refund, booking.taxes_included)
    made = _note(booking, refund_id, refund, terms, lines)
    gap = value - made.total
    if gap and abs(gap) <= MOST_ROUNDING:
        lines = (*lines, _added(Role.ROUNDING, "Rounding", gap, grain))
        made = _note(booking, refund_id, refund, terms, lines, rounding=gap)
    if made.total == value:
        return made
    money = booking.currency
    said = f"Odoo would make it {plain(made.total)} {money}, Shopify took out {plain(value)} {money}."
    return review(Cause.REFUND, said)


def _note(
    booking: Booking, refund_id: int, refund: Refund, terms: Terms, lines: tuple[CreditLine, ...], *,
    whole: bool = False, rounding: Decimal = ZERO,
) -> CreditNote:  # fmt: skip
    sums = sums_of([_as_booked(line) for line in lines], terms, booking.currency)
    date = (maybe_moment(refund.processed_at or refund.created_at) or "")[:10]
    reason = one_line(refund.note) or f"{booking.origin}, refund {refund_id}"
    return CreditNote(refund_id, date, reason, lines, sums.untaxed, sums.total, whole, rounding, given_back(refund))


def _as_booked(line: CreditLine) -> BookingLine:
    return BookingLine(line.of or 0, line.role, line.name, line.quantity, line.price_unit, discount=line.discount,
                       taxes=line.taxes)  # fmt: skip
