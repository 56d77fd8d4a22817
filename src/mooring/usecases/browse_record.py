"""One customer, order, product or collection as it was imported, with everything that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from mooring.db import reading, stores, tables
from mooring.db.reading import Row
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.rules import Role
from mooring.errors import NotFound
from mooring.usecases import edits_view, paging, suppression
from mooring.usecases.context import App
from mooring.usecases.edits_view import Changed
from mooring.usecases.who import Who

_LARGEST = 2**63 - 1
_PARTS = 2_500
"""More than anything has: a product has at most 2,048 variants."""
_ORDERS = 20


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
