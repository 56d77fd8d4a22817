"""Products and collections: what follows from variants, media and membership."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

from mooring_sandbox.shopify.graph import reading
from mooring_sandbox.shopify.graph.connections import Listed, Records, Source
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.fields import linked
from mooring_sandbox.shopify.graph.registry import derived, source, value
from mooring_sandbox.shopify.graph.sorting import COMPUTED

_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
_BY_FIELD = {"TITLE": "title", "CREATED": "createdAt", "CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt"}


def plain_text(markup: str | None) -> str:
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", markup or ""))).strip()


@derived("Product.description", "Collection.description")
def _description(_: Context, doc: Doc, args: Doc) -> str:
    text, limit = plain_text(doc.get("descriptionHtml")), args.get("truncateAt")
    return text if limit is None or len(text) <= limit else text[: max(0, limit - 3)] + "..."


@derived("Product.descriptionPlainSummary")
def _summary(_: Context, doc: Doc, __: Doc) -> str:
    return plain_text(doc.get("descriptionHtml"))[:255]


@derived("Product.bodyHtml")
def _body(_: Context, doc: Doc, __: Doc) -> Any:
    return doc.get("descriptionHtml") or ""


@source("Product.variants")
def _variants(_: Context, doc: Doc, args: Doc) -> Source:
    sort = args.get("sortKey") or "POSITION"
    computed = COMPUTED["productVariants"]
    return Records(
        "ProductVariant", "productVariants", parent=doc["id"], default_sort=sort if sort in computed else "ID"
    )


@derived("Product.totalVariants")
def _total_variants(context: Context, doc: Doc, _: Doc) -> int:
    return context.state.count(context.shop_id, "ProductVariant", doc["id"])


@derived("Product.variantsCount")
def _variants_count(context: Context, doc: Doc, _: Doc) -> Doc:
    return {"count": _total_variants(context, doc, {}), "precision": "EXACT"}


@derived("Product.totalInventory")
def _total_inventory(context: Context, doc: Doc, _: Doc) -> int:
    tracked = [v for v in reading.variants_of(context, doc) if reading.is_tracked(context, v)]
    return sum(reading.available(context, v) for v in tracked)


@derived("Product.tracksInventory")
def _tracks(context: Context, doc: Doc, _: Doc) -> bool:
    return any(reading.is_tracked(context, v) for v in reading.variants_of(context, doc))


@derived("Product.hasOnlyDefaultVariant")
def _only_default(context: Context, doc: Doc, _: Doc) -> bool:
    return [v.get("title") for v in reading.variants_of(context, doc)] == ["Default Title"]


@derived("Product.hasOutOfStockVariants")
def _out_of_stock(context: Context, doc: Doc, _: Doc) -> bool:
    tracked = [v for v in reading.variants_of(context, doc) if reading.is_tracked(context, v)]
    return any(reading.available(context, v) <= 0 for v in tracked)


def _price_range(context: Context, doc: Doc, key: str, scale: int = 1) -> tuple[Doc, Doc] | None:
    prices = [Decimal(str(v[key])) for v in reading.variants_of(context, doc) if v.get(key) is not None]
    if not prices:
        return None
    low, high = min(prices) * scale, max(prices) * scale
    return reading.money_v2(low, context.currency), reading.money_v2(high, context.currency)


def _prices(context: Context, doc: Doc, scale: int) -> Doc:
    zero = reading.money_v2(Decimal(0), context.currency)
    low, high = _price_range(context, doc, "price", scale) or (zero, zero)
    return {"minVariantPrice": low, "maxVariantPrice": high}


@derived("Product.priceRangeV2")
def _prices_v2(context: Context, doc: Doc, _: Doc) -> Doc:
    return _prices(context, doc, 1)


@derived("Product.priceRange")
def _prices_in_cents(context: Context, doc: Doc, _: Doc) -> Doc:
    """The deprecated range counts in hundredths."""
    return _prices(context, doc, 100)


@derived("Product.compareAtPriceRange")
def _compare_prices(context: Context, doc: Doc, _: Doc) -> Any:
    found = _price_range(context, doc, "compareAtPrice")
    return found and {"minVariantCompareAtPrice": found[0], "maxVariantCompareAtPrice": found[1]}


def images_of(doc: Doc) -> list[Doc]:
    """Media that are images, as the deprecated image list shows them."""
    stored = doc.get("images")
    if stored is not None:
        return stored
    held = (m.get("image") for m in doc.get("media") or () if m.get("mediaContentType", "IMAGE") == "IMAGE")
    return [i for i in held if i]


@source("Product.images")
def _images(_: Context, doc: Doc, __: Doc) -> Source:
    return Listed([linked(i, doc) for i in images_of(doc)])


@derived("Product.featuredImage")
def _featured_image(_: Context, doc: Doc, __: Doc) -> Any:
    return next(iter(images_of(doc)), None)


@derived("Product.featuredMedia")
def _featured_media(_: Context, doc: Doc, __: Doc) -> Any:
    return next(iter(doc.get("media") or ()), None)


@derived("Product.mediaCount")
def _media_count(_: Context, doc: Doc, __: Doc) -> Doc:
    return {"count": len(doc.get("media") or ()), "precision": "EXACT"}


@derived("Image.src", "Image.originalSrc", "Image.transformedSrc")
def _source_url(_: Context, doc: Doc, __: Doc) -> Any:
    return doc.get("url") or ""


@derived("MediaImage.mediaContentType")
def _content_type(_: Context, __: Doc, ___: Doc) -> str:
    return "IMAGE"


@derived("Product.onlineStorePreviewUrl")
def _preview_url(context: Context, doc: Doc, _: Doc) -> Any:
    return f"{context.shop.get('url', '')}/products/{doc.get('handle')}"


@derived("Product.onlineStoreUrl")
def _online_url(context: Context, doc: Doc, _: Doc) -> Any:
    return _preview_url(context, doc, {}) if doc.get("publishedAt") and doc.get("status") == "ACTIVE" else None


@derived("Product.publishedOnCurrentPublication", "Product.publishedOnCurrentChannel",
         "Product.publishedOnPublication", "Product.publishedOnChannel", "Product.publishedInContext")  # fmt: skip
def _is_published(_: Context, doc: Doc, __: Doc) -> bool:
    return doc.get("publishedAt") is not None


def collections_of(context: Context, product_id: str) -> list[Doc]:
    found = context.state.scan(context.shop_id, "Collection")
    return [c for c in found if product_id in (c.get("productIds") or ())]


@source("Product.collections")
def _collections(context: Context, doc: Doc, _: Doc) -> Source:
    keys = {"TITLE": lambda d: (d.get("title") or "").casefold(), "UPDATED_AT": lambda d: d.get("updatedAt")}
    return Listed(collections_of(context, doc["id"]), keys)


@value("Product.inCollection")
def _in_collection(context: Context, doc: Doc, args: Doc) -> bool:
    return any(c["id"] == args["id"] for c in collections_of(context, doc["id"]))


@source("Collection.products")
def _products(context: Context, doc: Doc, _: Doc) -> Source:
    found = (context.load(p) for p in doc.get("productIds") or ())
    keys = {sort: (lambda d, k=key: d.get(k) or "") for sort, key in _BY_FIELD.items()}
    return Listed([p for p in found if p is not None], {**keys, "ID": lambda d: reading.number_of(d["id"])})


@value("Collection.productsCount")
def _products_count(context: Context, doc: Doc, _: Doc) -> Doc:
    found = sum(1 for p in doc.get("productIds") or () if context.load(p))
    return {"count": found, "precision": "EXACT"}


@value("Collection.hasProduct")
def _has_product(_: Context, doc: Doc, args: Doc) -> bool:
    return args["id"] in (doc.get("productIds") or ())


@derived("Collection.sortOrder")
def _sort_order(_: Context, doc: Doc, __: Doc) -> str:
    return "BEST_SELLING" if doc.get("ruleSet") else "MANUAL"


@derived("Product.status")
def _status(_: Context, __: Doc, ___: Doc) -> str:
    return "ACTIVE"
