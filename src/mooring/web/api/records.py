"""Customers, orders, products, collections: search and filter a list, look at one with everything imported.

`q` searches names, addresses and titles; an exact id, order name, SKU or barcode finds its record. The other filters
are those of the pages (`usecases.browse.FILTERS`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mooring.domain.kinds import Kind
from mooring.usecases import browse, browse_record
from mooring.usecases.browse import Asked
from mooring.usecases.browse_record import Record
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import Page
from mooring.web.api.shapes_records import (
    CollectionOut,
    CollectionRecord,
    CustomerOut,
    CustomerRecord,
    OrderOut,
    OrderRecord,
    ProductOut,
    ProductRecord,
    record_out,
    records_out,
)
from mooring.web.routing import FromPath, FromQuery, Given, get

Text = FromQuery[str | None]


def _page(
    app: App, who: Who, project_id: str, kind: Kind, q: str | None, store_id: str | None, cursor: str | None,
    filters: Mapping[str, str | None],
) -> Page[Any]:  # fmt: skip
    chosen = {name: value for name, value in filters.items() if value}
    found = browse.page(app, who, project_id, kind, Asked(q or "", store_id, chosen, older=cursor))
    return Page(items=records_out(kind, found.items), next=found.older)


# -- lists ---------------------------------------------------------------------------------------------------------


@get("/projects/{project_id:str}/customers", role="viewer", summary="Customers, newest first")
def customers(
    app: Given[App],
    who: Given[Who],
    project_id: FromPath[str],
    q: Text = None,
    store_id: Text = None,
    email: Text = None,
    sms: Text = None,
    in_shopify: Text = None,
    cursor: Text = None,
) -> Page[CustomerOut]:
    filters = {"email": email, "sms": sms, "in_shopify": in_shopify}
    return _page(app, who, project_id, Kind.CUSTOMERS, q, store_id, cursor, filters)


@get("/projects/{project_id:str}/orders", role="viewer", summary="Orders, newest first")
def orders(
    app: Given[App],
    who: Given[Who],
    project_id: FromPath[str],
    q: Text = None,
    store_id: Text = None,
    payment: Text = None,
    fulfilment: Text = None,
    cancelled: Text = None,
    test: Text = None,
    in_shopify: Text = None,
    cursor: Text = None,
) -> Page[OrderOut]:
    filters = {
        "payment": payment, "fulfilment": fulfilment, "cancelled": cancelled, "test": test, "in_shopify": in_shopify
    }  # fmt: skip
    return _page(app, who, project_id, Kind.ORDERS, q, store_id, cursor, filters)


@get("/projects/{project_id:str}/products", role="viewer", summary="Products, newest first")
def products(
    app: Given[App],
    who: Given[Who],
    project_id: FromPath[str],
    q: Text = None,
    store_id: Text = None,
    status: Text = None,
    in_shopify: Text = None,
    cursor: Text = None,
) -> Page[ProductOut]:
    filters = {"status": status, "in_shopify": in_shopify}
    return _page(app, who, project_id, Kind.PRODUCTS, q, store_id, cursor, filters)


@get("/projects/{project_id:str}/collections", role="viewer", summary="Collections, newest first")
def collections(
    app: Given[App],
    who: Given[Who],
    project_id: FromPath[str],
    q: Text = None,
    store_id: Text = None,
    kind: Text = None,
    in_shopify: Text = None,
    cursor: Text = None,
) -> Page[CollectionOut]:
    filters = {"kind": kind, "in_shopify": in_shopify}
    return _page(app, who, project_id, Kind.COLLECTIONS, q, store_id, cursor, filters)


# -- one -----------------------------------------------------------------------------------------------------------


@get("/customers/{customer_id:int}", role="viewer", summary="A customer with addresses and newest orders")
def customer(app: Given[App], who: Given[Who], customer_id: FromPath[int]) -> CustomerRecord:
    return customer_record(browse_record.show(app, who, Kind.CUSTOMERS, customer_id))


def customer_record(found: Record) -> CustomerRecord:
    """With what was changed here; `body` stays as it was imported."""
    changed = found.changed
    return CustomerRecord(
        customer=record_out(Kind.CUSTOMERS, found.row),
        body=found.row["body"],
        addresses=found.parts["addresses"],
        orders=records_out(Kind.ORDERS, found.parts["orders"]),
        changed={name: view.sentence for name, view in changed.views.items()} if changed else {},
    )


@get("/orders/{order_id:int}", role="viewer", summary="An order with lines, refunds and customer")
def order(app: Given[App], who: Given[Who], order_id: FromPath[int]) -> OrderRecord:
    found = browse_record.show(app, who, Kind.ORDERS, order_id)
    buyers = records_out(Kind.CUSTOMERS, found.parts["customers"])
    return OrderRecord(
        order=record_out(Kind.ORDERS, found.row),
        body=found.row["body"],
        detail=found.row.get("detail"),
        customer=buyers[0] if buyers else None,
        lines=found.parts["lines"],
        refunds=found.parts["refunds"],
    )


@get("/products/{product_id:int}", role="viewer", summary="A product with variants and collections")
def product(app: Given[App], who: Given[Who], product_id: FromPath[int]) -> ProductRecord:
    found = browse_record.show(app, who, Kind.PRODUCTS, product_id)
    return ProductRecord(
        product=record_out(Kind.PRODUCTS, found.row),
        body=found.row["body"],
        variants=found.parts["variants"],
        collections=records_out(Kind.COLLECTIONS, found.parts["collections"]),
    )


@get("/collections/{collection_id:int}", role="viewer", summary="A collection with its products")
def collection(app: Given[App], who: Given[Who], collection_id: FromPath[int], cursor: Text = None) -> CollectionRecord:
    found = browse_record.show(app, who, Kind.COLLECTIONS, collection_id, cursor=cursor)
    return CollectionRecord(
        collection=record_out(Kind.COLLECTIONS, found.row),
        body=found.row["body"],
        products=records_out(Kind.PRODUCTS, found.parts["products"]),
        next=found.next,
    )


ROUTES = [customers, orders, products, collections, customer, order, product, collection]
