"""Lists of what a store syncs to Odoo, by how far each record is. Every statement names the store.

A record is in one tab: what waits or failed says so in `sync_items`; of the others, those with a mapping are synced.
Lists go by Shopify's id, newest first, as the hub's own do (`db/reading`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, false, func, or_, select

from mooring.db import reading, tables
from mooring.db.reading import Span, Wanted
from mooring.db.sync_source import SOURCES
from mooring.db.tables import mappings, order_steps, sync_intents, sync_items
from mooring.domain.kinds import Kind
from mooring.domain.mapping import SyncKind
from mooring.domain.tabs import Tab

Row = dict[str, Any]


_STATES: dict[Tab, tuple[str, ...]] = {
    Tab.IN_PROGRESS: ("queued", "in_progress"),
    Tab.FAILED: ("failed",),
    Tab.REVIEW: ("review", "decided"),
}
_SHOWN = (
    "hub_id", "store_id", "shopify_id", "first_name", "last_name", "email", "title", "vendor", "name", "current_total",
    "currency", "updated_at", "deleted_at",
)  # fmt: skip
"""Columns that the lists show, of those that a kind has."""
_TABLES: dict[SyncKind, Table] = {
    SyncKind.CUSTOMERS: tables.customers,
    SyncKind.PRODUCTS: tables.products,
    SyncKind.ORDERS: tables.orders,
}


def page(
    connection: Connection, kind: SyncKind, store_id: str, tab: Tab, wanted: Wanted, span: Span, *, limit: int,
    cause: str = "",
) -> list[Row]:  # fmt: skip
    """Rows with what the list shows of the record, its mapping (`odoo_id`, `model`, `origin`, `written_at`), its item
    (`state`, `cause`, `sentence`, `attempts`, `item_at`), and whether something of it is on its way (`sent`). `cause`:
    only those that wait for it."""
    query, table = _joined(kind, store_id), _TABLES[kind]
    query = query.where(*_of_tab(tab, kind, store_id), *_found(kind, store_id, wanted))
    if cause:
        query = query.where(sync_items.c.cause == cause)
    if span.low is not None:
        query = query.where(table.c.shopify_id >= span.low)
    if span.high is not None:
        query = query.where(table.c.shopify_id <= span.high)
    order = table.c.shopify_id.asc() if span.up else table.c.shopify_id.desc()
    return [dict(row) for row in connection.execute(query.order_by(order).limit(limit)).mappings()]


def one(connection: Connection, kind: SyncKind, store_id: str, shopify_id: int) -> Row | None:
    """As `page` has them."""
    query = _joined(kind, store_id).where(_TABLES[kind].c.shopify_id == shopify_id)
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def counts(connection: Connection, kind: SyncKind, store_id: str) -> dict[Tab, int]:
    """How many each tab has. Only what is mapped is counted through a whole index; the rest stands in small tables."""
    table, row = _TABLES[kind], mappings.c
    everything = _number(connection, select(func.count()).where(table.c.store_id == store_id))
    states = _states(connection, kind, store_id)
    paired = select(func.count()).select_from(_with_record(mappings, table))
    mapped = _number(connection, paired.where(row.store_id == store_id, row.kind == _mapped(kind)))
    sent, sent_mapped = _sent_alone(connection, kind, store_id)
    found = {tab: sum(states.get(one, (0, 0))[0] for one in some) for tab, some in _STATES.items()}
    found[Tab.IN_PROGRESS] += sent
    found[Tab.SYNCED] = mapped - sent_mapped - sum(also for _, also in states.values())
    found[Tab.NOT_SYNCED] = everything - sum(found.values())
    return {Tab.ALL: everything} | {tab: found[tab] for tab in Tab if tab is not Tab.ALL}


def causes(connection: Connection, kind: SyncKind, store_id: str) -> dict[str, int]:
    """Of what waits for a person: how many wait for each cause."""
    item = sync_items.c
    query = (
        select(item.cause, func.count())
        .select_from(_with_record(sync_items, _TABLES[kind]))
        .where(item.store_id == store_id, item.kind == kind, item.state.in_(_STATES[Tab.REVIEW]))
        .group_by(item.cause)
    )
    return {cause or "": number for cause, number in connection.execute(query)}


def _number(connection: Connection, query: Select[int]) -> int:
    return connection.execute(query).scalar_one()


def _with_record(left: Table, table: Table) -> Any:
    """Rows about records that are in the hub: a mapping may have been imported before its records."""
    return left.join(table, and_(table.c.store_id == left.c.store_id, table.c.shopify_id == left.c.shopify_id))


def _states(connection: Connection, kind: SyncKind, store_id: str) -> dict[str, tuple[int, int]]:
    """By state of the items, how many, and how many of them are mapped too."""
    item, joined = sync_items.c, _with_record(sync_items, _TABLES[kind])
    query = (
        select(item.state, func.count(), func.count(mappings.c.odoo_id))
        .select_from(joined.outerjoin(mappings, _mapping_of(item.shopify_id, kind, store_id)))
        .where(item.store_id == store_id, item.kind == kind)
        .group_by(item.state)
    )
    return {state: (number, mapped) for state, number, mapped in connection.execute(query)}


def _sent_alone(connection: Connection, kind: SyncKind, store_id: str) -> tuple[int, int]:
    """How many are on their way of which no item speaks, and how many of them are mapped too."""
    number, mapped = _unspoken(connection, kind, store_id, sync_intents, sync_intents.c.kind == _mapped(kind))
    if kind is SyncKind.ORDERS:
        again = ~_intended(order_steps, _mapped(kind), store_id)
        more, also = _unspoken(connection, kind, store_id, order_steps, again)
        number, mapped = number + more, mapped + also
    return number, mapped


def _unspoken(
    connection: Connection, kind: SyncKind, store_id: str, rows: Table, which: ColumnElement[bool]
) -> tuple[int, int]:  # fmt: skip
    """Of rows that say what was sent."""
    sent, item = rows.c, sync_items.c
    spoken = select(item.state).where(
        item.store_id == store_id, item.kind == kind, item.shopify_id == sent.shopify_id
    )  # fmt: skip
    query = (
        select(func.count(), func.count(mappings.c.odoo_id))
        .select_from(
            _with_record(rows, _TABLES[kind]).outerjoin(mappings, _mapping_of(sent.shopify_id, kind, store_id))
        )
        .where(sent.store_id == store_id, which, ~spoken.exists())
    )
    number, mapped = connection.execute(query).one()
    return number, mapped


def _mapping_of(shopify_id: ColumnElement[int], kind: SyncKind, store_id: str) -> ColumnElement[bool]:
    row = mappings.c
    return and_(row.store_id == store_id, row.kind == _mapped(kind), row.shopify_id == shopify_id)


def _joined(kind: SyncKind, store_id: str) -> Any:
    table, mapped = _TABLES[kind], _mapped(kind)
    shown = [table.c[name] for name in _SHOWN if name in table.c]
    row, item = mappings.c, sync_items.c
    to_mapping = _mapping_of(table.c.shopify_id, kind, store_id)
    to_item = and_(item.store_id == store_id, item.kind == kind, item.shopify_id == table.c.shopify_id)
    return (
        select(
            *shown, row.odoo_id, row.model, row.origin, row.written_at, row.fingerprint, row.extra, item.state,
            item.cause, item.sentence, item.attempts, item.at.label("item_at"),
            _sent(table, mapped, store_id).label("sent"),
        )
        .select_from(table)
        .outerjoin(mappings, to_mapping)
        .outerjoin(sync_items, to_item)
        .where(table.c.store_id == store_id)
    )  # fmt: skip


def _mapped(kind: SyncKind) -> str:
    return "order" if kind is SyncKind.ORDERS else str(SOURCES[kind].kind)


def _sent(table: Table, mapped: str, store_id: str) -> ColumnElement[bool]:
    """A record that was sent and not answered; and of an order also a step of its booking."""
    intended = _intended(table, mapped, store_id)
    if mapped != "order":
        return intended
    row = order_steps.c
    mine = (row.store_id == store_id, row.shopify_id == table.c.shopify_id)
    return or_(intended, select(row.shopify_id).where(*mine).exists())


def _intended(table: Table, mapped: str, store_id: str) -> ColumnElement[bool]:
    row = sync_intents.c
    mine = (row.store_id == store_id, row.kind == mapped, row.shopify_id == table.c.shopify_id)
    return select(row.shopify_id).where(*mine).exists()


def _of_tab(tab: Tab, kind: SyncKind, store_id: str) -> list[ColumnElement[bool]]:
    """What is on its way is in progress, unless it waits for a person all the same."""
    state, sent = sync_items.c.state, _sent(_TABLES[kind], _mapped(kind), store_id)
    match tab:
        case Tab.ALL:
            return []
        case Tab.SYNCED:
            return [state.is_(None), mappings.c.odoo_id.is_not(None), ~sent]
        case Tab.NOT_SYNCED:
            return [state.is_(None), mappings.c.odoo_id.is_(None), ~sent]
        case Tab.IN_PROGRESS:
            return [or_(state.in_(_STATES[tab]), and_(state.is_(None), sent))]
        case _:
            return [state.in_(_STATES[tab])]


def _found(kind: SyncKind, store_id: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    """As the hub's own lists are searched, and by an id of Odoo's."""
    table = _TABLES[kind]
    found = [reading.compared(table.c[name], value) for name, value in wanted.equal.items()]
    if not wanted.words:
        return found
    text = and_(*(table.c.search.contains(word, autoescape=True) for word in wanted.words))
    alone = reading.by_identity(Kind(kind), store_id, wanted)
    in_odoo = mappings.c.odoo_id == wanted.number if wanted.number is not None else false()
    return [*found, or_(text, alone, in_odoo)]
