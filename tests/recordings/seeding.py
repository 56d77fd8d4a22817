"""Fills a shop with what a scenario takes for granted: its `needs`, and the objects its queries were answered with."""

from __future__ import annotations

import json
import re
from typing import Any

from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.graph.resolvers.inventory import QUANTITY_NAMES
from mooring_sandbox.shopify.graph.resolvers.metafields import OWNER_TYPES
from mooring_sandbox.shopify.graph.schema import official
from mooring_sandbox.shopify.state import State

from .answers import GID, AnswerReader, members, missing_ids

Doc = dict[str, Any]

SHOP_ID = 10000000001
APP_ID = 100000000001
THEN = "2026-06-01T00:00:00Z"
ROWS = {
    "Customer", "Order", "Product", "ProductVariant", "InventoryItem", "Collection", "Location", "Metafield",
    "MetafieldDefinition",
}  # fmt: skip
CREATED_BY_SCENARIO = {"WebhookSubscription", "BulkOperation"}
REFERENCES = {"product", "variant", "item", "inventoryItem", "location", "customer", "lineItem"}
SHOP: Doc = {
    "id": f"gid://shopify/Shop/{SHOP_ID}",
    "name": "example-store",
    "myshopifyDomain": "example-store.myshopify.com",
    "url": "https://example-store.myshopify.com",
    "email": "owner@example.com",
    "currencyCode": "CAD",
    "ianaTimezone": "America/Toronto",
    "plan": {"publicDisplayName": "Development", "partnerDevelopment": True, "shopifyPlus": False},
    "createdAt": THEN,
    "updatedAt": THEN,
}


