"""What an order adds up to: every total follows from its lines, shipping, taxes, refunds and transactions.

One function, `settle`, writes them all, for the catalogue, the CSV import and the merchant alike. Each side of the
money bags is added up on its own, in whole minor units, so that both are exact to the cent. As at Shopify:

- `total…` is before returns and edits that remove, `current…` after them, `original…` at creation;
- `subtotal…` has all discounts taken off; it holds the tax when taxes are included; tips and shipping are not in it;
- `totalShippingPrice` is before shipping discounts, `currentShippingPrice` after discounts and refunds;
- `totalDiscounts` counts discounts on lines and on shipping;
- a refund's adjustments are what the goods would have brought back less what was really paid back.

Most orders are never edited or refunded, so what says nothing new is left out: a `current…` or `original…` amount
that is the first one, and the totals in `SILENT` when they are zero. `read` knows what an absent total means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mooring_sandbox.shopify.catalogue.money import Bag, currency, share

Doc = dict[str, Any]
Sums = dict[str, int]
Minors = dict[str, int]

FIRST = {
    "originalTotalPrice": "totalPrice", "currentTotalPrice": "totalPrice", "currentSubtotalPrice": "subtotalPrice",
    "currentTotalTax": "totalTax", "currentTotalDiscounts": "totalDiscounts",
    "currentShippingPrice": "totalShippingPrice", "currentCartDiscountAmount": "cartDiscountAmount",
}  # fmt: skip
"""What an amount is as long as nothing else is said."""

SILENT = (
    "totalTipReceived", "totalReceived", "totalRefunded", "netPayment", "totalOutstanding", "totalCapturable",
    "totalRefundedShipping", "refundDiscrepancy",
)  # fmt: skip
"""What is zero as long as nothing else is said."""

_NOTHING = "nothing"
_WRITTEN = tuple(
    (name, f"{name}Set", _NOTHING if name in SILENT else FIRST.get(name))
    for name in ("subtotalPrice", "totalPrice", "totalTax", "totalDiscounts", "totalShippingPrice",
                 "cartDiscountAmount", *SILENT, *(name for name in FIRST if name != "originalTotalPrice"))
)  # fmt: skip
"""Each total with its field and what it need not repeat."""

_DUTIES = "originalTotalDutiesSet"


def settle(order: Doc) -> Doc:
    """Write every total and the status that follow from the order's parts; returns the same order."""
    shop, presentment = order["currencyCode"], order["presentmentCurrencyCode"]
    here = sums(order, "shopMoney", shop)
    same, bags = shop == presentment, currency(shop).bags
    there = here if same else sums(order, "presentmentMoney", presentment)
    for name, field, first in _WRITTEN:
        amount, other = here[name], there[name]
        if first and amount == here[first] and other == there[first]:
            order.pop(field, None)
        else:
            order[field] = bags[amount] if same else _bag(amount, other, shop, presentment)
    _write_taxes(order, shop, presentment)
    order["displayFinancialStatus"] = financial_status(order, here)
    order["fullyPaid"] = here["totalPrice"] <= here["totalReceived"]
    order["unpaid"] = here["totalReceived"] == 0 < here["totalPrice"]
    order["subtotalLineItemsQuantity"] = sum(line["quantity"] for line in order["lineItems"])
    order["currentSubtotalLineItemsQuantity"] = sum(line["currentQuantity"] for line in order["lineItems"])
    return order


def read(order: Doc, name: str) -> Bag | None:
    """The bag of a settled order's total, told or not; None is zero."""
    return order.get(f"{name}Set") or (order.get(f"{FIRST[name]}Set") if name in FIRST else None)


def freeze(order: Doc) -> None:
    """Before an edit that adds: from now on the original total is a thing of its own."""
    order.setdefault("originalTotalPriceSet", order["totalPriceSet"])


def _bag(shop: int, presentment: int, shop_code: str, presentment_code: str) -> Bag:
    if shop_code == presentment_code:
        return currency(shop_code).bags[shop]
    return {
        "shopMoney": currency(shop_code).moneys[shop],
        "presentmentMoney": currency(presentment_code).moneys[presentment],
    }


