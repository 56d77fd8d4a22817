"""A booking -> the sale order and its lines as `load()` is to be told them; or what of Odoo is still missing for it.

An order is one thing: its lines are never recognised on their own, only as lines of an order that was. A line that left
the booking stays in Odoo with a quantity of nothing, since Odoo keeps the lines that a load does not name. A rounding
that is in Odoo stays as it is: only the total that Odoo makes says what it has to be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from mooring.domain.mapping import MappedKind
from mooring.domain.order_booking import Booking, BookingLine, Role, rounding_key
from mooring.domain.order_causes import Cause, Review, review
from mooring.domain.order_taxes import TaxTable, tax_ids
from mooring.domain.translate_odoo import Tree, Value, Wanted, amount, exact, links

COMING = -1
"""Stands for a record of Odoo that is there only when this very sync has made it."""
_GOODS = frozenset({Role.PRODUCT})
_NOTHING: dict[str, Value] = {"product_uom_qty": "0.00"}


@dataclass(frozen=True, slots=True)
class Shelf:
    """The products that lines can stand on, as ids of `product.product`. `variants`: by Shopify's variant; `services`:
    by role; `gone`: variants that Shopify does not have any more, nor Odoo under our mapping: their lines are booked as
    they were sold, on the product of their SKU (`skus`) or the one for custom items. `unsure`: variants that a person
    has still to decide on."""

    variants: Mapping[int, int] = field(default_factory=dict[int, int])
    services: Mapping[Role, int] = field(default_factory=dict[Role, int])
    gone: Collection[int] = ()
    unsure: Collection[int] = ()
    skus: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above the lines besides the booking. 0 leaves a warehouse to Odoo."""

    partner_id: int
    invoice_id: int
    delivery_id: int
    pricelist_id: int
    warehouse_id: int = 0


def order(
    booking: Booking, header: Header, shelf: Shelf, table: TaxTable, mapped: Collection[int] = ()
) -> Tree | Review:
    """`mapped`: the keys of lines that are in Odoo already."""
    found = [(line, _product(line, shelf)) for line in booking.lines]
    missing = [(line, product) for line, product in found if isinstance(product, Cause)]
    if missing:
        return _missing(missing)
    stays = {rounding_key(booking.order_id)} & {*mapped}
    lines = [_line(booking, line, product, table) for line, product in found
             if isinstance(product, int) and line.key not in stays]  # fmt: skip
    here = {line.key for line in booking.lines} - stays
    left = [Wanted(MappedKind.ORDER_LINE, key, {} if key in stays else _NOTHING, booking.order_id)
            for key in sorted(mapped) if key not in here]  # fmt: skip
    return Tree(_root(booking, header), (*lines, *left))


def _root(booking: Booking, header: Header) -> Wanted:
    values: dict[str, Value] = {
        "partner_id": header.partner_id,
        "partner_invoice_id": header.invoice_id,
        "partner_shipping_id": header.delivery_id,
        "pricelist_id": header.pricelist_id,
        "client_order_ref": booking.reference,
        "origin": booking.origin,
    }
    if header.warehouse_id:
        values["warehouse_id"] = header.warehouse_id
    if booking.date_order:
        values["date_order"] = booking.date_order
    return Wanted(
        MappedKind.ORDER, booking.order_id, values, once={"note": booking.note}, reference=booking.reference
    )  # fmt: skip


def _line(booking: Booking, line: BookingLine, product_id: int, table: TaxTable) -> Wanted:
    values: dict[str, Value] = {
        "product_id": product_id,
        "name": line.name,
        "product_uom_qty": amount(line.quantity),
        "price_unit": exact(line.price_unit),
        "discount": exact(line.discount),
        "tax_ids": links(tax_ids(line.taxes, table)),
    }
    return Wanted(MappedKind.ORDER_LINE, line.key, values, booking.order_id)


# -- products ------------------------------------------------------------------------------------------------------


def _product(line: BookingLine, shelf: Shelf) -> int | Cause:
    """What the line stands on, or why there is nothing for it."""
    if line.role is Role.CUSTOM:
        return _as_sold(line, shelf)
    if line.role not in _GOODS or line.variant_id is None:
        return shelf.services.get(line.role, Cause.SERVICE_PRODUCT)
    if line.variant_id in shelf.variants:
        return shelf.variants[line.variant_id]
    if line.variant_id in shelf.gone:
        return _as_sold(line, shelf)
    return Cause.AMBIGUOUS_PRODUCT if line.variant_id in shelf.unsure else Cause.PRODUCT_MISSING


def _as_sold(line: BookingLine, shelf: Shelf) -> int | Cause:
    """Goods that Shopify does not know as a product: on the one of their SKU, else on the one for custom items."""
    return shelf.skus.get(line.sku) or shelf.services.get(Role.CUSTOM, Cause.SERVICE_PRODUCT)


def _missing(lines: Iterable[tuple[BookingLine, Cause]]) -> Review:
    """One cause at a time: what the settings lack first, since that holds for every order."""
    causes = {cause: [line for line, its in lines if its is cause] for cause in dict.fromkeys(c for _, c in lines)}
    first = next(cause for cause in (Cause.SERVICE_PRODUCT, Cause.PRODUCT_MISSING, Cause.AMBIGUOUS_PRODUCT)
                 if cause in causes)  # fmt: skip
    if first is Cause.SERVICE_PRODUCT:
        roles = dict.fromkeys(str(_role(line)).replace("_", " ") for line in causes[first])
        return review(first, f"Without one: {', '.join(roles)}.")
    named = dict.fromkeys(line.name.partition("\n")[0] for line in causes[first])
    return review(first, f"It is: {'; '.join(named)}.")


def _role(line: BookingLine) -> Role:
    """Goods that are gone need the product for custom items."""
    return Role.CUSTOM if line.role is Role.PRODUCT else line.role
