"""Product documents with their variants, stock items and stock levels."""

from __future__ import annotations

from itertools import product as combinations
from typing import Any, NamedTuple

from mooring_sandbox.shopify.catalogue import goods, ids
from mooring_sandbox.shopify.catalogue.dice import DAY, Dice, stamp, weighted
from mooring_sandbox.shopify.catalogue.media import media
from mooring_sandbox.shopify.catalogue.money import Currency

Doc = dict[str, Any]

GIANT, HUNDRED, GIFT_CARD = 40, 3, 5
"""The numbers of the product with 2,048 variants, the one with a hundred, and the gift card."""

_MOST = 2048
_STATUS = weighted(ACTIVE=84, DRAFT=8, ARCHIVED=5, UNLISTED=3)
_HANDLE = str.maketrans("äöüéèß ", "aoueèss"[:6] + "-")
_ENDINGS = (0, 0, 50, 90, 95, 99, 99)
_QUANTITIES = (
    "available",
    "on_hand",
    "committed",
    "reserved",
    "damaged",
    "safety_stock",
    "quality_control",
    "incoming",
)
OLDEST = 5 * 365 * DAY


class Made(NamedTuple):
    """A product and everything below it."""

    product: Doc
    variants: list[Doc]
    items: list[Doc]


class Bench(NamedTuple):
    """What all products of one shop share."""

    shop_id: int
    money: Currency
    locations: tuple[str, ...]
    total: int
    as_of: int


def product(dice: Dice, bench: Bench, index: int) -> Made:
    draw = dice.of(index)
    sort = dice.one(goods.SORTS)
    title = f"{dice.one(goods.ADJECTIVES)} {dice.one(sort.nouns)}"
    if index == GIFT_CARD:
        title = "Gift Card"
    created = bench.as_of - OLDEST + (2 * index + 1) * OLDEST // (2 * bench.total)
    updated = bench.as_of - int(draw() ** 2 * (bench.as_of - created))
    status = "ACTIVE" if index in (GIANT, GIFT_CARD) else dice.one(_STATUS)
    handle = f"{_handle(title)}-{index}"
    options = _options(dice, sort, index)
    doc: Doc = {
        "id": ids.numbered("Product", bench.shop_id, index), "title": title, "handle": handle,
        "descriptionHtml": dice.one(goods.DESCRIPTIONS), "vendor": dice.one(goods.VENDORS),
        "productType": "Gift Cards" if index == GIFT_CARD else sort.type, "tags": _tags(dice), "status": status,
        "isGiftCard": index == GIFT_CARD, "seo": _seo(dice, title), "templateSuffix": None,
        "createdAt": stamp(created), "updatedAt": stamp(updated),
        "publishedAt": stamp(created + 60) if status in {"ACTIVE", "UNLISTED"} else None,
        "options": _option_docs(bench, index, options),
        "media": media(dice, bench.shop_id, index, title, handle, created),
    }  # fmt: skip
    variants, items = _variants(dice, bench, index, sort, options, doc)
    doc["tracksInventory"] = any(item["tracked"] for item in items)
    return Made(doc, variants, items)


def _handle(title: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in title.lower().translate(_HANDLE)).split()
    return "-".join(words)


def _options(dice: Dice, sort: goods.Sort, index: int) -> list[tuple[str, tuple[str, ...]]]:
    """Option names with the values this product has; the empty list is Shopify's "Default Title"."""
    if index == GIANT:
        return list(goods.GIANT_OPTIONS)
    if index == HUNDRED:
        return [("Number", tuple(str(n) for n in range(1, 101)))]
    if index == GIFT_CARD:
        return [("Denominations", ("10", "25", "50", "100"))]
    if not sort.options or dice.random() < 0.45:
        return []
    return [
        (name, values[: dice.between(1, len(values) if dice.random() < 0.3 else 3)]) for name, values in sort.options
    ]


def _option_docs(bench: Bench, index: int, options: list[tuple[str, tuple[str, ...]]]) -> list[Doc]:
    listed = options or [("Title", ("Default Title",))]
    docs = []
    for position, (name, values) in enumerate(listed):
        docs.append({
            "id": ids.numbered("ProductOption", bench.shop_id, index * 4 + position), "name": name,
            "position": position + 1, "values": list(values),
            "optionValues": [
                {"id": ids.numbered("ProductOptionValue", bench.shop_id, index * 512 + position * 128 + at),
                 "name": value, "hasVariants": True}
                for at, value in enumerate(values)
            ],
        })  # fmt: skip
    return docs


def _tags(dice: Dice) -> list[str]:
    return sorted({dice.one(goods.PRODUCT_TAGS) for _ in range(dice.below(5))})


def _seo(dice: Dice, title: str) -> Doc:
    if dice.random() > 0.3:
        return {"title": None, "description": None}
    return {"title": f"{title} | Shop", "description": f"Buy {title} online."}


def _variants(
    dice: Dice, bench: Bench, index: int, sort: goods.Sort, options: list[tuple[str, tuple[str, ...]]], doc: Doc
) -> tuple[list[Doc], list[Doc]]:
    """All combinations of the options, in order; price grows a little with the position."""
    names = [name for name, _ in options] or ["Title"]
    values = list(combinations(*(values for _, values in options))) if options else [("Default Title",)]
    base = dice.between(sort.low, sort.high)
    traits = _traits(dice, bench, index, sort)
    made = [_variant(dice, bench, doc, traits, at, names, combo, base) for at, combo in enumerate(values)]
    return [variant for variant, _ in made], [item for _, item in made]


