"""Products and their variants -> product templates and products of Odoo.

A template has one price, so it is given the lowest of its variants'; orders bring their own prices. Whether something
is a service and whether its stock is counted is said once, when it is made: Odoo refuses to change it later.
A draft or archived product stays a product, only one that is not for sale: orders may still name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from html import unescape

from mooring.domain.mapping import MappedKind
from mooring.domain.records import Product, Variant, Weight, folded
from mooring.domain.translate_odoo import Option, Tree, Value, Wanted, amount, one_line

_ON_SALE = ("ACTIVE", "UNLISTED", None)
_GRAMS = {
    "KILOGRAMS": Decimal(1000),
    "GRAMS": Decimal(1),
    "POUNDS": Decimal("453.59237"),
    "OUNCES": Decimal("28.349523"),
}
_LONGEST = 2_000
_BREAK = re.compile(r"<\s*(?:br|/p|/div|/li|/h\d|/tr)\b[^>]*>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Terms:
    """What this Odoo can be told. `prices`: its company's currency is the store's; Odoo knows no other for a product's
    own price, so a new one costs nothing until somebody says. `stock`: how it says that stock is
    counted: by the field `is_storable` (18 and later), by the type `product`, or not at all (no stock app)."""

    prices: bool = True
    stock: str | None = "is_storable"


def product(
    product_id: int, body: Product, variants: Iterable[tuple[int, Variant]], terms: Terms, *, deleted: bool = False
) -> Tree:
    found = sorted(variants, key=lambda one: (one[1].position or 0, one[0]))
    options = _options(body, [variant for _, variant in found])
    names = [option.name for option in _sources(body)]
    children = tuple(_variant(product_id, one, variant, names if options else [], terms) for one, variant in found)
    excluded = _DELETED if deleted else None if found else _BARE
    return Tree(_template(product_id, body, found, terms, excluded), children, options)


_DELETED = "Deleted in Shopify, so it is not synced. What Odoo has stays as it is."
_BARE = "It has no variant here yet: the next import brings it."
_OTHER_MONEY = "The store's currency is not the one of the company in Odoo, so no price is written: set it there."
_PRICES = "Its variants have several prices; Odoo's product has the lowest of them."


def _template(
    product_id: int, body: Product, found: Sequence[tuple[int, Variant]], terms: Terms, excluded: str | None
) -> Wanted:
    variants = [variant for _, variant in found]
    prices = sorted({price for variant in variants if (price := _price(variant)) is not None})
    values: dict[str, Value] = {
        "name": one_line(body.title) or f"Shopify product {product_id}",
        "sale_ok": body.status in _ON_SALE,
        "description_sale": text_of(body.description_html),
    }
    notes: list[str] = []
    if terms.prices and prices:
        values["list_price"] = amount(prices[0])
        notes += [_PRICES] if len(prices) > 1 else []
    elif prices:
        notes.append(_OTHER_MONEY)
    once = _once(body, variants, terms) | ({} if terms.prices else {"list_price": amount(0)})
    return Wanted(MappedKind.PRODUCT, product_id, values, once=once, excluded=excluded, notes=tuple(notes))


def _price(variant: Variant) -> Decimal | None:
    try:
        return Decimal(variant.price) if variant.price else None
    except InvalidOperation:
        return None


def _once(body: Product, variants: Sequence[Variant], terms: Terms) -> dict[str, Value]:
    items = [variant.inventory_item for variant in variants if variant.inventory_item]
    counted = any(item.tracked for item in items)
    sent = not items or any(item.requires_shipping is not False for item in items)
    if body.is_gift_card or not (sent or counted):
        return {"type": "service"}
    if terms.stock == "is_storable":
        return {"type": "consu", "is_storable": counted}
    return {"type": "product" if counted and terms.stock == "product" else "consu"}


def _variant(product_id: int, variant_id: int, body: Variant, names: Sequence[str], terms: Terms) -> Wanted:
    sku, barcode = one_line(body.sku), one_line(body.barcode)
    measured = body.inventory_item.measurement if body.inventory_item else None
    values: dict[str, Value] = {
        "default_code": sku,
        "barcode": barcode,
        "weight": _kilograms(measured.weight if measured else None),
    }
    chosen, price = {one.name: one_line(one.value) for one in body.selected_options}, _price(body)
    return Wanted(
        MappedKind.VARIANT, variant_id, values, parent_id=product_id, sku=sku, barcode=barcode,
        selected=tuple(chosen.get(name, "") for name in names),
        alone={"list_price": amount(price)} if terms.prices and price is not None else {},
    )  # fmt: skip


def _kilograms(weight: Weight | None) -> str:
    if weight is None:
        return amount(0)
    return amount(Decimal(str(weight.value)) * _GRAMS.get(weight.unit, Decimal(1000)) / 1000)


# -- options -------------------------------------------------------------------------------------------------------


def _sources(body: Product) -> list[Option]:
    """The options in their order, as Shopify names them."""
    return [Option(one.name, one.values) for one in sorted(body.options, key=lambda one: one.position or 0)]


def _options(body: Product, variants: Sequence[Variant]) -> tuple[Option, ...]:
    """None for a product that is its own only variant. Two options that Odoo would take for one are told apart by a
    number behind the name."""
    if body.has_only_default_variant or all(_is_default(one) for one in variants):
        return ()
    made: list[Option] = []
    seen: dict[str, int] = {}
    for option in _sources(body):
        key = folded(option.name)
        seen[key] = seen.get(key, 0) + 1
        name = one_line(option.name) if seen[key] == 1 else f"{one_line(option.name)} ({seen[key]})"
        used = (one_line(s.value) for v in variants for s in v.selected_options if s.name == option.name)
        made.append(Option(name, tuple(dict.fromkeys(used))))
    return tuple(made)


def _is_default(variant: Variant) -> bool:
    return [(one.name, one.value) for one in variant.selected_options] in ([], [("Title", "Default Title")])


def own_name(title: Value, selected: Iterable[str]) -> str:
    """What a variant is called that has to be a product of its own."""
    said = " / ".join(value for value in selected if value)
    return f"{title} ({said})" if said else str(title)


def text_of(html: str | None) -> str:
    """A description as plain text, cut where it is too long for a line of an offer."""
    if not html:
        return ""
    words = unescape(_TAG.sub("", _BREAK.sub("\n", _HIDDEN.sub("", html))))
    lines = (one_line(line) for line in words.splitlines())
    text = "\n".join(line for line in lines if line)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
