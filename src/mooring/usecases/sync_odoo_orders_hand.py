"""Orders that somebody booked in Odoo by hand: linked when a person says which one it is, and left alone from then on
until what they cost changes in Shopify. Nothing is ever written to them but our external id."""

from __future__ import annotations

from collections.abc import Mapping

from mooring.db.order_books import CANCELLED, DRAFT, ORDER, Book
from mooring.db.sync_intents import Key
from mooring.domain.mapping import MappedKind
from mooring.domain.order_by_hand import FIX, by_hand_digest, by_hand_review
from mooring.domain.plan import UNDECIDED, Decision, Link
from mooring.usecases.sync_odoo_family import Family
from mooring.usecases.sync_odoo_orders_made import Made
from mooring.usecases.sync_odoo_orders_there import OPEN
from mooring.usecases.sync_odoo_place import Job


def is_linked_now(one: Made, decided: Mapping[Key, Decision]) -> bool:
    """A person says which order of Odoo it is, of one that Mooring cannot book."""
    decision = decided.get((MappedKind.ORDER, one.id), UNDECIDED)
    return one.tree is None and one.review is not None and decision.link is not None


def is_by_hand(book: Book | None) -> bool:
    """Whether somebody left it in Odoo as it stands there, and Mooring never booked it as anything."""
    return book is not None and book.ignored is not None and book.frozen is None and book.total is None


def leave_alone(one: Made, book: Book | None, decided: Mapping[Key, Decision]) -> None:
    """It stands in Odoo as somebody left it. Where it costs what it did then there is nothing to say of it; else that
    is for a person, whatever Mooring could make of it by now. One that is linked anew is not it any more."""
    if book is None or not is_by_hand(book) or decided.get((MappedKind.ORDER, one.id), UNDECIDED).link is not None:
        return
    if book.ignored == by_hand_digest(one.told):
        one.review, one.quiet = None, True
    else:
        one.review, one.tree, one.quiet = by_hand_review(one.told), None, False


def accept(job: Job, made: Family, one: Made, state: str) -> None:
    """Linked just now: whatever Mooring would have made of it."""
    if not isinstance(made.root.plan, Link):
        return
    stage = DRAFT if state in OPEN else CANCELLED if state == "cancel" else ORDER
    made.root.plan = Link(made.root.plan.odoo_id, by=made.root.plan.by)
    made.review, made.book = None, Book(one.id, job.fingerprint, stage)
    made.ignores = by_hand_digest(one.told)


def may_stay(made: Family, one: Made, book: Book | None) -> None:
    """What is linked and cannot be compared with what it was booked as can be left as it is. What is left so already is
    no more than that: it was not booked by Mooring, so there is nothing to take back or to credit."""
    if made.review is not None and book is not None and book.frozen is None:
        made.shown = {"ignore": {"digest": by_hand_digest(one.told).hex()}}
        if is_by_hand(book):
            made.shown = {**made.shown, "by_hand": True, "fix": FIX}
