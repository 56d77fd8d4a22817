"""Shopify's product export: one row per variant or further picture, the product's own columns on its first row."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mooring_sandbox.shopify.catalogue.media import image
from mooring_sandbox.shopify.catalogue.mint import Mint
from mooring_sandbox.shopify.catalogue.money import currency
from mooring_sandbox.shopify.catalogue.products import level
from mooring_sandbox.shopify.csv_import.reading import Row, Table

Doc = dict[str, Any]
Made = tuple[Doc, list[Doc], list[Doc]]

MOST_VARIANTS = 2048
_STATUS = {"active": "ACTIVE", "draft": "DRAFT", "archived": "ARCHIVED", "unlisted": "UNLISTED"}
_POLICY = {"deny": "DENY", "continue": "CONTINUE"}
_UNITS = {"kg": ("KILOGRAMS", 1000), "g": ("GRAMS", 1), "lb": ("POUNDS", 453.59237), "oz": ("OUNCES", 28.349523125)}


def products(table: Table, mint: Mint, code: str, locations: list[str], now: str, taken: set[str]) -> Iterator[Made]:
    """Every product with its variants and stock items. Rows of one product stand together and share the handle."""
    first_seen: dict[str, int] = {}
    for handle, group in groupby(table.rows(), key=lambda row: row.text("Handle")):
        rows = list(group)
        if not _good_handle(rows[0], handle, first_seen, taken):
            continue
        for part in rows[1:]:
            if part.text("Title") not in (None, rows[0].text("Title")):
                part.wrong(
                    "Title", f"the title of {handle!r} as in row {rows[0].number}, or nothing: one handle, one product"
                )
        yield _product(rows, mint, code, locations, now, handle or "")


def _good_handle(row: Row, handle: str | None, first_seen: dict[str, int], taken: set[str]) -> bool:
    if handle is None:
        row.wrong("Handle", "the handle of a product")
    elif handle in first_seen:
        row.wrong(
            "Handle",
            f"a handle not used before; {handle!r} began in row {first_seen[handle]}, its rows must stand together",
        )
    elif handle in taken:
        row.wrong("Handle", "a handle that the shop does not have yet")
    else:
        first_seen[handle] = row.number
        if not row.text("Title"):
            row.wrong("Title", "a title on the first row of a product")
        return True
    return False


def _product(rows: list[Row], mint: Mint, code: str, locations: list[str], now: str, handle: str) -> Made:
    head = rows[0]
    status = _status(head)
    doc: Doc = {
        "id": mint("Product"), "title": head.text("Title") or "", "handle": handle,
        "descriptionHtml": head.raw("Body (HTML)", "Body HTML"), "vendor": head.text("Vendor") or "",
        "productType": head.text("Type", "Custom Product Type") or "", "tags": sorted(head.listed("Tags")),
        "status": status, "isGiftCard": head.flag("Gift Card"),
        "seo": {"title": head.text("SEO Title"), "description": head.text("SEO Description")}, "templateSuffix": None,
        "createdAt": now, "updatedAt": now,
        "publishedAt": now if head.flag("Published", status == "ACTIVE") and status in {"ACTIVE", "UNLISTED"} else None,
        "media": _media(rows, mint, now),
    }  # fmt: skip
    names = _option_names(head)
    told = [row for at, row in enumerate(rows) if at == 0 or _tells_variant(row)]
    doc["options"] = _options(names, told, mint)
    pairs = [_variant(row, at, names, doc, mint, code, locations) for at, row in enumerate(told)]
    _refuse_bad_sets(told, names)
    doc["tracksInventory"] = any(item["tracked"] for _, item in pairs)
    return doc, [variant for variant, _ in pairs], [item for _, item in pairs]


def _status(row: Row) -> str:
    """Newer exports have a status; older ones only say whether the product is published."""
    if row.text("Status"):
        return row.choice("Status", _STATUS, "ACTIVE")
    return "ACTIVE" if row.flag("Published", True) else "DRAFT"


def _option_names(row: Row) -> list[str]:
    names = [row.text(f"Option{at} Name") for at in (1, 2, 3)]
    return [name for name in names if name] or ["Title"]


def _tells_variant(row: Row) -> bool:
    """A row with a picture alone is no variant."""
    return bool(row.text("Option1 Value") or row.text("Variant Price") or row.text("Variant SKU"))


def _values(row: Row, names: list[str]) -> tuple[str, ...]:
    default = "Default Title" if names == ["Title"] else ""
    return tuple(row.text(f"Option{at} Value") or default for at in range(1, len(names) + 1))


def _options(names: list[str], rows: list[Row], mint: Mint) -> list[Doc]:
    table = [_values(row, names) for row in rows]
    docs = []
    for at, name in enumerate(names):
        values = list(dict.fromkeys(combo[at] for combo in table if combo[at]))
        docs.append({
            "id": mint("ProductOption"), "name": name, "position": at + 1, "values": values,
            "optionValues": [{"id": mint("ProductOptionValue"), "name": v, "hasVariants": True} for v in values],
        })  # fmt: skip
    return docs


def _refuse_bad_sets(rows: list[Row], names: list[str]) -> None:
    """Each variant has a value for every option, and no two the same ones."""
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        combo = _values(row, names)
        for at, value in enumerate(combo, 1):
            if not value:
                row.wrong(f"Option{at} Value", f"a value for the option {names[at - 1]!r}")
        if combo in seen:
            row.wrong("Option1 Value", f"a variant unlike the one in row {seen[combo]}")
        seen.setdefault(combo, row.number)
    if len(rows) > MOST_VARIANTS:
        rows[MOST_VARIANTS].wrong("Handle", f"at most {MOST_VARIANTS} variants of one product")


def _media(rows: list[Row], mint: Mint, now: str) -> list[Doc]:
    """The product's pictures in their order, each address once."""
    told: dict[str, tuple[int, str | None]] = {}
    for row in rows:
        if address := row.text("Image Src"):
            told.setdefault(address, (row.whole("Image Position", len(told) + 1, least=1), row.text("Image Alt Text")))
    ordered = sorted(told.items(), key=lambda item: item[1][0])
    return [image(mint("MediaImage"), address, alt, now) for address, (_, alt) in ordered]


