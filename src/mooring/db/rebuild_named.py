"""What records of the hub are called, for lists that know them by kind and Shopify id alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from mooring.db import bulk
from mooring.db.tables import addresses, customers, order_lines, orders, products, variants
from mooring.domain.mapping import MappedKind


@dataclass(frozen=True, slots=True)
class Named:
    """`about`: what tells it from others of the same title; `path`: its page, or that of the record it lives in."""

    title: str
    about: str
    path: str | None


class _Place(msgspec.Struct):
    """Of the canonical form of an address."""

    address1: str | None = None
    zip: str | None = None
    city: str | None = None


def named(connection: Connection, store_id: str, kind: MappedKind, ids: Iterable[int]) -> dict[int, Named]:
    """By Shopify id; those the hub does not have are left out."""
    table, query, name = _KINDS[kind]
    found = query.where(table.c.store_id == store_id, bulk.within(connection, table.c.shopify_id, ids))
    return {row.shopify_id: name(row) for row in connection.execute(found)}


def _words(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part not in (None, ""))


def _customer(row: Any) -> Named:
    person = " ".join(part for part in (row.first_name, row.last_name) if part)
    count = row.orders_count
    orders_ = None if count is None else f"{count:,} order{'' if count == 1 else 's'}"
    title = person or row.email or f"Customer {row.shopify_id}"
    return Named(title, _words(row.email if person else None, orders_), f"/customers/{row.hub_id}")


def _address(row: Any) -> Named:
    place = msgspec.json.decode(row.body, type=_Place)
    title = _words(place.address1, _words(place.zip, place.city)) or f"Address {row.shopify_id}"
    person = " ".join(part for part in (row.first_name, row.last_name) if part)
    return Named(title, f"address of {person}" if person else "", f"/customers/{row.owner}" if row.owner else None)


def _product(row: Any) -> Named:
    return Named(row.title, _words(row.vendor), f"/products/{row.hub_id}")


def _variant(row: Any) -> Named:
    sku, barcode = row.sku and f"SKU {row.sku}", row.barcode and f"barcode {row.barcode}"
    title = _words(row.product, row.title) or f"Variant {row.shopify_id}"
    return Named(title, _words(sku, barcode), f"/products/{row.owner}" if row.owner else None)


def _order(row: Any) -> Named:
    return Named(row.name, _words(row.email, f"{row.total:,.2f} {row.currency}"), f"/orders/{row.hub_id}")


def _order_line(row: Any) -> Named:
    sku = row.sku and f"SKU {row.sku}"
    return Named(f"{row.quantity} × {row.title}", _words(sku, row.order), f"/orders/{row.owner}" if row.owner else None)


def _inside(table: Any, outer: Any, parent: Any, *more: Any) -> Any:
    """With the hub id of the record it lives in."""
    same = (outer.c.store_id == table.c.store_id) & (outer.c.shopify_id == parent)
    return select(table, outer.c.hub_id.label("owner"), *more).select_from(table.outerjoin(outer, same))


_KINDS: dict[MappedKind, tuple[Any, Any, Callable[[Any], Named]]] = {
    MappedKind.CUSTOMER: (customers, select(customers), _customer),
    MappedKind.ADDRESS: (
        addresses,
        _inside(addresses, customers, addresses.c.customer_id, customers.c.first_name, customers.c.last_name),
        _address,
    ),
    MappedKind.PRODUCT: (products, select(products), _product),
    MappedKind.VARIANT: (
        variants,
        _inside(variants, products, variants.c.product_id, products.c.title.label("product")),
        _variant,
    ),
    MappedKind.ORDER: (orders, select(orders), _order),
    MappedKind.ORDER_LINE: (
        order_lines,
        _inside(order_lines, orders, order_lines.c.order_id, orders.c.name.label("order")),
        _order_line,
    ),
}
