"""productVariantsBulkCreate, -Update, -Delete."""

from __future__ import annotations

from decimal import Decimal

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, embed, fresh_id, remove, save, tell, touch
from mooring_sandbox.shopify.graph.mutations.metafields import set_inputs
from mooring_sandbox.shopify.graph.mutations.stock import new_level
from mooring_sandbox.shopify.graph.reading import variants_of

_PLAIN = ("barcode", "inventoryPolicy", "taxable", "taxCode", "requiresComponents", "showUnitPrice")
_MONEY = (("compareAtPrice", "Compare at price"), ("price", "Price"))
_TOO_MUCH = Decimal(10) ** 18
_NO_PRODUCT = user_error(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")


@mutation
def product_variants_bulk_update(
    context: Context,
    product_id: str,
    variants: list[Doc],
    media: list[Doc] | None = None,
    allow_partial_updates: bool = False,
) -> Doc:
    product = editable(context, product_id, "Product")
    if product is None:
        return {"product": None, "productVariants": None, "userErrors": [_NO_PRODUCT]}
    docs = [_variant(context, product_id, v.get("id")) for v in variants]
    found = [_problems(i, v, d) for i, (v, d) in enumerate(zip(variants, docs, strict=True))]
    errors = [e for problems in found for e in problems]
    for given, doc, problems in zip(variants, docs, found, strict=True):
        if doc is not None and not problems and (allow_partial_updates or not errors):
            _apply(context, doc, given)
            save(context, "ProductVariant", doc)
            errors += set_inputs(context, doc["id"], given.get("metafields"))
    if not errors or allow_partial_updates:
        touch(context, product_id)
    return {"product": product, "productVariants": [d for d in docs if d], "userErrors": errors}


@mutation
def product_variants_bulk_create(
    context: Context, product_id: str, variants: list[Doc], media: list[Doc] | None = None, strategy: str = "DEFAULT"
) -> Doc:
    product = editable(context, product_id, "Product")
    if product is None:
        return {"product": None, "productVariants": None, "userErrors": [_NO_PRODUCT]}
    errors = [e for i, v in enumerate(variants) for e in _price_problems(i, v)]
    if errors:
        return {"product": product, "productVariants": [], "userErrors": errors}
    held = variants_of(context, product)
    alone = [v for v in held if v.get("title") == "Default Title"] if strategy != "PRESERVE_STANDALONE_VARIANT" else []
    made = [add_variant(context, product, v, len(held) + i) for i, v in enumerate(variants, 1)]
    for variant in alone:
        remove(context, "ProductVariant", variant)
    touch(context, product_id)
    return {"product": product, "productVariants": made, "userErrors": []}


@mutation
def product_variants_bulk_delete(context: Context, product_id: str, variants_ids: list[str]) -> Doc:
    product = editable(context, product_id, "Product")
    if product is None:
        return {"product": None, "userErrors": [_NO_PRODUCT]}
    docs = [_variant(context, product_id, v) for v in variants_ids]
    missing = [i for i, d in enumerate(docs) if d is None]
    if missing:
        message = "At least one variant does not belong to the product"
        code = "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
        return {"product": None, "userErrors": [user_error(["variantsIds", str(i)], message, code) for i in missing]}
    for doc in docs:
        if doc is not None:
            remove(context, "ProductVariant", doc)
    touch(context, product_id)
    return {"product": product, "userErrors": []}


def add_variant(context: Context, product: Doc, given: Doc, position: int) -> Doc:
    """A variant with its inventory item, stocked where the input says."""
    item: Doc = {"id": fresh_id(context, "InventoryItem"), "tracked": False, "requiresShipping": True}
    doc: Doc = {
        "id": fresh_id(context, "ProductVariant"),
        "productId": product["id"],
        "inventoryItemId": item["id"],
        "position": position,
        "price": "0.00",
        "sku": None,
        "inventoryPolicy": "DENY",
        "taxable": True,
        "createdAt": context.timestamp,
    }
    _choose(doc, given.get("optionValues"), product)
    item["variantId"] = doc["id"]
    item["inventoryLevels"] = [
        new_level(context, item["id"], q["locationId"], q["availableQuantity"])
        for q in given.get("inventoryQuantities") or ()
    ]
    save(context, "InventoryItem", item, "INVENTORY_ITEMS_CREATE", parent=doc["id"])
    embed(context, item["id"], item["inventoryLevels"])
    _apply(context, doc, given)
    save(context, "ProductVariant", doc, parent=product["id"])
    set_inputs(context, doc["id"], given.get("metafields"))
    return doc


def _choose(doc: Doc, values: list[Doc] | None, product: Doc) -> None:
    options = [o.get("name") for o in product.get("options") or ()] or ["Title"]
    names = [v.get("name") for v in values or ()] or ["Default Title"]
    doc["selectedOptions"] = [{"name": o, "value": n} for o, n in zip(options, names, strict=False)]
    doc["title"] = " / ".join(n or "" for n in names)


def _variant(context: Context, product: str, id_: str | None) -> Doc | None:
    doc = editable(context, id_, "ProductVariant")
    return doc if doc and doc.get("productId", product) == product else None


def _problems(index: int, given: Doc, doc: Doc | None) -> list[Doc]:
    at = ["variants", str(index), "id"]
    if not given.get("id"):
        return [user_error(at, "Product variant is missing ID attribute", "PRODUCT_VARIANT_ID_MISSING")]
    if doc is None:
        return [user_error(at, "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")]
    return _price_problems(index, given)


def _price_problems(index: int, given: Doc) -> list[Doc]:
    errors = []
    for key, label in _MONEY:
        if given.get(key) is None:
            continue
        at, amount = ["variants", str(index), key], Decimal(str(given[key]))
        if amount >= _TOO_MUCH:
            errors.append(user_error(at, f"must be less than {_TOO_MUCH}", "INVALID_INPUT"))
        elif amount < 0:
            errors.append(user_error(at, f"{label} must be greater than or equal to 0", "GREATER_THAN_OR_EQUAL_TO"))
    return errors


def _apply(context: Context, doc: Doc, given: Doc) -> None:
    doc.update({k: given[k] for k in _PLAIN if k in given})
    for key, _ in _MONEY:
        if key in given:
            doc[key] = None if given[key] is None else f"{Decimal(str(given[key])):.2f}"
    asked = given.get("inventoryItem")
    if asked is not None:
        _apply_item(context, doc, asked)


def _apply_item(context: Context, doc: Doc, asked: Doc) -> None:
    item = editable(context, doc.get("inventoryItemId"), "InventoryItem")
    if "sku" in asked:
        doc["sku"] = asked["sku"]
    if item is None:
        return
    kept = ("tracked", "requiresShipping", "sku", "harmonizedSystemCode", "countryCodeOfOrigin", "provinceCodeOfOrigin")
    item.update({k: asked[k] for k in kept if k in asked})
    if asked.get("cost") is not None:
        item["unitCost"] = {"amount": str(asked["cost"]), "currencyCode": context.currency}
    if save(context, "InventoryItem", item):
        tell(context, item)
