"""What follows for an order in Odoo: the one step to take next, or why a person has to look, or that nothing is left.

Decided from what is wanted and from what Odoo says now, never from what was done: so whatever was done before is
recognised, by whom and when it may have been. The rules are asked in their order; the first that has something to say
is heard. An invoice is made of the whole order and credited by its refunds: invoices less credit notes are what the
order costs now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from mooring.domain.order_booking import plain
from mooring.domain.order_causes import Cause, review
from mooring.domain.order_money import ZERO
from mooring.domain.order_payments import Payment, unassigned
from mooring.domain.order_refunds import CreditNote
from mooring.domain.order_settings import Outcome
from mooring.domain.order_standing import REST, Act, Credit, Invoice, Settled, Stage, Step, There, Waits, Wanted

Follows = Step | Waits | Settled


def following(wanted: Wanted, there: There) -> Follows:
    for rule in _RULES:
        found = rule(wanted, there)
        if found is not None:
            return found
    return Settled(there.stage)


# -- the order -----------------------------------------------------------------------------------------------------


def _gone(wanted: Wanted, there: There) -> Follows | None:
    if there.state is None:
        return Waits(review(Cause.MISSING_IN_ODOO))
    return None


def _over(wanted: Wanted, there: There) -> Follows | None:
    """Cancelled, and nothing was ever posted. Where that was done in Odoo alone, a person is asked once."""
    if there.state != "cancel" or there.posted:
        return None
    if wanted.cancelled or wanted.ignores_change:
        return Settled(Stage.CANCELLED)
    return Waits(review(Cause.CANCELLED_IN_ODOO), change=True)


def _lost(wanted: Wanted, there: There) -> Follows | None:
    if wanted.invoices and not there.invoices:
        return Waits(review(Cause.MISSING_IN_ODOO, "Its invoice was deleted or cancelled."))
    return None


def _call_off(wanted: Wanted, there: There) -> Follows | None:
    """Money that came in is booked before it goes back, so such an order is invoiced and credited."""
    moved = wanted.is_settled and wanted.payments
    if not wanted.cancelled or there.posted or moved:
        return None
    return Waits(review(Cause.LOCKED)) if there.locked else Step(Act.CANCEL)


def _confirm(wanted: Wanted, there: There) -> Follows | None:
    if wanted.outcome is Outcome.DRAFT_ORDER or not there.is_open:
        return None
    return _other_total(wanted, there.total) or Step(Act.CONFIRM)


# -- the invoice ---------------------------------------------------------------------------------------------------


def _invoice(wanted: Wanted, there: There) -> Follows | None:
    if not wanted.is_invoiced or there.state != "sale" or there.invoices:
        return None
    if differs := _other_total(wanted, there.total):
        return differs
    return Step(Act.INVOICE) if there.invoiceable else Waits(review(Cause.DELIVERED_POLICY))


def _add_up(wanted: Wanted, there: There) -> Follows | None:
    """Nothing is posted, paid or credited that does not come to what the order was booked as."""
    return _other_total(wanted, there.invoiced, "its invoices") if wanted.is_settled and there.invoices else None


def _post(wanted: Wanted, there: There) -> Follows | None:
    drafts = [one.id for one in there.invoices if not one.posted]
    if not wanted.is_settled or not drafts:
        return None
    return _other_total(wanted, there.total) or Step(Act.POST, on=(drafts[0],))


def _carry_over(wanted: Wanted, there: There) -> Follows | None:
    """What was paid for an invoice that was taken back counts for the one that took its place."""
    open_, spare = _owing(there.posted), _owing(there.spare)
    if not wanted.is_settled or not open_ or not spare:
        return None
    return Step(Act.PAY, on=(next(iter(open_)), next(iter(spare))))


def _pay(wanted: Wanted, there: There) -> Follows | None:
    """Oldest first, and in full. What somebody entered in Odoo is not entered again: where less is open than came in,
    and others than Mooring have settled some of it, a person has to say what is what."""
    due = [one for one in wanted.payments if one.transaction_id not in there.payments]
    if not wanted.is_settled or not there.posted or not due:
        return None
    open_ = _owing(there.posted)
    if not open_:
        return None if _paid_by_others(wanted, there) else _unfit(wanted, due[0], "came in")
    if due[0].amount > sum(open_.values(), ZERO) and _settled_by_others(wanted, there) > 0:
        return _unfit(wanted, due[0], "came in")
    return _moved(Act.PAY, wanted, due[0], open_)


def _paid_by_others(wanted: Wanted, there: There) -> bool:
    """Somebody has entered all of it by hand, before Mooring entered anything."""
    ours = any(one.transaction_id in there.payments for one in wanted.payments)
    came_in = sum((one.amount for one in wanted.payments), ZERO)
    return not ours and sum((one.total for one in there.posted), ZERO) == came_in


def _settled_by_others(wanted: Wanted, there: There) -> Decimal:
    """What of its invoices and credit notes was settled by money that is none of these transactions."""
    invoices = sum((one.total - one.open for one in there.posted), ZERO)
    credits = sum((one.total - one.open for one in (*there.credits, *there.spare) if one.posted), ZERO)
    came_in = sum((one.amount for one in wanted.payments if one.transaction_id in there.payments), ZERO)
    taken_back = sum((one.total for one in there.spare), ZERO)
    back = [payment for refund in wanted.refunds if refund.note for payment in refund.note.payments]
    went_back = sum((one.amount for one in back if one.transaction_id in there.payments), ZERO)
    return (invoices + taken_back - came_in) - (credits - went_back)


def _unfit(wanted: Wanted, payment: Payment, moved: str) -> Waits:
    amount, number = f"{plain(payment.amount)} {wanted.currency}", payment.transaction_id
    said = f"{amount} {moved} through {payment.label} (transaction {number}{payment.date and f', {payment.date}'})."
    return Waits(review(Cause.PAYMENT, said), payments=(payment.transaction_id,))


def _owing(entries: tuple[Invoice, ...] | tuple[Credit, ...]) -> dict[int, Decimal]:
    return {one.id: one.open for one in entries if one.posted and one.open}


def _moved(act: Act, wanted: Wanted, payment: Payment, open_: Mapping[int, Decimal]) -> Follows:
    lacking = unassigned([payment], wanted.journals)
    if lacking is not None:
        return Waits(lacking)
    return Step(act, payment.transaction_id, tuple(open_), payment.amount)


# -- refunds -------------------------------------------------------------------------------------------------------


def _too_early(wanted: Wanted, there: There) -> Follows | None:
    if not wanted.refunds or there.posted:
        return None
    return Waits(review(Cause.REFUND_BEFORE_INVOICE), refunds=tuple(one.id for one in wanted.refunds))


def _credit(wanted: Wanted, there: There) -> Follows | None:
    for one in wanted.refunds:
        if one.note is None:
            return Waits(one.review or review(Cause.REFUND), refunds=(one.id,))
        if one.note.lines and (found := _credited(wanted, there, one.note)):
            return found
    return None


def _credited(wanted: Wanted, there: There, note: CreditNote) -> Follows | None:
    made = there.credit(note.refund_id)
    if made is not None:
        wrong = not made.posted and made.total != note.total
        return Step(Act.CREDIT, note.refund_id, (made.id,), note.total) if wrong else None
    origin = there.posted[0].id
    if len(there.posted) > 1:
        return Waits(review(Cause.REFUND, "The order has several invoices in Odoo."), refunds=(note.refund_id,))
    if there.left - note.total < _floor(wanted):
        return _over_credited(wanted, there, note)
    return Step(Act.CREDIT, note.refund_id, (origin,), note.total)


def _floor(wanted: Wanted) -> Decimal:
    """Below this nothing is credited: what the order costs now, but for one that differs because somebody said so."""
    return ZERO if wanted.ignores_change else wanted.current


def _over_credited(wanted: Wanted, there: There, note: CreditNote) -> Waits:
    money, known = wanted.currency, there.credit(note.refund_id)
    left = there.left + (known.total if known else ZERO)
    said = (
        f"Refund {note.refund_id} takes out {plain(note.total)} {money}. Without it invoices less credit notes are "
        f"{plain(left)} {money} in Odoo, Shopify says {plain(wanted.current)} {money}."
    )
    return Waits(review(Cause.REFUND, said), refunds=(note.refund_id,))


def _post_credit(wanted: Wanted, there: There) -> Follows | None:
    drafts = [one for one in there.credits if not one.posted and one.refund_id is not None]
    if not wanted.is_settled or not drafts:
        return None
    note = wanted.refund(drafts[0].refund_id or REST)
    if note is not None and there.left < _floor(wanted):
        return _over_credited(wanted, there, note)
    return Step(Act.POST_CREDIT, drafts[0].refund_id or None, (drafts[0].id,))


def _pay_back(wanted: Wanted, there: There) -> Follows | None:
    """Money that went back settles the credit note it came with, or any that is open."""
    if not wanted.is_settled:
        return None
    for note, payment in _going_back(wanted, there):
        own = there.credit(note.refund_id)
        open_ = _owing((own,)) if own else {}
        if open_ := open_ or _owing(there.credits) or _owing(there.spare):
            return _moved(Act.PAY_CREDIT, wanted, payment, open_)
        if not _given_back_by_others(wanted, there):
            return _unfit(wanted, payment, "went back")
    return None


def _given_back_by_others(wanted: Wanted, there: There) -> bool:
    """Somebody has entered all of it by hand, before Mooring entered anything."""
    back = [payment for refund in wanted.refunds if refund.note for payment in refund.note.payments]
    ours = any(one.transaction_id in there.payments for one in back)
    credited = sum((one.total for one in there.credits if one.posted), ZERO)
    return not ours and not _owing(there.posted) and credited == sum((one.amount for one in back), ZERO)


def _going_back(wanted: Wanted, there: There) -> Iterator[tuple[CreditNote, Payment]]:
    for note in (one.note for one in wanted.refunds if one.note):
        for payment in note.payments:
            if payment.transaction_id not in there.payments:
                yield note, payment


# -- the end -------------------------------------------------------------------------------------------------------


def _cancelled(wanted: Wanted, there: There) -> Follows | None:
    """Cancelled after it was invoiced: once all of it is credited the order itself is cancelled too, so that nothing
    of it is delivered or invoiced again. Drafts would go with it, so these are posted before."""
    if not wanted.cancelled or not there.posted:
        return None
    if not there.left:
        is_over = there.state == "cancel" or there.locked or not all(one.posted for one in there.credits)
        return None if is_over else Step(Act.CANCEL)
    if wanted.credit_rest and not there.credits:
        return Step(Act.CREDIT, REST, (there.posted[0].id,), there.left)
    if there.left == wanted.current and there.credits:
        return None
    said = f"{plain(there.left)} {wanted.currency} of it are not credited."
    if there.credits:
        said = f"{said} Part of it is, so Mooring cannot tell which lines are left: credit these in Odoo by hand."
    return Waits(review(Cause.CANCELLED_INVOICED, said), cancelled=True)


def _balance(wanted: Wanted, there: There) -> Follows | None:
    if not wanted.is_settled or wanted.ignores or not there.posted or there.left == wanted.current:
        return None
    if wanted.cancelled and not there.left:
        return None
    money = wanted.currency
    said = f"Odoo is at {plain(there.left)} {money} after it, Shopify at {plain(wanted.current)} {money}."
    return Waits(review(Cause.REFUND, said), change=True)


def _other_total(wanted: Wanted, total: Decimal, which: str = "it") -> Waits | None:
    if total == wanted.total:
        return None
    money = wanted.currency
    said = f"For {which} Odoo says {plain(total)} {money}, booked were {plain(wanted.total)} {money}."
    return Waits(review(Cause.TOTAL, said))


_RULES: tuple[Callable[[Wanted, There], Follows | None], ...] = (
    _gone, _over, _lost, _call_off, _confirm, _invoice, _add_up, _post, _too_early, _carry_over, _pay, _credit,
    _post_credit, _pay_back, _cancelled, _balance,
)  # fmt: skip
