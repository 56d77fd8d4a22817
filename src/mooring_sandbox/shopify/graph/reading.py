"""Plain facts read from documents, for resolvers, filters and sort keys alike."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.state import parse_gid


def number_of(gid: str | None) -> int:
    """The numeric id of a gid; 0 if it has none."""
    found = parse_gid(gid) if gid else None
    return found[1] if found else 0


def email_of(customer: Doc) -> str | None:
    stored = customer.get("defaultEmailAddress")
    return stored.get("emailAddress") if stored else customer.get("email")


def phone_of(customer: Doc) -> str | None:
    stored = customer.get("defaultPhoneNumber")
    return stored.get("phoneNumber") if stored else customer.get("phone")


def full_name(customer: Doc) -> str:
    return " ".join(p for p in (customer.get("firstName"), customer.get("lastName")) if p)


def addresses_of(customer: Doc) -> list[Doc]:
    return customer.get("addressesV2") or customer.get("addresses") or []


def default_address_of(customer: Doc) -> Doc | None:
    stored = customer.get("defaultAddress")
    wanted = stored.get("id") if stored else customer.get("defaultAddressId")
    listed = addresses_of(customer)
    return next((a for a in listed if a.get("id") == wanted), stored or (listed[0] if listed else None))


def money(bag: Doc | None, side: str = "shopMoney") -> Decimal:
    """The amount of a money bag, or of plain money; 0 if there is none."""
    inner = (bag or {}).get(side) or bag or {}
    try:
        return Decimal(str(inner.get("amount") or 0))
    except InvalidOperation:
        return Decimal(0)


def amount_text(value: Decimal) -> str:
    """As Shopify writes amounts: no needless zeros, at least one decimal ("55.0", "12.34")."""
    text = f"{value.normalize():f}"
    return text if "." in text else f"{text}.0"


def money_v2(value: Decimal, currency: str) -> Doc:
    return {"amount": amount_text(value), "currencyCode": currency}


def money_bag(value: Decimal, currency: str, presentment: Decimal | None = None, shown: str | None = None) -> Doc:
    shop = money_v2(value, currency)
    return {
        "shopMoney": shop,
        "presentmentMoney": shop if presentment is None else money_v2(presentment, shown or currency),
    }


def variants_of(context: Context, product: Doc) -> list[Doc]:
    """In their position. Several fields of one product ask for them in a row, so the last answer is kept."""
    key = (product["id"], context.state.changes)
    if context.variants is None or context.variants[0] != key:
        found = context.children("ProductVariant", product["id"])
        context.variants = key, sorted(found, key=lambda v: (v.get("position") or 0, number_of(v["id"])))
    return context.variants[1]


def item_of(context: Context, variant: Doc) -> Doc | None:
    return context.load(variant.get("inventoryItemId"))


def quantity(level: Doc, name: str) -> int:
    return next((q["quantity"] for q in level.get("quantities") or () if q.get("name") == name), 0)


def available(context: Context, variant: Doc) -> int:
    """What a variant shows as inventory quantity: all active levels together."""
    stored = variant.get("inventoryQuantity")
    item = item_of(context, variant)
    if item is None or "inventoryLevels" not in item:
        return stored or 0
    return sum(quantity(level, "available") for level in item["inventoryLevels"] if level.get("isActive", True))


def is_tracked(context: Context, variant: Doc) -> bool:
    item = item_of(context, variant)
    return bool(item and item.get("tracked"))


def ancestor(doc: Doc, type_: str) -> Doc | None:
    """The nearest owner whose gid is of this type."""
    step: Any = doc.get("$owner")
    while step is not None:
        found = parse_gid(step.get("id") or "")
        if found and found[0] == type_:
            return step
        step = step.get("$owner")
    return None
