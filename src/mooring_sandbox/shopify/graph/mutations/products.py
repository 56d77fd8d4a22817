"""productCreate, productUpdate, productChangeStatus, productDelete."""

from __future__ import annotations

import re

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.mutation import mutation, one_of, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, embed, fresh_id, remove, save
from mooring_sandbox.shopify.graph.mutations.metafields import set_inputs
from mooring_sandbox.shopify.graph.mutations.tags import clean_tags
from mooring_sandbox.shopify.graph.mutations.variants import add_variant

_PLAIN = ("title", "descriptionHtml", "vendor", "productType", "status", "templateSuffix", "giftCardTemplateSuffix",
          "seo", "requiresSellingPlan")  # fmt: skip
_LONGEST = 255
_LABELS = {  # a type that is too long is refused under both its names
    "title": {"title": "Title"},
    "vendor": {"vendor": "Vendor"},
    "productType": {"productType": "Product type", "customProductType": "Custom product type"},
    "handle": {"handle": "Handle"},
}
_NO_PRODUCT = user_error(["id"], "Product does not exist", "PRODUCT_NOT_FOUND")


@mutation
def product_create(
    context: Context, product: Doc | None = None, input: Doc | None = None, media: list[Doc] | None = None
) -> Doc:
    given = one_of("productCreate", input=input, product=product)
    errors = _check({"title": None, **given})
    if errors:
        return {"product": None, "userErrors": errors}
    doc: Doc = {
        "id": fresh_id(context, "Product"),
        "createdAt": context.timestamp,
        "status": "ACTIVE",
        "vendor": context.shop.get("name") or "",
        "productType": "",
        "descriptionHtml": "",
        "tags": [],
        "isGiftCard": bool(given.get("giftCard")),
        "options": _options(context, given.get("productOptions")),
    }
    _apply(doc, given)
    doc["handle"] = _free_handle(context, given.get("handle") or doc["title"], doc["id"])
    doc["publishedAt"] = context.timestamp if doc["status"] == "ACTIVE" else None
    doc["media"] = [_media(context, m) for m in media or ()]
    save(context, "Product", doc, "PRODUCTS_CREATE")
    embed(context, doc["id"], [*doc["media"], *doc["options"]])
    add_variant(context, doc, {"optionValues": _first_values(doc["options"])}, 1)
    return {"product": doc, "userErrors": set_inputs(context, doc["id"], given.get("metafields"))}


@mutation
def product_update(
    context: Context,
    product: Doc | None = None,
    input: Doc | None = None,
    media: list[Doc] | None = None,
    identifier: Doc | None = None,
) -> Doc:
    given = one_of("productUpdate", input=input, product=product)
    doc = editable(context, given.get("id") or (identifier or {}).get("id"), "Product")
    if doc is None:
        return {"product": None, "userErrors": [_NO_PRODUCT]}
    errors = _check(given)
    if errors:
        return {"product": doc, "userErrors": errors}
    _apply(doc, given)
    if given.get("handle"):
        doc["handle"] = _free_handle(context, given["handle"], doc["id"])
    doc["media"] = [*(doc.get("media") or ()), *(_media(context, m) for m in media or ())]
    _join_collections(context, doc["id"], given)
    save(context, "Product", doc)
    embed(context, doc["id"], doc["media"])
    return {"product": doc, "userErrors": set_inputs(context, doc["id"], given.get("metafields"))}


@mutation
def product_change_status(context: Context, product_id: str, status: str) -> Doc:
    doc = editable(context, product_id, "Product")
    if doc is None:
        return {"product": None, "userErrors": [{**_NO_PRODUCT, "field": ["productId"]}]}
    doc["status"] = status
    save(context, "Product", doc)
    return {"product": doc, "userErrors": []}


@mutation
def product_delete(context: Context, input: Doc, synchronous: bool = True) -> Doc:
    doc = editable(context, input["id"], "Product")
    if doc is None:
        return {"deletedProductId": None, "userErrors": [_NO_PRODUCT]}
    for variant in list(context.state.scan(context.shop_id, "ProductVariant", doc["id"])):
        item = editable(context, variant.get("inventoryItemId"), "InventoryItem")
        if item:
            remove(context, "InventoryItem", item, "INVENTORY_ITEMS_DELETE")
        remove(context, "ProductVariant", variant)
    remove(context, "Product", doc, "PRODUCTS_DELETE")
    return {"deletedProductId": doc["id"], "userErrors": []}


def _check(given: Doc) -> list[Doc]:
    errors = []
    if "title" in given and not (given["title"] or "").strip():
        errors.append(user_error(["title"], "Title can't be blank"))
    for key, labels in _LABELS.items():
        if len(given.get(key) or "") > _LONGEST:
            errors += [
                user_error([field], f"{label} is too long (maximum is {_LONGEST} characters)")
                for field, label in labels.items()
            ]
    if any(len(tag) > _LONGEST for tag in given.get("tags") or ()):
        errors.append(user_error(["tags"], "Product tags is invalid"))
    return errors


def _apply(doc: Doc, given: Doc) -> None:
    doc.update({k: given[k] for k in _PLAIN if given.get(k) is not None})
    if given.get("tags") is not None:
        doc["tags"] = clean_tags(given["tags"])
    if given.get("category"):
        doc["categoryId"] = given["category"]


def slug(text: str) -> str:
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-") or "product"


def _free_handle(context: Context, text: str, own: str) -> str:
    """With a number behind it when another product has it."""
    handle = slug(text)
    held = {p.get("handle") for p in context.state.scan(context.shop_id, "Product") if p["id"] != own}
    number = 1
    while (found := handle if number == 1 else f"{handle}-{number - 1}") in held:
        number += 1
    return found


def _media(context: Context, given: Doc) -> Doc:
    image = {"url": given["originalSource"], "altText": given.get("alt")}
    return {
        "id": fresh_id(context, "MediaImage"),
        "__typename": "MediaImage",
        "alt": given.get("alt"),
        "mediaContentType": "IMAGE",
        "status": "READY",
        "image": {"id": fresh_id(context, "ImageSource"), **image},
    }


def _options(context: Context, given: list[Doc] | None) -> list[Doc]:
    asked = given or [{"name": "Title", "values": [{"name": "Default Title"}]}]
    return [_option(context, o, place) for place, o in enumerate(asked, 1)]


def _option(context: Context, given: Doc, place: int) -> Doc:
    names = [v["name"] for v in given.get("values") or () if v.get("name")]
    values = [{"id": fresh_id(context, "ProductOptionValue"), "name": n, "hasVariants": True} for n in names]
    option = {"id": fresh_id(context, "ProductOption"), "name": given.get("name"), "position": place}
    return {**option, "values": names, "optionValues": values}


def _first_values(options: list[Doc]) -> list[Doc]:
    return [{"optionName": o["name"], "name": o["values"][0]} for o in options if o["values"]]


def _join_collections(context: Context, product: str, given: Doc) -> None:
    for key, belongs in (("collectionsToJoin", True), ("collectionsToLeave", False)):
        for id_ in given.get(key) or ():
            collection = editable(context, id_, "Collection")
            if collection is not None:
                rest = [p for p in collection.get("productIds") or () if p != product]
                collection["productIds"] = [*rest, product] if belongs else rest
                save(context, "Collection", collection)
