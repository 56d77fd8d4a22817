"""How an order stands in Odoo, what is wanted of it there, and the steps in between: the words of `order_progress`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from mooring.domain.order_causes import Review
from mooring.domain.order_money import ZERO
from mooring.domain.order_payments import Payment
from mooring.domain.order_refunds import CreditNote
from mooring.domain.order_settings import Outcome


class Act(StrEnum):
    """Steps that change something in Odoo. None of them has a key of its own that would make it happen once."""

    CONFIRM = "confirm"
    INVOICE = "invoice"
    POST = "post"
    PAY = "pay"
    CREDIT = "credit"
    POST_CREDIT = "post_credit"
    PAY_CREDIT = "pay_credit"
    CANCEL = "cancel"
    REOPEN = "reopen"


class Stage(StrEnum):
    DRAFT = "draft"
    ORDER = "order"
    DRAFT_INVOICE = "draft_invoice"
    INVOICED = "invoiced"
    PAID = "paid"
    CANCELLED = "cancelled"


# -- what Odoo says ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Invoice:
    """One that is not cancelled. `open`: what is still to be paid or settled."""

    id: int
    posted: bool
    total: Decimal
    open: Decimal = ZERO


REST = 0
"""Instead of a refund: the credit note for what is left of a cancelled order."""


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit note that is not cancelled. `refund_id`: which refund it says it is for; None for one that somebody made
    in Odoo."""

    id: int
    refund_id: int | None
    posted: bool
    total: Decimal
    open: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class There:
    """`state`: of the sale order, None where there is none. `payments`: Shopify's transactions that are booked.
    `spare`: credit notes of invoices that were taken back, as far as they are open: what was paid for those.
    `invoiceable`: whether Odoo would invoice every line as it was ordered; None where it was not asked."""

    state: str | None
    total: Decimal = ZERO
    locked: bool = False
    invoices: tuple[Invoice, ...] = ()
    credits: tuple[Credit, ...] = ()
    payments: frozenset[int] = frozenset()
    spare: tuple[Credit, ...] = ()
    invoiceable: bool | None = None

    @property
    def is_open(self) -> bool:
        return self.state in ("draft", "sent")

    @property
    def posted(self) -> tuple[Invoice, ...]:
        return tuple(one for one in self.invoices if one.posted)

    @property
    def invoiced(self) -> Decimal:
        return sum((one.total for one in self.invoices), ZERO)

    @property
    def left(self) -> Decimal:
        """Invoices less credit notes, drafts too."""
        return self.invoiced - sum((one.total for one in self.credits), ZERO)

    def credit(self, refund_id: int) -> Credit | None:
        return next((one for one in self.credits if one.refund_id == refund_id), None)

    @property
    def stage(self) -> Stage:
        if self.posted:
            return Stage.INVOICED if any(one.open for one in self.posted) else Stage.PAID
        if self.state == "cancel":
            return Stage.CANCELLED
        if self.invoices:
            return Stage.DRAFT_INVOICE
        return Stage.DRAFT if self.is_open else Stage.ORDER


# -- what is wanted ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refunded:
    """A refund that takes something out of the order or moves money. `note`: None where it cannot be credited, which
    `review` says."""

    id: int
    note: CreditNote | None = None
    review: Review | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """`total`: what the order was booked as; `current`: what it costs now in Shopify. `refunds`: without those that
    somebody decided to ignore. `journals`: by gateway. `invoices`: that were there when it was last looked at.
    `ignores`: somebody decided to leave a change or a refund out of Odoo, so the two sides need not be equal any more;
    `ignores_change`: the order itself differs. `continues`: Mooring has paid its invoice, whatever the outcome is now.
    `credit_rest`: somebody decided that what is left of a cancelled order is credited."""

    outcome: Outcome
    currency: str
    total: Decimal
    current: Decimal
    cancelled: bool = False
    refunds: tuple[Refunded, ...] = ()
    payments: tuple[Payment, ...] = ()
    journals: Mapping[str, int] = field(default_factory=dict[str, int])
    invoices: tuple[int, ...] = ()
    ignores: bool = False
    ignores_change: bool = False
    continues: bool = False
    credit_rest: bool = False

    @property
    def is_invoiced(self) -> bool:
        return self.outcome in (Outcome.DRAFT_INVOICE, Outcome.INVOICE)

    @property
    def is_settled(self) -> bool:
        """Invoices are posted, paid and credited by Mooring; else what is posted is somebody's who works in Odoo."""
        return self.outcome is Outcome.INVOICE or self.continues

    def refund(self, refund_id: int) -> CreditNote | None:
        return next((one.note for one in self.refunds if one.id == refund_id), None)


# -- what follows --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """`subject`: Shopify's id of the transaction or refund it is about. `on`: the entries of Odoo it is done to."""

    act: Act
    subject: int | None = None
    on: tuple[int, ...] = ()
    amount: Decimal = ZERO

    @property
    def name(self) -> str:
        return f"{self.act} {self.subject} {self.on}"


@dataclass(frozen=True, slots=True)
class Waits:
    """A person has to look. What is remembered if they choose to leave Odoo as it is: the `refunds`, the `payments`,
    that it is `cancelled`, or the order as it is now (`change`)."""

    review: Review
    refunds: tuple[int, ...] = ()
    cancelled: bool = False
    change: bool = False
    payments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    stage: Stage
