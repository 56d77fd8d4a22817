"""How a merchant's order comes about: from lines to a settled order, paid or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mooring_sandbox.shopify.catalogue import basket, discounts
from mooring_sandbox.shopify.catalogue.money import Exchange, currency
from mooring_sandbox.shopify.catalogue.payments import Sides, total, transaction
from mooring_sandbox.shopify.catalogue.taxes import REDUCED_TYPES
from mooring_sandbox.shopify.catalogue.totals import settle
from mooring_sandbox.shopify.merchant.customers import count_purchases
from mooring_sandbox.shopify.merchant.desk import Desk, Doc, Ref, act

Line = Mapping[str, Any]
"""{"variant": ref} or {"title": ..., "price": "9.90"}, and a "quantity"."""


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
    rows = [line_row(desk, line, exchange) for line in lines]
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
        receive(desk, doc, gateway)
    keep(desk, doc, "ORDERS_CREATE", *(["ORDERS_PAID"] if paid else []))
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


def line_row(desk: Desk, line: Line, exchange: Exchange) -> basket.Row:
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


def receive(desk: Desk, doc: Doc, gateway: str) -> None:
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


def keep(desk: Desk, doc: Doc, *topics: str) -> Doc:
    """Put an order back, its inner nodes findable, its customer's sums right."""
    desk.keep("Order", doc, *topics)
    desk.embed(doc, "lineItems", "transactions", "fulfillments", "refunds")
    count_purchases(desk, doc["customerId"])
    return doc
