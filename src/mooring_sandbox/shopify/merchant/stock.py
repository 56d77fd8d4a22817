"""What a merchant does with stock, and what refunds do to it."""

from __future__ import annotations

from mooring_sandbox.shopify.merchant.desk import Desk, Doc, Ref, act, full_id


@act
def move_stock(
    desk: Desk, variant: Ref, by: int | None = None, to: int | None = None, location: Ref | None = None
) -> Doc:
    """Change what is available of a variant `by` so many, or set it `to` a number, at a location (else the first)."""
    if (by is None) == (to is None):
        raise ValueError("tell either by how many or to what number the stock moves")
    doc = desk.find("ProductVariant", variant)
    item = desk.find("InventoryItem", doc["inventoryItemId"])
    place = full_id("Location", location) if location is not None else item["inventoryLevels"][0]["locationId"]
    level = next((each for each in item["inventoryLevels"] if each["locationId"] == place), None)
    if level is None:
        raise LookupError(f"the variant is not stocked at {place}")
    available = level["quantities"][0]["quantity"]
    _shift(level, by if by is not None else (to or 0) - available, desk.now)
    return _keep(desk, doc, item, [level])


def _shift(level: Doc, by: int, now: str) -> None:
    """What is available is also on hand."""
    for quantity in level["quantities"]:
        if quantity["name"] in ("available", "on_hand"):
            quantity["quantity"] += by
    level["updatedAt"] = now


def _keep(desk: Desk, variant: Doc, item: Doc, levels: list[Doc]) -> Doc:
    """Stock moves the variant's and the product's `updatedAt` too, though nothing of their content changed."""
    variant["inventoryQuantity"] = sum(level["quantities"][0]["quantity"] for level in item["inventoryLevels"])
    desk.keep("InventoryItem", item, parent=variant["id"])
    desk.keep("ProductVariant", variant, parent=variant["productId"])
    desk.keep("Product", desk.find("Product", variant["productId"]), "PRODUCTS_UPDATE")
    for level in levels:
        desk.tell("INVENTORY_LEVELS_UPDATE", level["id"], {**level, "inventoryItemId": item["id"]})
    return variant


def restock(desk: Desk, order: Doc, refund: Doc) -> None:
    """Put what a refund returns to stock back where it says, as far as the variant still exists and is tracked."""
    variants = {line["id"]: line["variantId"] for line in order["lineItems"]}
    for line in refund["refundLineItems"]:
        if line["restocked"] and (id_ := variants[line["lineItemId"]]):
            _put_back(desk, id_, line["quantity"], line["locationId"])


def _put_back(desk: Desk, variant_id: str, quantity: int, location: str | None) -> None:
    try:
        variant = desk.find("ProductVariant", variant_id)
    except LookupError:
        return
    item = desk.find("InventoryItem", variant["inventoryItemId"])
    level = next((each for each in item["inventoryLevels"] if each["locationId"] == location), None)
    if level and item["tracked"]:
        _shift(level, quantity, desk.now)
        _keep(desk, variant, item, [level])
