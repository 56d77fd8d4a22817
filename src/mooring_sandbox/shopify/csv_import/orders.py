"""Shopify's order export: one row per line item, the order's own columns on its first row.

The export tells sums, not their parts: what it leaves open is filled so that the order adds up to what it says. What
the lines cost beyond `Subtotal` is a discount, of the lines that tell one, else spread over all; what `Total` has
beyond subtotal, shipping, taxes and duties is a tip; taxes are given to the lines that their rates fit, else to all in
proportion (marked `$coarseTaxes`); a part paid back is a refund of a plain amount, because the export does not say of
what.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from mooring_sandbox.shopify.catalogue.basket import Row as Line
from mooring_sandbox.shopify.catalogue.discounts import application, fixed, spread
from mooring_sandbox.shopify.catalogue.mint import Mint
from mooring_sandbox.shopify.catalogue.money import Exchange
from mooring_sandbox.shopify.catalogue.totals import settle
from mooring_sandbox.shopify.csv_import.addresses import address
from mooring_sandbox.shopify.csv_import.customers import phone, record_id
from mooring_sandbox.shopify.csv_import.history import live
from mooring_sandbox.shopify.csv_import.links import Links
from mooring_sandbox.shopify.csv_import.reading import Row, Table
from mooring_sandbox.shopify.csv_import.taxes import levy

Doc = dict[str, Any]

REQUIRED = ("Name", "Currency", "Total", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price")


class Told(NamedTuple):
    """The sums of an order as the export tells them, in minor units."""

    subtotal: int
    shipping: int
    taxes: int
    duties: int
    total: int


def orders(table: Table, mint: Mint, links: Links, location: str, status_page: str) -> Iterator[Doc]:
    """Every order of the file. Rows of one order stand together and share the name."""
    first_seen: dict[str, int] = {}
    for name, group in groupby(table.rows(), key=lambda row: row.text("Name")):
        rows = list(group)
        if _good_name(rows[0], name, first_seen, links):
            before = len(table.errors)
            order = _order(rows, mint, links, location, f"{status_page}/{rows[0].number}")
            if len(table.errors) == before and order:
                yield order


def _good_name(row: Row, name: str | None, first_seen: dict[str, int], links: Links) -> bool:
    if name is None:
        row.wrong("Name", "the name of an order, such as #1001")
    elif name in first_seen:
        row.wrong(
            "Name", f"a name not used before; {name!r} began in row {first_seen[name]}, its rows must stand together"
        )
    elif name in links.order_names:
        row.wrong("Name", "an order that the shop does not have yet")
    else:
        first_seen[name] = row.number
        return True
    return False


def _order(rows: list[Row], mint: Mint, links: Links, location: str, status_page: str) -> Doc | None:
    head = rows[0]
    exchange = Exchange(_currency(head))
    lines = [line for row in rows if (line := _line(row, exchange, mint, links))]
    if not lines:
        head.wrong("Lineitem name", "at least one line item")
        return None
    order = _head(head, mint, links, exchange, status_page)
    gross = sum(line.gross for line in lines)
    told = _told(head, exchange.shop.code, gross)
    if not head.table.wrong_since(head.number):
        _refuse_bad_sums(head, told, gross)
    _discount(head, order, lines, _own_discounts(rows, lines, exchange), told, exchange)
    order["lineItems"] = [line.doc for line in lines]
    freight = _shipping(head, order, told, exchange, mint)
    _reconcile(order, told, exchange)
    levy(head, lines, freight, told.taxes, exchange, included=order["taxesIncluded"])
    settle(order)
    live(head, rows, order, mint, location)
    return order


def _currency(row: Row) -> str:
    told = (row.text("Currency") or "").upper()
    if len(told) == 3 and told.isascii() and told.isalpha():
        return told
    row.wrong("Currency", "a currency code such as EUR")
    return "USD"


def _head(row: Row, mint: Mint, links: Links, exchange: Exchange, status_page: str) -> Doc:
    email, created = (row.text("Email") or "").lower() or None, row.moment("Created at") or "1970-01-01T00:00:00Z"
    if row.text("Created at") is None:
        row.wrong("Created at", "a date such as 2026-05-01 10:30:00 +0200")
    name = row.text("Name") or ""
    digits = "".join(c for c in name if c.isascii() and c.isdigit())
    billing, shipping = address(row, "Billing", mint), address(row, "Shipping", mint)
    return {
        "id": record_id(row, "Id", "Order", mint), "name": name, "number": int(digits[:9] or 0),
        "createdAt": created, "updatedAt": created, "processedAt": created, "confirmed": True, "closed": False,
        "email": email, "phone": phone(row, "Phone"), "customerId": links.customers.get(email or ""),
        "currencyCode": exchange.shop.code, "presentmentCurrencyCode": exchange.shop.code, "taxesIncluded": False,
        "taxExempt": False, "test": False, "edited": False, "sourceName": row.text("Source") or "web",
        "customerAcceptsMarketing": row.flag("Accepts Marketing"), "statusPageUrl": status_page,
        "note": row.text("Notes"), "tags": sorted(row.listed("Tags")), "customAttributes": _attributes(row),
        "returnStatus": "NO_RETURN", "displayFulfillmentStatus": "UNFULFILLED", "billingAddress": billing,
        "shippingAddress": shipping, "billingAddressMatchesShippingAddress": _same(billing, shipping),
        "shippingLines": [], "transactions": [], "refunds": [], "fulfillments": [], "discountApplications": [],
        "discountCodes": [], "discountCode": None, "paymentGatewayNames": [], "$coarseTaxes": True,
    }  # fmt: skip


def _same(one: Doc | None, other: Doc | None) -> bool:
    return one is not None and other is not None and {**one, "id": 0} == {**other, "id": 0}


def _attributes(row: Row) -> list[Doc]:
    """Note attributes, one "key: value" per line."""
    pairs = (line.partition(":") for line in row.raw("Note Attributes").splitlines() if line.strip())
    return [{"key": key.strip(), "value": value.strip()} for key, _, value in pairs]


def _line(row: Row, exchange: Exchange, mint: Mint, links: Links) -> Line | None:
    name = row.text("Lineitem name")
    if name is None:
        return None
    quantity = row.whole("Lineitem quantity", 1, least=1)
    unit = row.money("Lineitem price", exchange.shop.code)
    if unit is None and not row.text("Lineitem price"):
        row.wrong("Lineitem price", "an amount such as 12.50")
    sku = row.code("Lineitem sku")
    ware = links.ware(sku, name)
    doc: Doc = {
        "id": mint("LineItem"), "title": ware.title if ware else name, "name": name, "sku": sku,
        "variantTitle": ware.variant_title if ware else None, "vendor": row.text("Vendor"),
        "productId": ware.product if ware else None, "variantId": ware.variant if ware else None,
        "quantity": quantity, "currentQuantity": quantity, "isGiftCard": ware.gift if ware else False,
        "requiresShipping": row.flag("Lineitem requires shipping", True),
        "taxable": row.flag("Lineitem taxable", True), "originalUnitPriceSet": exchange.bag(unit or 0),
        "discountAllocations": [], "taxLines": [], "customAttributes": [],
    }  # fmt: skip
    gross = (unit or 0) * quantity
    return Line(doc, gross, gross, taxable=doc["taxable"], reduced=False)


def _told(row: Row, code: str, gross: int) -> Told:
    """An export without a subtotal (older ones leave it out on some rows) means the lines' price."""
    total, discount = row.money("Total", code), row.money("Discount Amount", code) or 0
    if total is None and not row.text("Total"):
        row.wrong("Total", "an amount such as 12.50")
    subtotal = row.money("Subtotal", code)
    return Told(
        max(0, gross - discount) if subtotal is None else subtotal, row.money("Shipping", code) or 0,
        row.money("Taxes", code) or 0, row.money("Duties", code) or 0, total or 0,
    )  # fmt: skip


