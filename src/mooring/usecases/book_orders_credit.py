"""Credit notes: Odoo reverses the whole invoice into a draft, and the draft is made to say what the refund takes back.

A draft whose total is not the refund's is never posted. Two reversals of one invoice are two credit notes to Odoo, so
the refund's id stands in its reference, and it is looked for before it is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from mooring.domain.order_booking import plain
from mooring.domain.order_causes import Cause, Review, review
from mooring.domain.order_refunds import CreditLine, CreditNote
from mooring.domain.order_standing import Step
from mooring.domain.order_taxes import tax_ids
from mooring.usecases import odoo_gate
from mooring.usecases.book_orders_hand import Hand
from mooring.usecases.book_orders_there import refund_mark, rest_mark
from mooring.usecases.book_orders_wanted import Order
from mooring.usecases.sync_odoo_orders_hub import terms_of
from mooring.usecases.sync_odoo_orders_there import money
from mooring.usecases.sync_odoo_place import Job

Row = Mapping[str, Any]
_PRECISE = Decimal("0.000001")
_NOT_FOUND = "A line that it takes back is not on the invoice in Odoo."
_NO_PRODUCT = "It needs a product for: {}."


def credit(hand: Hand, order: Order, step: Step) -> Review | None:
    """`step.on`: the invoice, or the draft that is there."""
    note = order.wanted.refund(step.subject or 0)
    known = {one.id for one in order.there.credits}
    draft = step.on[0] if step.on[0] in known else reverse(hand, order, step.on[0], note)
    return shape(hand, order, draft, note) if note is not None and draft else None


def post(hand: Hand, _: Order, step: Step) -> None:
    hand.call("account.move", "action_post", {}, step.on)


def reverse(hand: Hand, order: Order, invoice_id: int, note: CreditNote | None) -> int | None:
    """None where Odoo does not say which entry it made: then it is found by its reference."""
    if note is None:
        reason, date = f"{rest_mark(order.id)} {order.booking.origin} was cancelled", ""
    else:
        reason, date = f"{refund_mark(note.refund_id)} {note.reason}", note.date
    return reversed_by(hand, order.entries[invoice_id], reason, date)


def reversed_by(hand: Hand, invoice: Row, reason: str, date: str) -> int | None:
    wish = {"move_ids": [[6, 0, [invoice["id"]]]], "reason": reason, "journal_id": invoice["journal_id"][0]}
    context = {"active_model": "account.move", "active_ids": [invoice["id"]]}
    made: Any = hand.wizard(
        "account.move.reversal", "refund_moves", wish | ({"date": date} if date else {}), context
    )  # fmt: skip
    found = cast(dict[str, Any], made).get("res_id") if isinstance(made, dict) else None
    return found if isinstance(found, int) else None


# -- its lines -----------------------------------------------------------------------------------------------------


def shape(hand: Hand, order: Order, draft: int, note: CreditNote) -> Review | None:
    """One write of what has to change; none where it says so already."""
    if not note.whole:
        commands = _commands(hand.job, order, _lines(hand.job, draft), note)
        if isinstance(commands, Review):
            return commands
        if commands:
            hand.write("account.move", [draft], {"invoice_line_ids": commands})
    total = _total(hand.job, draft)
    if total == note.total:
        return None
    said = f"Odoo makes it {plain(total)} {order.wanted.currency}, Shopify took out {plain(note.total)}."
    return review(Cause.REFUND, said)


def _lines(job: Job, draft: int) -> list[dict[str, Any]]:
    fields = ["quantity", "price_unit", "discount", "product_id", "sale_line_ids"]
    domain = [["move_id", "=", draft], ["display_type", "=", "product"]]
    return odoo_gate.search_read(job.app, job.ticket, "account.move.line", domain, fields, order="id")


def _total(job: Job, draft: int) -> Decimal:
    rows = odoo_gate.search_read(job.app, job.ticket, "account.move", [["id", "=", draft]], ["amount_total"])
    return money(rows[0]["amount_total"]) if rows else Decimal(0)


def _commands(job: Job, order: Order, rows: Sequence[Row], note: CreditNote) -> list[list[Any]] | Review:
    by_line = {id_: row for row in rows for id_ in row["sale_line_ids"]}
    left, found = {row["id"]: row for row in rows}, list[list[Any]]()
    for line in note.lines:
        row = by_line.get(order.lines.get(line.of, 0)) if line.of is not None else None
        if line.of is not None and row is None:
            return review(Cause.REFUND, _NOT_FOUND)
        if row is not None and left.pop(row["id"], None):
            found += [[1, row["id"], changed] for changed in [_changed(row, line)] if changed]
            continue
        added = _added(job, line, row)
        if isinstance(added, Review):
            return added
        found += _new(left, added)
    return [*found, *([2, id_, 0] for id_ in left)]


def _changed(row: Row, line: CreditLine) -> dict[str, Any]:
    wanted = {"quantity": line.quantity, "price_unit": line.price_unit, "discount": line.discount}
    return {name: float(value) for name, value in wanted.items() if Decimal(str(row[name] or 0)) != value}


def _added(job: Job, line: CreditLine, row: Row | None) -> dict[str, Any] | Review:
    """`row`: of a line that is taken back in two parts."""
    terms = terms_of(job)
    product = row["product_id"][0] if row else terms.services.get(line.role)
    if product is None:
        return review(Cause.SERVICE_PRODUCT, _NO_PRODUCT.format(line.role.replace("_", " ")))
    taxes = [*tax_ids(line.taxes, terms.terms.taxes)]
    said: dict[str, Any] = {
        "product_id": product, "name": line.name, "quantity": float(line.quantity),
        "price_unit": float(line.price_unit), "discount": float(line.discount), "tax_ids": [[6, 0, taxes]],
    }  # fmt: skip
    return said | ({"sale_line_ids": [[6, 0, [*row["sale_line_ids"]]]]} if row else {})


def _new(left: dict[int, Row], said: dict[str, Any]) -> list[list[Any]]:
    """A line that was added before, by a call nobody heard the answer of, is not added again."""
    for id_, row in left.items():
        if not row["sale_line_ids"] and _is_same(row, said):
            del left[id_]
            return []
    return [[0, 0, said]]


def _is_same(row: Row, said: Mapping[str, Any]) -> bool:
    numbers = all(
        Decimal(str(row[name])).quantize(_PRECISE) == Decimal(str(said[name])).quantize(_PRECISE)
        for name in ("quantity", "price_unit", "discount")
    )
    return numbers and row["product_id"] and row["product_id"][0] == said["product_id"]
