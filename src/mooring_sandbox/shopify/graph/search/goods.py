"""Where the filters over products, variants, stock and places find their values."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.graph import reading
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.search.values import Get, joined, key, numeric_id, reference


def of_variants(name: str) -> Get:
    return lambda context, doc: [v.get(name) for v in reading.variants_of(context, doc)]


def _collections_of(context: Context, doc: Doc) -> list[int]:
    found = context.state.scan(context.shop_id, "Collection")
    return [reading.number_of(c["id"]) for c in found if doc["id"] in (c.get("productIds") or ())]


def _inventory_total(context: Context, doc: Doc) -> int:
    stored = doc.get("totalInventory")
    return (
        stored if stored is not None else sum(reading.available(context, v) for v in reading.variants_of(context, doc))
    )


def _published(_: Context, doc: Doc) -> list[str]:
    return (
        ["published", "visible", "online_store_channel"] if doc.get("publishedAt") else ["unpublished", "unavailable"]
    )


def _out_of_stock(context: Context, doc: Doc) -> bool:
    return any(reading.available(context, v) <= 0 for v in reading.variants_of(context, doc))


def _is_reduced(context: Context, doc: Doc) -> bool:
    return any(v.get("compareAtPrice") for v in reading.variants_of(context, doc))


PRODUCTS: dict[str, Get] = {
    "default": lambda _, d: joined(d.get("title"), d.get("vendor"), d.get("productType"), *(d.get("tags") or ())),
    "barcode": of_variants("barcode"),
    "bundles": lambda _, d: bool(d.get("hasVariantsThatRequiresComponents")),
    "collection_id": _collections_of,
    "gift_card": lambda _, d: bool(d.get("isGiftCard")),
    "handle": key("handle"),
    "has_only_default_variant": lambda c, d: [v.get("title") for v in reading.variants_of(c, d)] == ["Default Title"],
    "inventory_total": _inventory_total,
    "is_price_reduced": _is_reduced,
    "out_of_stock_somewhere": _out_of_stock,
    "price": of_variants("price"),
    "product_type": key("productType"),
    "published_at": key("publishedAt"),
    "published_status": _published,
    "sku": of_variants("sku"),
    "status": lambda _, d: (d.get("status") or "ACTIVE").lower(),
    "tag": key("tags"),
    "title": key("title"),
    "tracks_inventory": lambda c, d: any(reading.is_tracked(c, v) for v in reading.variants_of(c, d)),
    "variant_id": lambda c, d: [reading.number_of(v["id"]) for v in reading.variants_of(c, d)],
    "variant_title": of_variants("title"),
    "vendor": key("vendor"),
}


def of_product(name: str) -> Get:
    return lambda context, doc: (context.load(doc.get("productId")) or {}).get(name)


def option(index: int) -> Get:
    def get(_: Context, doc: Doc) -> Any:
        chosen = doc.get("selectedOptions") or []
        return chosen[index].get("value") if index < len(chosen) else None

    return get


def _variant_text(context: Context, doc: Doc) -> str:
    product = context.load(doc.get("productId")) or {}
    return joined(product.get("title"), doc.get("title"), doc.get("sku"), doc.get("barcode"))


VARIANTS: dict[str, Get] = {
    "default": _variant_text,
    "barcode": key("barcode"),
    "gift_card": of_product("isGiftCard"),
    "inventory_quantity": reading.available,
    "managed": reading.is_tracked,
    "option1": option(0),
    "option2": option(1),
    "option3": option(2),
    "product_id": reference("productId"),
    "product_status": of_product("status"),
    "product_type": of_product("productType"),
    "sku": key("sku"),
    "tag": of_product("tags"),
    "taxable": lambda _, d: bool(d.get("taxable", True)),
    "title": key("title"),
    "vendor": of_product("vendor"),
}


def _item_sku(context: Context, doc: Doc) -> Any:
    stored = doc.get("sku")
    return stored if stored is not None else (context.load(doc.get("variantId")) or {}).get("sku")


def _address(name: str) -> Get:
    return lambda _, doc: (doc.get("address") or {}).get(name)


LOCATIONS: dict[str, Get] = {
    "default": key("name"),
    "name": key("name"),
    "active": lambda _, d: str(d.get("isActive", True)).lower(),
    "legacy": lambda _, d: bool(d.get("isFulfillmentService")),
    "location_id": numeric_id,
    **{name: _address(name) for name in ("address1", "city", "country", "province", "zip")},
}

INVENTORY_ITEMS: dict[str, Get] = {"sku": _item_sku}

COLLECTIONS: dict[str, Get] = {
    "default": key("title"),
    "title": key("title"),
    "handle": key("handle"),
    "collection_type": lambda _, d: "smart" if d.get("ruleSet") else "custom",
    "product_id": lambda _, d: [reading.number_of(p) for p in d.get("productIds") or ()],
    "published_status": _published,
}
