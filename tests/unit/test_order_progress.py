"""What follows for an order in Odoo: the whole table, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from mooring.domain.order_booking import Role
from mooring.domain.order_causes import Cause, review
from mooring.domain.order_payments import Payment
from mooring.domain.order_progress import Follows, following
from mooring.domain.order_refunds import CreditLine, CreditNote
from mooring.domain.order_settings import Outcome
from mooring.domain.order_standing import (
    REST,
    Act,
    Credit,
    Invoice,
    Refunded,
    Settled,
    Stage,
    Step,
    There,
    Waits,
    Wanted,
)

TEN, SIX, FOUR, ZERO = Decimal(10), Decimal(6), Decimal(4), Decimal(0)
IN = Payment(901, "bank", "Bank", TEN, "2026-11-01T10:00:00Z")
BACK = Payment(902, "bank", "Bank", FOUR, "2026-11-02T10:00:00Z")
LINE = CreditLine(1, Role.PRODUCT, "Mug", 1, FOUR)
NOTE = CreditNote(31, "2026-11-02", "", (LINE,), FOUR, FOUR, payments=(BACK,))
REFUND = Refunded(31, NOTE)
WANTED = Wanted(Outcome.INVOICE, "USD", TEN, TEN, payments=(IN,), journals={"bank": 1})
REFUNDED = replace(WANTED, current=Decimal(6), refunds=(REFUND,))
CANCELLED = replace(WANTED, cancelled=True)
QUOTE, SALE = There("draft", TEN), There("sale", TEN, invoiceable=True)
DRAFTED = There("sale", TEN, invoices=(Invoice(5, posted=False, total=TEN, open=TEN),))
POSTED = There("sale", TEN, invoices=(Invoice(5, posted=True, total=TEN, open=TEN),))
PARTLY = replace(POSTED, invoices=(Invoice(5, posted=True, total=TEN, open=FOUR),))
PAID = There("sale", TEN, invoices=(Invoice(5, posted=True, total=TEN),), payments=frozenset({901}))


def credited(there: There, **said: Any) -> There:
    usual = {"id": 6, "refund_id": 31, "posted": True, "total": FOUR, "open": ZERO}
    return replace(there, credits=(Credit(**usual | said),))


def at(outcome: Outcome, wanted: Wanted = WANTED) -> Wanted:
    return replace(wanted, outcome=outcome)


DONE = replace(credited(PAID), payments=frozenset({901, 902}))
CASES: dict[str, tuple[Wanted, There, Follows]] = {
    # how far it is taken
    "a quotation stays one": (at(Outcome.DRAFT_ORDER), QUOTE, Settled(Stage.DRAFT)),
    "a quotation is confirmed": (at(Outcome.ORDER), QUOTE, Step(Act.CONFIRM)),
    "one that was sent is confirmed too": (at(Outcome.ORDER), replace(QUOTE, state="sent"), Step(Act.CONFIRM)),
    "an order stays one": (at(Outcome.ORDER), SALE, Settled(Stage.ORDER)),
    "an order is invoiced": (at(Outcome.DRAFT_INVOICE), SALE, Step(Act.INVOICE)),
    "a draft stays one": (at(Outcome.DRAFT_INVOICE), DRAFTED, Settled(Stage.DRAFT_INVOICE)),
    "a draft is posted": (WANTED, DRAFTED, Step(Act.POST, on=(5,))),
    "what is posted is paid": (WANTED, POSTED, Step(Act.PAY, 901, (5,), TEN)),
    "what is paid is done": (WANTED, PAID, Settled(Stage.PAID)),
    "what nobody paid stays open": (replace(WANTED, payments=()), POSTED, Settled(Stage.INVOICED)),
    "what somebody else posted is theirs to pay": (at(Outcome.ORDER), POSTED, Settled(Stage.INVOICED)),
    "in full, though a credit note has settled part of it": (
        WANTED, credited(PARTLY, refund_id=None, total=SIX), Step(Act.PAY, 901, (5,), TEN),
    ),
    "somebody has paid all of it by hand": (WANTED, replace(PAID, payments=frozenset()), Settled(Stage.PAID)),
    "what was paid before a reset counts": (
        replace(WANTED, payments=()), replace(POSTED, spare=(Credit(8, None, posted=True, total=TEN, open=TEN),)),
        Step(Act.PAY, on=(5, 8)),
    ),
    # refunds
    "a refund is credited": (REFUNDED, PAID, Step(Act.CREDIT, 31, (5,), FOUR)),
    "a draft that says something else is shaped": (
        REFUNDED, credited(PAID, posted=False, total=TEN), Step(Act.CREDIT, 31, (6,), FOUR),
    ),
    "a draft that says so is posted": (REFUNDED, credited(PAID, posted=False), Step(Act.POST_CREDIT, 31, (6,))),
    "money goes back": (REFUNDED, credited(PAID, open=FOUR), Step(Act.PAY_CREDIT, 902, (6,), FOUR)),
    "then it is done": (REFUNDED, DONE, Settled(Stage.PAID)),
    "paid first, then credited": (REFUNDED, POSTED, Step(Act.PAY, 901, (5,), TEN)),
    "a draft stays one where somebody else posts": (
        at(Outcome.ORDER, REFUNDED), credited(PAID, posted=False), Settled(Stage.PAID),
    ),
    # cancelled
    "a quotation is cancelled": (at(Outcome.DRAFT_ORDER, CANCELLED), QUOTE, Step(Act.CANCEL)),
    "an order is cancelled": (at(Outcome.ORDER, CANCELLED), SALE, Step(Act.CANCEL)),
    "an order with a draft is cancelled": (at(Outcome.DRAFT_INVOICE, CANCELLED), DRAFTED, Step(Act.CANCEL)),
    "without money it is not invoiced": (replace(CANCELLED, payments=()), QUOTE, Step(Act.CANCEL)),
    "money is booked before it goes back": (CANCELLED, QUOTE, Step(Act.CONFIRM)),
    "cancelled is cancelled": (CANCELLED, replace(SALE, state="cancel"), Settled(Stage.CANCELLED)),
    "cancelled in Odoo, and somebody said so": (
        replace(WANTED, ignores_change=True), replace(SALE, state="cancel"), Settled(Stage.CANCELLED),
    ),
    "money back in full, though less is open": (
        REFUNDED, credited(PAID, open=Decimal(1)), Step(Act.PAY_CREDIT, 902, (6,), FOUR),
    ),
    "what was paid goes on under a lower outcome": (
        replace(at(Outcome.DRAFT_ORDER, REFUNDED), continues=True), credited(PAID, posted=False),
        Step(Act.POST_CREDIT, 31, (6,)),
    ),
    "all of it is credited": (
        replace(CANCELLED, current=ZERO, refunds=(Refunded(31, replace(NOTE, total=TEN, payments=())),)),
        credited(PAID, total=TEN), Step(Act.CANCEL),
    ),
    "a draft would go with it": (
        at(Outcome.ORDER, replace(CANCELLED, refunds=(Refunded(31, replace(NOTE, total=TEN, payments=())),))),
        credited(PAID, total=TEN, posted=False), Settled(Stage.PAID),
    ),
    "the rest is credited on a click": (
        replace(CANCELLED, credit_rest=True), PAID, Step(Act.CREDIT, REST, (5,), TEN),
    ),
    "what was kept back is kept": (
        replace(REFUNDED, cancelled=True), DONE, Settled(Stage.PAID),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_follows(case: str) -> None:
    wanted, there, follows = CASES[case]
    assert following(wanted, there) == follows


SEVERAL = replace(PAID, invoices=(Invoice(5, posted=True, total=FOUR), Invoice(9, posted=True, total=Decimal(6))))
WAITS: dict[str, tuple[Wanted, There, Cause, Waits | None]] = {
    "the order is gone": (WANTED, There(None), Cause.MISSING_IN_ODOO, None),
    "its invoice is gone": (replace(WANTED, invoices=(5,)), SALE, Cause.MISSING_IN_ODOO, None),
    "locked": (at(Outcome.ORDER, CANCELLED), replace(SALE, locked=True), Cause.LOCKED, None),
    "another total": (WANTED, replace(QUOTE, total=FOUR), Cause.TOTAL, None),
    "another total when it is to be invoiced": (WANTED, replace(SALE, total=FOUR), Cause.TOTAL, None),
    "an invoice of something else": (
        WANTED, replace(DRAFTED, invoices=(Invoice(5, posted=False, total=FOUR),)), Cause.TOTAL, None,
    ),
    "delivered first": (WANTED, replace(SALE, invoiceable=False), Cause.DELIVERED_POLICY, None),
    "no journal": (replace(WANTED, journals={}), POSTED, Cause.GATEWAY, None),
    "refunded too early": (
        at(Outcome.ORDER, REFUNDED), SALE, Cause.REFUND_BEFORE_INVOICE, Waits(review(Cause.ODOO), refunds=(31,)),
    ),
    "a refund that does not add up": (
        replace(REFUNDED, refunds=(Refunded(31, review=review(Cause.REFUND)),)), PAID, Cause.REFUND,
        Waits(review(Cause.ODOO), refunds=(31,)),
    ),
    "credited by hand": (
        REFUNDED, credited(PAID, refund_id=None), Cause.REFUND, Waits(review(Cause.ODOO), refunds=(31,)),
    ),
    "several invoices": (REFUNDED, SEVERAL, Cause.REFUND, Waits(review(Cause.ODOO), refunds=(31,))),
    "money went back that nothing is open for": (
        REFUNDED, replace(credited(PARTLY), payments=frozenset({901})), Cause.PAYMENT,
        Waits(review(Cause.ODOO), payments=(902,)),
    ),
    "somebody has paid part of it": (WANTED, PARTLY, Cause.PAYMENT, Waits(review(Cause.ODOO), payments=(901,))),
    "more came in than is owed": (
        replace(WANTED, payments=(IN, replace(IN, transaction_id=903))), PAID, Cause.PAYMENT,
        Waits(review(Cause.ODOO), payments=(903,)),
    ),
    "more is credited by hand than was refunded": (
        replace(REFUNDED, ignores=True),
        replace(PAID, credits=(Credit(6, 31, posted=False, total=FOUR), Credit(7, None, posted=True, total=TEN))),
        Cause.REFUND, Waits(review(Cause.ODOO), refunds=(31,)),
    ),
    "somebody cancelled it in Odoo": (
        WANTED, replace(SALE, state="cancel"), Cause.CANCELLED_IN_ODOO, Waits(review(Cause.ODOO), change=True),
    ),
    "its price was changed beside a draft invoice": (WANTED, replace(DRAFTED, total=FOUR), Cause.TOTAL, None),
    "cancelled, and nothing credited": (
        CANCELLED, PAID, Cause.CANCELLED_INVOICED, Waits(review(Cause.ODOO), cancelled=True),
    ),
    "the two sides differ": (
        replace(WANTED, current=FOUR), PAID, Cause.REFUND, Waits(review(Cause.ODOO), change=True),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WAITS)
def test_what_waits_for_a_person(case: str) -> None:
    """With what is remembered if they leave it as it is."""
    wanted, there, cause, left = WAITS[case]
    found = following(wanted, there)
    assert isinstance(found, Waits) and found.review.cause is cause, found
    said = left or Waits(found.review)
    assert replace(found, review=said.review) == said


def test_what_somebody_ignores_is_not_said_again() -> None:
    ignored = replace(WANTED, current=FOUR, ignores=True)
    assert following(ignored, PAID) == Settled(Stage.PAID)
    assert following(replace(REFUNDED, refunds=(), ignores=True), PAID) == Settled(Stage.PAID)
