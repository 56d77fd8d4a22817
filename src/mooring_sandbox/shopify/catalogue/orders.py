"""Order documents: a basket, who bought it and how it was paid, and what happened to it afterwards."""

from __future__ import annotations

from typing import Any, NamedTuple

from mooring_sandbox.shopify.catalogue import basket, customers, discounts, ids, people
from mooring_sandbox.shopify.catalogue.afterwards import live_on
from mooring_sandbox.shopify.catalogue.dice import DAY, Dice, stamp, weighted
from mooring_sandbox.shopify.catalogue.market import Market
from mooring_sandbox.shopify.catalogue.mint import Mint, counted
from mooring_sandbox.shopify.catalogue.money import Exchange
from mooring_sandbox.shopify.catalogue.paying import pay
from mooring_sandbox.shopify.catalogue.payments import Sides, total
from mooring_sandbox.shopify.state import gid

Doc = dict[str, Any]

RECENT, OLD = 60 * DAY, 3 * 365 * DAY
"""Two thirds of the orders are younger than sixty days, Shopify's window; the others up to three years old."""


class Sold(NamedTuple):
    order: Doc
    customer: int | None
    """The number of the customer; None for a guest."""
    spent: int
    """What was received and not paid back, in the shop's minor units."""
    at: int


_CHANNELS = weighted(web=70, pos=9, shopify_draft_order=7, iphone=4, android=3, app=7)
_NOTES = (
    "Please ring twice 🔔",
    "Bitte beim Nachbarn abgeben",
    "Gift! No invoice in the parcel.\n\nThanks",
    "配達は午前中にお願いします",
    '"fragile"\\t',
)
_TAGS = ("express", "wholesale", "first-order", "fraud-checked", "Abholung", "préco", "gift 🎁", "b2b")


def order(dice: Dice, crowd: Dice, market: Market, index: int) -> Sold:
    """Order number `index`; `crowd` is the dice of kind "person" the customers are made with."""
    dice.of(index)
    at = _moment(dice, market, index)
    buyer = None if not market.customers or dice.random() < 0.08 else _customer(dice, market, at)
    who = people.person(crowd, _GUESTS + index if buyer is None else buyer)
    channel = dice.one(_CHANNELS)
    exchange = market.exchanges.get(who.country.code if dice.random() < 0.6 else "", market.exchanges[""])
    mint = counted(market.shop_id, index)
    doc = _head(dice, market, index, at, who, buyer, channel, exchange)
    due = _fill_basket(dice, mint, market, doc, who, channel, exchange, at)
    pay(dice, mint, doc, channel, due, at)
    live_on(dice, mint, market, doc, channel, exchange, at)
    return Sold(doc, buyer, total(doc, "netPayment").shop, at)


_GUESTS = 1_000_000_000
"""Guests are people beyond every customer's number."""


def _moment(dice: Dice, market: Market, index: int) -> int:
    """Order numbers and dates grow together; a third of the numbers fills the years before the last sixty days."""
    place = (index + dice.random()) / market.total
    if place < 1 / 3:
        return market.as_of - OLD + int(place * 3 * (OLD - RECENT))
    return market.as_of - RECENT + int((place * 3 - 1) / 2 * RECENT)


def _customer(dice: Dice, market: Market, at: int) -> int:
    """Somebody who was a customer by then; the square makes some of them buy often."""
    return int(dice.random() ** 2 * customers.came_before(at, market.customers, market.as_of))


