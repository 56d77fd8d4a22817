"""Variants: their product, their stock, their presentation."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.graph import reading
from mooring_sandbox.shopify.graph.connections import Listed, Source
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.registry import derived, source, value


def product_of(context: Context, variant: Doc) -> Doc | None:
    parent = variant.get("productId")
    number = reading.number_of(variant.get("id"))
    return context.load(parent or context.state.parent(context.shop_id, "ProductVariant", number))


@value("ProductVariant.product")
def _product(context: Context, doc: Doc, _: Doc) -> Any:
    return product_of(context, doc)


@derived("ProductVariant.displayName")
def _display_name(context: Context, doc: Doc, _: Doc) -> str:
    return f"{(product_of(context, doc) or {}).get('title', '')} - {doc.get('title', '')}"


@derived("ProductVariant.title")
def _title(_: Context, doc: Doc, __: Doc) -> str:
    return " / ".join(o.get("value") or "" for o in doc.get("selectedOptions") or ()) or "Default Title"


@derived("ProductVariant.selectedOptions")
def _options(_: Context, doc: Doc, __: Doc) -> list[Doc]:
    return [{"name": "Title", "value": doc.get("title") or "Default Title"}]


@value("ProductVariant.inventoryQuantity", "ProductVariant.sellableOnlineQuantity")
def _quantity(context: Context, doc: Doc, _: Doc) -> int:
    return reading.available(context, doc)


@derived("ProductVariant.availableForSale")
def _for_sale(context: Context, doc: Doc, _: Doc) -> bool:
    backorder = doc.get("inventoryPolicy") == "CONTINUE"
    return backorder or not reading.is_tracked(context, doc) or reading.available(context, doc) > 0


@derived("ProductVariant.inventoryPolicy")
def _policy(_: Context, __: Doc, ___: Doc) -> str:
    return "DENY"


@derived("ProductVariant.position")
def _position(_: Context, __: Doc, ___: Doc) -> int:
    return 1


@derived("ProductVariant.taxable")
def _taxable(_: Context, __: Doc, ___: Doc) -> bool:
    return True


@source("ProductVariant.media")
def _media(context: Context, doc: Doc, _: Doc) -> Source:
    stored = doc.get("media")
    if stored is not None:
        return Listed(stored)
    wanted = set(doc.get("mediaIds") or ())
    held = (product_of(context, doc) or {}).get("media") or () if wanted else ()
    return Listed([m for m in held if m.get("id") in wanted])


@source("ProductVariant.presentmentPrices")
def _presentment_prices(context: Context, doc: Doc, args: Doc) -> Source:
    """In the shop's own currency only: the sandbox converts nothing."""
    wanted = args.get("presentmentCurrencies")
    if wanted and context.currency not in wanted:
        return Listed([])
    price, compare = ({"amount": doc[k], "currencyCode": context.currency} if doc.get(k) else None for k in _PRICES)
    return Listed([{"price": price, "compareAtPrice": compare}])


_PRICES = ("price", "compareAtPrice")
