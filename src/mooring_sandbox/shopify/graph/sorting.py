"""Sort keys: those the database can order by, and those computed from documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mooring_sandbox.shopify.graph import reading
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.state import Column

Get = Callable[[Context, Doc], Any]

COLUMNS: dict[str, Column] = {
    "ID": "id",
    "RELEVANCE": "id",
    "CREATED_AT": "created_at",
    "UPDATED_AT": "updated_at",
    "PROCESSED_AT": "processed_at",
    "ORDER_NUMBER": "id",
    "NUMBER": "id",
}
SortValue = tuple[int, float | str]


@dataclass(frozen=True)
class Order:
    """`column` if the database orders by it, else `get` computes the value; `name` tells orders apart."""

    name: str
    column: Column | None
    get: Get | None = None

    @property
    def is_time(self) -> bool:
        return self.column not in (None, "id")


def _text(name: str) -> Get:
    return lambda _, doc: (doc.get(name) or "").casefold()


def _bag(*names: str) -> Get:
    return lambda _, doc: reading.money(next((doc[n] for n in names if doc.get(n)), None))


def _customer_name(_: Context, doc: Doc) -> str:
    return ", ".join(p for p in (doc.get("lastName"), doc.get("firstName")) if p).casefold()


def _buyer(context: Context, doc: Doc) -> str:
    return _customer_name(context, context.load(doc.get("customerId")) or {})


def _place(_: Context, doc: Doc) -> str:
    address = reading.default_address_of(doc) or {}
    return " ".join(address.get(k) or "" for k in ("country", "province", "city")).casefold()


def _destination(_: Context, doc: Doc) -> str:
    address = doc.get("shippingAddress") or {}
    return " ".join(address.get(k) or "" for k in ("country", "province", "city")).casefold()


def _items(_: Context, doc: Doc) -> int:
    return sum(line.get("quantity") or 0 for line in doc.get("lineItems") or ())


def _inventory_total(context: Context, doc: Doc) -> int:
    return sum(reading.available(context, v) for v in reading.variants_of(context, doc))


def _full_title(context: Context, doc: Doc) -> str:
    product = context.load(doc.get("productId")) or {}
    return f"{product.get('title') or ''} {doc.get('title') or ''}".casefold()


COMPUTED: dict[str, dict[str, Get]] = {
    "customers": {"NAME": _customer_name, "LOCATION": _place},
    "orders": {
        "CURRENT_TOTAL_PRICE": _bag("currentTotalPriceSet", "totalPriceSet"),
        "CUSTOMER_NAME": _buyer,
        "DESTINATION": _destination,
        "FINANCIAL_STATUS": _text("displayFinancialStatus"),
        "FULFILLMENT_STATUS": _text("displayFulfillmentStatus"),
        "PO_NUMBER": _text("poNumber"),
        "TOTAL_ITEMS_QUANTITY": _items,
        "TOTAL_PRICE": _bag("totalPriceSet"),
    },
    "products": {
        "INVENTORY_TOTAL": _inventory_total,
        "PRODUCT_TYPE": _text("productType"),
        "PUBLISHED_AT": _text("publishedAt"),
        "TITLE": _text("title"),
        "VENDOR": _text("vendor"),
    },
    "productVariants": {
        "FULL_TITLE": _full_title,
        "INVENTORY_QUANTITY": reading.available,
        "INVENTORY_LEVELS_AVAILABLE": reading.available,
        "INVENTORY_MANAGEMENT": reading.is_tracked,
        "INVENTORY_POLICY": _text("inventoryPolicy"),
        "NAME": _text("title"),
        "POSITION": lambda _, d: d.get("position") or 0,
        "SKU": _text("sku"),
        "TITLE": _text("title"),
    },
    "collections": {"TITLE": _text("title")},
    "locations": {"NAME": _text("name")},
    "metafieldDefinitions": {"NAME": _text("name"), "PINNED_POSITION": lambda _, d: d.get("pinnedPosition") or 0},
    "bulkOperations": {"COMPLETED_AT": _text("completedAt")},
}


def order_for(root: str, sort_key: str) -> Order:
    get = COMPUTED.get(root, {}).get(sort_key)
    if get is not None:
        return Order(f"{root}.{sort_key}", None, get)
    return Order(f"{root}.{sort_key}", COLUMNS.get(sort_key, "id"))


def comparable(value: Any) -> SortValue:
    """Numbers before texts, so that any two values of one key can be compared."""
    if isinstance(value, bool | int | float | Decimal):
        return (0, float(value))
    return (1, "" if value is None else str(value))
