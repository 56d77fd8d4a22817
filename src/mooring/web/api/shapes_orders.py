"""Shapes of the API for orders in Odoo: settings, tax table, rule."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from mooring.domain.order_booking import Role
from mooring.domain.order_settings import Outcome
from mooring.web.api.shapes import In, Out

Number = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Word = Annotated[str, Meta(max_length=200)]
Words = Annotated[tuple[Word, ...], Meta(max_length=100)]
Text = Annotated[str, Meta(max_length=2_000)]


class ChoiceOut(Out):
    """`currency` and `type`: of a pricelist or journal, empty where it says none."""

    id: int
    name: str
    currency: str = ""
    type: str = ""


class NeedOut(Out):
    """`key`: a currency, a gateway, or a role. `orders`: in how many it occurs; null where that is not counted.
    `chosen`: the id somebody chose, `gone` if Odoo does not have it any more. `proposed`: the one to
    choose. `optional`: Odoo does without, as with a pricelist for the company's own currency."""

    key: str
    label: str
    orders: int | None
    chosen: int | None
    proposed: int | None
    gone: bool
    optional: bool
    choices: list[ChoiceOut]


class OdooTaxOut(Out):
    id: int
    name: str
    percent: str
    included: bool


class TaxOut(Out):
    """`key`: what confirm and withdraw are told. `odoo_id`: the confirmed tax, null for none. `stale`: its rate changed
    in Odoo since, or it is gone, so that it has to be confirmed anew."""

    key: str
    label: str
    percent: str
    included: bool
    channel: bool
    orders: int
    confirmed: bool
    stale: bool
    odoo_id: int | None
    proposed: int | None
    several: list[int]


class TaxesOut(Out):
    """`choices`: taxes of sales in Odoo."""

    items: list[TaxOut]
    choices: list[OdooTaxOut]


class StepOut(Out):
    key: str
    title: str
    done: bool
    sentence: str


class SettingsOut(Out):
    """`saved`: whether anybody has chosen yet. `another`: what was chosen was for another Odoo, so all ids are asked
    for anew. `rounding`, `price_decimals`, `fiscal_year_ends` (month, day): as the company in Odoo has it. `steps`: to
    the first booked order. `stages`: how many orders have come how far in Odoo."""

    saved: bool
    another: bool
    company: str
    currency: str
    outcome: Outcome
    warehouse_id: int | None
    warehouses: list[ChoiceOut]
    pricelists: list[NeedOut]
    journals: list[NeedOut]
    services: list[NeedOut]
    open_taxes: int
    rounding: str
    price_decimals: int
    fiscal_year_ends: tuple[int, int]
    changed_at: datetime | None
    steps: list[StepOut]
    stages: dict[str, int]


class SettingsIn(In):
    """What is left out stays. Null takes back what was chosen: of a currency, a gateway or a role; for the warehouse it
    leaves the choice to Odoo. `token`: of the preview, where the outcome takes on orders that are in Odoo already."""

    outcome: Outcome | UnsetType = UNSET
    warehouse_id: Number | UnsetType | None = UNSET
    pricelists: dict[str, Number | None] | UnsetType = UNSET
    journals: dict[str, Number | None] | UnsetType = UNSET
    services: dict[Role, Number | None] | UnsetType = UNSET
    token: Text | None = None


class OutcomeIn(In):
    outcome: Outcome


class OutcomePreviewOut(Out):
    """`taken`: orders in Odoo that would be taken on, `years` by fiscal year. `token`: to save it with; null where none
    is asked for."""

    outcome: Outcome
    instead_of: Outcome
    taken: TakenOut
    years: dict[str, TakenOut]
    sentence: str
    token: str | None


class ServiceOut(Out):
    id: int
    name: str


class ServicesOut(Out):
    items: list[ServiceOut]


class ConfirmTaxIn(In):
    """`odoo_id` null books such lines without a tax."""

    key: Text
    odoo_id: Number | None


class ConfirmedOut(Out):
    """`warning`: why totals of orders with this tax will not agree."""

    key: str
    odoo_id: int | None
    warning: str | None


class WithdrawTaxIn(In):
    key: Text


class AttributeIn(In):
    """`value` null takes any."""

    key: Word
    value: Word | None = None


class RuleIn(In):
    """All conditions must match; one that is empty takes everything. `since` (from it on) and `until` (before it): days
    or moments. Statuses in Shopify's words, as in PAID and FULFILLED."""

    financial: Words = ()
    fulfilment: Words = ()
    sources: Words = ()
    tags_any: Words = ()
    tags_none: Words = ()
    attributes: Annotated[tuple[AttributeIn, ...], Meta(max_length=100)] = ()
    prefix: Word = ""
    since: Word | None = None
    until: Word | None = None
    test_orders: bool = False


class SaveRuleIn(In):
    """`token`: of the preview, where the rule takes more than the saved one."""

    rule: RuleIn
    token: Text | None = None


class AttributeOut(Out):
    key: str
    value: str | None


class RuleBodyOut(Out):
    financial: tuple[str, ...]
    fulfilment: tuple[str, ...]
    sources: tuple[str, ...]
    tags_any: tuple[str, ...]
    tags_none: tuple[str, ...]
    attributes: list[AttributeOut]
    prefix: str
    since: str | None
    until: str | None
    test_orders: bool


class EntryOut(Out):
    """A record of Odoo. `of`: Shopify's id of the refund or transaction it is for; null for an invoice."""

    id: int
    model: str
    link: str
    of: int | None


class StandingOut(Out):
    """As it was last read in Odoo. `stage`: draft, order, draft_invoice, invoiced, paid or cancelled. `goal`: how far
    the settings take it. `total`: what it was booked as. `ignored`: refunds that somebody marked as done. `settled`:
    nothing is left to do. `step`: what was sent to Odoo at `sent_at` and is not answered; `due_at`: when it is looked
    at again."""

    stage: str
    title: str
    goal: Outcome | None
    total: str | None
    invoices: list[EntryOut]
    credits: list[EntryOut]
    payments: list[EntryOut]
    ignored: list[int]
    ignores_change: bool
    ignores_cancel: bool
    settled: bool
    step: str | None
    sent_at: datetime | None
    due_at: datetime | None


class RuleOut(Out):
    """`saved`: false while it is the default: paid, and processed since Odoo was connected."""

    saved: bool
    rule: RuleBodyOut


class TakenOut(Out):
    """`money`: what they cost, by currency of the shop."""

    count: int
    money: dict[str, str]


class YearOut(Out):
    """A fiscal year of the company. `more`: orders that the saved rule leaves out."""

    label: str
    taken: TakenOut
    more: TakenOut


class ReasonOut(Out):
    sentence: str
    count: int


class RulePreviewOut(Out):
    """`more`: what it takes that the saved rule leaves out; `less` the other way round. `token`: to save it with, where
    it may take more; null where it needs none."""

    rule: RuleBodyOut
    taken: TakenOut
    more: TakenOut
    less: TakenOut
    years: list[YearOut]
    left_out: list[ReasonOut]
    widens: bool
    sentence: str
    token: str | None
