"""Customers, orders, products and collections as they were imported: lists to search and leaf through, and one record
with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from mooring.db import reading, stores, tables
from mooring.db.reading import Row, Span, Wanted
from mooring.db.stores import Store
from mooring.domain.consent import SUPPRESSED
from mooring.domain.kinds import Kind
from mooring.domain.records import folded
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, NotFound
from mooring.usecases import edits_view, paging, suppression
from mooring.usecases.context import App
from mooring.usecases.edits_view import Changed
from mooring.usecases.who import Who

_LARGEST = 2**63 - 1
_LONGEST_SEARCH = 200
_PARTS = 2_500
"""More than anything has: a product has at most 2,048 variants."""
_ORDERS = 20


# -- filters -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filter:
    """`choices`: what may be chosen and the column values it stands for."""

    name: str
    title: str
    choices: Mapping[str, Mapping[str, Any]]


def _words(column: str, *values: str) -> dict[str, Mapping[str, Any]]:
    """Shopify's own words, in small letters as choices."""
    return {value.lower(): {column: value} for value in values}


_STATES = ("SUBSCRIBED", "NOT_SUBSCRIBED", "UNSUBSCRIBED", "PENDING", "INVALID", "REDACTED", SUPPRESSED)
_PAID = ("PAID", "PENDING", "AUTHORIZED", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "REFUNDED", "VOIDED", "EXPIRED")
_SENT = ("UNFULFILLED", "PARTIALLY_FULFILLED", "FULFILLED", "IN_PROGRESS", "ON_HOLD", "OPEN", "SCHEDULED", "RESTOCKED",
         "PENDING_FULFILLMENT", "REQUEST_DECLINED")  # fmt: skip
_IN_SHOPIFY = Filter("in_shopify", "In Shopify", {"yes": {"deleted_at": None}, "deleted": {"deleted_at": ...}})

FILTERS: dict[Kind, tuple[Filter, ...]] = {
    Kind.CUSTOMERS: (
        Filter("email", "E-mail consent", _words("email_state", *_STATES)),
        Filter("sms", "SMS consent", _words("sms_state", *_STATES)),
        _IN_SHOPIFY,
    ),
    Kind.ORDERS: (
        Filter("payment", "Payment", _words("financial_status", *_PAID)),
        Filter("fulfilment", "Fulfilment", _words("fulfillment_status", *_SENT)),
        Filter("cancelled", "Cancelled", {"yes": {"cancelled_at": ...}, "no": {"cancelled_at": None}}),
        Filter("test", "Test orders", {"yes": {"test": True}, "no": {"test": False}}),
        _IN_SHOPIFY,
    ),
    Kind.PRODUCTS: (
        Filter("status", "Status", _words("status", "ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED")),
        _IN_SHOPIFY,
    ),
    Kind.COLLECTIONS: (
        Filter("kind", "Kind", {"smart": {"smart": True}, "manual": {"smart": False}}),
        _IN_SHOPIFY,
    ),
}
"""What each list can be narrowed by, for pages and API alike."""


# -- lists ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for. At most one of `older` and `newer` is a cursor."""

    text: str = ""
    store_id: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    older: str | None = None
    newer: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """`items` are rows without their bodies, newest first, each with the `store_id` it came from; `older` and `newer`
    are the cursors of the neighbouring pages. `stores` are the project's, for choosing one."""

    kind: Kind
    items: list[Row]
    older: str | None
    newer: str | None
    stores: tuple[Store, ...]


Place = tuple[int, str]
"""(Shopify's id, store): the key of a row in a list over several stores."""


def page(app: App, who: Who, project_id: str, kind: Kind, asked: Asked) -> Page:
    who.require(project_id, Role.VIEWER)
    wanted = wanted_of(kind, asked.text, asked.filters)
    up = asked.newer is not None
    cursor = _place(asked.newer or asked.older)
    with app.db.read() as connection:
        known = tuple(stores.of_project(connection, project_id))
        found = [
            row
            for store in _chosen(known, asked.store_id)
            for row in reading.page(
                connection, kind, store.id, wanted, _span(store.id, cursor, up), limit=paging.LIMIT + 1
            )
        ]
        if kind is Kind.CUSTOMERS:
            found = suppression.overlaid(app, connection, project_id, found)
    found.sort(key=_key, reverse=not up)
    rows, more = found[: paging.LIMIT], len(found) > paging.LIMIT
    items = rows[::-1] if up else rows
    before, after = (more, True) if up else (cursor is not None, more)
    return Page(
        kind,
        items,
        older=paging.encode(*_key(items[-1])) if items and after else None,
        newer=paging.encode(*_key(items[0])) if items and before else None,
        stores=known,
    )


def _key(row: Row) -> Place:
    return row["shopify_id"], row["store_id"]


def _place(cursor: str | None) -> Place | None:
    if not cursor:
        return None
    shopify_id, store_id = paging.decode(cursor, int, str)
    return max(0, min(shopify_id, _LARGEST)), store_id


def _chosen(known: tuple[Store, ...], store_id: str | None) -> tuple[Store, ...]:
    if not store_id:
        return known
    chosen = tuple(store for store in known if store.id == store_id)
    if not chosen:
        raise NotFound("There is no such store.")
    return chosen


def _span(store_id: str, cursor: Place | None, up: bool) -> Span:
    """The same place for each store: of rows with the same id the store decides."""
    if cursor is None:
        return Span(up=up)
    shopify_id, at = cursor
    if up:
        return Span(low=shopify_id if store_id > at else shopify_id + 1, up=True)
    return Span(high=shopify_id if store_id < at else shopify_id - 1)


