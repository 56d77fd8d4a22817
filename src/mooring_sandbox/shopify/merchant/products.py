"""What a merchant does with products, variants and prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product as combinations
from typing import Any

from mooring_sandbox.shopify.catalogue.money import currency
from mooring_sandbox.shopify.catalogue.products import level
from mooring_sandbox.shopify.merchant.collections import refile, unfile
from mooring_sandbox.shopify.merchant.desk import Desk, Doc, Ref, act, retagged

MOST_VARIANTS = 2048
_STATES = ("ACTIVE", "ARCHIVED", "DRAFT", "UNLISTED")
_FIELDS = {
    "title": "title", "description_html": "descriptionHtml", "vendor": "vendor", "product_type": "productType",
    "status": "status", "handle": "handle",
}  # fmt: skip


@act
def create_product(
    desk: Desk, title: str, price: str = "10.00", options: Mapping[str, list[str]] | None = None,
    sku: str | None = None, vendor: str = "", product_type: str = "", tags: Iterable[str] = (), status: str = "ACTIVE",
    quantity: int = 0, description_html: str = "",
) -> Doc:  # fmt: skip
    """A product with a variant for every combination of its options, or the one default variant."""
    _refuse_bad_status(status)
    id_, now = desk.mint("Product"), desk.now
    listed = options or {"Title": ["Default Title"]}
    doc: Doc = {
        "id": id_, "title": title, "handle": f"{_handle(title)}-{id_.rsplit('/', 1)[1]}", "vendor": vendor,
        "descriptionHtml": description_html, "productType": product_type, "tags": sorted(set(tags)), "status": status,
        "isGiftCard": False, "seo": {"title": None, "description": None}, "templateSuffix": None, "createdAt": now,
        "updatedAt": now, "publishedAt": now if status == "ACTIVE" else None, "media": [], "tracksInventory": True,
        "options": [_option(desk, at, name, values) for at, (name, values) in enumerate(listed.items())],
    }  # fmt: skip
    combos = list(combinations(*listed.values()))
    if len(combos) > MOST_VARIANTS:
        raise ValueError(f"a product has at most {MOST_VARIANTS} variants, not {len(combos)}")
    desk.keep("Product", doc)
    for at, combo in enumerate(combos):
        own = sku if not options else sku and f"{sku}-{at + 1}"
        _put_variant(desk, doc, at, combo, price, own, quantity)
    desk.embed(doc, "options")
    refile(desk, doc)
    desk.tell("PRODUCTS_CREATE", id_, doc)
    return doc


def _handle(title: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split()) or "product"


def _refuse_bad_status(status: str) -> None:
    if status not in _STATES:
        raise ValueError(f"the status is one of {', '.join(_STATES)}, not {status!r}")


def _option(desk: Desk, at: int, name: str, values: list[str]) -> Doc:
    told = [{"id": desk.mint("ProductOptionValue"), "name": value, "hasVariants": True} for value in values]
    return {"id": desk.mint("ProductOption"), "name": name, "position": at + 1, "values": list(values),
            "optionValues": told}  # fmt: skip


def _put_variant(
    desk: Desk, product: Doc, at: int, combo: tuple[str, ...], price: str, sku: str | None, quantity: int
) -> Doc:
    now, money = desk.now, currency(desk.shop["currencyCode"])
    id_, item_id = desk.mint("ProductVariant"), desk.mint("InventoryItem")
    number = item_id.rsplit("/", 1)[1]
    levels = [
        level(f"{desk.mint('InventoryLevel')}?inventory_item_id={number}", place, 0 if where else quantity, now)
        for where, place in enumerate(desk.locations())
    ]
    variant: Doc = {
        "id": id_, "productId": product["id"], "title": " / ".join(combo), "sku": sku, "barcode": None,
        "price": money.price(money.minors[price]), "compareAtPrice": None, "position": at + 1,
        "selectedOptions": [{"name": option["name"], "value": value}
                            for option, value in zip(product["options"], combo, strict=True)],
        "inventoryItemId": item_id, "inventoryPolicy": "DENY", "inventoryQuantity": quantity, "taxable": True,
        "createdAt": now, "updatedAt": now,
    }  # fmt: skip
    item: Doc = {
        "id": item_id, "variantId": id_, "sku": sku, "tracked": True, "requiresShipping": True, "unitCost": None,
        "countryCodeOfOrigin": None, "provinceCodeOfOrigin": None, "harmonizedSystemCode": None,
        "measurement": {"id": f"gid://shopify/InventoryItemMeasurement/{number}",
                        "weight": {"value": 0.0, "unit": "KILOGRAMS"}},
        "createdAt": now, "updatedAt": now, "inventoryLevels": levels,
    }  # fmt: skip
    desk.keep("ProductVariant", variant, parent=product["id"])
    desk.keep("InventoryItem", item, "INVENTORY_ITEMS_CREATE", parent=id_)
    return variant


@act
def edit_product(desk: Desk, id: Ref, **changes: Any) -> Doc:
    """`title`, `description_html`, `vendor`, `product_type`, `status`, `handle`."""
    doc = desk.find("Product", id)
    for name, value in changes.items():
        if name not in _FIELDS:
            raise ValueError(f"{name!r} cannot be changed here, only {', '.join(_FIELDS)}")
        doc[_FIELDS[name]] = value
    _refuse_bad_status(doc["status"])
    if doc["status"] == "ACTIVE" and doc["publishedAt"] is None:
        doc["publishedAt"] = desk.now
    refile(desk, doc)
    return desk.keep("Product", doc, "PRODUCTS_UPDATE")


@act
def tag_product(desk: Desk, id: Ref, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Doc:
    doc = desk.find("Product", id)
    retagged(doc, add, remove)
    refile(desk, doc)
    return desk.keep("Product", doc, "PRODUCTS_UPDATE")


@act
def delete_product(desk: Desk, id: Ref) -> Doc:
    """With its variants and their stock. Order lines keep what they say about it and lose the reference."""
    doc = desk.find("Product", id)
    for variant in list(desk.state.scan(desk.shop_id, "ProductVariant", doc["id"])):
        _drop_variant(desk, variant)
    unfile(desk, doc["id"])
    return desk.drop("Product", doc, "PRODUCTS_DELETE")


def _drop_variant(desk: Desk, variant: Doc) -> None:
    item = desk.find("InventoryItem", variant["inventoryItemId"])
    desk.drop("InventoryItem", item, "INVENTORY_ITEMS_DELETE")
    desk.drop("ProductVariant", variant)


@act
def add_variant(desk: Desk, product: Ref, values: list[str], price: str = "10.00", sku: str | None = None,
                quantity: int = 0) -> Doc:  # fmt: skip
    """One more combination of the product's options; new option values are added to them."""
    doc = desk.find("Product", product)
    others = list(desk.state.scan(desk.shop_id, "ProductVariant", doc["id"]))
    if doc["options"][0]["values"] == ["Default Title"] or len(values) != len(doc["options"]):
        names = ", ".join(option["name"] for option in doc["options"])
        raise ValueError(
            f"tell one value for each option of the product ({names}); a product without options has one variant"
        )
    if any([o["value"] for o in other["selectedOptions"]] == values for other in others):
        raise ValueError(f"the product has the variant {' / '.join(values)} already")
    if len(others) >= MOST_VARIANTS:
        raise ValueError(f"a product has at most {MOST_VARIANTS} variants")
    for option, value in zip(doc["options"], values, strict=True):
        if value not in option["values"]:
            option["values"].append(value)
            option["optionValues"].append({"id": desk.mint("ProductOptionValue"), "name": value, "hasVariants": True})
    position = max((other["position"] for other in others), default=0)
    variant = _put_variant(desk, doc, position, tuple(values), price, sku, quantity)
    desk.keep("Product", doc, "PRODUCTS_UPDATE")
    return variant