def sums(order: Doc, side: str, code: str) -> Sums:
    """All totals on one side, in minor units."""
    minors = currency(code).minors
    goods, freight, back = _goods(order, side, minors), _freight(order, side, minors), _returned(order, side, minors)
    tip, duties = (minors[order[f][side]["amount"]] if f in order else 0 for f in ("totalTipReceivedSet", _DUTIES))
    on_top = 0 if order["taxesIncluded"] else 1
    subtotal, tax = goods["gross"] - goods["off"], goods["tax"] + freight["tax"]
    shipping = freight["gross"] - freight["off"]
    left_goods, left_shipping, left_tax = subtotal - back["goods"], shipping - back["shipping"], tax - back["tax"]
    current = left_goods + left_shipping + on_top * left_tax + tip + duties + back["adjustments"]
    paid, any_left = _paid(order, side, minors), goods["left"] > 0
    return {
        _NOTHING: 0, "subtotalPrice": subtotal, "totalTax": tax,
        "totalPrice": subtotal + shipping + on_top * tax + tip + duties,
        "totalDiscounts": goods["off"] + freight["off"], "totalShippingPrice": freight["gross"],
        "totalTipReceived": tip, "cartDiscountAmount": goods["cart"],
        "currentSubtotalPrice": left_goods, "currentTotalPrice": current, "currentTotalTax": left_tax,
        "currentTotalDiscounts": goods["current"] - left_goods + (freight["off"] if any_left else 0),
        "currentShippingPrice": left_shipping, "currentCartDiscountAmount": goods["cart"] if any_left else 0,
        "totalRefundedShipping": back["shipping"], "refundDiscrepancy": back["adjustments"], **paid,
        "totalOutstanding": current - paid["netPayment"],
    }  # fmt: skip


def _goods(order: Doc, side: str, minors: Minors) -> Sums:
    """The lines: their price at ordered and at current quantity, discounts (of these: on the whole cart), tax."""
    applications = order["discountApplications"]
    gross = off = cart = tax = current = left = 0
    for line in order["lineItems"]:
        unit = minors[line["originalUnitPriceSet"][side]["amount"]]
        gross += unit * line["quantity"]
        left += line["currentQuantity"]
        current += unit * line["currentQuantity"]
        for allocation in line["discountAllocations"]:
            amount = minors[allocation["allocatedAmountSet"][side]["amount"]]
            off += amount
            if applications[allocation["discountApplicationIndex"]]["allocationMethod"] == "ACROSS":
                cart += amount
        for taxed in line["taxLines"]:
            tax += minors[taxed["priceSet"][side]["amount"]]
    return {"gross": gross, "off": off, "cart": cart, "tax": tax, "current": current, "left": left}


def _freight(order: Doc, side: str, minors: Minors) -> Sums:
    gross = off = tax = 0
    for line in order["shippingLines"]:
        gross += minors[line["originalPriceSet"][side]["amount"]]
        for allocation in line["discountAllocations"]:
            off += minors[allocation["allocatedAmountSet"][side]["amount"]]
        for taxed in line["taxLines"]:
            tax += minors[taxed["priceSet"][side]["amount"]]
    return {"gross": gross, "off": off, "tax": tax}


def _returned(order: Doc, side: str, minors: Minors) -> Sums:
    """What refunds (and edits that remove) took out of the order again."""
    goods = shipping = tax = adjustments = 0
    for refund in order["refunds"]:
        for line in refund["refundLineItems"]:
            goods += minors[line["subtotalSet"][side]["amount"]]
            tax += minors[line["totalTaxSet"][side]["amount"]]
        for line in refund["refundShippingLines"]:
            shipping += minors[line["subtotalAmountSet"][side]["amount"]]
            tax += minors[line["taxAmountSet"][side]["amount"]]
        for adjustment in refund["orderAdjustments"]:
            adjustments += minors[adjustment["amountSet"][side]["amount"]]
            adjustments += minors[adjustment["taxAmountSet"][side]["amount"]]
    return {"goods": goods, "shipping": shipping, "tax": tax, "adjustments": adjustments}


