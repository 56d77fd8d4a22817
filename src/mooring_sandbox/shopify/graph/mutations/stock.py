"""Levels of inventory items: made, found, changed."""

from __future__ import annotations

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.mutations.changes import fresh_id
from mooring_sandbox.shopify.graph.reading import number_of
from mooring_sandbox.shopify.graph.resolvers.inventory import QUANTITY_NAMES


def new_level(context: Context, item: str, location: str, available: int = 0) -> Doc:
    held = {"available": available, "on_hand": available}
    return {
        "id": f"{fresh_id(context, 'InventoryLevel')}?inventory_item_id={number_of(item)}",
        "locationId": location,
        "isActive": True,
        "createdAt": context.timestamp,
        "updatedAt": context.timestamp,
        "quantities": [{"name": n, "quantity": held.get(n, 0), "updatedAt": context.timestamp} for n in QUANTITY_NAMES],
    }


def level_at(context: Context, item: Doc, location: str) -> Doc:
    """The item's level there; made if it was not stocked there yet."""
    levels = item.setdefault("inventoryLevels", [])
    found = next((level for level in levels if level.get("locationId") == location), None)
    if found is None:
        found = new_level(context, item["id"], location)
        levels.append(found)
    return found


def change(context: Context, level: Doc, name: str, delta: int) -> None:
    held = level.setdefault("quantities", [])
    found = next((q for q in held if q.get("name") == name), None)
    if found is None:
        found = {"name": name, "quantity": 0}
        held.append(found)
    found["quantity"] += delta
    found["updatedAt"] = level["updatedAt"] = context.timestamp
