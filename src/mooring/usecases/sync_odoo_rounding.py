"""The last cent: where Odoo makes a little else of an order than was predicted, one rounding line puts it right.

There is never more than one such line in an order, it is never above 0.02, and it is tried once: what does not come out
even then is for a person to look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from mooring.domain.mapping import MODELS, MappedKind
from mooring.domain.order_booking import Role, rounding_key
from mooring.domain.plan import Create, Update, hashes
from mooring.domain.translate_odoo import Value, Wanted, amount, exact
from mooring.domain.translate_odoo_orders import MOST_ROUNDING
from mooring.usecases import odoo_gate
from mooring.usecases.sync_odoo_family import Member
from mooring.usecases.sync_odoo_orders import OrderFamily
from mooring.usecases.sync_odoo_orders_hub import terms_of
from mooring.usecases.sync_odoo_orders_there import money
from mooring.usecases.sync_odoo_orders_write import add, update
from mooring.usecases.sync_odoo_write import Pen

_LINE = MappedKind.ORDER_LINE


@dataclass(frozen=True, slots=True)
class Off:
    """An order that lacks `gap` in Odoo. `line`: the one that rounds it already."""

    family: OrderFamily
    gap: Decimal
    line: Member | None


def correct(pen: Pen, orders: Sequence[OrderFamily], totals: Mapping[int, Decimal]) -> list[OrderFamily]:
    """Those of them that were put right, or should be: their totals have to be read once more."""
    product = terms_of(pen.job).services.get(Role.ROUNDING)
    off = [found for one in orders if (found := _off(one, totals)) is not None]
    if not off or product is None:
        return []
    held = _held(pen, [one.line.odoo_id for one in off if one.line and one.line.odoo_id])
    wanted = [(one, one.gap + held.get(one.line.odoo_id or 0, Decimal(0)) if one.line else one.gap) for one in off]
    wanted = [(one, rounding) for one, rounding in wanted if abs(rounding) <= MOST_ROUNDING]
    _add(pen, [(one, _said(product, rounding)) for one, rounding in wanted if one.line is None])
    _change(pen, [(one.line, _said(product, rounding)) for one, rounding in wanted if one.line is not None])
    return [one.family for one, _ in wanted]


def _off(one: OrderFamily, totals: Mapping[int, Decimal]) -> Off | None:
    """What somebody changed in Odoo is not rounded away."""
    total = totals.get(one.root.odoo_id or 0)
    if one.booking is None or total is None or one.differs or any(line.failed for line in one.children):
        return None
    gap, key = one.booking.total - total, rounding_key(one.id)
    line = next((line for line in one.children if line.wanted.shopify_id == key and line.odoo_id), None)
    return Off(one, gap, line) if gap and abs(gap) <= MOST_ROUNDING else None


def _held(pen: Pen, ids: Sequence[int]) -> dict[int, Decimal]:
    """What these lines come to now."""
    if not ids:
        return {}
    fields, asked = ["price_unit", "product_uom_qty"], [["id", "in", list(ids)]]
    rows = odoo_gate.search_read(pen.job.app, pen.job.ticket, MODELS[_LINE], asked, fields)
    return {row["id"]: money(row["price_unit"]) * money(row["product_uom_qty"]) for row in rows}


def _said(product_id: int, rounding: Decimal) -> dict[str, Value]:
    return {
        "product_id": product_id, "name": "Rounding", "product_uom_qty": amount(1), "price_unit": exact(rounding),
        "discount": exact(0), "tax_ids": "",
    }  # fmt: skip


def _add(pen: Pen, new: Sequence[tuple[Off, dict[str, Value]]]) -> None:
    made = [
        (one.family, Member(Wanted(_LINE, rounding_key(one.family.id), said, one.family.id), Create()))
        for one, said in new
    ]
    for family, line in made:
        family.children.append(line)
    if made:
        add(pen, [(family.root.odoo_id, line) for family, line in made])


def _change(pen: Pen, lines: Sequence[tuple[Member, dict[str, Value]]]) -> None:
    """One that was made just now stays to be bound as new."""
    sent = [
        (line, Member(replace(line.wanted, values=said), Update(line.odoo_id or 0, said, fields=hashes(said)),
                      odoo_id=line.odoo_id))
        for line, said in lines
    ]  # fmt: skip
    update(pen, [again for _, again in sent])
    for line, again in sent:
        line.wanted, line.failed = again.wanted, again.failed
        if not isinstance(line.plan, Create):
            line.plan = again.plan
