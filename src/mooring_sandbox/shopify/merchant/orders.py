"""What a merchant does with orders. Every act leaves the order settled: all its sums hold afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mooring_sandbox.shopify.catalogue import basket, discounts, fulfilment, refunds
from mooring_sandbox.shopify.catalogue.money import Exchange, currency
from mooring_sandbox.shopify.catalogue.payments import Sides, total, transaction
from mooring_sandbox.shopify.catalogue.taxes import REDUCED_TYPES
from mooring_sandbox.shopify.catalogue.totals import freeze, settle
from mooring_sandbox.shopify.merchant.customers import count_purchases
from mooring_sandbox.shopify.merchant.desk import Desk, Doc, Ref, act, full_id, retagged
from mooring_sandbox.shopify.merchant.stock import restock

Line = Mapping[str, Any]
"""{"variant": ref} or {"title": ..., "price": "9.90"}, and a "quantity"."""

_REASONS = ("CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "OTHER", "STAFF")


@act
def create_order(
    desk: Desk, lines: Iterable[Line], customer: Ref | None = None, email: str | None = None, shipping: str = "0",
    discount_code: str | None = None, discount_percent: int = 0, tip: str = "0", paid: bool = True,
    gateway: str = "shopify_payments", tags: Iterable[str] = (), note: str | None = None, test: bool = False,
    source: str = "web", presentment_currency: str | None = None, rate: str = "1",
) -> Doc:  # fmt: skip
    """An order placed now, paid or not. `rate` is presentment money per unit of the shop's."""
    shop, buyer = desk.shop, desk.find("Customer", customer) if customer is not None else None
    exchange = Exchange(shop["currencyCode"], presentment_currency, rate)
    rows = [_row(desk, line, exchange) for line in lines]
    if not rows:
        raise ValueError("an order has at least one line")
    doc = _head(desk, exchange, buyer, email, sorted(set(tags)), note, test, source)
    if discount_percent:
        _discount(doc, rows, discount_code, discount_percent, exchange)
    doc["lineItems"] = [row.doc for row in rows]
    doc["requiresShipping"] = any(row.doc["requiresShipping"] for row in rows)
    price = exchange.shop.minors[shipping]
    freight = [basket.shipping_row(desk.mint, "Standard", "standard", price, [], exchange)] if price else []
    doc["shippingLines"] = [row.doc for row in freight]
    basket.levy(doc, shop["shopAddress"]["countryCodeV2"], rows, freight, exchange)
    doc["totalTipReceivedSet"] = exchange.bag(exchange.shop.minors[tip])
    settle(doc)
    if paid:
        _receive(desk, doc, gateway)
    _keep(desk, doc, "ORDERS_CREATE", *(["ORDERS_PAID"] if paid else []))
    return doc


def _head(
    desk: Desk, exchange: Exchange, buyer: Doc | None, email: str | None, tags: list[str], note: str | None,
    test: bool, source: str,
) -> Doc:  # fmt: skip
    now, id_ = desk.now, desk.mint("Order")
    number = _next_number(desk)
    address = _address(desk, buyer)
    return {
        "id": id_, "name": f"#{number}", "number": number, "createdAt": now, "updatedAt": now, "processedAt": now,
        "confirmed": True, "closed": False, "email": email or (buyer and buyer["email"]),
        "phone": buyer and buyer["phone"], "customerId": buyer and buyer["id"],
        "currencyCode": exchange.shop.code, "presentmentCurrencyCode": exchange.presentment.code,
        "taxesIncluded": desk.shop["taxesIncluded"], "taxExempt": bool(buyer and buyer["taxExempt"]), "test": test,
        "edited": False, "sourceName": source, "customerLocale": buyer["locale"] if buyer else None, "note": note,
        "tags": tags, "customAttributes": [], "returnStatus": "NO_RETURN",
        "displayFulfillmentStatus": "UNFULFILLED", "billingAddress": address, "shippingAddress": address,
        "transactions": [], "refunds": [], "fulfillments": [], "discountApplications": [], "discountCodes": [],
        "discountCode": None, "paymentGatewayNames": [],
    }  # fmt: skip


def _next_number(desk: Desk) -> int:
    """Orders are numbered on from the highest number there is when the merchant writes the first."""
    name = f"{desk.shop_id}:order number"
    if not desk.state.db.execute("SELECT 1 FROM sequence WHERE name = ?", (name,)).fetchone():
        highest = desk.state.db.execute(
            "SELECT max(CAST(doc AS TEXT) ->> '$.number') FROM record WHERE shop_id = ? AND type = 'Order'",
            (desk.shop_id,),
        ).fetchone()[0]
        return desk.state.next_id(name, max(1000, highest or 0) + 1)
    return desk.state.next_id(name)


