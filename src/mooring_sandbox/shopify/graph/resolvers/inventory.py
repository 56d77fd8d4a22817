"""Inventory items and their levels, locations."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.graph import reading
from mooring_sandbox.shopify.graph.connections import Listed, Records, Source
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.fields import linked
from mooring_sandbox.shopify.graph.reading import ancestor, number_of
from mooring_sandbox.shopify.graph.registry import derived, source, value
from mooring_sandbox.shopify.graph.resolvers.roots import counted, typed
from mooring_sandbox.shopify.state import gid

QUANTITY_NAMES = (
    "available", "committed", "damaged", "incoming", "on_hand", "quality_control", "reserved", "safety_stock",
)  # fmt: skip


def variant_of(context: Context, item: Doc) -> Doc | None:
    parent = item.get("variantId") or context.state.parent(context.shop_id, "InventoryItem", number_of(item.get("id")))
    return context.load(parent)


def levels_of(item: Doc, *, inactive: bool) -> list[Doc]:
    found = item.get("inventoryLevels") or ()
    return [linked(level, item) for level in found if inactive or level.get("isActive", True)]


def level_of(context: Context, id_: str) -> Doc | None:
    """A level's gid names its item behind the question mark."""
    _, _, number = id_.partition("?inventory_item_id=")
    item = context.load(gid("InventoryItem", int(number))) if number.isdigit() else None
    wanted = number_of(id_)
    return next((x for x in levels_of(item, inactive=True) if number_of(x["id"]) == wanted), None) if item else None


@value("InventoryItem.variant")
def _variant(context: Context, doc: Doc, _: Doc) -> Any:
    return variant_of(context, doc)


@source("InventoryItem.variants")
def _variants(context: Context, doc: Doc, _: Doc) -> Source:
    found = variant_of(context, doc)
    return Listed([found] if found else [])


@derived("InventoryItem.sku")
def _sku(context: Context, doc: Doc, _: Doc) -> Any:
    return (variant_of(context, doc) or {}).get("sku")


@derived("InventoryItem.requiresShipping")
def _requires_shipping(_: Context, __: Doc, ___: Doc) -> bool:
    return True


@derived("InventoryItem.trackedEditable")
def _tracked_editable(_: Context, __: Doc, ___: Doc) -> Doc:
    return {"locked": False, "reason": None}


@derived("InventoryItem.inventoryHistoryUrl")
def _history_url(context: Context, doc: Doc, _: Doc) -> str:
    return f"{context.shop.get('url', '')}/admin/inventory/{number_of(doc['id'])}/inventory_history"


@source("InventoryItem.inventoryLevels")
def _levels(_: Context, doc: Doc, args: Doc) -> Source:
    return Listed(levels_of(doc, inactive=bool(args.get("includeInactive"))))


@value("InventoryItem.inventoryLevel")
def _level(_: Context, doc: Doc, args: Doc) -> Any:
    found = levels_of(doc, inactive=bool(args.get("includeInactive")))
    return next((level for level in found if level.get("locationId") == args["locationId"]), None)


@derived("InventoryItem.locationsCount")
def _locations_count(_: Context, doc: Doc, __: Doc) -> Doc:
    return {"count": len(levels_of(doc, inactive=False)), "precision": "EXACT"}


@value("QueryRoot.inventoryLevel")
def _level_by_id(context: Context, _: Doc, args: Doc) -> Any:
    return level_of(context, args["id"])


@value("InventoryLevel.item")
def _item(context: Context, doc: Doc, _: Doc) -> Any:
    return ancestor(doc, "InventoryItem") or context.load(doc.get("itemId"))


@value("InventoryLevel.quantities")
def _quantities(_: Context, doc: Doc, args: Doc) -> list[Doc]:
    stored = {q.get("name"): q for q in doc.get("quantities") or ()}
    number = number_of(doc.get("id"))
    return [
        {"id": gid("InventoryQuantity", number), "quantity": 0, "updatedAt": None, **stored.get(name, {}), "name": name}
        for name in args["names"]
    ]


@derived("InventoryLevel.isActive", "Location.isActive", "Location.fulfillsOnlineOrders", "Location.shipsInventory",
         "Location.deactivatable")  # fmt: skip
def _yes(_: Context, __: Doc, ___: Doc) -> bool:
    return True


@source("Location.inventoryLevels")
def _levels_at(context: Context, doc: Doc, args: Doc) -> Source:
    inactive = bool(args.get("includeInactive"))
    items = context.state.scan(context.shop_id, "InventoryItem")
    held = (level for item in items for level in levels_of(item, inactive=inactive))
    return Listed([level for level in held if level.get("locationId") == doc["id"]])


@value("Location.inventoryLevel")
def _level_at(context: Context, doc: Doc, args: Doc) -> Any:
    item = typed(context, args["inventoryItemId"], "InventoryItem")
    found = levels_of(item, inactive=bool(args.get("includeInactive"))) if item else []
    return next((level for level in found if level.get("locationId") == doc["id"]), None)


def _visible(args: Doc) -> Records:
    """Inactive locations and those of fulfilment services only when asked for."""

    def wanted(doc: Doc) -> bool:
        active = doc.get("isActive", True) or bool(args.get("includeInactive"))
        return active and (bool(args.get("includeLegacy")) or not doc.get("isFulfillmentService"))

    return Records("Location", "locations", only=wanted, default_sort="NAME")


@source("QueryRoot.locations", "Shop.locations")
def _locations(_: Context, __: Doc, args: Doc) -> Source:
    return _visible(args)


@value("QueryRoot.locationsCount")
def _locations_total(context: Context, _: Doc, args: Doc) -> Doc:
    return counted(context, _visible({}), {"query": args.get("query")}, args.get("limit"))


@value("QueryRoot.location")
def _location(context: Context, _: Doc, args: Doc) -> Any:
    """Without an id the primary one."""
    if args.get("id"):
        return typed(context, args["id"], "Location")
    found = list(context.state.scan(context.shop_id, "Location"))
    return next((d for d in found if d.get("isPrimary")), found[0] if found else None)


@value("QueryRoot.inventoryProperties")
def _properties(_: Context, __: Doc, ___: Doc) -> Doc:
    names = [{"name": n, "displayName": n.replace("_", " ").capitalize(), "isInUse": True} for n in QUANTITY_NAMES]
    return {"quantityNames": names}


@derived("Location.address")
def _address(_: Context, __: Doc, ___: Doc) -> Doc:
    return {"formatted": []}


@derived("LocationAddress.formatted")
def _formatted(_: Context, doc: Doc, __: Doc) -> list[str]:
    place = " ".join(p for p in (doc.get("city"), doc.get("provinceCode"), doc.get("zip")) if p)
    return [line for line in (doc.get("address1"), doc.get("address2"), place, doc.get("country")) if line]


@derived("InventoryItem.measurement")
def _measurement(_: Context, doc: Doc, __: Doc) -> Doc:
    return {"id": gid("InventoryItemMeasurement", number_of(doc["id"])), "weight": doc.get("weight")}


@derived("InventoryItem.unitCost")
def _unit_cost(context: Context, doc: Doc, _: Doc) -> Any:
    cost = doc.get("cost")
    return reading.money_v2(reading.money({"amount": cost}), context.currency) if cost else None
