"""Fulfilments, and fulfilment orders where the order's document does not list its own.

An order without listed fulfilment orders has one, under its own number, that holds what is still to be sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mooring_sandbox.shopify.graph.connections import Listed, Records, Row, Source
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.cursors import Position
from mooring_sandbox.shopify.graph.fields import linked
from mooring_sandbox.shopify.graph.reading import ancestor, number_of
from mooring_sandbox.shopify.graph.registry import derived, source, value
from mooring_sandbox.shopify.graph.resolvers.lines import unfulfilled
from mooring_sandbox.shopify.state import gid, parse_gid


def fulfillment_orders(context: Context, order: Doc) -> list[Doc]:
    stored = order.get("fulfillmentOrders")
    found = stored if stored is not None else [_derived(context, order)]
    return [linked(f, order) for f in found]


def fulfillment_order(context: Context, id_: str) -> Doc | None:
    """By its own gid: embedded in an order, or derived from the order of that number."""
    found = context.load(id_)
    number = parse_gid(id_)
    if found is not None or number is None:
        return found
    order = context.load(gid("Order", number[1]))
    return next((f for f in fulfillment_orders(context, order) if f["id"] == id_), None) if order else None


def _derived(context: Context, order: Doc) -> Doc:
    lines = [linked(i, order) for i in order.get("lineItems") or () if i.get("requiresShipping", True)]
    closed = order.get("cancelledAt") or order.get("displayFulfillmentStatus") == "FULFILLED"
    return {
        "id": gid("FulfillmentOrder", number_of(order["id"])),
        "createdAt": order.get("createdAt"),
        "updatedAt": order.get("updatedAt"),
        "fulfillAt": order.get("createdAt"),
        "orderId": order["id"],
        "orderName": order.get("name"),
        "orderProcessedAt": order.get("processedAt") or order.get("createdAt"),
        "status": "CANCELLED" if order.get("cancelledAt") else "CLOSED" if closed else "OPEN",
        "requestStatus": "UNSUBMITTED",
        "supportedActions": [] if closed else [{"action": "CREATE_FULFILLMENT"}, {"action": "HOLD"}],
        "destination": _destination(order),
        "lineItems": [_line(context, line) for line in lines],
    }


def _destination(order: Doc) -> Doc | None:
    address = order.get("shippingAddress")
    if not address:
        return None
    kept = ("address1", "address2", "city", "company", "firstName", "lastName", "phone", "province", "zip")
    taken = {k: address.get(k) for k in kept}
    id_ = gid("FulfillmentOrderDestination", number_of(order["id"]))
    return {**taken, "id": id_, "countryCode": address.get("countryCodeV2"), "email": order.get("email")}


def _line(context: Context, line: Doc) -> Doc:
    return {
        "id": gid("FulfillmentOrderLineItem", number_of(line["id"])),
        "lineItemId": line["id"],
        "totalQuantity": line.get("quantity") or 0,
        "remainingQuantity": unfulfilled(context, line, {}),
        "productTitle": line.get("title"),
        "variantTitle": line.get("variantTitle"),
        "sku": line.get("sku"),
        "vendor": line.get("vendor"),
        "requiresShipping": line.get("requiresShipping", True),
    }


@dataclass(frozen=True)
class OfOrders:
    """The fulfilment orders of all orders, in the order of these; several of one order share its cursor."""

    open_only: bool

    def _orders(self) -> Records:
        return Records("Order", "fulfillmentOrders")

    def rows(self, context: Context, args: Doc, after: Position | None, backwards: bool) -> Iterator[Row]:
        for mark, number, order in self._orders().rows(context, args, after, backwards):
            for found in fulfillment_orders(context, order):
                if not self.open_only or found.get("status") not in ("CLOSED", "CANCELLED"):
                    yield mark, number, found

    def cursor(self, context: Context, args: Doc, row: Row) -> str:
        return self._orders().cursor(context, args, row)

    def position(self, context: Context, args: Doc, cursor: str) -> Position:
        return self._orders().position(context, args, cursor)


@source("Order.fulfillmentOrders", "Fulfillment.fulfillmentOrders")
def _fulfillment_orders(context: Context, doc: Doc, _: Doc) -> Source:
    order = ancestor(doc, "Order") or doc
    return Listed(fulfillment_orders(context, order))


@source("QueryRoot.fulfillmentOrders", "Shop.fulfillmentOrders", "QueryRoot.assignedFulfillmentOrders",
        "Shop.assignedFulfillmentOrders")  # fmt: skip
def _all_fulfillment_orders(_: Context, __: Doc, args: Doc) -> Source:
    return OfOrders(open_only=not args.get("includeClosed"))


@value("QueryRoot.fulfillmentOrder")
def _by_id(context: Context, _: Doc, args: Doc) -> Any:
    return fulfillment_order(context, args["id"])


@derived("FulfillmentOrder.assignedLocation")
def _assigned_location(context: Context, doc: Doc, _: Doc) -> Doc:
    found = context.load(doc.get("assignedLocationId")) or next(
        (d for d in context.state.scan(context.shop_id, "Location") if d.get("isActive", True)), {}
    )
    address = found.get("address") or {}
    kept = {k: address.get(k) for k in ("address1", "address2", "city", "countryCode", "phone", "province", "zip")}
    return {**kept, "name": found.get("name") or "", "locationId": found.get("id")}


@source("FulfillmentOrder.fulfillments")
def _fulfillments_of(_: Context, doc: Doc, __: Doc) -> Source:
    order = ancestor(doc, "Order") or {}
    return Listed([linked(f, order) for f in order.get("fulfillments") or ()])


@derived("FulfillmentOrder.orderId")
def _order_id(_: Context, doc: Doc, __: Doc) -> Any:
    return (ancestor(doc, "Order") or {}).get("id") or doc.get("id")


@derived("FulfillmentOrder.orderName")
def _order_name(_: Context, doc: Doc, __: Doc) -> Any:
    return (ancestor(doc, "Order") or {}).get("name") or ""


@derived("FulfillmentOrderLineItem.inventoryItemId")
def _inventory_item_id(context: Context, doc: Doc, _: Doc) -> Any:
    lines = (ancestor(doc, "Order") or {}).get("lineItems") or ()
    line = next((i for i in lines if i.get("id") == doc.get("lineItemId")), {})
    return (context.load(line.get("variantId")) or {}).get("inventoryItemId")


@derived("Fulfillment.name")
def _name(_: Context, doc: Doc, __: Doc) -> str:
    order = ancestor(doc, "Order") or {}
    listed = [f.get("id") for f in order.get("fulfillments") or ()]
    place = listed.index(doc.get("id")) + 1 if doc.get("id") in listed else 1
    return f"{order.get('name', '')}-F{place}"


@derived("Fulfillment.totalQuantity")
def _total_quantity(_: Context, doc: Doc, __: Doc) -> int:
    return sum(i.get("quantity") or 0 for i in doc.get("fulfillmentLineItems") or ())


@derived("Fulfillment.displayStatus")
def _display_status(_: Context, doc: Doc, __: Doc) -> str:
    return "CANCELED" if doc.get("status") == "CANCELLED" else "FULFILLED"


@derived("Fulfillment.requiresShipping")
def _requires_shipping(_: Context, __: Doc, ___: Doc) -> bool:
    return True
