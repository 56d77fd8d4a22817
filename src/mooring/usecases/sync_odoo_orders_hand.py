"""Orders that somebody booked in Odoo by hand: linked when a person says which one it is, and left alone from then on
until what they cost changes in Shopify. Nothing is ever written to them but our external id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mooring.db.order_books import CANCELLED, DRAFT, ORDER, Book
from mooring.db.sync_intents import Key
from mooring.domain.mapping import MappedKind
from mooring.domain.order_by_hand import by_hand_digest
from mooring.domain.plan import UNDECIDED, Decision, Link
from mooring.usecases.sync_odoo_family import Family
from mooring.usecases.sync_odoo_orders_made import Made
from mooring.usecases.sync_odoo_orders_there import OPEN
from mooring.usecases.sync_odoo_place import Job


def is_linked_now(one: Made, decided: Mapping[Key, Decision]) -> bool:
    """A person says which order of Odoo it is, of one that Mooring cannot book."""
    decision = decided.get((MappedKind.ORDER, one.id), UNDECIDED)
    return one.tree is None and one.review is not None and decision.link is not None


def leave_alone(one: Made, book: Book | None) -> bool:
    """Whether it stands in Odoo as somebody left it, and costs what it did then: there is nothing to say of it."""
    if book is None or book.ignored is None or book.ignored != by_hand_digest(one.told):
        return False
    one.review, one.quiet = None, True
    return True


def accept(job: Job, made: Family, one: Made, state: str) -> None:
    """Linked just now: whatever Mooring would have made of it."""
    if not isinstance(made.root.plan, Link):
        return
    stage = DRAFT if state in OPEN else CANCELLED if state == "cancel" else ORDER
    made.review, made.book = None, Book(one.id, job.fingerprint, stage)
    made.ignores = by_hand_digest(one.told)


def may_stay(made: Family, one: Made, book: Book | None) -> None:
    """What is linked and cannot be compared with what it was booked as can be left as it is."""
    if made.review is not None and book is not None and book.frozen is None:
        made.shown = shown(one)


def shown(one: Made) -> dict[str, Any]:
    return {"ignore": {"digest": by_hand_digest(one.told).hex()}}
