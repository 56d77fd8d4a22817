"""locationAdd, locationEdit, locationActivate, locationDeactivate."""

from __future__ import annotations

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, fresh_id, save
from mooring_sandbox.shopify.graph.reading import quantity


@mutation
def location_add(context: Context, input: Doc) -> Doc:
    errors = _check_name(context, input.get("name"), None)
    if errors:
        return {"location": None, "userErrors": errors}
    doc = {
        "id": fresh_id(context, "Location"),
        "name": input["name"],
        "address": _address(input["address"]),
        "isActive": True,
        "fulfillsOnlineOrders": input.get("fulfillsOnlineOrders", True),
    }
    save(context, "Location", doc, "LOCATIONS_CREATE")
    return {"location": doc, "userErrors": []}


@mutation
def location_edit(context: Context, id: str, input: Doc) -> Doc:
    doc = editable(context, id, "Location")
    if doc is None:
        return {"location": None, "userErrors": [user_error(["id"], "Location not found.", "NOT_FOUND")]}
    errors = _check_name(context, input["name"], doc) if "name" in input else []
    if errors:
        return {"location": None, "userErrors": errors}
    doc.update({k: input[k] for k in ("name", "fulfillsOnlineOrders") if k in input})
    if input.get("address"):
        doc["address"] = {**(doc.get("address") or {}), **_address(input["address"])}
    save(context, "Location", doc)
    return {"location": doc, "userErrors": []}


@mutation
def location_activate(context: Context, location_id: str) -> Doc:
    doc = editable(context, location_id, "Location")
    if doc is None:
        error = user_error(["locationId"], "Location not found.", "LOCATION_NOT_FOUND")
        return {"location": None, "locationActivateUserErrors": [error]}
    doc |= {"isActive": True, "deactivatedAt": None}
    save(context, "Location", doc, "LOCATIONS_ACTIVATE")
    return {"location": doc, "locationActivateUserErrors": []}


@mutation
def location_deactivate(context: Context, location_id: str, destination_location_id: str | None = None) -> Doc:
    doc = editable(context, location_id, "Location")
    error = _why_not(context, doc, destination_location_id)
    if doc is None or error:
        return {"location": doc, "locationDeactivateUserErrors": [error]}
    doc |= {"isActive": False, "deactivatedAt": context.timestamp}
    save(context, "Location", doc, "LOCATIONS_DEACTIVATE")
    return {"location": doc, "locationDeactivateUserErrors": []}


def _why_not(context: Context, doc: Doc | None, destination: str | None) -> Doc | None:
    if doc is None:
        return user_error(["locationId"], "Location not found.", "LOCATION_NOT_FOUND")
    if destination == doc["id"]:
        message = "Location could not be deactivated because the destination location is the same location."
        return user_error(["destinationLocationId"], message, "DESTINATION_LOCATION_IS_THE_SAME_LOCATION")
    if destination is None and _holds_stock(context, doc["id"]):
        message = (
            "Location could not be deactivated without specifying where to relocate inventory stocked at the location."
        )
        return user_error(["locationId"], message, "HAS_ACTIVE_INVENTORY_ERROR")
    return None


def _holds_stock(context: Context, location: str) -> bool:
    items = context.state.scan(context.shop_id, "InventoryItem")
    levels = (level for item in items for level in item.get("inventoryLevels") or ())
    return any(level.get("locationId") == location and quantity(level, "on_hand") for level in levels)


def _check_name(context: Context, name: str | None, own: Doc | None) -> list[Doc]:
    if not (name or "").strip():
        return [user_error(["input", "name"], "Add a location name", "BLANK")]
    others = (d for d in context.state.scan(context.shop_id, "Location") if own is None or d["id"] != own["id"])
    taken = any(d.get("name") == name for d in others)
    return [user_error(["input", "name"], "You already have a location with this name", "TAKEN")] if taken else []


def _address(given: Doc) -> Doc:
    code = {"countryCode": given["countryCode"]} if given.get("countryCode") else {}
    return {**{k: v for k, v in given.items() if k != "countryCode"}, **code}
