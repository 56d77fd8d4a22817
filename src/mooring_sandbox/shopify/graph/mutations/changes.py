"""Writing a record: a change that changes something moves updatedAt and is told; one that does not, is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mooring_sandbox.shopify.catalogue import ids
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.errors import not_found
from mooring_sandbox.shopify.graph.reading import number_of
from mooring_sandbox.shopify.state import gid, parse_gid

UPDATED = {
    "Collection": "COLLECTIONS_UPDATE",
    "Customer": "CUSTOMERS_UPDATE",
    "InventoryItem": "INVENTORY_ITEMS_UPDATE",
    "Location": "LOCATIONS_UPDATE",
    "Order": "ORDERS_UPDATED",
    "Product": "PRODUCTS_UPDATE",
}
_NUMBERED_HERE = {
    "InventoryAdjustmentGroup": 2_100_000_000_000,
    "Metafield": 45_000_000_000_000,
    "MetafieldDefinition": 229_000_000_000,
    "MetafieldPurge": 1,
    "WebhookSubscription": 1_900_000_000_000,
}


def fresh_id(context: Context, type_: str) -> str:
    start = _NUMBERED_HERE.get(type_)
    if start is None:
        return ids.fresh(context.state, context.shop_id, type_)
    return gid(type_, context.state.next_id(f"{context.shop_id}:{type_}", start))


def editable(context: Context, id_: str | None, type_: str) -> Doc | None:
    """A copy of the record to change and `save`; None if it is not there or not visible."""
    found = parse_gid(id_ or "")
    if found is None:
        return None
    if found[0] != type_:
        raise not_found()
    doc = context.state.get(context.shop_id, type_, found[1])
    return doc if doc is not None and context.sees(type_, doc) else None


def save(context: Context, type_: str, doc: Doc, *topics: str | None, parent: str | None = None) -> bool:
    """Writes if anything differs; then `topics`, or the type's usual one, are emitted (`None`: nothing is)."""
    number = number_of(doc["id"])
    before = context.state.get(context.shop_id, type_, number)
    if before is not None and _essence(before) == _essence(doc):
        return False
    if before is None:
        doc.setdefault("createdAt", context.timestamp)
    doc["updatedAt"] = context.timestamp
    owner = parent or context.state.parent(context.shop_id, type_, number)
    context.state.put(context.shop_id, type_, doc, owner)
    tell(context, doc, *filter(None, topics or [UPDATED.get(type_)]))
    return True


def tell(context: Context, doc: Doc, *topics: str) -> None:
    for topic in topics:
        context.state.emit(context.shop_id, topic, doc["id"], doc)


def remove(context: Context, type_: str, doc: Doc, *topics: str) -> None:
    context.state.remove(context.shop_id, type_, number_of(doc["id"]))
    for metafield in list(context.state.scan(context.shop_id, "Metafield", doc["id"])):
        context.state.remove(context.shop_id, "Metafield", number_of(metafield["id"]))
    tell(context, doc, *topics)


def touch(context: Context, owner: str) -> None:
    """The owner of something that changed counts as changed itself."""
    found = parse_gid(owner)
    doc = context.state.get(context.shop_id, *found) if found else None
    if found is None or doc is None:
        return
    doc["updatedAt"] = context.timestamp
    context.state.put(context.shop_id, found[0], doc, context.state.parent(context.shop_id, *found))
    if found[0] in UPDATED:
        tell(context, doc, UPDATED[found[0]])


def embed(context: Context, owner: str, members: Iterable[Doc]) -> None:
    """Makes nodes inside `owner` findable by their gid."""
    found = (parse_gid(m["id"]) for m in members if m.get("id"))
    context.state.embed(context.shop_id, owner, [f for f in found if f])


def _essence(doc: Doc) -> dict[str, Any]:
    return {k: v for k, v in doc.items() if k not in ("updatedAt", "$owner")}