class Seed:
    """Records by gid, merged from all that was said of them."""

    def __init__(self, scenario: Doc) -> None:
        self.scenario = scenario
        self.records: dict[str, Doc] = {}
        self.parents: dict[str, str] = {}
        self.embedded: list[tuple[str, str, int]] = []
        self.absent: set[str] = set()
        for exchange in scenario["exchanges"]:
            self.absent |= missing_ids(exchange)

    @property
    def notes(self) -> str:
        return " ".join(n.get("note", "") for n in self.scenario.get("needs") or ())

    def build(self) -> Seed:
        for need in self.scenario.get("needs") or ():
            if need.get("exists") and need["id"] not in self.absent:
                self.merge(need["id"], need.get("like") or {})
        for exchange in self.scenario["exchanges"]:
            self.read(exchange)
        self.follow_notes()
        self.complete()
        return self

    def read(self, exchange: Doc) -> None:
        body = exchange["response"]["body"]
        if body.get("data") is None:
            return
        reader = AnswerReader(official("2026-10").schema, exchange["request"]["query"])
        if reader.is_query:
            self.absorb(reader.read(body["data"]), None)
        else:
            self.read_known(reader.read(body["data"]))

    def read_known(self, value: Any) -> None:
        """Of a mutation's answer only objects that were needed: the others it made."""
        for member in value if isinstance(value, list) else [value]:
            if not isinstance(member, dict):
                continue
            known = isinstance(member.get("id"), str) and member["id"] in self.records
            if known and GID.match(member["id"])[1] in ("Order", "Customer", "Product"):  # type: ignore[index]
                self.fill(member)
            for inner in member.values():
                self.read_known(inner)

    def fill(self, found: Doc) -> None:
        """Adds what the record has no word of yet."""
        held = self.records[found["id"]]
        for key, value in self.plain(found, found["id"]).items():
            held.setdefault(key, value)

    def absorb(self, value: Any, owner: str | None) -> Any:
        """Takes records out of an answer and leaves documents by the sandbox's conventions."""
        if isinstance(value, list):
            return [self.absorb(v, owner) for v in value]
        if not isinstance(value, dict):
            return value
        gid = value.get("id") if isinstance(value.get("id"), str) else None
        type_ = GID.match(gid)[1] if gid and GID.match(gid) else value.get("__typename")  # type: ignore[index]
        plain = self.plain(value, gid or owner)
        if type_ in ROWS and gid:
            self.merge(gid, plain)
            if owner:
                self.parents.setdefault(gid, owner)
            return gid
        if gid and owner and type_ not in CREATED_BY_SCENARIO and type_ != "Shop":
            self.embedded.append((owner, str(type_), int(GID.match(gid)[2])))  # type: ignore[index]
        return plain

    def plain(self, value: Doc, owner: str | None) -> Doc:
        out: Doc = {}
        for key, inner in value.items():
            listed = members(inner)
            held = [self.absorb(m, owner) for m in listed] if listed is not None else self.absorb(inner, owner)
            if isinstance(held, str) and isinstance(inner, dict):
                out[f"{key}Id"] = held
            elif isinstance(held, list) and held and all(isinstance(h, str) for h in held) and isinstance(inner, dict):
                continue  # records of their own
            else:
                out[key] = held
        return out

    def merge(self, gid: str, doc: Doc) -> None:
        type_ = GID.match(gid)
        if type_ and type_[1] in ROWS and gid not in self.absent:
            kept = {k: v for k, v in doc.items() if k != "__typename" and (v is not None or k == "sku")}
            self.records.setdefault(gid, {"id": gid}).update(kept)

    def of(self, type_: str) -> list[Doc]:
        return [d for g, d in self.records.items() if GID.match(g)[1] == type_]  # type: ignore[index]

    # -- what notes say in words --------------------------------------------------------------------------------

    def follow_notes(self) -> None:
        if "has an order" in self.notes:
            last = [n["id"] for n in self.scenario["needs"] if n.get("exists") and "/Customer/" in n["id"]][-1]
            self.merge("gid://shopify/Order/1", {"customerId": last, "name": "#1"})
        for namespace, key, type_ in re.findall(r"has the metafield (\w+)\.(\w+) of type (\w+)", self.notes):
            self.add_metafield(self.of("Product")[0]["id"], namespace, key, type_)
        tag = re.search(r"one product tagged ([\w-]+)", self.notes)
        if tag:
            self.add_tagged_product(tag[1])
        if "/OrderTransaction/" in json.dumps(self.scenario.get("needs")):
            self.add_payments()

    def add_metafield(self, owner: str, namespace: str, key: str, type_: str) -> None:
        sent = next(
            m["compareDigest"]
            for e in self.scenario["exchanges"]
            for m in e["request"]["variables"]["metafields"]
            if m.get("compareDigest") and (m["namespace"], m["key"]) == (namespace, key)
        )
        gid = "gid://shopify/Metafield/1"
        self.merge(gid, {"namespace": namespace, "key": key, "type": type_, "value": "Canvas", "compareDigest": sent})
        self.parents[gid] = owner

    def add_tagged_product(self, tag: str) -> None:
        product = "gid://shopify/Product/1"
        image = {"id": "gid://shopify/MediaImage/1", "alt": "An image", "mediaContentType": "IMAGE"}
        self.merge(product, {"title": "A product", "tags": [tag], "media": [image]})
        self.merge("gid://shopify/ProductVariant/1", {"title": "Default Title", "sku": "sku-1", "productId": product})
        self.merge("gid://shopify/Metafield/1", {"namespace": "custom", "key": "bulk", "type": "json", "value": "1"})
        self.parents |= {"gid://shopify/ProductVariant/1": product, "gid://shopify/Metafield/1": product}

    def add_payments(self) -> None:
        """Orders that can be refunded: one payment each, of the transaction that is needed where one is."""
        needed = [n["id"] for n in self.scenario["needs"] if n.get("exists")]
        wanted = [gid for gid in needed if "/OrderTransaction/" in gid]
        for place, order in enumerate(o for o in self.of("Order") if "transactions" not in o):
            gid = (
                wanted[-1]
                if wanted and place == len(self.of("Order")) - 1
                else f"gid://shopify/OrderTransaction/{place + 1}"
            )
            bag = {s: {"amount": "15.0", "currencyCode": "CAD"} for s in ("shopMoney", "presentmentMoney")}
            payment = {"id": gid, "kind": "SALE", "status": "SUCCESS", "gateway": "manual", "amountSet": bag}
            order |= {"transactions": [payment], "totalPriceSet": bag, "displayFinancialStatus": "PAID", "refunds": []}
            order.pop("totalRefundedSet", None)

    # -- what every record needs --------------------------------------------------------------------------------

    def complete(self) -> None:
        for gid, doc in self.records.items():
            type_, number = GID.match(gid)[1], GID.match(gid)[2]  # type: ignore[index]
            doc.setdefault("createdAt", THEN)
            doc.setdefault("updatedAt", THEN)
            doc.update({k: v for k, v in _defaults(type_, number).items() if k not in doc})
        self.complete_customers()
        self.complete_levels()
        self.complete_metafields()

    def complete_customers(self) -> None:
        for doc in self.of("Customer"):
            email = doc.get("email")
            if email and "defaultEmailAddress" not in doc:
                doc["defaultEmailAddress"] = {"emailAddress": email, "marketingState": "NOT_SUBSCRIBED"}

    def complete_levels(self) -> None:
        """Every item is stocked, with nothing, at every location that is named."""
        locations = [d["id"] for d in self.of("Location")]
        for item in self.of("InventoryItem"):
            levels = item.setdefault("inventoryLevels", [])
            there = {level.get("locationId") for level in levels}
            levels += [_level(item["id"], place) for place in locations if place not in there]

    def complete_metafields(self) -> None:
        for doc in self.of("Metafield"):
            owner = self.parents.get(doc["id"])
            if owner:
                doc |= {"ownerId": owner, "ownerType": OWNER_TYPES.get(GID.match(owner)[1], "SHOP")}  # type: ignore[index]

    def write(self, state: State, shop_id: int) -> None:
        for gid, doc in self.records.items():
            type_ = GID.match(gid)[1]  # type: ignore[index]
            state.put(shop_id, type_, doc, self.parents.get(gid) or doc.get("productId"))
        for owner, type_, number in self.embedded:
            state.embed(shop_id, owner, [(type_, number)])