def _paid(order: Doc, side: str, minors: Minors) -> Sums:
    by_kind: Sums = {}
    for transaction in order["transactions"]:
        if transaction["status"] == "SUCCESS":
            kind = transaction["kind"]
            by_kind[kind] = by_kind.get(kind, 0) + minors[transaction["amountSet"][side]["amount"]]
    captured, refunded = by_kind.get("CAPTURE", 0), by_kind.get("REFUND", 0)
    received = by_kind.get("SALE", 0) + captured
    held = by_kind.get("AUTHORIZATION", 0) - captured - by_kind.get("VOID", 0)
    return {"totalReceived": received, "totalRefunded": refunded, "netPayment": received - refunded,
            "totalCapturable": max(0, held)}  # fmt: skip


def financial_status(order: Doc, here: Sums) -> str:
    received, refunded = here["totalReceived"], here["totalRefunded"]
    if not received:
        return _unpaid_status(order, here)
    if refunded:
        return "REFUNDED" if refunded >= received and here["totalOutstanding"] <= 0 else "PARTIALLY_REFUNDED"
    return "PAID" if here["totalOutstanding"] <= 0 else "PARTIALLY_PAID"


def _unpaid_status(order: Doc, here: Sums) -> str:
    if here["totalCapturable"]:
        return "AUTHORIZED"
    if any(transaction["kind"] == "VOID" for transaction in order["transactions"]) or order.get("cancelledAt"):
        return "VOIDED"
    return "PENDING" if here["totalPrice"] else "PAID"


def _write_taxes(order: Doc, shop: str, presentment: str) -> None:
    """The order's taxes by title and rate, and after returns if there are any."""
    here = _by_tax(order, "shopMoney", shop)
    there = here if shop == presentment else _by_tax(order, "presentmentMoney", presentment)
    order["taxLines"] = [_tax_line(key, here[key][0], there[key][0], shop, presentment) for key in here]
    order.pop("currentTaxLines", None)
    if any(amount != left for amount, left in (*here.values(), *there.values())):
        order["currentTaxLines"] = [_tax_line(key, here[key][1], there[key][1], shop, presentment) for key in here]


def _tax_line(key: tuple[str, float], here: int, there: int, shop: str, presentment: str) -> Doc:
    title, rate = key
    return {"title": title, "rate": rate, "ratePercentage": round(rate * 100, 6),
            "priceSet": _bag(here, there, shop, presentment)}  # fmt: skip


def _by_tax(order: Doc, side: str, code: str) -> dict[tuple[str, float], tuple[int, int]]:
    minors = currency(code).minors
    found: dict[tuple[str, float], tuple[int, int]] = {}
    for tax, gone, whole in _taxed(order, side, minors):
        amount = minors[tax["priceSet"][side]["amount"]]
        total, left = found.get((tax["title"], tax["rate"]), (0, 0))
        found[tax["title"], tax["rate"]] = (total + amount, left + amount - (share(amount, gone, whole) if gone else 0))
    return found


def _taxed(order: Doc, side: str, minors: Minors) -> Iterator[tuple[Doc, int, int]]:
    """Every tax line with the part of it that has gone back, as a fraction: units of a line, tax of shipping."""
    for line in order["lineItems"]:
        for tax in line["taxLines"]:
            yield tax, line["quantity"] - line["currentQuantity"], line["quantity"]
    back: Sums = {}
    for refund in order["refunds"]:
        for line in refund["refundShippingLines"]:
            gone = minors[line["taxAmountSet"][side]["amount"]]
            back[line["shippingLineId"]] = back.get(line["shippingLineId"], 0) + gone
    for line in order["shippingLines"]:
        whole = sum(minors[tax["priceSet"][side]["amount"]] for tax in line["taxLines"])
        for tax in line["taxLines"]:
            yield tax, back.get(line["id"], 0), whole or 1
