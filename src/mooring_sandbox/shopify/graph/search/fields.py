"""Where the filters of each root find their values in a document.

A name that the official descriptions list but the sandbox holds no data for matches nothing, as it would in a shop
without such data. `UNLISTED` are filters that recorded queries use, or Shopify's pages document, but the argument
descriptions of the schema do not name.
"""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.graph import reading
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.search.goods import COLLECTIONS, INVENTORY_ITEMS, LOCATIONS, PRODUCTS, VARIANTS
from mooring_sandbox.shopify.graph.search.values import Get, joined, key, numeric_id, reference

UNLISTED: dict[str, dict[str, str]] = {
    "orders": {"name": "string"},
    "products": {"vendor": "string", "handle": "string"},
    "productVariants": {"vendor": "string", "product_status": "string"},
    "inventoryItems": {"updated_at": "time", "created_at": "time"},
    "collections": {"title": "string", "handle": "string", "updated_at": "time", "product_id": "id"},
    "locations": {
        "name": "string", "active": "string", "address1": "string", "city": "string", "country": "string",
        "province": "string", "zip": "string", "created_at": "time", "legacy": "boolean", "location_id": "id",
    },
    "draftOrders": {"status": "string", "tag": "string", "created_at": "time", "updated_at": "time"},
    "bulkOperations": {"created_at": "time"},
}  # fmt: skip

# Filters that look for words; all other strings are compared whole (or by their beginning, with *).
WORDS = {"default", "title", "first_name", "last_name", "product_type", "vendor", "variant_title", "name", "city"}


def _marketing(_: Context, doc: Doc) -> bool:
    return ((doc.get("defaultEmailAddress") or {}).get("marketingState")) == "SUBSCRIBED"


def _countries(_: Context, doc: Doc) -> list[Any]:
    return [a.get(k) for a in reading.addresses_of(doc) for k in ("country", "countryCodeV2") if a.get(k)]


def _customer_text(_: Context, doc: Doc) -> str:
    places = [joined(a.get("address1"), a.get("city"), a.get("zip")) for a in reading.addresses_of(doc)]
    return joined(reading.full_name(doc), reading.email_of(doc), reading.phone_of(doc), doc.get("note"), *places)


def _order_dates(context: Context, doc: Doc) -> list[str]:
    return [o["createdAt"] for o in context.children("Order", doc["id"])]


def _orders_count(context: Context, doc: Doc) -> int:
    stored = doc.get("numberOfOrders")
    return int(stored) if stored is not None else context.state.count(context.shop_id, "Order", doc["id"])


def _spent(context: Context, doc: Doc) -> float:
    stored = doc.get("amountSpent")
    if stored is not None:
        return float(reading.money(stored))
    return float(sum(reading.money(o.get("totalPriceSet")) for o in context.children("Order", doc["id"])))


CUSTOMERS: dict[str, Get] = {
    "default": _customer_text,
    "accepts_marketing": _marketing,
    "country": _countries,
    "customer_date": key("createdAt"),
    "email": lambda _, d: reading.email_of(d),
    "first_name": key("firstName"),
    "last_name": key("lastName"),
    "order_date": _order_dates,
    "orders_count": _orders_count,
    "phone": lambda _, d: reading.phone_of(d),
    "state": lambda _, d: d.get("state") or "DISABLED",
    "tag": key("tags"),
    "total_spent": _spent,
}

_SHIPPED = {
    "FULFILLED": ["fulfilled", "shipped"],
    "UNFULFILLED": ["unfulfilled", "unshipped"],
    "PARTIALLY_FULFILLED": ["partial"],
}


def _fulfillment(_: Context, doc: Doc) -> list[str]:
    status = doc.get("displayFulfillmentStatus") or "UNFULFILLED"
    return _SHIPPED.get(status, [status.lower()])


def _order_status(_: Context, doc: Doc) -> list[str]:
    if doc.get("cancelledAt"):
        return ["cancelled"]
    return ["closed"] if doc.get("closedAt") else ["open", "not_closed"]


def _order_text(context: Context, doc: Doc) -> str:
    customer = context.load(doc.get("customerId")) or {}
    lines = [joined(i.get("title"), i.get("sku")) for i in doc.get("lineItems") or ()]
    return joined(doc.get("name"), doc.get("email"), reading.full_name(customer), *lines)


def _gateways(_: Context, doc: Doc) -> list[Any]:
    return doc.get("paymentGatewayNames") or [t.get("gateway") for t in doc.get("transactions") or ()]


ORDERS: dict[str, Get] = {
    "default": _order_text,
    "channel": key("sourceName"),
    "confirmation_number": key("confirmationNumber"),
    "current_total_price": lambda _, d: float(reading.money(d.get("currentTotalPriceSet") or d.get("totalPriceSet"))),
    "customer_id": reference("customerId"),
    "discount_code": key("discountCodes"),
    "email": key("email"),
    "financial_status": lambda _, d: (d.get("displayFinancialStatus") or "").lower(),
    "fulfillment_status": _fulfillment,
    "gateway": _gateways,
    "name": lambda _, d: [d.get("name"), (d.get("name") or "").lstrip("#")],
    "po_number": key("poNumber"),
    "return_status": lambda _, d: (d.get("returnStatus") or "NO_RETURN").lower(),
    "risk_level": lambda _, d: (d.get("riskLevel") or "LOW").lower(),
    "sales_channel": key("sourceName"),
    "sku": lambda _, d: [i.get("sku") for i in d.get("lineItems") or ()],
    "source_identifier": key("sourceIdentifier"),
    "source_name": key("sourceName"),
    "status": _order_status,
    "tag": key("tags"),
    "test": lambda _, d: bool(d.get("test")),
}


GETTERS: dict[str, dict[str, Get]] = {
    "customers": CUSTOMERS,
    "orders": ORDERS,
    "products": PRODUCTS,
    "productVariants": VARIANTS,
    "inventoryItems": INVENTORY_ITEMS,
    "collections": COLLECTIONS,
    "locations": LOCATIONS,
    "bulkOperations": {
        "operation_type": lambda _, d: (d.get("type") or "").lower(),
        "status": lambda _, d: (d.get("status") or "").lower(),
    },
    "metafieldDefinitions": {
        "default": lambda _, d: joined(d.get("name"), d.get("namespace"), d.get("key")),
        "key": key("key"),
        "namespace": key("namespace"),
        "owner_type": key("ownerType"),
        "type": lambda _, d: (d.get("type") or {}).get("name"),
    },
}  # fmt: skip

_COMMON: dict[str, Get] = {
    "id": numeric_id,
    "created_at": key("createdAt"),
    "updated_at": key("updatedAt"),
    "processed_at": lambda _, d: d.get("processedAt") or d.get("createdAt"),
}


def getter(root: str, name: str) -> Get | None:
    """None for a filter the sandbox holds no data for."""
    return GETTERS.get(root, {}).get(name) or _COMMON.get(name)
