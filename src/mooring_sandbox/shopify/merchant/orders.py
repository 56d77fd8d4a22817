"""What a merchant does with orders. Every act leaves the order settled: all its sums hold afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mooring_sandbox.shopify.catalogue import basket, fulfilment, refunds
from mooring_sandbox.shopify.catalogue.money import Exchange, currency
from mooring_sandbox.shopify.catalogue.payments import Sides, total
from mooring_sandbox.shopify.catalogue.totals import freeze, settle
from mooring_sandbox.shopify.merchant.checkout import Line, keep, line_row, receive
from mooring_sandbox.shopify.merchant.customers import count_purchases
from mooring_sandbox.shopify.merchant.desk import Desk, Doc, Ref, act, full_id, retagged
from mooring_sandbox.shopify.merchant.stock import restock

_REASONS = ("CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "OTHER", "STAFF")


def _open(desk: Desk, id: Ref) -> Doc:
    doc = desk.find("Order", id)
    if doc.get("cancelledAt"):
        raise ValueError(f"order {doc['name']} is cancelled")
    return doc


@act
def edit_order(desk: Desk, id: Ref, add: Iterable[Line] = (), remove: Mapping[str, int] | None = None) -> Doc:
    """Add lines (then owed by the customer) and take units out: `remove` says how many of which line item."""
    doc = _open(desk, id)
    freeze(doc)
    shop = desk.shop
    exchange = _exchange(doc)
    rows = [line_row(desk, line, exchange) for line in add]
    doc["lineItems"] += [row.doc for row in rows]
    basket.levy(doc, shop["shopAddress"]["countryCodeV2"], rows, [], exchange)
    doc["edited"] = True
    settle(doc)
    if remove:
        units = {full_id("LineItem", line): int(count) for line, count in remove.items()}
        _tell_refund(desk, doc, refunds.take_back(desk.mint, doc, units, desk.now, restock="CANCEL"))
    doc["displayFulfillmentStatus"] = fulfilment.status(doc)
    return keep(desk, doc, "ORDERS_EDITED", "ORDERS_UPDATED")


def _exchange(doc: Doc) -> Exchange:
    """The order's own rate of exchange, from what its lines cost on both sides."""
    shop, presentment = doc["currencyCode"], doc["presentmentCurrencyCode"]
    if shop == presentment:
        return Exchange(shop)
    here, there = total(doc, "totalPrice")
    scale = 10 ** (currency(shop).decimals - currency(presentment).decimals)
    return Exchange(shop, presentment, f"{there * scale / here:.6f}" if here else "1")


@act
def pay_order(desk: Desk, id: Ref, gateway: str = "manual") -> Doc:
    doc = _open(desk, id)
    if total(doc, "totalOutstanding").shop <= 0:
        raise ValueError(f"nothing is outstanding on order {doc['name']}")
    receive(desk, doc, gateway)
    return keep(desk, doc, "ORDERS_PAID", "ORDERS_UPDATED")


@act
def fulfil_order(
    desk: Desk, id: Ref, lines: Mapping[str, int] | None = None, tracking_number: str | None = None,
    company: str = "DHL",
) -> Doc:  # fmt: skip
    """Send everything that is open, or so many units of each line item in `lines`."""
    doc = _open(desk, id)
    open_units = fulfilment.open_units(doc)
    units = open_units if lines is None else {full_id("LineItem", line): int(n) for line, n in lines.items()}
    for line, count in units.items():
        if not 0 < count <= open_units.get(line, 0):
            raise ValueError(f"{open_units.get(line, 0)} of {line} are open, not {count}")
    if not units:
        raise ValueError(f"nothing is left to send of order {doc['name']}")
    tracked = fulfilment.tracking(company, tracking_number, None) if tracking_number else None
    sent = fulfilment.ship(desk.mint, doc, units, desk.now, desk.locations()[0], tracked)
    desk.tell("FULFILLMENTS_CREATE", sent["id"], {**sent, "orderId": doc["id"]})
    done = doc["displayFulfillmentStatus"] == "FULFILLED"
    return keep(desk, doc, "ORDERS_FULFILLED" if done else "ORDERS_PARTIALLY_FULFILLED", "ORDERS_UPDATED")


@act
def refund_order(
    desk: Desk, id: Ref, lines: Mapping[str, int] | None = None, amount: str | None = None, shipping: bool = False,
    fee: str = "0", return_to_stock: bool = True, note: str | None = None,
) -> Doc:  # fmt: skip
    """Refund units of lines, or a plain amount, or (neither told) everything with its shipping."""
    doc = _open(desk, id)
    if amount is not None:
        paid = _give_back(desk, doc, amount, note)
    else:
        units = refunds.everything(doc) if lines is None else {full_id("LineItem", k): int(n) for k, n in lines.items()}
        if not units:
            raise ValueError(f"nothing is left to refund of order {doc['name']}")
        kind = "NO_RESTOCK" if not return_to_stock else "RETURN" if doc["fulfillments"] else "CANCEL"
        kept = currency(doc["currencyCode"]).minors[fee]
        paid = refunds.take_back(desk.mint, doc, units, desk.now, shipping=shipping or lines is None, fee=kept,
                                 tip=lines is None, restock=kind, note=note, location=desk.locations()[0])  # fmt: skip
    _tell_refund(desk, doc, paid)
    restock(desk, doc, paid)
    return keep(desk, doc, "ORDERS_UPDATED")


def _give_back(desk: Desk, doc: Doc, amount: str, note: str | None) -> Doc:
    exchange, left = _exchange(doc), total(doc, "netPayment")
    shop = exchange.shop.minors[amount]
    if not 0 < shop <= left.shop:
        raise ValueError(f"between 0 and {exchange.shop.price(left.shop)} can be refunded of order {doc['name']}")
    shown = left.presentment if shop == left.shop else min(exchange.presented(shop), left.presentment)
    return refunds.give_back(desk.mint, doc, Sides(shop, shown), desk.now, note)


def _tell_refund(desk: Desk, doc: Doc, refund: Doc) -> None:
    desk.tell("REFUNDS_CREATE", refund["id"], {**refund, "orderId": doc["id"]})
    for paid in refund["transactions"]:
        desk.tell("ORDER_TRANSACTIONS_CREATE", paid["id"], {**paid, "orderId": doc["id"]})


@act
def cancel_order(desk: Desk, id: Ref, reason: str = "CUSTOMER", refund: bool = True) -> Doc:
    doc = _open(desk, id)
    if reason not in _REASONS:
        raise ValueError(f"the reason is one of {', '.join(_REASONS)}, not {reason!r}")
    known = len(doc["refunds"])
    refunds.cancel(desk.mint, doc, desk.now, reason, desk.locations()[0], refund=refund)
    doc["closed"], doc["closedAt"] = True, desk.now
    for made in doc["refunds"][known:]:
        _tell_refund(desk, doc, made)
        restock(desk, doc, made)
    return keep(desk, doc, "ORDERS_CANCELLED", "ORDERS_UPDATED")


@act
def delete_order(desk: Desk, id: Ref) -> Doc:
    doc = desk.drop("Order", desk.find("Order", id), "ORDERS_DELETE")
    count_purchases(desk, doc["customerId"])
    return doc


@act
def tag_order(desk: Desk, id: Ref, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Doc:
    doc = desk.find("Order", id)
    retagged(doc, add, remove)
    return desk.keep("Order", doc, "ORDERS_UPDATED")


@act
def note_order(desk: Desk, id: Ref, note: str | None) -> Doc:
    doc = desk.find("Order", id)
    doc["note"] = note
    return desk.keep("Order", doc, "ORDERS_UPDATED")
