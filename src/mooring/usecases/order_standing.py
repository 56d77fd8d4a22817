"""How far an order has come in Odoo, as it was last read there: its stage, invoices, credit notes and payments, each
with its place in Odoo; and what was sent and is not answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mooring.db import odoo, order_books, order_settings, order_steps, stores
from mooring.db.odoo import OdooConnection
from mooring.db.order_books import Book
from mooring.domain.order_settings import Outcome
from mooring.domain.rules import Role
from mooring.usecases.context import App
from mooring.usecases.items_questions import odoo_link
from mooring.usecases.who import Who

STAGES = {
    order_books.DRAFT: "Quotation",
    order_books.ORDER: "Sale order",
    order_books.DRAFT_INVOICE: "Draft invoice",
    order_books.INVOICED: "Invoice posted",
    order_books.PAID: "Invoice paid",
    order_books.CANCELLED: "Cancelled in Odoo",
}
STEPS = {
    "confirm": "being confirmed",
    "invoice": "being invoiced",
    "post": "its invoice is being posted",
    "pay": "a payment is being registered",
    "credit": "a credit note is being made",
    "post_credit": "a credit note is being posted",
    "pay_credit": "money given back is being registered",
    "cancel": "being cancelled",
    "reopen": "being taken back",
}
_MOVE, _PAYMENT = "account.move", "account.payment"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of Odoo. `of`: Shopify's id of the refund or transaction it is for, None for an invoice."""

    id: int
    model: str
    link: str
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """`stage` is a stable word, `title` says it. `goal`: how far the settings take it, None where nobody chose.
    `ignored`: refunds that somebody marked as done; `ignores_change`, `ignores_cancel`: what else somebody decided to
    leave out of Odoo. `step`: what was sent and is not answered, since when; `due_at`: when it is looked at again."""

    stage: str
    title: str
    goal: Outcome | None
    total: str | None
    invoices: tuple[Entry, ...]
    credits: tuple[Entry, ...]
    payments: tuple[Entry, ...]
    ignored: tuple[int, ...]
    ignores_change: bool
    ignores_cancel: bool
    settled: bool
    step: str | None
    sent_at: datetime | None
    due_at: datetime | None


def of_order(app: App, who: Who, store_id: str, shopify_id: int) -> Standing | None:
    """None as long as nothing of it is known in the Odoo that is connected."""
    with app.db.read() as connection:
        store = stores.load(connection, store_id)
        who.require(store.project_id, Role.VIEWER)
        there = odoo.find(connection, store.project_id)
        if there is None:
            return None
        book = order_books.of(connection, store_id, there.fingerprint, [shopify_id]).get(shopify_id)
        sent = order_steps.of(connection, store_id, [shopify_id]).get(shopify_id)
        chosen = order_settings.find(connection, store_id)
    if book is None:
        return None
    return Standing(
        book.stage, STAGES[book.stage], chosen.outcome if chosen else None, book.total,
        tuple(Entry(one, _MOVE, odoo_link(there, _MOVE, one)) for one in book.invoices),
        _entries(there, _MOVE, book.credits), _entries(there, _PAYMENT, book.payments), tuple(_ignored(book)),
        book.ignored is not None, book.ignored_cancel, book.settled,
        STEPS[sent.step] if sent else None, sent.sent_at if sent else None, book.due_at,
    )  # fmt: skip


def _entries(there: OdooConnection, model: str, made: Mapping[int, int]) -> tuple[Entry, ...]:
    return tuple(Entry(id_, model, odoo_link(there, model, id_), of) for of, id_ in made.items() if id_)


def _ignored(book: Book) -> Iterable[int]:
    return (refund for refund, made in book.credits.items() if not made)