def wanted_of(kind: Kind, text: str, filters: Mapping[str, str]) -> Wanted:
    """What is looked for, checked. Raises `InvalidInput` naming the input."""
    text = text.strip()
    if len(text) > _LONGEST_SEARCH:
        raise InvalidInput(f"Search for at most {_LONGEST_SEARCH} characters.", field="q")
    return Wanted(
        words=tuple(folded(text).split()), number=_number(text), code=text or None, equal=_equal(kind, filters)
    )


def _number(text: str) -> int | None:
    """An id as Shopify's admin, its API or Mooring writes it."""
    digits = text.rpartition("/")[2] if text.startswith("gid://shopify/") else text
    fits = digits.isascii() and digits.isdecimal() and len(digits) < 20
    return number if fits and (number := int(digits)) <= _LARGEST else None


def _equal(kind: Kind, filters: Mapping[str, str]) -> dict[str, Any]:
    known = {one.name: one for one in FILTERS[kind]}
    found: dict[str, Any] = {}
    for name, chosen in filters.items():
        if not chosen:
            continue
        if name not in known or chosen not in known[name].choices:
            raise InvalidInput(f"{kind.label} cannot be filtered by {name}={chosen}.", field=name)
        found |= known[name].choices[chosen]
    return found


# -- one record ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """`row` has the columns and, as `body`, everything else Shopify said. `parts` are rows of the same form by name:
    customers: addresses, orders; orders: lines, refunds, customers; products: variants, collections;
    collections: products (`next` is the cursor of more of them). `changed`: of a customer, what was changed here; it is
    in `row` already, while `row["body"]` stays as it was imported."""

    kind: Kind
    store: Store
    row: Row
    parts: dict[str, list[Row]]
    next: str | None = None
    changed: Changed | None = None


def show(app: App, who: Who, kind: Kind, hub_id: int, *, cursor: str | None = None) -> Record:
    """Raises `NotFound` for what is not there, and for what is not theirs to see."""
    nothing = NotFound(f"There is no such {kind.removesuffix('s')}.")
    if not 0 < hub_id <= _LARGEST:
        raise nothing
    with app.db.read() as connection:
        store_id = reading.store_of(connection, kind, hub_id)
        if store_id is None:
            raise nothing
        store = stores.load(connection, store_id)
        who.require(store.project_id, Role.VIEWER)
        row = reading.one(connection, kind, store.id, hub_id)
        if row is None:
            raise nothing
        if kind is Kind.COLLECTIONS:
            return _collection(connection, store, row, cursor)
        if kind is Kind.CUSTOMERS:
            [row] = suppression.overlaid(app, connection, store.project_id, [row])
            changed = edits_view.of_customer(connection, store, row)
            row |= changed.row
            return Record(kind, store, row, _of_customer(connection, store.id, row), changed=changed)
        return Record(kind, store, row, _PARTS_OF[kind](connection, store.id, row))


def place_of(app: App, kind: Kind, hub_id: int) -> tuple[str, int]:
    """(store, Shopify id) of a record. Raises `NotFound`."""
    with app.db.read() as connection:
        store_id = reading.store_of(connection, kind, hub_id) if 0 < hub_id <= _LARGEST else None
        row = reading.one(connection, kind, store_id, hub_id) if store_id else None
    if row is None:
        raise NotFound(f"There is no such {kind.removesuffix('s')}.")
    return row["store_id"], row["shopify_id"]


def _of_customer(connection: Connection, store_id: str, row: Row) -> dict[str, list[Row]]:
    shopify_id = row["shopify_id"]
    return {
        "addresses": reading.parts(connection, tables.addresses, store_id, "customer_id", shopify_id, limit=_PARTS),
        "orders": reading.orders_of(connection, store_id, shopify_id, limit=_ORDERS),
    }


def _of_order(connection: Connection, store_id: str, row: Row) -> dict[str, list[Row]]:
    """Lines lead to the product they were sold as, where it was imported."""
    shopify_id, customer_id = row["shopify_id"], row["customer_id"]
    lines = reading.parts(connection, tables.order_lines, store_id, "order_id", shopify_id, limit=_PARTS)
    sold = {line["product_id"] for line in lines if line["product_id"]}
    here = reading.hub_ids(connection, Kind.PRODUCTS, store_id, sold)
    by = reading.hub_ids(connection, Kind.CUSTOMERS, store_id, [customer_id] if customer_id else [])
    buyer = reading.one(connection, Kind.CUSTOMERS, store_id, by[customer_id]) if by else None
    return {
        "lines": [line | {"product_hub_id": here.get(line["product_id"])} for line in lines],
        "refunds": reading.parts(connection, tables.refunds, store_id, "order_id", shopify_id, limit=_PARTS),
        "customers": [buyer] if buyer else [],
    }


def _of_product(connection: Connection, store_id: str, row: Row) -> dict[str, list[Row]]:
    shopify_id = row["shopify_id"]
    variants = reading.parts(connection, tables.variants, store_id, "product_id", shopify_id, limit=_PARTS)
    return {
        "variants": sorted(variants, key=lambda one: (one["position"] or 0, one["shopify_id"])),
        "collections": reading.collections_with(connection, store_id, shopify_id, limit=_PARTS),
    }


_PARTS_OF = {Kind.ORDERS: _of_order, Kind.PRODUCTS: _of_product}


def _collection(connection: Connection, store: Store, row: Row, cursor: str | None) -> Record:
    after = min(max(0, paging.decode(cursor, int)[0]), _LARGEST) if cursor else 0
    found = reading.members(connection, store.id, row["shopify_id"], after=after, limit=paging.LIMIT + 1)
    shown = found[: paging.LIMIT]
    more = paging.encode(shown[-1]["shopify_id"]) if len(found) > paging.LIMIT else None
    return Record(Kind.COLLECTIONS, store, row, {"products": shown}, more)
