"""What happens to the catalogue's orders afterwards: edits, fulfilments, refunds, cancellations, the end."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.catalogue import basket, fulfilment, refunds
from mooring_sandbox.shopify.catalogue.dice import DAY, Dice, stamp
from mooring_sandbox.shopify.catalogue.market import Market
from mooring_sandbox.shopify.catalogue.mint import Mint
from mooring_sandbox.shopify.catalogue.money import Exchange, decimals
from mooring_sandbox.shopify.catalogue.payments import Sides, total, transaction
from mooring_sandbox.shopify.catalogue.totals import freeze, settle

Doc = dict[str, Any]

_PAID_BACK = ("Wrong size", "Damaged in transit 📦", None, "Kundin hat widerrufen", "Too late")

_REASONS = ("CUSTOMER", "INVENTORY", "FRAUD", "OTHER")


def live_on(dice: Dice, mint: Mint, market: Market, doc: Doc, channel: str, exchange: Exchange, at: int) -> None:
    """Take a paid order through its life up to now; it leaves settled."""
    later = Later(at, market.as_of)
    _edit(dice, mint, market, doc, exchange, later)
    settle(doc)
    _fulfil(dice, mint, market, doc, channel, later)
    _undo(dice, mint, market, doc, later)
    _close(dice, doc, later)


class Later:
    """Moments after the order was placed, each later than the one before, none in the future."""

    def __init__(self, at: int, as_of: int) -> None:
        self.now, self.as_of = at, as_of

    def after(self, seconds: int) -> bool:
        """Go on by some seconds; False, and no move, if that would be the future."""
        if self.now + seconds > self.as_of:
            return False
        self.now += seconds
        return True

    @property
    def stamp(self) -> str:
        return stamp(self.now)


def _edit(dice: Dice, mint: Mint, market: Market, doc: Doc, exchange: Exchange, later: Later) -> None:
    """One order in a hundred is edited: units removed, or a line added and paid or not."""
    if dice.random() > 0.01 or not later.after(3600):
        return
    settle(doc)
    doc["edited"] = True
    if dice.random() < 0.5 or not market.shelf.wares:
        line = doc["lineItems"][0]
        refunds.take_back(mint, doc, {line["id"]: (line["quantity"] + 1) // 2}, later.stamp, restock="CANCEL")
        return
    freeze(doc)
    added = basket.row(dice, mint, market.shelf.wares[0], 1, exchange)
    doc["lineItems"].append(added.doc)
    basket.levy(doc, market.home, [added], [], exchange)
    _settle_up(dice, mint, doc, later)


def _settle_up(dice: Dice, mint: Mint, doc: Doc, later: Later) -> None:
    """Pay what an edit added, sometimes."""
    settle(doc)
    due = total(doc, "totalOutstanding")
    if doc["displayFinancialStatus"] == "PARTIALLY_PAID" and dice.random() < 0.6:
        doc["transactions"].append(transaction(mint, doc, "SALE", "shopify_payments", due, later.stamp))


def _fulfil(dice: Dice, mint: Mint, market: Market, doc: Doc, channel: str, later: Later) -> None:
    units = {line["id"]: line["currentQuantity"] for line in doc["lineItems"] if line["currentQuantity"]}
    old = market.as_of - later.now > 10 * DAY
    if not units or doc["displayFinancialStatus"] in {"VOIDED", "AUTHORIZED"} or dice.random() > (0.94 if old else 0.5):
        return
    if not later.after(60 if channel == "pos" else dice.between(3600, 2 * DAY)):
        return
    company, address = dice.one(fulfilment.TRACKING)
    tracking = None if channel == "pos" else fulfilment.tracking(company, dice.digits(12), address)
    first = dict(list(units.items())[:1]) if len(units) > 1 and dice.random() < 0.08 else units
    fulfilment.ship(mint, doc, first, later.stamp, market.locations[-1 if channel == "pos" else 0], tracking)
    if first is not units and dice.random() < 0.5 and later.after(DAY):
        fulfilment.ship(mint, doc, fulfilment.open_units(doc), later.stamp, market.locations[0], None)


def _undo(dice: Dice, mint: Mint, market: Market, doc: Doc, later: Later) -> None:
    """Two orders in a hundred are refunded, half as many cancelled: with the edits, three in a hundred have refunds."""
    draw = dice.random()
    paid = doc["displayFinancialStatus"] in {"PAID", "PARTIALLY_PAID"} and total(doc, "netPayment").shop > 0
    if draw < 0.02 and paid and later.after(dice.between(DAY // 4, 6 * DAY)):
        _refund(dice, mint, market, doc, later)
    elif draw > 0.985 and not doc["fulfillments"] and later.after(dice.between(600, DAY)):
        refunds.cancel(mint, doc, later.stamp, dice.one(_REASONS), market.locations[0])
    if doc["displayFinancialStatus"] == "VOIDED" and not doc.get("cancelledAt"):
        refunds.cancel(mint, doc, later.stamp, "DECLINED", market.locations[0])


def _refund(dice: Dice, mint: Mint, market: Market, doc: Doc, later: Later) -> None:
    kind, units = dice.random(), refunds.everything(doc)
    if not units:
        return
    note, location = dice.one(_PAID_BACK), market.locations[0]
    restock = "RETURN" if doc["fulfillments"] else "CANCEL"
    one = dict([dice.one(tuple(units.items()))])
    if kind < 0.4:
        refunds.take_back(
            mint, doc, units, later.stamp, shipping=True, tip=True, restock=restock, note=note, location=location
        )
    elif kind < 0.75:
        part = {line: (count + 1) // 2 for line, count in one.items()}
        refunds.take_back(
            mint, doc, part, later.stamp, restock="NO_RESTOCK" if kind < 0.5 else restock, note=note, location=location
        )
        if dice.random() < 0.2 and (rest := refunds.everything(doc)) and later.after(DAY):
            refunds.take_back(mint, doc, rest, later.stamp, shipping=True, restock=restock, location=location)
    elif kind < 0.88:
        fee = 2 * 10 ** decimals(doc["currencyCode"])
        refunds.take_back(mint, doc, one, later.stamp, fee=fee, restock=restock, note=note, location=location)
    else:
        left = total(doc, "netPayment")
        refunds.give_back(mint, doc, Sides(left.shop // 10, left.presentment // 10), later.stamp, note or "Goodwill")
    if doc["fulfillments"]:
        doc["returnStatus"] = "RETURNED"


def _close(dice: Dice, doc: Doc, later: Later) -> None:
    done = doc["displayFulfillmentStatus"] == "FULFILLED" and doc["displayFinancialStatus"] in {"PAID", "REFUNDED"}
    if (done or doc.get("cancelledAt")) and dice.random() < 0.8:
        doc["closed"], doc["closedAt"] = True, later.stamp
    doc["updatedAt"] = later.stamp
