"""Items pages: the records of a kind with how far each is on its way to Odoo, and why one is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import mappings, odoo, odoo_kinds, stores, sync_items, sync_listing
from mooring.db.odoo import OdooConnection
from mooring.db.odoo_kinds import OdooKind
from mooring.db.reading import Span
from mooring.db.stores import Store
from mooring.db.sync_items import Item
from mooring.db.sync_listing import Row, Tab
from mooring.domain.kinds import Kind
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role
from mooring.errors import NotFound
from mooring.usecases import browse, paging, sync_odoo_request
from mooring.usecases.context import App
from mooring.usecases.sync_odoo import SYNCED
from mooring.usecases.who import Who

_STATE_TABS = {
    "queued": Tab.IN_PROGRESS,
    "in_progress": Tab.IN_PROGRESS,
    "failed": Tab.FAILED,
    "review": Tab.REVIEW,
    "decided": Tab.REVIEW,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for; `filters` as the hub's own lists have them. At most one of `older` and `newer` is a
    cursor."""

    tab: Tab = Tab.ALL
    text: str = ""
    store_id: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    older: str | None = None
    newer: str | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice of an order, and where it is in Odoo."""

    id: int
    link: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One line. `state` is the tab it belongs to; `sentence` says why it failed or waits, or why it is not synced.
    `link`: where it is in Odoo. `decided`: somebody has decided, and the next sync carries it out. `under`: what tells
    it from others of the same title; `changed`: in Shopify; `gone`: deleted there; `total`: of orders."""

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
    under: str | None = None
    changed: datetime | None = None
    gone: bool = False
    total: Decimal | None = None
    currency: str | None = None
    invoices: tuple[Invoice, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """`counts` by tab, over the chosen stores; `settings` and `against` by store: how the kind is synced there, and why
    it cannot be just now."""

    kind: SyncKind
    tab: Tab
    items: list[Listed]
    counts: dict[Tab, int]
    older: str | None
    newer: str | None
    stores: tuple[Store, ...]
    settings: dict[str, OdooKind]
    against: dict[str, str | None]

    @property
    def possible(self) -> bool:
        """Whether the kind can be synced at all by now."""
        return self.kind in SYNCED


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record of Odoo that an item may be."""

    id: int
    model: str
    link: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    field: str
    odoo: Any
    shopify: Any


@dataclass(frozen=True, slots=True)
class Question:
    """What waits for a person in one of the records of an item; `record` names it, as in `address.6`."""

    record: str
    by: str | None
    candidates: tuple[Candidate, ...]
    differences: tuple[Difference, ...]
    failed: str | None


@dataclass(frozen=True, slots=True)
class Detail:
    state: Tab
    sentence: str | None
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class OfRecord:
    """What a record's own page shows of its sync. `against`: why it cannot be synced just now; `possible`: whether its
    kind can be synced at all by now."""

    line: Listed
    questions: tuple[Question, ...]
    against: str | None
    possible: bool


# -- the list ------------------------------------------------------------------------------------------------------


def while_connected(app: App, who: Who, project_id: str, kind: SyncKind, asked: Asked) -> Page | None:
    """None as long as no Odoo is connected: then the lists are the hub's own, and nothing is said of a sync."""
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        found = odoo.find(connection, project_id)
    return page(app, who, project_id, kind, asked) if found is not None and found.state != "disconnected" else None


def page(app: App, who: Who, project_id: str, kind: SyncKind, asked: Asked) -> Page:
    who.require(project_id, Role.VIEWER)
    up, cursor = asked.newer is not None, _place(asked.newer or asked.older)
    wanted = browse.wanted_of(Kind(kind), asked.text, asked.filters)
    with app.db.read() as connection:
        known, there = tuple(stores.of_project(connection, project_id)), odoo.find(connection, project_id)
        chosen = _chosen(known, asked.store_id)
        rows = [
            row
            for store in chosen
            for row in sync_listing.page(
                connection, kind, store.id, asked.tab, wanted, _span(store.id, cursor, up), limit=paging.LIMIT + 1
            )
        ]
        counted = [sync_listing.counts(connection, kind, store.id) for store in chosen]
        settings = {store.id: odoo_kinds.load(connection, store.id, kind) for store in chosen}
        against = {store.id: _against(connection, store, kind) for store in chosen}
    rows.sort(key=_key, reverse=not up)
    shown, more = rows[: paging.LIMIT], len(rows) > paging.LIMIT
    items = shown[::-1] if up else shown
    before, after = (more, True) if up else (cursor is not None, more)
    return Page(
        kind, asked.tab, [_listed(row, there) for row in items], _summed(counted),
        older=paging.encode(*_key(items[-1])) if items and after else None,
        newer=paging.encode(*_key(items[0])) if items and before else None,
        stores=known, settings=settings, against=against,
    )  # fmt: skip


def _against(connection: Connection, store: Store, kind: SyncKind) -> str | None:
    refused = sync_odoo_request.reason_against(connection, store, [kind])
    return refused.sentence if refused else None


def _summed(counted: Sequence[Mapping[Tab, int]]) -> dict[Tab, int]:
    return {tab: sum(one[tab] for one in counted) for tab in Tab}


def _key(row: Row) -> tuple[int, str]:
    return row["shopify_id"], row["store_id"]


def _place(cursor: str | None) -> tuple[int, str] | None:
    if not cursor:
        return None
    shopify_id, store_id = paging.decode(cursor, int, str)
    return max(0, min(shopify_id, paging.LARGEST)), store_id


def _chosen(known: tuple[Store, ...], store_id: str | None) -> tuple[Store, ...]:
    chosen = tuple(store for store in known if store_id in (None, "", store.id))
    if not chosen and store_id:
        raise NotFound("There is no such store.")
    return chosen


def _span(store_id: str, cursor: tuple[int, str] | None, up: bool) -> Span:
    """The same place for each store: of rows with the same id the store decides."""
    if cursor is None:
        return Span(up=up)
    shopify_id, at = cursor
    if up:
        return Span(low=shopify_id if store_id > at else shopify_id + 1, up=True)
    return Span(high=shopify_id if store_id < at else shopify_id - 1)


# -- one line ------------------------------------------------------------------------------------------------------

_DELETED = "Deleted in Shopify, so it is not synced. What Odoo has stays as it is."


def _listed(row: Row, there: OdooConnection | None) -> Listed:
    state = _state(row)
    return Listed(
        hub_id=row["hub_id"], store_id=row["store_id"], shopify_id=row["shopify_id"], title=title(row), state=state,
        sentence=row["sentence"] or (_DELETED if row["deleted_at"] else None), cause=row["cause"],
        odoo_id=row["odoo_id"], model=row["model"], link=_link(there, row), origin=row["origin"],
        attempts=row["attempts"] or 0, decided=row["state"] == "decided", at=row["item_at"] or row["written_at"],
        under=_under(row), changed=row["updated_at"], gone=row["deleted_at"] is not None,
        total=row.get("current_total"), currency=row.get("currency"), invoices=_invoices(there, row),
    )  # fmt: skip


def _state(row: Row) -> Tab:
    if row["state"]:
        return _STATE_TABS[row["state"]]
    if row["sent"]:
        return Tab.IN_PROGRESS
    return Tab.SYNCED if row["odoo_id"] else Tab.NOT_SYNCED


def title(row: Row) -> str:
    """What people call it."""
    person = " ".join(part for part in (row.get("first_name"), row.get("last_name")) if part)
    return row.get("title") or row.get("name") or person or row.get("email") or str(row["shopify_id"])


def _under(row: Row) -> str | None:
    said = row.get("vendor") or row.get("email")
    return said if said != title(row) else None


def _link(there: OdooConnection | None, row: Row) -> str | None:
    """Only where the connection still is the one the mapping speaks of."""
    if there is None or row["odoo_id"] is None or row["fingerprint"] != there.fingerprint:
        return None
    return odoo_link(there, row["model"], row["odoo_id"])


def _invoices(there: OdooConnection | None, row: Row) -> tuple[Invoice, ...]:
    known = there if _link(there, row) else None
    return tuple(
        Invoice(one, odoo_link(known, "account.move", one) if known else None)
        for one in mappings.invoices_in(row["extra"])
    )


def odoo_link(there: OdooConnection, model: str, odoo_id: int) -> str:
    """A page of Odoo: addresses changed with 18."""
    if there.details.major >= 18:
        return f"{there.url}/odoo/{model}/{odoo_id}"
    return f"{there.url}/web#id={odoo_id}&model={model}&view_type=form"


# -- what waits in one ---------------------------------------------------------------------------------------------


def show(app: App, who: Who, store_id: str, kind: SyncKind, shopify_id: int) -> Detail:
    """Why it failed, what it may be, in what it differs. Raises `NotFound` where nothing is to be said."""
    with app.db.read() as connection:
        store = stores.load(connection, store_id)
        who.require(store.project_id, Role.VIEWER)
        item = sync_items.one(connection, store_id, kind, shopify_id)
        there = odoo.find(connection, store.project_id)
    if item is None:
        raise NotFound("Nothing of this record waits for anybody.")
    return Detail(_STATE_TABS[item.state], item.sentence, _questions(item, there))


def of_record(app: App, who: Who, kind: SyncKind, store_id: str, shopify_id: int) -> OfRecord | None:
    """For the page of a record; None as long as no Odoo is connected."""
    with app.db.read() as connection:
        store = stores.load(connection, store_id)
        who.require(store.project_id, Role.VIEWER)
        there = odoo.find(connection, store.project_id)
        row = sync_listing.one(connection, kind, store_id, shopify_id)
        if there is None or there.state == "disconnected" or row is None:
            return None
        item = sync_items.one(connection, store_id, kind, shopify_id)
        against = _against(connection, store, kind)
    return OfRecord(_listed(row, there), _questions(item, there), against, kind in SYNCED)


def _questions(item: Item | None, there: OdooConnection | None) -> tuple[Question, ...]:
    records: Mapping[str, Any] = ((item.detail if item else None) or {}).get("records") or {}
    return tuple(_question(label, told, there) for label, told in records.items())


def _question(label: str, told: Mapping[str, Any], there: OdooConnection | None) -> Question:
    candidates = [msgspec.convert(one, dict[str, Any]) for one in told.get("candidates") or ()]
    fields: Mapping[str, Mapping[str, Any]] = told.get("fields") or {}
    return Question(
        record=label,
        by=told.get("by"),
        candidates=tuple(_candidate(one, there) for one in candidates),
        differences=tuple(Difference(name, said["odoo"], said["shopify"]) for name, said in fields.items()),
        failed=told.get("failed"),
    )


def _candidate(told: dict[str, Any], there: OdooConnection | None) -> Candidate:
    id_, model = told.pop("id"), told.pop("model")
    return Candidate(id_, model, odoo_link(there, model, id_) if there else None, told)
