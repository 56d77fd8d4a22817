"""What a round learned, in one transaction: how far each order has come, what waits for a person, what is counted.

Fenced as binding is: nothing that was read before a Clear is kept after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mooring.db import mappings, order_books, sync_items
from mooring.db.order_books import Book
from mooring.db.sync_items import Item
from mooring.domain.mapping import MappedKind
from mooring.domain.order_booking import plain
from mooring.domain.order_causes import WORDS, Cause, Review
from mooring.domain.order_standing import Act, Stage, Step, There, Waits
from mooring.usecases.book_orders_hand import Hand
from mooring.usecases.book_orders_wanted import Order
from mooring.usecases.sync_odoo_place import Job

BOOKED = ("confirmed", "invoiced", "paid", "credited", "cancelled", "review")
"""The words of the receipt: orders that were confirmed, invoiced, paid in full, cancelled or wait for a person, and
credit notes that were posted."""
_WORD = {
    Act.CONFIRM: "confirmed", Act.POST: "invoiced", Act.PAY: "paid", Act.POST_CREDIT: "credited",
    Act.CANCEL: "cancelled",
}  # fmt: skip


@dataclass(slots=True)
class Outcomes:
    """Of a round. `books`: as they are to be kept; `seen`: as they were when the round began."""

    books: list[Book] = field(default_factory=list[Book])
    seen: dict[int, Book] = field(default_factory=dict[int, Book])
    items: list[Item] = field(default_factory=list[Item])
    over: list[int] = field(default_factory=list[int])
    invoices: dict[int, tuple[int, ...]] = field(default_factory=dict[int, tuple[int, ...]])

    def left_alone(self, book: Book) -> None:
        """Nothing is known of it in Odoo that could be gone by now."""
        self.books.append(replace(book, settled=True, due_at=None))

    def settled(self, order: Order) -> None:
        self._keep(order, order.there, settled=True)
        self.over.append(order.id)

    def waits(self, job: Job, order: Order, found: Waits) -> None:
        self._keep(order, order.there, settled=True)
        self.items.append(_item(job, order, found))

    def goes_on(self, order: Order, *, due_at: datetime | None = None) -> None:
        """Something is still to do: now, or when what may be under way has happened or never will."""
        self._keep(order, order.there, settled=False, due_at=due_at)

    def later(self, book: Book, due_at: datetime) -> None:
        self.books.append(replace(book, settled=False, due_at=due_at))

    def _keep(self, order: Order, there: There, *, settled: bool, due_at: datetime | None = None) -> None:
        invoices = tuple(one.id for one in there.invoices) or order.wanted.invoices
        stage = there.stage if there.state is not None else Stage(order.book.stage)
        if there.state is not None:
            self.invoices[order.id] = tuple(one.id for one in there.invoices)
        self.books.append(replace(
            order.book, stage=str(stage), invoices=invoices, payments={**order.book.payments, **order.paid},
            credits=_credits(order, there), settled=settled, due_at=due_at,
        ))  # fmt: skip


def _credits(order: Order, there: There) -> dict[int, int]:
    """Posted ones: what is a draft is nothing yet."""
    made = {one.refund_id: one.id for one in there.credits if one.refund_id and one.posted}
    return {**order.book.credits, **made}


def keep(job: Job, hand: Hand, found: Outcomes) -> None:
    job.save()
    with job.run.checkpoint() as connection:
        job.fence(connection)
        hand.strike_out(connection)
        _keep_books(job, connection, found)
        _note_invoices(job, connection, found)
        _keep_items(job, connection, found)


def _keep_books(job: Job, connection: Connection, found: Outcomes) -> None:
    """Somebody may have decided on an order meanwhile: then it is looked at once more, and what was decided stays."""
    now = order_books.of(connection, job.store.id, job.fingerprint, [one.shopify_id for one in found.books])
    for book in found.books:
        present = now.get(book.shopify_id)
        if present is None:
            continue
        ignored = {refund: 0 for refund, made in present.credits.items() if not made}
        passed = {payment: 0 for payment, made in present.payments.items() if not made}
        same = present == found.seen.get(book.shopify_id)
        kept = replace(
            book, credits={**ignored, **book.credits}, payments={**passed, **book.payments},
            settled=book.settled and same,
        )  # fmt: skip
        order_books.keep(connection, job.store.id, kept, at=job.now)


def _note_invoices(job: Job, connection: Connection, found: Outcomes) -> None:
    known = mappings.of(connection, job.store.id, MappedKind.ORDER, found.invoices)
    for order_id, ids in found.invoices.items():
        if order_id in known and known[order_id].invoices != ids:
            mappings.note_invoices(connection, job.store.id, order_id, ids)


def _keep_items(job: Job, connection: Connection, found: Outcomes) -> None:
    sync_items.remove(connection, job.store.id, job.kind, found.over)
    sync_items.put(connection, job.store.id, found.items, at=job.now)


# -- what waits for a person ---------------------------------------------------------------------------------------


def _item(job: Job, order: Order, found: Waits) -> Item:
    told: dict[str, Any] = {"fix": found.review.fix, "money": _money(order)}
    if ignore := _ignore(order, found):
        told["ignore"] = ignore
    detail = {"booking": True, "records": {f"{MappedKind.ORDER}.{order.id}": told}}
    return Item(
        job.kind, order.id, "review", cause=str(found.review.cause), sentence=found.review.sentence, detail=detail,
        operation_id=job.run.id,
    )  # fmt: skip


def _money(order: Order) -> dict[str, str]:
    wanted = order.wanted
    return {"booked": plain(wanted.total), "now": plain(wanted.current), "currency": wanted.currency}


def _ignore(order: Order, found: Waits) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if found.refunds:
        told["refunds"] = list(found.refunds)
    if found.payments:
        told["payments"] = list(found.payments)
    if found.cancelled:
        told["cancelled"] = True
    if found.change and order.book.digest is not None:
        told["digest"] = order.book.digest.hex()
    return told


def refused(words: str) -> Review:
    """By Odoo; its words say which kind of refusal it is."""
    cause = next((cause for cause, marks in _MARKS.items() if any(mark in words.lower() for mark in marks)), Cause.ODOO)
    return Review(cause, words if cause is Cause.ODOO else f"{WORDS[cause].sentence} Odoo says: {words}")


_MARKS = {
    Cause.LOCK_DATE: ("prior to and inclusive of", "lock date"),
    Cause.LOCKED: ("locked order", "locked sales order"),
}


# -- counting ------------------------------------------------------------------------------------------------------


def count(job: Job, word: str) -> None:
    counts = job.run.counts.setdefault("booked", {})
    counts[word] = counts.get(word, 0) + 1


def count_step(job: Job, order: Order, step: Step) -> None:
    if (word := _WORD.get(step.act)) and (step.act is not Act.PAY or _pays_all(order, step)):
        count(job, word)


def _pays_all(order: Order, step: Step) -> bool:
    """With it the order is paid; an instalment before counts for nothing, nor does what was paid in an earlier life."""
    return step.subject is not None and step.amount == sum(one.open for one in order.there.posted)


def told(counts: dict[str, Any]) -> dict[str, int]:
    """For the receipt."""
    return {word: counts.get("booked", {}).get(word, 0) for word in BOOKED}
