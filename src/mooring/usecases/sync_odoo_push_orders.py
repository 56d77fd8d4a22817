"""Orders into Odoo: the contacts they need, new orders with all their lines in one load, changes of quotations, and the
totals read back. Nothing that is confirmed in Odoo is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from mooring.db.order_books import DRAFT
from mooring.domain.mapping import MODELS, MODULE, MappedKind
from mooring.domain.order_buyers import Buyer
from mooring.domain.order_causes import Review
from mooring.domain.plan import Create, Skip, Update, hashes
from mooring.domain.translate_odoo import LINE_FIELDS, ORDER_FIELDS, Value, column
from mooring.usecases import odoo_gate
from mooring.usecases.sync_odoo_buyers import bring
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_orders import OrderFamily, booked, other_total
from mooring.usecases.sync_odoo_orders_there import money
from mooring.usecases.sync_odoo_orders_write import add, spelling, update
from mooring.usecases.sync_odoo_push import Rows
from mooring.usecases.sync_odoo_read import EVERYTHING
from mooring.usecases.sync_odoo_rounding import correct
from mooring.usecases.sync_odoo_write import Pen, cells

_ORDER, _LINE = MODELS[MappedKind.ORDER], MODELS[MappedKind.ORDER_LINE]
_NOT_THERE = "The order was not there any more when its total was read back. Sync it again."


def push(pen: Pen, families: Sequence[Family]) -> None:
    orders = [one for one in families if isinstance(one, OrderFamily) and one.review is None]
    _bring_contacts(pen, [one for one in orders if _is_written(one)])
    written = [one for one in orders if _is_written(one) and one.root.failed is None and one.review is None]
    new = [one for one in written if isinstance(one.root.plan, Create)]
    pen.announce(one.root for one in new)
    pen.plant(one for family in families for one in family.members())
    for alike in _alike(new):
        _create(pen, alike)
    update(pen, [one.root for one in written])
    update(pen, [line for one in written for line in one.children])
    _add_lines(pen, [one for one in written if not isinstance(one.root.plan, Create)])
    _read_back(pen, [one for one in written if one.root.failed is None])


def _is_written(family: Family) -> bool:
    return any(_writes(one) for one in family.members())


def _writes(one: Member) -> bool:
    return isinstance(one.plan, Create) or (isinstance(one.plan, Update) and bool(one.plan.write))


# -- contacts ------------------------------------------------------------------------------------------------------


def _bring_contacts(pen: Pen, orders: Sequence[OrderFamily]) -> None:
    """Made before the orders that name them."""
    lacking = {one.id: one.wish for one in orders if one.wish and one.buyer and _lacks(one.buyer)}
    found = bring(pen.job, lacking) if lacking else {}
    for one in orders:
        buyer = found.get(one.id)
        if isinstance(buyer, Review):
            one.review = buyer
            _leave(one)
        elif buyer is not None:
            _name_contacts(one, buyer)


def _leave(family: Family) -> None:
    """Nothing of it is written in this sync."""
    for one in family.members():
        one.plan = Skip()


def _lacks(buyer: Buyer) -> bool:
    return any(one.id is None for one in buyer.all())


def _name_contacts(family: OrderFamily, buyer: Buyer) -> None:
    failed = next((why for one in buyer.all() if (why := one.why_not)), None)
    if failed:
        family.root.failed = failed
        _leave(family)
        return
    fields = ("partner_id", "partner_invoice_id", "partner_shipping_id")
    ids: dict[str, Value] = {name: one.id or 0 for name, one in zip(fields, buyer.all(), strict=True)}
    root = family.root
    root.wanted = replace(root.wanted, values={**root.wanted.values, **ids})
    if isinstance(root.plan, Update):
        told = {name: id_ for name, id_ in ids.items() if name in root.plan.write}
        root.plan = replace(
            root.plan, write={**root.plan.write, **told}, fields={**root.plan.fields, **hashes(told)}
        )  # fmt: skip


# -- new orders ----------------------------------------------------------------------------------------------------


def _alike(orders: Iterable[OrderFamily]) -> Iterable[list[OrderFamily]]:
    """Those of which the same is said: a date that Shopify does not tell is not told to Odoo either."""
    groups: dict[tuple[str, ...], list[OrderFamily]] = {}
    for one in orders:
        groups.setdefault(tuple(one.root.wanted.values), []).append(one)
    return groups.values()


def _create(pen: Pen, orders: Sequence[OrderFamily]) -> None:
    heads = (*orders[0].root.wanted.values, *orders[0].root.wanted.once)
    lines = tuple(LINE_FIELDS)
    columns = [
        "id",
        *(column(name, ORDER_FIELDS.get(name)) for name in heads),
        "order_line/id",
        *(f"order_line/{spelling(pen, name)}" for name in lines),
    ]
    rows = [_rows(pen, one, heads, lines) for one in orders]
    pen.create(_ORDER, columns, [one.root for one in orders], rows)
    for family in orders:
        for line in family.children:
            line.failed = family.root.failed


def _rows(pen: Pen, family: OrderFamily, heads: Sequence[str], lines: Sequence[str]) -> Rows:
    """The order with its first line, and a row for each other one."""
    head = [str(pen.job.name(*family.root.key)), *cells(family.root.wanted, heads)]
    below = [[str(pen.job.name(*one.key)), *cells(one.wanted, lines)] for one in family.children]
    empty = [""] * (len(lines) + 1)
    first, others = (below[0], below[1:]) if below else (empty, [])
    return [[*head, *first], *([*[""] * len(head), *one] for one in others)]


# -- quotations that are there ---------------------------------------------------------------------------------------


def _add_lines(pen: Pen, orders: Sequence[OrderFamily]) -> None:
    add(pen, [
        (one.root.odoo_id, line) for one in orders for line in one.children
        if isinstance(line.plan, Create) and one.root.failed is None
    ])  # fmt: skip


# -- reading back --------------------------------------------------------------------------------------------------


def _read_back(pen: Pen, orders: Sequence[OrderFamily]) -> None:
    """The ids of new lines, and what Odoo makes of the whole: equal to the cent, be it after one corrected rounding, or
    for a person to look at."""
    job, totals = pen.job, _totals(pen, orders)
    _find_lines(pen, [line for one in orders for line in one.children if _is_new(line)])
    rounded = correct(pen, orders, totals)
    if rounded:
        totals |= _totals(pen, rounded)
        _find_lines(pen, [line for one in rounded for line in one.children if _is_new(line)])
    for one in orders:
        total = totals.get(one.root.odoo_id or 0)
        if total is None:
            one.root.failed = _NOT_THERE
        elif one.booking is not None and total != one.booking.total:
            one.review = None if one.differs else other_total(one.booking, total)
        elif one.booking is not None:
            one.book = booked(job, one.booking, DRAFT)


def _totals(pen: Pen, orders: Sequence[OrderFamily]) -> dict[int, Decimal]:
    """By Odoo's id."""
    asked = [["id", "in", [one.root.odoo_id for one in orders]]]
    rows = (
        odoo_gate.search_read(pen.job.app, pen.job.ticket, _ORDER, asked, ["amount_total"], context=EVERYTHING)
        if orders else []
    )  # fmt: skip
    return {row["id"]: money(row["amount_total"]) for row in rows}


def _is_new(line: Member) -> bool:
    return isinstance(line.plan, Create) and line.odoo_id is None and line.failed is None


def _find_lines(pen: Pen, lines: Sequence[Member]) -> None:
    names = {pen.job.name(*one.key).name: one for one in lines}
    if not names:
        return
    domain = [["module", "=", MODULE], ["name", "in", list(names)], ["model", "=", _LINE]]
    rows = odoo_gate.search_read(pen.job.app, pen.job.ticket, "ir.model.data", domain, ["name", "res_id"])
    for row in rows:
        names[row["name"]].odoo_id, names[row["name"]].planted = row["res_id"], True
