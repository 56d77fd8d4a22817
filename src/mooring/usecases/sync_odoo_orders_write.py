"""Quotations that are in Odoo, written to: fields of orders and lines, and lines that are new.

Whenever a line is written all of it is: Odoo computes the price anew from a quantity, and the taxes from a product. The
same goes for the head of an order, whose pricelist and addresses follow its customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mooring.domain.mapping import MODELS, MappedKind
from mooring.domain.plan import Update
from mooring.domain.translate_odoo import LINE_FIELDS, ORDER_FIELDS, cell, column
from mooring.usecases.sync_odoo_family import Member
from mooring.usecases.sync_odoo_orders_there import spelled
from mooring.usecases.sync_odoo_place import ROWS
from mooring.usecases.sync_odoo_write import Pen, cells, settle

_LINE = MODELS[MappedKind.ORDER_LINE]


def spelling(pen: Pen, name: str) -> str:
    """The column of a line's field."""
    return column(spelled(pen.job, name), LINE_FIELDS[name])


def update(pen: Pen, members: Iterable[Member]) -> None:
    """All that have the same to write go together."""
    groups: dict[tuple[MappedKind, tuple[str, ...]], list[Member]] = {}
    for one in members:
        if isinstance(one.plan, Update) and one.plan.write:
            groups.setdefault((one.wanted.kind, _together(one)), []).append(one)
    for (kind, names), alike in groups.items():
        forms = ORDER_FIELDS if kind is MappedKind.ORDER else LINE_FIELDS
        columns = [".id", *(column(spelled(pen.job, name), forms[name]) for name in names)]
        for start in range(0, len(alike), ROWS):
            part = alike[start : start + ROWS]
            rows = [[[str(one.odoo_id), *cells(one.wanted, names)]] for one in part]
            settle(part, pen.load(MODELS[kind], columns, rows))


_CONTACTS = frozenset({"partner_id", "partner_invoice_id", "partner_shipping_id", "pricelist_id"})


def _together(one: Member) -> tuple[str, ...]:
    """What is to be written, and what Odoo would compute anew because of it."""
    assert isinstance(one.plan, Update)
    write = set(one.plan.write)
    if one.wanted.kind is MappedKind.ORDER_LINE or not write.isdisjoint(_CONTACTS):
        write |= {name for name in one.wanted.values if one.wanted.kind is MappedKind.ORDER_LINE or name in _CONTACTS}
    return tuple(name for name in one.wanted.values if name in write)


def add(pen: Pen, wanted: Sequence[tuple[int | None, Member]]) -> None:
    """Lines of orders that are there, each with Odoo's id of its order."""
    names = tuple(LINE_FIELDS)
    columns = ["id", *(spelling(pen, name) for name in names), "order_id/.id"]
    for start in range(0, len(wanted), ROWS):
        part = wanted[start : start + ROWS]
        rows = [[[str(pen.job.name(*line.key)), *cells(line.wanted, names), cell(order or 0)]] for order, line in part]
        settle([line for _, line in part], pen.load(_LINE, columns, rows))