def _refuse_bad_sums(row: Row, told: Told, gross: int) -> None:
    if told.subtotal > gross:
        row.wrong("Subtotal", "no more than the order's lines cost")
    elif told.total < told.subtotal + told.shipping + told.duties:
        row.wrong("Total", "at least Subtotal + Shipping + Duties")


def _own_discounts(rows: list[Row], lines: list[Line], exchange: Exchange) -> list[int]:
    """What each line says was taken off it alone; nothing where that is more than the line costs."""
    told = [row.money("Lineitem discount", exchange.shop.code) or 0 for row in rows if row.text("Lineitem name")]
    return [own if own <= line.gross else 0 for own, line in zip(told, lines, strict=True)]


def _discount(row: Row, order: Doc, lines: list[Line], own: list[int], told: Told, exchange: Exchange) -> None:
    """What the lines cost beyond the subtotal: taken off the lines that say so, the rest spread over all of them."""
    off = sum(line.gross for line in lines) - told.subtotal
    if off <= 0:
        return
    own_sum = sum(own) if sum(own) <= off else 0
    applications: list[Doc] = []
    if own_sum:
        applications.append(application(0, "Manual", "Discount", fixed(exchange, own_sum), method="EACH",
                                        selection="EXPLICIT"))  # fmt: skip
        for line, amount in zip(lines, own, strict=True):
            line.take(0, amount, exchange)
    if off > own_sum:
        code, index = row.text("Discount Code"), len(applications)
        kind, name = ("DiscountCode", code) if code else ("Manual", "Discount")
        applications.append(application(index, kind, name, fixed(exchange, off - own_sum)))
        order["discountCodes"], order["discountCode"] = [code] if code else [], code
        spread(lines, index, off - own_sum, exchange)
    order["discountApplications"] = applications


def _shipping(row: Row, order: Doc, told: Told, exchange: Exchange, mint: Mint) -> list[Line]:
    title = row.text("Shipping Method")
    if not title and not told.shipping:
        return []
    price = exchange.bag(told.shipping)
    doc: Doc = {
        "id": mint("ShippingLine"), "title": title or "Shipping", "code": title, "source": "shopify", "custom": False,
        "isRemoved": False, "carrierIdentifier": None, "deliveryCategory": "shipping", "originalPriceSet": price,
        "discountAllocations": [], "taxLines": [], "discountedPriceSet": price, "currentDiscountedPriceSet": price,
    }  # fmt: skip
    order["shippingLines"] = [doc]
    return [Line(doc, told.shipping, told.shipping, taxable=True, reduced=False)]


def _reconcile(order: Doc, told: Told, exchange: Exchange) -> None:
    """Taxes are in the prices if the total says so; what is left of it then is a tip."""
    rest = told.total - told.subtotal - told.shipping - told.duties
    order["taxesIncluded"] = told.taxes > 0 and rest < told.taxes
    tip = rest if order["taxesIncluded"] else rest - told.taxes
    order["totalTipReceivedSet"] = exchange.bag(max(0, tip))
    if told.duties:
        order["originalTotalDutiesSet"] = order["currentTotalDutiesSet"] = exchange.bag(told.duties)
