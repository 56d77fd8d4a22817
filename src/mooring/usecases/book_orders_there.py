"""What Odoo has of the orders of a round, in at most four requests however many there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mooring.domain.order_standing import REST, Credit, Invoice, There
from mooring.usecases import odoo_gate
from mooring.usecases.book_orders_wanted import Order
from mooring.usecases.sync_odoo_orders_there import money
from mooring.usecases.sync_odoo_place import Job
from mooring.usecases.sync_odoo_read import EVERYTHING, either

Row = Mapping[str, Any]
_ORDER = ("state", "locked", "amount_total", "invoice_ids")
_ENTRY = ("state", "move_type", "amount_total", "amount_residual", "ref", "reversed_entry_id", "journal_id",
          "currency_id", "partner_id", "commercial_partner_id")  # fmt: skip
_REFUND = re.compile(r"gid://shopify/Refund/([0-9]+)")


def refund_mark(refund_id: int) -> str:
    """Stands first in the reason of a credit note, which Odoo puts into its reference: it is recognised by that."""
    return f"gid://shopify/Refund/{refund_id}"


def rest_mark(order_id: int) -> str:
    return f"gid://shopify/Order/{order_id}/cancelled"


def reset_mark(order_id: int, invoice_id: int) -> str:
    return f"gid://shopify/Order/{order_id}/reset/{invoice_id}"


def look(job: Job, orders: Sequence[Order]) -> None:
    """Sets `there`, `entries` and `paid` of each."""
    found = _read(job, "sale.order", [["id", "in", [one.odoo_id for one in orders]]], _ORDER)
    heads = {row["id"]: row for row in found}
    _find_entries(job, [one for one in orders if one.odoo_id in heads], heads)
    _find_payments(job, orders)
    for one in orders:
        one.there = _there(one, heads.get(one.odoo_id))
    _find_lines(job, orders)


def _read(job: Job, model: str, domain: list[Any], fields: Iterable[str]) -> list[dict[str, Any]]:
    return odoo_gate.search_read(job.app, job.ticket, model, domain, list(fields), order="id", context=EVERYTHING)


# -- invoices and credit notes -------------------------------------------------------------------------------------


def _find_entries(job: Job, orders: Sequence[Order], heads: Mapping[int, Row]) -> None:
    """Those of its lines, and what says that it reverses one of these."""
    known = {id_: one for one in orders for id_ in (*heads[one.odoo_id]["invoice_ids"], *one.book.invoices)}
    if not known:
        return
    domain = either(["id", "in", sorted(known)], ["reversed_entry_id", "in", sorted(known)])
    for row in _read(job, "account.move", domain, _ENTRY):
        origin = row["reversed_entry_id"]
        owner = known.get(row["id"]) or (known.get(origin[0]) if origin else None)
        if owner is not None:
            owner.entries[row["id"]] = row


def _there(order: Order, head: Row | None) -> There:
    if head is None:
        return There(None)
    live = [row for row in order.entries.values() if row["state"] != "cancel"]
    credits = {row["id"]: row for row in live if row["move_type"] == "out_refund"}
    past = _taken_back(order, credits.values())
    return There(
        state=head["state"], total=money(head["amount_total"]), locked=bool(head["locked"]),
        invoices=tuple(
            Invoice(row["id"], row["state"] == "posted", money(row["amount_total"]), _open(row))
            for row in live if row["move_type"] == "out_invoice" and row["id"] not in past
        ),
        credits=tuple(
            Credit(row["id"], _refund_of(order, row), row["state"] == "posted", money(row["amount_total"]), _open(row))
            for row in credits.values() if row["id"] not in past
        ),
        payments=frozenset({*order.paid, *order.book.payments}),
        spare=tuple(
            Credit(row["id"], None, True, money(row["amount_total"]), _open(row))
            for row in credits.values() if row["id"] in past and row["amount_residual"]
        ),
    )  # fmt: skip


def _open(row: Row) -> Any:
    return money(row["amount_residual"])


def _taken_back(order: Order, credits: Iterable[Row]) -> set[int]:
    """Invoices that a reset has credited whole, with those credit notes: they count for nothing any more."""
    past: set[int] = set()
    for row in credits:
        origin = row["reversed_entry_id"]
        if origin and row["state"] == "posted" and reset_mark(order.id, origin[0]) in str(row["ref"] or "").split():
            past |= {row["id"], origin[0]}
    return past


def _refund_of(order: Order, row: Row) -> int | None:
    said = str(row["ref"] or "")
    found = _REFUND.search(said)
    if found:
        return int(found[1])
    return REST if rest_mark(order.id) in said.split() else None


# -- payments ------------------------------------------------------------------------------------------------------


def _find_payments(job: Job, orders: Sequence[Order]) -> None:
    """By Shopify's transaction, which is their memo."""
    paying = [one for one in orders if one.wanted.is_settled and any(_is_posted(row) for row in one.entries.values())]
    asked = {str(payment.transaction_id): one for one in paying for payment in one.payments}
    if not asked:
        return
    memo, links = _spelled(job)
    for row in _read(job, "account.payment", [[memo, "in", list(asked)]], [memo, "amount", "partner_id", *links]):
        order = asked[row[memo]]
        if _is_ours(order, int(row[memo]), row, links):
            order.paid[int(row[memo])] = row["id"]


def _is_posted(row: Row) -> bool:
    return row["state"] == "posted"


def _spelled(job: Job) -> tuple[str, tuple[str, ...]]:
    """Before 18 the memo had another name, and a payment was tied to its invoices by journal items alone."""
    return ("memo", ("invoice_ids", "reconciled_invoice_ids")) if job.odoo.details.major >= 18 else (
        "ref", ("reconciled_invoice_ids",)
    )  # fmt: skip


def _is_ours(order: Order, transaction_id: int, row: Row, links: Iterable[str]) -> bool:
    """Tied to an entry of the order; or to none, and then of the same partner and amount. Whatever was made of it in
    Odoo since: a payment that somebody called off is not made again unasked."""
    if row["id"] in order.book.payments.values():
        return True
    tied = {id_ for name in links for id_ in row[name] or ()}
    if tied:
        return not tied.isdisjoint(order.entries)
    partners = {row[name][0] for row in order.entries.values() for name in ("partner_id", "commercial_partner_id")
                if row[name]}  # fmt: skip
    same = bool(row["partner_id"]) and row["partner_id"][0] in partners
    return same and money(row["amount"]) == order.payment(transaction_id).amount


# -- lines ---------------------------------------------------------------------------------------------------------


def _find_lines(job: Job, orders: Sequence[Order]) -> None:
    """Where an invoice is to be made: whether it would be of the whole order."""
    asked = {one.odoo_id: one for one in orders if one.wanted.is_invoiced and one.there.state == "sale"
             and not one.there.invoices}  # fmt: skip
    if not asked:
        return
    fields = ("order_id", "product_uom_qty", "qty_to_invoice", "display_type")
    lines: dict[int, list[bool]] = {}
    for row in _read(job, "sale.order.line", [["order_id", "in", list(asked)]], fields):
        if not row["display_type"]:
            whole = money(row["qty_to_invoice"]) == money(row["product_uom_qty"])
            lines.setdefault(row["order_id"][0], []).append(whole)
    for odoo_id, order in asked.items():
        order.there = replace(order.there, invoiceable=all(lines.get(odoo_id, [False])))
