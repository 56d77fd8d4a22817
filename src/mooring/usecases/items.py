"""Items pages: the records of a kind with how far each is on its way to Odoo, and why one is not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from mooring.db import odoo, odoo_kinds, operations, stores, sync_items, sync_listing
from mooring.db.odoo_kinds import OdooKind
from mooring.db.reading import Span
from mooring.db.stores import Store
from mooring.db.sync_listing import Row
from mooring.domain.kinds import Kind
from mooring.domain.mapping import SyncKind
from mooring.domain.order_causes import Words
from mooring.domain.review_words import explained
from mooring.domain.rules import Role, Work
from mooring.domain.tabs import Tab
from mooring.errors import NotFound
from mooring.usecases import browse, paging, sync_odoo_request
from mooring.usecases.context import App
from mooring.usecases.items_listed import STATE_TABS, Listed, listed
from mooring.usecases.items_questions import Question, Waiting, questions, waiting
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for; `filters` as the hub's own lists have them. `cause`: only what waits for it. At most one
    of `older` and `newer` is a cursor."""

    tab: Tab = Tab.ALL
    text: str = ""
    store_id: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    older: str | None = None
    newer: str | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """A cause for which records wait for a person, explained, and how many do."""

    cause: str
    count: int
    words: Words


@dataclass(frozen=True, slots=True)
class Page:
    """`counts` by tab, over the chosen stores, and `causes` of what waits for a person, the commonest first; `settings`
    and `against` by store: how the kind is synced there, and why it cannot be just now. `busy`: a sync is under way."""

    kind: SyncKind
    tab: Tab
    items: list[Listed]
    counts: dict[Tab, int]
    causes: tuple[Reason, ...]
    older: str | None
    newer: str | None
    stores: tuple[Store, ...]
    settings: dict[str, OdooKind]
    against: dict[str, str | None]
    busy: bool


@dataclass(frozen=True, slots=True)
class Detail:
    state: Tab
    sentence: str | None
    questions: tuple[Question, ...]
    waiting: Waiting


@dataclass(frozen=True, slots=True)
class OfRecord:
    """What a record's own page shows of its sync. `waiting`: None where nothing of it waits for a person. `against`:
    why it cannot be synced just now. `busy`: a sync is under way."""

    line: Listed
    questions: tuple[Question, ...]
    waiting: Waiting | None
    against: str | None
    busy: bool


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
                connection, kind, store.id, asked.tab, wanted, _span(store.id, cursor, up), limit=paging.LIMIT + 1,
                cause=asked.cause,
            )
        ]  # fmt: skip
        counted = [sync_listing.counts(connection, kind, store.id) for store in chosen]
        causes = _causes(connection, kind, chosen)
        settings = {store.id: odoo_kinds.load(connection, store.id, kind) for store in chosen}
        against = {store.id: _against(connection, store, kind) for store in chosen}
        busy = any(_busy(connection, store.id) for store in chosen)
    rows.sort(key=_key, reverse=not up)
    shown, more = rows[: paging.LIMIT], len(rows) > paging.LIMIT
    items = shown[::-1] if up else shown
    before, after = (more, True) if up else (cursor is not None, more)
    return Page(
        kind, asked.tab, [listed(row, there) for row in items], _summed(counted), causes,
        older=paging.encode(*_key(items[-1])) if items and after else None,
        newer=paging.encode(*_key(items[0])) if items and before else None,
        stores=known, settings=settings, against=against, busy=busy,
    )  # fmt: skip


def _against(connection: Connection, store: Store, kind: SyncKind) -> str | None:
    refused = sync_odoo_request.reason_against(connection, store, [kind])
    return refused.sentence if refused else None


def _busy(connection: Connection, store_id: str) -> bool:
    return any(one.kind is Work.SYNC_ODOO for one in operations.unfinished(connection, store_id))


def _summed(counted: Sequence[Mapping[Tab, int]]) -> dict[Tab, int]:
    return {tab: sum(one[tab] for one in counted) for tab in Tab}


def _causes(connection: Connection, kind: SyncKind, chosen: Sequence[Store]) -> tuple[Reason, ...]:
    counted = Counter[str]()
    for store in chosen:
        counted.update(sync_listing.causes(connection, kind, store.id))
    found = [Reason(cause, count, explained(cause)) for cause, count in counted.items()]
    return tuple(sorted(found, key=lambda one: (-one.count, one.words.title)))


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
    return Detail(STATE_TABS[item.state], item.sentence, questions(item, there), waiting(item))


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
        against, busy = _against(connection, store, kind), _busy(connection, store_id)
    waits = waiting(item) if item is not None and STATE_TABS[item.state] is Tab.REVIEW else None
    return OfRecord(listed(row, there), questions(item, there), waits, against, busy)
