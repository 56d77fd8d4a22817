"""What was paid for an order, and what went back, as payments for the journal of each gateway.

Money moves in Shopify's transactions of kind SALE, CAPTURE, CHANGE (what a till hands back) and REFUND, once they
succeeded; an AUTHORIZATION holds money and a VOID lets it go. A redeemed gift card is a payment with a gateway of its
own, `gift_card`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from mooring.domain.order_amounts import shop
from mooring.domain.order_causes import Cause, Review, review
from mooring.domain.order_money import ZERO
from mooring.domain.records import folded, maybe_moment, number
from mooring.domain.records_orders import Order, Refund, Transaction

_IN, _BACK, _CHANGE = frozenset({"SALE", "CAPTURE"}), "REFUND", "CHANGE"


@dataclass(frozen=True, slots=True)
class Payment:
    """`transaction_id`: Shopify's, which is the payment's memo in Odoo. `gateway`: folded, the key of the journals;
    `label`: for people. `amount`: what moved, in shop money, cash rounding included; always positive. `rounding`: how
    much of it is cash rounding, and so not owed for anything. `at`: a moment in UTC, empty where none is told.
    `test`: no real money."""

    transaction_id: int
    gateway: str
    label: str
    amount: Decimal
    at: str
    rounding: Decimal = ZERO
    test: bool = False

    @property
    def date(self) -> str:
        """YYYY-MM-DD, in UTC."""
        return self.at[:10]


def received(order: Order) -> tuple[Payment, ...]:
    """What came in, oldest first. Change is taken off the payment it was given for, else off the last one of its
    gateway; a payment of nothing is none."""
    done = [one for one in order.transactions if one.status == "SUCCESS"]
    payments = [_payment(one) for one in done if one.kind in _IN]
    for one in done:
        if one.kind == _CHANGE:
            payments = _less(payments, one)
    return _in_order(payments)


def given_back(refund: Refund) -> tuple[Payment, ...]:
    return _in_order(
        _payment(one) for one in refund.transactions if one.kind == _BACK and one.status == "SUCCESS"
    )  # fmt: skip


def _in_order(payments: Iterable[Payment]) -> tuple[Payment, ...]:
    return tuple(sorted((one for one in payments if one.amount), key=lambda one: (one.at, one.transaction_id)))


def _payment(told: Transaction) -> Payment:
    rounding = shop(told.amount_rounding_set)
    gateway = folded(told.gateway or "")
    at = maybe_moment(told.processed_at or told.created_at) or ""
    return Payment(
        number(told.id), gateway, told.formatted_gateway or told.gateway or "unnamed",
        shop(told.amount_set) + rounding, at, rounding, bool(told.test),
    )  # fmt: skip


def _less(payments: list[Payment], change: Transaction) -> list[Payment]:
    parent = number(change.parent_transaction.id) if change.parent_transaction else None
    gateway = folded(change.gateway or "")
    fits = [one for one in payments if one.transaction_id == parent] or [
        one for one in payments if one.gateway == gateway
    ]  # fmt: skip
    if not fits:
        return payments
    less = replace(fits[-1], amount=max(ZERO, fits[-1].amount - shop(change.amount_set)))
    return [less if one is fits[-1] else one for one in payments]


def total(payments: Iterable[Payment]) -> Decimal:
    return sum((one.amount for one in payments), ZERO)


def gateways(order: Order) -> dict[str, str]:
    """Key and label of each gateway that the order was paid through, for the settings to ask a journal for."""
    return {one.gateway: one.label for one in received(order)}


def unassigned(payments: Iterable[Payment], journals: Mapping[str, int]) -> Review | None:
    """Those without a journal. `journals`: ids of `account.journal` by key of the gateway."""
    missing = dict.fromkeys(one.label for one in payments if one.gateway not in journals)
    return review(Cause.GATEWAY, f"No journal is chosen for: {', '.join(missing)}.") if missing else None


def by_journal(payments: Iterable[Payment], journals: Mapping[str, int]) -> dict[int, tuple[Payment, ...]]:
    """Raises `KeyError` for a gateway without a journal: ask `unassigned` first."""
    found: dict[int, tuple[Payment, ...]] = {}
    for one in payments:
        journal = journals[one.gateway]
        found[journal] = (*found.get(journal, ()), one)
    return found
