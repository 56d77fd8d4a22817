"""What is wanted of the orders of a round: out of the hub, the mapping, the settings, and what people decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from mooring.db import mappings, order_steps, sync_items, sync_source
from mooring.db.mappings import Mapping as Mapped
from mooring.db.order_books import Book
from mooring.db.order_steps import Sent
from mooring.db.sync_items import Item
from mooring.domain.mapping import MappedKind
from mooring.domain.order_amounts import shop
from mooring.domain.order_booking import Booking, frozen, frozen_digest
from mooring.domain.order_causes import Review
from mooring.domain.order_payments import Payment, received
from mooring.domain.order_refunds import CreditNote, credit
from mooring.domain.order_standing import Refunded, There, Wanted
from mooring.domain.translate_odoo_orders import Told, booking
from mooring.usecases.order_terms import OrderTerms
from mooring.usecases.sync_odoo_orders_hub import tell
from mooring.usecases.sync_odoo_place import Job

_ASKS = frozenset({"review", "failed", "decided"})


@dataclass(slots=True)
class Order:
    """One order on its way through a round. `odoo_id`: of the sale order; `lines`: Odoo's order line by the key of the
    booked one. `sent`: a step whose answer was never heard. `entries`, `paid`: what was read of its invoices, credit
    notes and payments, by Odoo's id and by Shopify's transaction."""

    book: Book
    booking: Booking
    wanted: Wanted
    mapped: Mapped
    lines: Mapping[int, int]
    sent: Sent | None = None
    there: There = field(default_factory=lambda: There(None))
    entries: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    paid: dict[int, int] = field(default_factory=dict[int, int])

    @property
    def id(self) -> int:
        return self.book.shopify_id

    @property
    def odoo_id(self) -> int:
        return self.mapped.odoo_id

    @property
    def payments(self) -> list[Payment]:
        """All that came in or went back."""
        back = [one for refund in self.wanted.refunds if refund.note for one in refund.note.payments]
        return [*self.wanted.payments, *back]

    def payment(self, transaction_id: int | None) -> Payment:
        return next(one for one in self.payments if one.transaction_id == transaction_id)


@dataclass(frozen=True, slots=True)
class Hub:
    """As it is for the orders of one round."""

    told: Mapping[int, Told]
    mapped: Mapping[int, Mapped]
    lines: Mapping[int, Mapping[int, int]]
    items: Mapping[int, Item]
    sent: Mapping[int, Sent]


def read(job: Job, ids: Sequence[int]) -> Hub:
    with job.app.db.read() as connection:
        there = [one for one, _, deleted in sync_source.heads_of(connection, job.source, job.store.id, ids)
                 if not deleted]  # fmt: skip
        return Hub(
            tell(job, connection, there), _mapped(job, connection, there), _lines(job, connection, there),
            sync_items.of(connection, job.store.id, job.kind, there), order_steps.of(connection, job.store.id, ids),
        )  # fmt: skip


def _mapped(job: Job, connection: Connection, ids: Sequence[int]) -> dict[int, Mapped]:
    found = mappings.of(connection, job.store.id, MappedKind.ORDER, ids)
    return {one: row for one, row in found.items() if (row.epoch, row.fingerprint) == (job.epoch, job.fingerprint)}


def _lines(job: Job, connection: Connection, ids: Sequence[int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for key, row in mappings.below(connection, job.store.id, MappedKind.ORDER_LINE, ids).items():
        if row.epoch == job.epoch and row.parent_id is not None:
            found.setdefault(row.parent_id, {})[key] = row.odoo_id
    return found


# -- order by order ------------------------------------------------------------------------------------------------


def orders(
    job: Job, hub: Hub, books: Iterable[Book], terms: OrderTerms, *, decided: bool = False
) -> list[Order]:  # fmt: skip
    """Those that are in Odoo just as they were booked. What is deleted in Shopify stays in Odoo as it is, and what
    waits for a person for another reason waits; with `decided` these too: somebody has said what is to be done."""
    found = (_order(job, hub, book, terms, decided=decided) for book in books)
    return [one for one in found if one is not None]


def _order(job: Job, hub: Hub, book: Book, terms: OrderTerms, *, decided: bool) -> Order | None:
    told, mapped = hub.told.get(book.shopify_id), hub.mapped.get(book.shopify_id)
    if told is None or mapped is None or not told.is_whole:
        return None
    if _asks(hub.items.get(book.shopify_id)) and not decided:
        return None
    made = booking(told, terms.terms)
    if isinstance(made, Review):
        return None
    digest = frozen_digest(frozen(made))
    if digest not in (book.digest, book.ignored) and not decided:
        return None
    wanted = _wanted(job, told, made, book, terms, ignored=digest == book.ignored)
    lines = hub.lines.get(book.shopify_id, {})
    return Order(book, made, wanted, mapped, lines, hub.sent.get(book.shopify_id))


def _asks(item: Item | None) -> bool:
    return item is not None and item.state in _ASKS and not is_ours(item)


def is_ours(item: Item) -> bool:
    """Whether the booking phase said so, and not the planning of the order."""
    return bool((item.detail or {}).get("booking"))


def _wanted(job: Job, told: Told, made: Booking, book: Book, terms: OrderTerms, *, ignored: bool) -> Wanted:
    order, left_out = told.order, {refund_id for refund_id, odoo_id in book.credits.items() if not odoo_id}
    return Wanted(
        outcome=terms.outcome, currency=made.currency, total=Decimal(book.total) if book.total else made.total,
        current=shop(order.current_total_price_set), cancelled=bool(order.cancelled_at) and not book.ignored_cancel,
        refunds=tuple(_refunds(told, made, terms, left_out)), payments=received(order), journals=terms.journals,
        invoices=book.invoices, ignores=ignored or bool(left_out) or book.ignored_cancel,
        ignores_change=ignored or book.ignored_cancel, continues=any(book.payments.values()),
        credit_rest=book.shopify_id in job.place.booking.credit,
    )  # fmt: skip


def _refunds(told: Told, made: Booking, terms: OrderTerms, left_out: set[int]) -> Iterable[Refunded]:
    """Oldest first."""
    for refund_id, refund in sorted(told.refunds, key=lambda one: (one[1].created_at or "", one[0])):
        found = credit(made, refund_id, refund, terms.terms) if refund_id not in left_out else None
        if isinstance(found, CreditNote):
            yield Refunded(refund_id, found)
        elif isinstance(found, Review):
            yield Refunded(refund_id, review=found)