class _Traits(NamedTuple):
    sku: str | None
    barcode: int | None
    tracked: bool
    taxable: bool
    discount: bool
    origin: str | None
    customs: str | None
    grams: int
    number: int


def _traits(dice: Dice, bench: Bench, index: int, sort: goods.Sort) -> _Traits:
    """What the variants of one product share. Some have no SKU, some share a SKU or a barcode with their neighbour."""
    sku, barcode, gift = dice.random(), dice.random(), index == GIFT_CARD
    code = (sort.type[:3] or "OBJ").upper()
    twin = index - 1 if sku > 0.97 and index else index
    return _Traits(
        None if sku < 0.05 else f"{code}-{twin:05d}",
        None if barcode < 0.2 else index - 1 if barcode > 0.98 and index else index,
        tracked=not gift and dice.random() > 0.1,
        taxable=not gift and dice.random() > 0.05,
        discount=not gift and dice.random() < 0.25,
        origin=dice.one(goods.ORIGINS),
        customs=sort.customs or None,
        grams=0 if gift else sort.grams,
        number=index * _MOST,
    )


def ean13(digits: str) -> str:
    """Twelve digits with their check digit."""
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def _variant(
    dice: Dice,
    bench: Bench,
    product: Doc,
    traits: _Traits,
    at: int,
    names: list[str],
    combo: tuple[str, ...],
    base: int,
) -> tuple[Doc, Doc]:
    number, gift = traits.number + at, product["isGiftCard"]
    id_ = ids.numbered("ProductVariant", bench.shop_id, number)
    item_id = ids.numbered("InventoryItem", bench.shop_id, number)
    price = _price(dice, bench.money, int(combo[0]) if gift else base + at // 3, plain=gift)
    sku = traits.sku and (traits.sku if len(names) == 1 and combo == ("Default Title",) else f"{traits.sku}-{at:03d}")
    levels = _levels(dice, bench, item_id, number, product["createdAt"], traits.tracked)
    variant: Doc = {
        "id": id_, "productId": product["id"], "title": " / ".join(combo), "sku": sku,
        "barcode": None if traits.barcode is None else ean13(f"20{traits.barcode * _MOST + at:010d}"),
        "price": bench.money.price(price),
        "compareAtPrice": bench.money.price(price * 5 // 4) if traits.discount else None,
        "position": at + 1,
        "selectedOptions": [{"name": name, "value": value} for name, value in zip(names, combo, strict=True)],
        "inventoryItemId": item_id, "inventoryPolicy": "CONTINUE" if traits.number % 7 == 3 else "DENY",
        "inventoryQuantity": sum(level["quantities"][0]["quantity"] for level in levels),
        "taxable": traits.taxable, "createdAt": product["createdAt"], "updatedAt": product["updatedAt"],
    }  # fmt: skip
    if len(product["media"]) > 1 and at < len(product["media"]):
        variant["media"] = [product["media"][at]]
    return variant, _item(dice, bench, variant, traits, price, levels)


def _price(dice: Dice, money: Currency, whole: int, *, plain: bool) -> int:
    if plain or money.decimals < 2:
        return whole * 10**money.decimals * (1 if money.decimals else 100)
    return (whole * 100 + dice.one(_ENDINGS)) * 10 ** (money.decimals - 2)


def _item(dice: Dice, bench: Bench, variant: Doc, traits: _Traits, price: int, levels: list[Doc]) -> Doc:
    return {
        "id": variant["inventoryItemId"], "variantId": variant["id"], "sku": variant["sku"], "tracked": traits.tracked,
        "requiresShipping": traits.grams > 0, "unitCost": bench.money.moneys[price * 2 // 5] if price % 3 else None,
        "countryCodeOfOrigin": traits.origin, "provinceCodeOfOrigin": None, "harmonizedSystemCode": traits.customs,
        "measurement": {"id": variant["inventoryItemId"].replace("/InventoryItem/", "/InventoryItemMeasurement/"),
                        "weight": {"value": float(traits.grams), "unit": "GRAMS"}},
        "createdAt": variant["createdAt"], "updatedAt": variant["updatedAt"], "inventoryLevels": levels,
    }  # fmt: skip


def _levels(dice: Dice, bench: Bench, item_id: str, number: int, created: str, tracked: bool) -> list[Doc]:
    levels = []
    for at, location in enumerate(bench.locations):
        counted = dice.one((-2, 0, 0, 3, 5, 8, 12, 40, 250)) if tracked else 0
        level_id = ids.numbered("InventoryLevel", bench.shop_id, number * len(bench.locations) + at)
        levels.append(level(f"{level_id}?inventory_item_id={item_id.rsplit('/', 1)[1]}", location, counted, created))
    return levels


def level(id_: str, location: str, available: int, created: str, committed: int = 0) -> Doc:
    """A stock level. On hand is what is available, committed, reserved, damaged or held back."""
    held = {"available": available, "on_hand": available + committed, "committed": committed}
    return {
        "id": id_, "isActive": True, "locationId": location, "createdAt": created, "updatedAt": created,
        "quantities": [{"name": name, "quantity": held.get(name, 0)} for name in _QUANTITIES],
    }  # fmt: skip