def _head(
    dice: Dice, market: Market, index: int, at: int, who: people.Person, customer: int | None, channel: str,
    exchange: Exchange,
) -> Doc:  # fmt: skip
    tags = {dice.one(_TAGS) for _ in range(dice.between(1, 3))} if dice.random() < 0.2 else set()
    moment, source = stamp(at), str(ids.first("Order", market.shop_id) % 1_000_000) if channel == "app" else channel
    number, token = 1001 + index, f"{dice.digits(16)}{dice.digits(16)}"
    return {
        "id": ids.numbered("Order", market.shop_id, index), "name": f"#{number}", "number": number,
        "createdAt": moment, "updatedAt": moment, "processedAt": moment, "confirmed": True, "closed": False,
        "email": who.email, "phone": who.phone if dice.random() < 0.3 else None,
        "customerId": None if customer is None else ids.numbered("Customer", market.shop_id, customer),
        "currencyCode": exchange.shop.code, "presentmentCurrencyCode": exchange.presentment.code,
        "taxesIncluded": market.taxes_included, "taxExempt": dice.random() < 0.02, "test": dice.random() < 0.01,
        "edited": False, "sourceName": source, "customerLocale": who.locale,
        "customerAcceptsMarketing": dice.random() < 0.3, "confirmationNumber": token[:9],
        "statusPageUrl": f"https://{market.handle}.myshopify.com/{market.shop_id}/orders/{token}/authenticate",
        "note": dice.one(_NOTES) if dice.random() < 0.07 else None, "tags": sorted(tags),
        "customAttributes": [{"key": "delivery_date", "value": moment[:10]}, {"key": "utm ☂", "value": "a=b&c=\"d\""}]
        if dice.random() < 0.06 else [],
        "app": {"id": gid("App", 1354745 if channel == "shopify_draft_order" else 580111), "name": "Online Store"},
        "retailLocationId": market.locations[-1] if channel == "pos" else None,
        "returnStatus": "NO_RETURN", "displayFulfillmentStatus": "UNFULFILLED",
        "shippingLines": [], "transactions": [], "refunds": [], "fulfillments": [],
    }  # fmt: skip


def _fill_basket(
    dice: Dice, mint: Mint, market: Market, doc: Doc, who: people.Person, channel: str, exchange: Exchange, at: int
) -> Sides:
    """Put the goods in; returns what the order costs."""
    rows = basket.rows(dice, mint, market.shelf, market.shelf.known(at), exchange)
    doc["lineItems"] = [row.doc for row in rows]
    doc["requiresShipping"] = any(row.doc["requiresShipping"] for row in rows)
    doc["totalWeight"] = str(sum(int(row.doc.get("weight", _NOTHING)["value"]) * row.doc["quantity"] for row in rows))
    applications = doc["discountApplications"] = discounts.discount(dice, rows, exchange)
    doc["discountCodes"] = [a["code"] for a in applications if "code" in a]
    doc["discountCode"] = doc["discountCodes"][0] if doc["discountCodes"] else None
    _addresses(dice, mint, doc, who, channel)
    freight = _freight(dice, mint, doc, applications, channel, exchange)
    doc["shippingLines"] = [row.doc for row in freight]
    basket.levy(doc, market.home, rows, freight, exchange)
    tip = dice.between(1, 9) * 10**exchange.shop.decimals if dice.random() < 0.03 else 0
    doc["totalTipReceivedSet"] = exchange.bag(tip)
    on_top, parts = not market.taxes_included, [*rows, *freight]
    return Sides(
        tip + sum(row.net + on_top * row.taxed for row in parts),
        exchange.presented(tip) + sum(row.net_p + on_top * row.tax_p for row in parts),
    )


_NOTHING: Doc = {"value": 0}


def _addresses(dice: Dice, mint: Mint, doc: Doc, who: people.Person, channel: str) -> None:
    """Billing follows shipping mostly; what is paid at the till or goes by e-mail is sent nowhere."""
    billing = people.address(dice, who, who.country, mint("MailingAddress")) if channel != "pos" else None
    doc["billingAddress"] = billing
    if not billing or not doc["requiresShipping"]:
        doc["shippingAddress"] = None
    elif dice.random() < 0.85:
        doc["shippingAddress"] = billing
    else:
        doc["shippingAddress"] = people.address(dice, who, who.country, mint("MailingAddress"))
    doc["billingAddressMatchesShippingAddress"] = doc["shippingAddress"] is billing


def _freight(
    dice: Dice, mint: Mint, doc: Doc, applications: list[Doc], channel: str, exchange: Exchange
) -> list[basket.Row]:
    if channel == "pos" or not doc["requiresShipping"]:
        return []
    lines = [basket.shipping_line(dice, mint, applications, exchange)]
    if dice.random() < 0.02:
        lines.append(basket.shipping_line(dice, mint, [], exchange))
    return lines