def _level(item: str, location: str) -> Doc:
    number = int(GID.match(location)[2]) + 1000  # type: ignore[index]
    return {
        "id": f"gid://shopify/InventoryLevel/{number}?inventory_item_id={GID.match(item)[2]}",  # type: ignore[index]
        "createdAt": THEN,
        "updatedAt": THEN,
        "locationId": location,
        "isActive": True,
        "quantities": [{"name": n, "quantity": 0} for n in QUANTITY_NAMES],
    }


def _defaults(type_: str, number: str) -> Doc:
    return {
        "Product": {"title": f"Product {number}", "handle": f"product-{number}", "status": "ACTIVE", "tags": []},
        "ProductVariant": {"title": "Default Title", "price": "10.00"},
        "Customer": {"tags": [], "state": "DISABLED", "firstName": f"Customer {number}"},
        "Order": {"name": f"#{number[-4:]}", "tags": [], "currencyCode": "CAD", "lineItems": []},
        "Location": {"name": f"Location {number}", "isActive": True},
        "InventoryItem": {"tracked": True},
        "Metafield": {"type": "single_line_text_field", "value": ""},
    }.get(type_, {})


def caller_for(scenario: Doc, shop_id: int = SHOP_ID) -> Caller:
    """Every scope but those the notes say the token lacks."""
    notes = " ".join(n.get("note", "") for n in scenario.get("needs") or ())
    lacks = set(re.findall(r"token lacks (\w+)", notes))
    named = {s for r in (*official("2026-10").types.values(), *official("2026-10").fields.values()) for s in r.scopes}
    scopes = {s for s in named | {"read_all_orders"} if s not in lacks and s.replace("write_", "read_") not in lacks}
    return Caller(shop_id, APP_ID, "example-app", "Example App", frozenset(scopes))
