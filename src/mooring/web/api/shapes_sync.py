"""Shapes of the API for the sync to Odoo: kinds, previews, items and what people decide."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from mooring.domain.decisions import Choice
from mooring.domain.mapping import SyncKind
from mooring.domain.review_words import Place
from mooring.domain.tabs import Tab
from mooring.web.api.shapes import In, OperationOut, Out

Ids = Annotated[list[int], Meta(min_length=1, max_length=1_000)]
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class KindOut(Out):
    """`auto`: synced without being asked. `master`: Shopify is master of fields that Mooring did not write last; null:
    of records that Mooring created, not of linked ones. `held_since`: automatic sync waits for Rebuild mapping or
    Resume sync. `against`: why it cannot be synced just now. `counts`: how many items each tab has."""

    kind: SyncKind
    auto: bool
    master: bool | None
    accepted_at: datetime | None
    held_since: datetime | None
    held_reason: str | None
    synced_at: datetime | None
    against: str | None
    counts: dict[str, int]


class SyncOut(Out):
    """`preview` and `last`: the newest preview and the newest sync, null before the first."""

    kinds: list[KindOut]
    preview: OperationOut | None
    last: OperationOut | None


class SyncIn(In):
    """`kinds`: only these; all if empty. `ids`: only these records, by kind, as Shopify's ids."""

    kinds: tuple[SyncKind, ...] = ()
    ids: dict[SyncKind, Ids] | None = None


class PreviewIn(In):
    kinds: tuple[SyncKind, ...] = ()


class AcceptIn(In):
    """`preview`: the operation that made it. `auto`: these kinds are synced by themselves from now on."""

    preview: str
    auto: bool = True


class KindIn(In):
    """What is left out stays as it is. `master` null: Shopify is master of records that Mooring created only."""

    auto: bool | UnsetType = UNSET
    master: bool | UnsetType | None = UNSET


class InvoiceOut(Out):
    id: int
    link: str | None


class ItemOut(Out):
    """`state`: synced, not_synced, in_progress, failed or review. `sentence`: why. `link`: where it is in Odoo.
    `invoices`: of an order, in Odoo."""

    hub_id: int
    store_id: str
    shopify_id: int
    title: str
    state: Tab
    sentence: str | None
    cause: str | None
    odoo_id: int | None
    model: str | None
    link: str | None
    origin: str | None
    attempts: int
    decided: bool
    at: datetime | None
    invoices: list[InvoiceOut]


class CauseOut(Out):
    """Why records wait for a person, and what is to be done about it. `place`: the page of Mooring where that is, null
    where it is Odoo, or the item itself."""

    cause: str
    title: str
    sentence: str
    fix: str
    place: Place | None
    count: int


class ItemsOut(Out):
    """`causes`: of what waits in Needs review, the commonest first. `next` is the cursor of the older items."""

    items: list[ItemOut]
    counts: dict[str, int]
    causes: list[CauseOut]
    next: str | None


class QuestionOut(Out):
    """`record` names which record of the item it is about, as in `address.6`. `candidates`: records of Odoo it may be.
    `differences`: fields in which the two sides differ."""

    record: str
    by: str | None
    candidates: list[dict[str, Any]]
    differences: list[dict[str, Any]]
    failed: str | None


class ReviewMoneyOut(Out):
    """Of an order: what it was booked as, and what it comes to now in Shopify."""

    booked: str | None
    now: str | None
    currency: str


class DetailOut(Out):
    """`title` and `fix`: of the cause. `changes`: of an order since it was booked. `choices`: what can be decided."""

    state: Tab
    sentence: str | None
    cause: str | None
    title: str
    fix: str
    changes: list[str]
    money: ReviewMoneyOut | None
    choices: list[Choice]
    questions: list[QuestionOut]


class DecisionIn(In):
    """`choice`: `create` (a new one), `take` (Shopify's values) or `keep` (Odoo's); of orders `ignore` (Odoo stays as
    it is, a refund counts as done), `reset` (taken back in Odoo and booked anew) or `credit` (what is invoiced of a
    cancelled order is credited). `fields`: only these."""

    ids: Ids
    choice: Choice
    fields: tuple[str, ...] = ()


class LinkIn(In):
    odoo_id: Number
    record: str | None = None


class DecidedOut(Out):
    """`operation`: the sync that carries it out; null where the next one does, or none is needed."""

    count: int
    operation: OperationOut | None


class UnlinkedOut(Out):
    count: int