@act
def delete_variant(desk: Desk, id: Ref) -> Doc:
    """Nobody is told of a variant's end but by the product's update. A product keeps at least one."""
    variant = desk.find("ProductVariant", id)
    if desk.state.count(desk.shop_id, "ProductVariant", variant["productId"]) == 1:
        raise ValueError("a product keeps at least one variant")
    _drop_variant(desk, variant)
    desk.keep("Product", desk.find("Product", variant["productId"]), "PRODUCTS_UPDATE")
    return variant


@act
def change_price(desk: Desk, variant: Ref, price: str, compare_at: str | None = None) -> Doc:
    doc = desk.find("ProductVariant", variant)
    money = currency(desk.shop["currencyCode"])
    doc["price"] = money.price(money.minors[price])
    doc["compareAtPrice"] = money.price(money.minors[compare_at]) if compare_at else None
    desk.keep("ProductVariant", doc, parent=doc["productId"])
    desk.keep("Product", desk.find("Product", doc["productId"]), "PRODUCTS_UPDATE")
    return doc


@act
def change_variant(desk: Desk, id: Ref, sku: str | None = None, barcode: str | None = None) -> Doc:
    """A SKU lives on the variant and on its stock item."""
    doc = desk.find("ProductVariant", id)
    if sku is not None:
        doc["sku"] = sku
        item = desk.find("InventoryItem", doc["inventoryItemId"])
        desk.keep("InventoryItem", {**item, "sku": sku}, "INVENTORY_ITEMS_UPDATE", parent=doc["id"])
    if barcode is not None:
        doc["barcode"] = barcode
    desk.keep("ProductVariant", doc, parent=doc["productId"])
    desk.keep("Product", desk.find("Product", doc["productId"]), "PRODUCTS_UPDATE")
    return doc
