"""Root queries over records: connections, counts, and single ones by id or identifier."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mooring_sandbox.shopify.graph.connections import Listed, Records, Source
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.errors import not_found
from mooring_sandbox.shopify.graph.reading import email_of, phone_of
from mooring_sandbox.shopify.graph.registry import GiveSource, Resolve, source, value
from mooring_sandbox.shopify.graph.schema import roots
from mooring_sandbox.shopify.state import parse_gid

CONNECTIONS = {
    "customers": "Customer",
    "orders": "Order",
    "draftOrders": "DraftOrder",
    "products": "Product",
    "productVariants": "ProductVariant",
    "collections": "Collection",
    "inventoryItems": "InventoryItem",
    "giftCards": "GiftCard",
    "companies": "Company",
    "abandonedCheckouts": "AbandonedCheckout",
    "metafieldDefinitions": "MetafieldDefinition",
}
SINGLE = {
    "abandonedCheckout": "AbandonedCheckout",
    "collection": "Collection",
    "company": "Company",
    "companyLocation": "CompanyLocation",
    "customer": "Customer",
    "deliveryProfile": "DeliveryProfile",
    "draftOrder": "DraftOrder",
    "event": "Event",
    "fulfillment": "Fulfillment",
    "giftCard": "GiftCard",
    "inventoryItem": "InventoryItem",
    "job": "Job",
    "market": "Market",
    "metaobject": "Metaobject",
    "order": "Order",
    "priceList": "PriceList",
    "product": "Product",
    "productVariant": "ProductVariant",
    "publication": "Publication",
    "refund": "Refund",
    "return": "Return",
    "segment": "Segment",
    "sellingPlanGroup": "SellingPlanGroup",
}
COUNTS = {
    "abandonedCheckoutsCount": "abandonedCheckouts",
    "collectionsCount": "collections",
    "companiesCount": "companies",
    "customersCount": "customers",
    "draftOrdersCount": "draftOrders",
    "giftCardsCount": "giftCards",
    "ordersCount": "orders",
    "pendingOrdersCount": "orders",
    "productVariantsCount": "productVariants",
    "productsCount": "products",
    "publishedProductsCount": "products",
}


def records(root: str, **more: Any) -> Records:
    known = roots().get(root)
    return Records(CONNECTIONS[root], root, default_sort=known.default_sort_key if known else "ID", **more)


def _connection(root: str) -> GiveSource:
    def give(_: Context, __: Doc, args: Doc) -> Source:
        if args.get("savedSearchId"):
            raise not_found()  # the sandbox keeps no saved searches
        return records(root)

    return give


def _single(type_: str) -> Resolve:
    def read(context: Context, _: Doc, args: Doc) -> Any:
        return typed(context, args["id"], type_)

    return read


def typed(context: Context, gid: str, type_: str) -> Doc | None:
    """The record of this gid; a gid of another type is an error, an unknown one null."""
    found = parse_gid(gid)
    if found is None or found[0] != type_:
        raise not_found(gid)
    return context.load(gid)


def _count(root: str, query: str | None) -> Resolve:
    def read(context: Context, _: Doc, args: Doc) -> Any:
        asked = " ".join(f"({q})" for q in (query, args.get("query")) if q)
        return counted(context, records(root), {"query": asked if query else args.get("query")}, args.get("limit"))

    return read


def counted(context: Context, of: Records, args: Doc, limit: int | None) -> Doc:
    total = of.count(context, args, limit)
    if limit is not None and total > limit:
        return {"count": limit, "precision": "AT_LEAST"}
    return {"count": total, "precision": "EXACT"}


_NARROWED = {"pendingOrdersCount": "financial_status:pending", "publishedProductsCount": "published_status:published"}

for _root in CONNECTIONS:
    source(f"QueryRoot.{_root}", f"Shop.{_root}")(_connection(_root))
for _name, _type in SINGLE.items():
    value(f"QueryRoot.{_name}")(_single(_type))
for _name, _root in COUNTS.items():
    value(f"QueryRoot.{_name}")(_count(_root, _NARROWED.get(_name)))


@source("QueryRoot.metafieldDefinitions")
def _definitions(context: Context, _: Doc, args: Doc) -> Source:
    from mooring_sandbox.shopify.graph.resolvers.metafields import definitions

    return definitions(context, args)


def _first(found: Iterable[Doc]) -> Doc | None:
    return next(iter(found), None)


def _by_field(context: Context, type_: str, name: str, wanted: str) -> Doc | None:
    return _first(d for d in context.state.scan(context.shop_id, type_) if d.get(name) == wanted)


def _by_custom_id(context: Context, type_: str, identifier: Doc) -> Doc | None:
    """`customId`: the owner whose id metafield has this value."""
    for found in context.state.scan(context.shop_id, "Metafield"):
        same = all(found.get(k) == identifier.get(k) for k in ("namespace", "key", "value"))
        owner = found.get("ownerId") or ""
        if same and owner.startswith(f"gid://shopify/{type_}/"):
            return context.load(owner)
    return None


@value("QueryRoot.customerByIdentifier")
def _customer_by_identifier(context: Context, _: Doc, args: Doc) -> Any:
    asked = args["identifier"]
    if asked.get("id"):
        return typed(context, asked["id"], "Customer")
    if asked.get("customId"):
        return _by_custom_id(context, "Customer", asked["customId"])
    of, name = (email_of, "emailAddress") if asked.get("emailAddress") else (phone_of, "phoneNumber")
    folded = (asked.get(name) or "").casefold()
    found = context.state.scan(context.shop_id, "Customer")
    return _first(c for c in found if (of(c) or "").casefold() == folded)


def _by_identifier(type_: str) -> Resolve:
    def read(context: Context, _: Doc, args: Doc) -> Any:
        asked = args["identifier"]
        if asked.get("id"):
            return typed(context, asked["id"], type_)
        if asked.get("handle"):
            return _by_field(context, type_, "handle", asked["handle"])
        return _by_custom_id(context, type_, asked.get("customId") or {})

    return read


for _type in ("Product", "Collection", "Order", "ProductVariant", "Location"):
    value(f"QueryRoot.{_type[0].lower()}{_type[1:]}ByIdentifier")(_by_identifier(_type))


@value("QueryRoot.productByHandle")
def _product_by_handle(context: Context, _: Doc, args: Doc) -> Any:
    return _by_field(context, "Product", "handle", args["handle"])


@value("QueryRoot.collectionByHandle")
def _collection_by_handle(context: Context, _: Doc, args: Doc) -> Any:
    return _by_field(context, "Collection", "handle", args["handle"])


def _strings(values: Iterable[str]) -> Listed:
    """A connection of plain strings: nodes are the strings themselves."""
    return Listed(sorted(values, key=str.casefold))  # type: ignore[arg-type]


def _facet(type_: str, name: str) -> GiveSource:
    def give(context: Context, _: Doc, __: Doc) -> Source:
        held = (d.get(name) for d in context.state.scan(context.shop_id, type_))
        return _strings({v for h in held if h for v in (h if isinstance(h, list) else [h])})

    return give


source("QueryRoot.productTags", "Shop.productTags")(_facet("Product", "tags"))
source("QueryRoot.productTypes", "Shop.productTypes")(_facet("Product", "productType"))
source("QueryRoot.productVendors", "Shop.productVendors")(_facet("Product", "vendor"))
source("Shop.customerTags")(_facet("Customer", "tags"))
source("Shop.orderTags")(_facet("Order", "tags"))
source("Shop.draftOrderTags")(_facet("DraftOrder", "tags"))
