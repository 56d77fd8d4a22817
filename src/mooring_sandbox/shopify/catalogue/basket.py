"""What is in an order: lines from the shelf, shipping and taxes.

A `Row` keeps a line's amounts as integers on both sides while the line is being made; the document gets bags.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, NamedTuple

from mooring_sandbox.shopify.catalogue import taxes
from mooring_sandbox.shopify.catalogue.dice import Dice
from mooring_sandbox.shopify.catalogue.mint import Mint
from mooring_sandbox.shopify.catalogue.money import Exchange

Doc = dict[str, Any]


class Ware(NamedTuple):
    """A variant on the shelf, as an order line needs it. `product` is None for goods that exist no more."""

    product: str | None
    variant: str | None
    title: str
    variant_title: str | None
    sku: str | None
    vendor: str | None
    price: int
    grams: int
    ships: bool
    gift: bool
    taxable: bool
    reduced: bool


class Shelf:
    """What can be sold, oldest first, so that nobody buys what did not exist yet. Bounded, whatever the catalogue."""

    def __init__(self, limit: int = 4000) -> None:
        self.limit = limit
        self.wares: list[Ware] = []
        self.since: list[int] = []

    def add(self, ware: Ware, since: int) -> None:
        if len(self.wares) < self.limit:
            self.wares.append(ware)
            self.since.append(since)

    def known(self, moment: int) -> int:
        return bisect_right(self.since, moment)


class Row:
    """A line while it is being made: the document and its amounts on both sides."""

    __slots__ = ("doc", "gross", "gross_p", "net", "net_p", "reduced", "tax_p", "taxable", "taxed")

    def __init__(self, doc: Doc, gross: int, gross_p: int, *, taxable: bool, reduced: bool) -> None:
        self.doc = doc
        self.gross = self.net = gross
        self.gross_p = self.net_p = gross_p
        self.taxed = self.tax_p = 0
        self.taxable, self.reduced = taxable, reduced

    def take(self, index: int, amount: int, exchange: Exchange) -> None:
        """Allocate a discount. A line that becomes free on one side becomes free on the other."""
        amount = min(amount, self.net)
        amount_p = self.net_p if amount == self.net else min(exchange.presented(amount), self.net_p)
        self.net -= amount
        self.net_p -= amount_p
        if amount or amount_p:
            bag = exchange.pair(amount, amount_p)
            self.doc["discountAllocations"].append({"allocatedAmountSet": bag, "discountApplicationIndex": index})

    def tax(self, rates: taxes.Rates, exchange: Exchange, *, included: bool) -> None:
        here = taxes.amounts(self.net, rates, included=included)
        there = here if exchange.same else taxes.amounts(self.net_p, rates, included=included)
        self.taxed, self.tax_p = sum(here), sum(there)
        self.doc["taxLines"] = [
            taxes.line(title, rate, exchange.pair(amount, other))
            for (title, rate), amount, other in zip(rates, here, there, strict=True)
        ]


_COUNTS = (1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 5, 6)
_QUANTITIES = (1, 1, 1, 1, 1, 1, 2, 2, 3, 12)
_GONE = (
    Ware(
        None,
        None,
        "Discontinued Lamp",
        "Brass / 40 cm",
        "LAMP-OLD-40",
        "Northwind Works",
        8900,
        1200,
        True,
        False,
        True,
        False,
    ),
    Ware(None, None, "Sommerkleid 2023 ☀", "M", None, "Atelier Müller", 5995, 250, True, False, True, False),
    Ware(
        None, None, "Filter Roast (last year's)", None, "COF-1999", "Levain & Fils", 1250, 500, True, False, True, True
    ),
)
_CUSTOM = ("Gift wrapping", 'Engraving: "J & M, 12.6."', "Repair", "Sonderanfertigung", "Deposit (refundable)")
_ATTRIBUTES = (
    ("Engraving", "Für Oma ❤"),
    ("Gift message", 'Happy birthday!\nLove, "us"'),
    ("_bundle", "b-17"),
    ("Size hint", ""),
)


def rows(dice: Dice, mint: Mint, shelf: Shelf, known: int, exchange: Exchange) -> list[Row]:
    return [
        row(dice, mint, _ware(dice, shelf, known, exchange), dice.one(_QUANTITIES), exchange)
        for _ in range(dice.one(_COUNTS))
    ]


def _ware(dice: Dice, shelf: Shelf, known: int, exchange: Exchange) -> Ware:
    """Mostly something from the shelf; now and then something made up at the till, or long deleted."""
    draw = dice.random()
    if known and draw > 0.06:
        return shelf.wares[dice.below(known)]
    scale = exchange.shop.decimals
    if draw > 0.03:
        gone = dice.one(_GONE)
        return gone._replace(price=gone.price * 10**scale // 100 if scale else gone.price)
    price = dice.between(2, 80) * (10**scale if scale else 100)
    return Ware(None, None, dice.one(_CUSTOM), None, None, None, price, 0, False, False, dice.random() < 0.7, False)


def row(dice: Dice, mint: Mint, ware: Ware, quantity: int, exchange: Exchange) -> Row:
    """A line of the catalogue: a few have custom attributes."""
    made = row_of(mint, ware, quantity, exchange)
    if dice.random() < 0.04:
        made.doc["customAttributes"] = _attributes(dice)
    return made


def row_of(mint: Mint, ware: Ware, quantity: int, exchange: Exchange) -> Row:
    unit, unit_p = ware.price, exchange.presented(ware.price)
    doc: Doc = {
        "id": mint("LineItem"), "title": ware.title, "variantTitle": ware.variant_title,
        "name": f"{ware.title} - {ware.variant_title}" if ware.variant_title else ware.title,
        "sku": ware.sku, "vendor": ware.vendor, "productId": ware.product, "variantId": ware.variant,
        "quantity": quantity, "currentQuantity": quantity, "requiresShipping": ware.ships,
        "taxable": ware.taxable, "isGiftCard": ware.gift, "originalUnitPriceSet": exchange.pair(unit, unit_p),
        "discountAllocations": [], "taxLines": [], "customAttributes": [],
    }  # fmt: skip
    if ware.grams:
        doc["weight"] = {"value": float(ware.grams), "unit": "GRAMS"}
    return Row(doc, unit * quantity, unit_p * quantity, taxable=ware.taxable, reduced=ware.reduced)


def _attributes(dice: Dice) -> list[Doc]:
    key, value = dice.one(_ATTRIBUTES)
    return [{"key": key, "value": value}]


_METHODS = (
    ("Standard", "standard", 490),
    ("DHL Päckchen", "dhl", 595),
    ("Express ⚡", "express", 1490),
    ("Pick up & go", "pickup", 0),
)


def shipping_line(dice: Dice, mint: Mint, applications: list[Doc], exchange: Exchange) -> Row:
    title, code, cents = dice.one(_METHODS)
    price = cents if exchange.shop.decimals else cents // 10 * 10
    return shipping_row(mint, title, code, price, applications, exchange)


def shipping_row(mint: Mint, title: str, code: str, price: int, applications: list[Doc], exchange: Exchange) -> Row:
    """A shipping line with the order's shipping discounts taken off."""
    doc: Doc = {
        "id": mint("ShippingLine"), "title": title, "code": code, "source": "shopify", "custom": False,
        "isRemoved": False, "carrierIdentifier": None, "deliveryCategory": "shipping",
        "originalPriceSet": exchange.bag(price), "discountAllocations": [], "taxLines": [],
    }  # fmt: skip
    row = Row(doc, price, exchange.presented(price), taxable=True, reduced=False)
    for applied in applications:
        if applied["targetType"] == "SHIPPING_LINE":
            row.take(applied["index"], (price * int(applied["value"]["percentage"]) + 50) // 100, exchange)
    doc["discountedPriceSet"] = doc["currentDiscountedPriceSet"] = exchange.pair(row.net, row.net_p)
    return row


def levy(doc: Doc, home: str, rows: list[Row], freight: list[Row], exchange: Exchange) -> None:
    """Taxes of the destination; shipping is taxed where prices include tax."""
    if doc["taxExempt"]:
        return
    place, included = doc["shippingAddress"] or doc["billingAddress"] or {}, doc["taxesIncluded"]
    country, province = place.get("countryCodeV2", home), place.get("provinceCode")
    for row in rows:
        if row.taxable:
            row.tax(taxes.rates(country, province, reduced=row.reduced), exchange, included=included)
    for row in freight if included else ():
        row.tax(taxes.rates(country, province, reduced=False), exchange, included=True)