def _address(desk: Desk, buyer: Doc | None) -> Doc | None:
    """A copy of the customer's default address, under an id of its own."""
    found = next((a for a in buyer["addressesV2"] if a["id"] == buyer["defaultAddressId"]), None) if buyer else None
    return {**found, "id": desk.mint("MailingAddress")} if found else None


def _row(desk: Desk, line: Line, exchange: Exchange) -> basket.Row:
    quantity = int(line.get("quantity", 1))
    if quantity < 1:
        raise ValueError("a line has a quantity of at least 1")
    return basket.row_of(desk.mint, _ware(desk, line), quantity, exchange)


def _ware(desk: Desk, line: Line) -> basket.Ware:
    if "variant" not in line:
        price = currency(desk.shop["currencyCode"]).minors[str(line["price"])]
        return basket.Ware(None, None, line["title"], None, line.get("sku"), None, price, 0, False, False, True, False)
    variant = desk.find("ProductVariant", line["variant"])
    product, item = desk.find("Product", variant["productId"]), desk.find("InventoryItem", variant["inventoryItemId"])
    title = None if variant["title"] == "Default Title" else variant["title"]
    price = currency(desk.shop["currencyCode"]).minors[str(line.get("price", variant["price"]))]
    grams = _grams(item["measurement"]["weight"])
    return basket.Ware(product["id"], variant["id"], product["title"], title, variant["sku"], product["vendor"], price,
                       grams, item["requiresShipping"], product["isGiftCard"], variant["taxable"],
                       product["productType"] in REDUCED_TYPES)  # fmt: skip


_GRAMS = {"GRAMS": 1, "KILOGRAMS": 1000, "POUNDS": 453.59237, "OUNCES": 28.349523125}


def _grams(weight: Doc) -> int:
    return round(weight["value"] * _GRAMS[weight["unit"]])


def _discount(doc: Doc, rows: list[basket.Row], code: str | None, percent: int, exchange: Exchange) -> None:
    if not 0 < percent <= 100:
        raise ValueError("a discount takes 1 to 100 per cent")
    kind, name = ("DiscountCode", code) if code else ("Manual", "Discount")
    doc["discountApplications"] = [discounts.application(0, kind, name, discounts.percentage(percent))]
    doc["discountCodes"], doc["discountCode"] = [code] if code else [], code
    discounts.percent_of(rows, 0, percent, exchange)


def _receive(desk: Desk, doc: Doc, gateway: str) -> None:
    """Take in what is outstanding: a capture where the money is held, else a sale."""
    due = total(doc, "totalOutstanding")
    if due == (0, 0):
        return
    held = next((t for t in doc["transactions"] if t["kind"] == "AUTHORIZATION" and t["status"] == "SUCCESS"), None)
    capture = held is not None and total(doc, "totalCapturable") != (0, 0)
    kind, through = ("CAPTURE", held["gateway"]) if held and capture else ("SALE", gateway)
    if capture:
        limit = total(doc, "totalCapturable")
        due = Sides(min(due.shop, limit.shop), min(due.presentment, limit.presentment))
    parent = held["id"] if held and capture else None
    taken = transaction(desk.mint, doc, kind, through, due, desk.now, parent=parent)
    doc["transactions"].append(taken)
    doc["paymentGatewayNames"] = list(dict.fromkeys([*doc["paymentGatewayNames"], through]))
    desk.tell("ORDER_TRANSACTIONS_CREATE", taken["id"], {**taken, "orderId": doc["id"]})
    settle(doc)


def _keep(desk: Desk, doc: Doc, *topics: str) -> Doc:
    """Put an order back, its inner nodes findable, its customer's sums right."""
    desk.keep("Order", doc, *topics)
    desk.embed(doc, "lineItems", "transactions", "fulfillments", "refunds")
    count_purchases(desk, doc["customerId"])
    return doc


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
    rows = [_row(desk, line, exchange) for line in add]
    doc["lineItems"] += [row.doc for row in rows]
    basket.levy(doc, shop["shopAddress"]["countryCodeV2"], rows, [], exchange)
    doc["edited"] = True
    settle(doc)
    if remove:
        units = {full_id("LineItem", line): int(count) for line, count in remove.items()}
        _tell_refund(desk, doc, refunds.take_back(desk.mint, doc, units, desk.now, restock="CANCEL"))
    doc["displayFulfillmentStatus"] = fulfilment.status(doc)
    return _keep(desk, doc, "ORDERS_EDITED", "ORDERS_UPDATED")


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
    _receive(desk, doc, gateway)
    return _keep(desk, doc, "ORDERS_PAID", "ORDERS_UPDATED")


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
    return _keep(desk, doc, "ORDERS_FULFILLED" if done else "ORDERS_PARTIALLY_FULFILLED", "ORDERS_UPDATED")


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
    return _keep(desk, doc, "ORDERS_UPDATED")


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
    return _keep(desk, doc, "ORDERS_CANCELLED", "ORDERS_UPDATED")


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
