"""What people decided about booked orders, before these are planned: Reset and sync takes an order back in Odoo.

Without a posted invoice the order is cancelled, its draft invoice with it, and made a quotation again; then it is
planned like any other. A posted invoice is credited whole first: what was paid for it stays open on that credit note,
and counts for the invoice that is made anew. Where Mooring cannot tell how the money would stand afterwards, it does
nothing and says what to do by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mooring.db import order_books, order_steps, sync_items
from mooring.db.sync_items import Item
from mooring.domain.order_causes import Cause, Review
from mooring.domain.order_settings import Outcome
from mooring.domain.order_standing import Act, Step
from mooring.errors import OutcomeUnknown, Permanent
from mooring.usecases import book_orders_there as there
from mooring.usecases import book_orders_wanted as wanted
from mooring.usecases.book_orders_credit import reversed_by
from mooring.usecases.book_orders_hand import Hand
from mooring.usecases.book_orders_there import reset_mark
from mooring.usecases.book_orders_wanted import Order
from mooring.usecases.operations_run import Wait
from mooring.usecases.sync_odoo_family import Family
from mooring.usecases.sync_odoo_orders_hub import terms_of
from mooring.usecases.sync_odoo_place import Job
from mooring.usecases.sync_odoo_read import Batch
from mooring.usecases.sync_odoo_turn import BUSY_SECONDS, SETTLED

_LOCKED = "It cannot be taken back while it is locked in Odoo: unlock it there, then choose again."
_CREDITED = (
    "It cannot be taken back, because part of it is credited in Odoo already. Change it there by hand, then choose "
    "Ignore here."
)
_SOMEBODYS = (
    "It cannot be taken back, because its invoice was posted by somebody in Odoo. Credit it there, then choose again."
)
_SEVERAL = "It cannot be taken back, because it has several invoices in Odoo. Change them there, then choose Ignore."


@dataclass(slots=True)
class Before:
    """`refused`: why an order could not be taken back. `wait`: a step of what somebody asked for may be under way."""

    refused: dict[int, str] = field(default_factory=dict[int, str])
    wait: Wait | None = None

    def tell(self, families: Iterable[Family]) -> None:
        for one in families:
            if one.id in self.refused and one.review is not None:
                one.review = Review(one.review.cause, f"{one.review.sentence} {self.refused[one.id]}")


def before_planning(job: Job, batch: Batch) -> Before:
    """Orders with a step under way are left for the next sync: nothing is done to them until it is known."""
    with job.app.db.read() as connection:
        items = sync_items.of(connection, job.store.id, job.kind, batch.ids)
        sent = order_steps.of(connection, job.store.id, batch.ids)
    young = [one for one, step in sent.items() if step.sent_at > job.now - SETTLED]
    if young and job.chosen is not None:
        return Before(wait=Wait(BUSY_SECONDS))
    for one in young:
        del batch.digests[one]
    decided = {one: item for one, item in items.items() if item.decision and one in batch.digests}
    job.place.booking.credit += [one for one, item in decided.items() if _said(item, "credit")]
    _forget_invoices(job, [one for one, item in decided.items() if _makes_invoice(item)])
    resets = [one for one, item in decided.items() if _said(item, "reset")]
    return Before(_take_back(job, resets) if resets else {})


def _said(item: Item, what: str) -> bool:
    return bool((item.decision or {}).get(what))


def _makes_invoice(item: Item) -> bool:
    records: Mapping[str, Any] = (item.decision or {}).get("records") or {}
    return item.cause == Cause.MISSING_IN_ODOO and any(one.get("create") for one in records.values())


def _forget_invoices(job: Job, ids: Sequence[int]) -> None:
    """Somebody decided that what is gone is made again."""
    if not ids:
        return
    with job.run.checkpoint() as connection:
        job.fence(connection)
        for book in order_books.of(connection, job.store.id, job.fingerprint, ids).values():
            order_books.keep(connection, job.store.id, replace(book, invoices=(), settled=False), at=job.now)


# -- taking back ---------------------------------------------------------------------------------------------------


def _take_back(job: Job, ids: Sequence[int]) -> dict[int, str]:
    with job.app.db.read() as connection:
        books = order_books.of(connection, job.store.id, job.fingerprint, ids)
    hub = wanted.read(job, list(books))
    orders = wanted.orders(job, hub, books.values(), terms_of(job), decided=True)
    if orders:
        there.look(job, orders)
    refused = {one.id: why for one in orders if (why := _why_not(one))}
    hand = Hand(job)
    for one in orders:
        if one.id not in refused and not one.there.is_open and one.there.state is not None:
            _reopen(hand, one, refused)
    _keep(job, hand, [one for one in orders if one.id not in refused])
    return refused


def _why_not(order: Order) -> str | None:
    seen = order.there
    if seen.locked:
        return _LOCKED
    if not seen.posted:
        return None
    if order.wanted.outcome is not Outcome.INVOICE:
        return _SOMEBODYS
    if len(seen.invoices) > 1:
        return _SEVERAL
    return _CREDITED if any(not _is_reset(order, one.id) for one in seen.credits) else None


def _is_reset(order: Order, entry: int) -> bool:
    row = order.entries[entry]
    origin = row["reversed_entry_id"]
    return bool(origin) and reset_mark(order.id, origin[0]) in str(row["ref"] or "").split()


def _reopen(hand: Hand, order: Order, refused: dict[int, str]) -> None:
    hand.take_up(order.id, Step(Act.REOPEN))
    try:
        for invoice in order.there.posted:
            _credit_whole(hand, order, invoice.id)
        if order.there.state != "cancel":
            hand.call("sale.order", "action_cancel", {}, [order.odoo_id])
        hand.call("sale.order", "action_draft", {}, [order.odoo_id])
    except OutcomeUnknown:
        raise
    except Permanent as error:
        if error.code != "odoo_refused":
            raise
        refused[order.id] = f"Odoo refuses to take it back: {error.sentence}"
    hand.answered()


def _credit_whole(hand: Hand, order: Order, invoice_id: int) -> None:
    """By the draft that is there, if it was begun before."""
    drafts = [one.id for one in order.there.credits if _is_reset(order, one.id) and not one.posted]
    reason = f"{reset_mark(order.id, invoice_id)} {order.booking.origin} is booked anew"
    made = drafts[0] if drafts else reversed_by(hand, order.entries[invoice_id], reason, "")
    if made is None:
        raise OutcomeUnknown("Odoo does not say which credit note it made. It is looked for.", code="odoo_no_id")
    hand.call("account.move", "action_post", {}, [made])


def _keep(job: Job, hand: Hand, orders: Sequence[Order]) -> None:
    with job.run.checkpoint() as connection:
        job.fence(connection)
        hand.strike_out(connection)
        for one in orders:
            book = replace(one.book, stage="draft", invoices=(), settled=False, due_at=None)
            order_books.keep(connection, job.store.id, book, at=job.now)
