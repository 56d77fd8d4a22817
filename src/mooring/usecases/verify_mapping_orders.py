"""What a verify asks of orders besides their pairs: is the total what it was booked with, are the invoices still there,
and has anything been invoiced twice?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from mooring.db import mappings, odoo, order_books
from mooring.db.mappings_copied import Pair
from mooring.domain.mapping import MappedKind
from mooring.usecases import odoo_gate
from mooring.usecases.book_orders_there import reset_mark
from mooring.usecases.context import App
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.operations_run import Run
from mooring.usecases.sync_odoo_orders_there import money
from mooring.usecases.sync_odoo_read import EVERYTHING, either

Row = Mapping[str, Any]
Finding = tuple[str, int]
_INVOICE, _CREDIT = "out_invoice", "out_refund"


def judge(app: App, run: Run, ticket: Ticket, page: Sequence[Pair], fingerprint: str) -> Iterator[Finding]:
    """What is wrong, and with which order, by Shopify's id. Orders that are not in this Odoo are told of elsewhere."""
    mine = {one.odoo_id: one for one in page if one.kind is MappedKind.ORDER and one.fingerprint == fingerprint}
    if not mine:
        return
    with app.db.read() as connection:
        ids = [one.shopify_id for one in mine.values()]
        books = order_books.of(connection, run.store.id, fingerprint, ids)
        invoicing = odoo.load(connection, run.store.project_id).details.sees_invoices
    known = {one.shopify_id: mappings.invoices_in(one.extra) for one in mine.values()}
    orders = _orders(app, ticket, list(mine), invoicing=invoicing)
    moves = _moves(app, ticket, orders, known) if invoicing else {}
    for row in orders:
        order_id = mine[row["id"]].shopify_id
        book = books.get(order_id)
        if book is not None and book.total is not None and money(row["amount_total"]) != money(book.total):
            yield "other_total", order_id
        if invoicing:
            yield from ((what, order_id) for what in _of_invoices(row, order_id, known[order_id], moves))


def _orders(app: App, ticket: Ticket, ids: Sequence[int], *, invoicing: bool) -> list[dict[str, Any]]:
    fields = ["amount_total", *(["invoice_ids"] if invoicing else [])]
    return odoo_gate.search_read(app, ticket, "sale.order", [["id", "in", sorted(ids)]], fields, context=EVERYTHING)


def _moves(
    app: App, ticket: Ticket, orders: Sequence[Row], known: Mapping[int, Sequence[int]]
) -> dict[int, Row]:  # fmt: skip
    """Invoices that count, and what credits them, by id. Odoo counts among those of an order only what credits its
    lines."""
    ids = {id_ for row in orders for id_ in row["invoice_ids"]} | {id_ for some in known.values() for id_ in some}
    if not ids:
        return {}
    these = either(["id", "in", sorted(ids)], ["reversed_entry_id", "in", sorted(ids)])
    fields = ["move_type", "amount_total", "reversed_entry_id", "ref", "state"]
    rows = odoo_gate.search_read(app, ticket, "account.move", [["state", "!=", "cancel"], *these], fields)
    return {row["id"]: row for row in rows}


def _of_invoices(order: Row, order_id: int, known: Sequence[int], moves: Mapping[int, Row]) -> Iterator[str]:
    there = {id_ for id_ in order["invoice_ids"] if id_ in moves}
    invoices = {id_ for id_ in there if moves[id_]["move_type"] == _INVOICE}
    credits_ = {id_ for id_, one in moves.items() if one["move_type"] == _CREDIT and _is_of(one, there)}
    if any(id_ not in moves for id_ in known):
        yield "invoice_missing"
    if invoices - {*known} - _taken_back(order_id, moves):
        yield "invoice_unknown"
    if _sum(invoices, moves) - _sum(credits_, moves) > money(order["amount_total"]):
        yield "invoiced_too_much"


def _taken_back(order_id: int, moves: Mapping[int, Row]) -> set[int]:
    """Invoices that a reset of the order has credited whole: Mooring made another one instead."""
    credits_ = (one for one in moves.values() if one["state"] == "posted" and one["reversed_entry_id"])
    return {origin for one in credits_ if (origin := one["reversed_entry_id"][0])
            and reset_mark(order_id, origin) in str(one["ref"] or "").split()}  # fmt: skip


def _is_of(credit: Row, there: set[int]) -> bool:
    return credit["id"] in there or bool(credit["reversed_entry_id"] and credit["reversed_entry_id"][0] in there)


def _sum(ids: set[int], moves: Mapping[int, Row]) -> Decimal:
    return sum((money(moves[id_]["amount_total"]) for id_ in ids), Decimal(0))