def _variant(
    row: Row, at: int, names: list[str], product: Doc, mint: Mint, code: str, locations: list[str]
) -> tuple[Doc, Doc]:
    values, now, money = _values(row, names), product["createdAt"], currency(code)
    price = row.money("Variant Price", code) or 0
    compare = row.money("Variant Compare At Price", code)
    quantity = row.whole("Variant Inventory Qty")
    variant: Doc = {
        "id": mint("ProductVariant"), "productId": product["id"], "title": " / ".join(values),
        "sku": row.code("Variant SKU"), "barcode": row.code("Variant Barcode"), "price": money.price(price),
        "compareAtPrice": None if compare is None else money.price(compare), "position": at + 1,
        "selectedOptions": [{"name": name, "value": value} for name, value in zip(names, values, strict=True)],
        "inventoryItemId": mint("InventoryItem"), "inventoryQuantity": quantity,
        "inventoryPolicy": row.choice("Variant Inventory Policy", _POLICY, "DENY"),
        "taxable": row.flag("Variant Taxable", True), "createdAt": now, "updatedAt": now,
    }  # fmt: skip
    if code_ := row.text("Variant Tax Code"):
        variant["taxCode"] = code_
    if picture := next((m for m in product["media"] if m["image"]["url"] == row.text("Variant Image")), None):
        variant["media"] = [picture]
    return variant, _item(row, variant, quantity, mint, code, locations)


def _item(row: Row, variant: Doc, quantity: int, mint: Mint, code: str, locations: list[str]) -> Doc:
    cost, now, id_ = row.money("Cost per item", code), variant["createdAt"], variant["inventoryItemId"]
    number = id_.rsplit("/", 1)[1]
    levels = [
        level(f"{mint('InventoryLevel')}?inventory_item_id={number}", location, quantity if at == 0 else 0, now)
        for at, location in enumerate(locations)
    ]
    return {
        "id": id_, "variantId": variant["id"], "sku": variant["sku"],
        "tracked": bool(row.text("Variant Inventory Tracker")),
        "requiresShipping": row.flag("Variant Requires Shipping", True),
        "unitCost": None if cost is None else currency(code).moneys[cost],
        "countryCodeOfOrigin": None, "provinceCodeOfOrigin": None, "harmonizedSystemCode": None,
        "measurement": {"id": f"gid://shopify/InventoryItemMeasurement/{number}", "weight": _weight(row)},
        "createdAt": now, "updatedAt": now, "inventoryLevels": levels,
    }  # fmt: skip


def _weight(row: Row) -> Doc:
    """The export has grams, and the unit the merchant sees."""
    unit, grams = _UNITS[(row.text("Variant Weight Unit") or "kg").casefold()] if _known_unit(row) else _UNITS["kg"]
    return {"value": round(row.whole("Variant Grams", least=0) / grams, 3), "unit": unit}


def _known_unit(row: Row) -> bool:
    told = row.text("Variant Weight Unit")
    if told is None or told.casefold() in _UNITS:
        return True
    row.wrong("Variant Weight Unit", f"one of {', '.join(_UNITS)}")
    return False
