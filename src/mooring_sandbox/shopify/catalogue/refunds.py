"""Taking things out of an order: refunds of units, shipping or plain amounts, cancellations, removals by an edit.

All of them leave a Refund behind, as at Shopify: an edit that removes units of an unpaid order leaves one without
transactions. `currentQuantity` falls by what went back. Amounts are shares of what the line really cost, so several
partial refunds add up to the whole line to the cent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mooring_sandbox.shopify.catalogue.fulfilment import status
from mooring_sandbox.shopify.catalogue.mint import Mint
from mooring_sandbox.shopify.catalogue.money import share
from mooring_sandbox.shopify.catalogue.payments import Sides, bag, pay_back, sides, total, transaction
from mooring_sandbox.shopify.catalogue.totals import settle

Doc = dict[str, Any]

_NONE = Sides(0, 0)


def take_back(
    mint: Mint,
    order: Doc,
    units: Mapping[str, int],
    at: str,
    *,
    shipping: bool = False,
    fee: int = 0,
    tip: bool = False,
    clean: bool = False,
    restock: str = "RETURN",
    note: str | None = None,
    location: str | None = None,
    money: bool = True,
) -> Doc:
    """Add a refund of `units` (line id -> how many) to a settled order and settle it again; returns the refund.

    `fee` (shop minor units) is kept back, with `tip` tip and duties go too: both show as an order adjustment. What
    has been received beyond the new total goes back, so nothing moves for an unpaid order; without `money` nothing
    ever does. `clean` leaves nothing else of the order's cost: earlier fees and adjustments are undone.
    """
    refund: Doc = {
        "id": mint("Refund"), "createdAt": at, "processedAt": at, "updatedAt": at, "note": note,
        "refundLineItems": [_unit_line(mint, order, line, units[line["id"]], restock, location)
                            for line in order["lineItems"] if units.get(line["id"])],
        "refundShippingLines": _shipping_lines(mint, order) if shipping else [],
        "orderAdjustments": [], "transactions": [],
    }  # fmt: skip
    order["refunds"].append(refund)
    settle(order)
    change = _cleaning(order, fee) if clean else _change(order, refund, fee, tip=tip)
    if change != (0, 0):
        refund["orderAdjustments"] = [_adjustment(mint, order, change)]
        settle(order)
    excess = _excess(order) if money else Sides(0, 0)
    refund["transactions"] = pay_back(mint, order, excess, at)
    order["transactions"].extend(refund["transactions"])
    refund["totalRefundedSet"] = bag(order, excess)
    order["displayFulfillmentStatus"] = status(order)
    settle(order)
    return refund


def _change(order: Doc, refund: Doc, fee: int, *, tip: bool) -> Sides:
    """How much less than the goods are worth goes back: a fee is kept; tip and duties go on top, so less than zero.

    What was given back before as a plain amount is not given back again: the order never costs less than nothing.
    """
    due = _due(order, refund)
    kept = _kept(order, due, fee)
    extra = [total(order, name) for name in ("totalTipReceived", "currentTotalDuties")] if tip else []
    change = Sides(kept.shop - sum(e.shop for e in extra), kept.presentment - sum(e.presentment for e in extra))
    left = total(order, "currentTotalPrice")
    return Sides(max(change.shop, -left.shop), max(change.presentment, -left.presentment))


def _kept(order: Doc, due: Sides, fee: int) -> Sides:
    """A fee is no more than what it is kept back from; all of it on one side is all of it on the other."""
    if fee >= due.shop:
        return due if due.shop else _NONE
    return Sides(fee, min(_presented(order, fee), due.presentment))


def _cleaning(order: Doc, fee: int) -> Sides:
    left = total(order, "currentTotalPrice")
    return Sides(fee - left.shop, _presented(order, fee) - left.presentment)


def _excess(order: Doc) -> Sides:
    """What has been received beyond what the order now costs."""
    outstanding = total(order, "totalOutstanding")
    return Sides(max(0, -outstanding.shop), max(0, -outstanding.presentment))


def give_back(mint: Mint, order: Doc, amount: Sides, at: str, note: str | None = None) -> Doc:
    """Refund a plain amount: no units go back, so the whole of it is an adjustment."""
    refund: Doc = {
        "id": mint("Refund"), "createdAt": at, "processedAt": at, "updatedAt": at, "note": note, "refundLineItems": [],
        "refundShippingLines": [], "transactions": pay_back(mint, order, amount, at),
        "orderAdjustments": [_adjustment(mint, order, Sides(-amount.shop, -amount.presentment))],
        "totalRefundedSet": bag(order, amount),
    }  # fmt: skip
    order["refunds"].append(refund)
    order["transactions"].extend(refund["transactions"])
    settle(order)
    return refund


def cancel(mint: Mint, doc: Doc, at: str, reason: str, location: str, *, refund: bool = True, fee: int = 0) -> None:
    """Cancel a settled order: everything goes out of it, what was paid (less a fee) goes back, what was held is let go.

    Without `refund` nothing is paid back: the shop then owes it, so the outstanding amount is negative.
    """
    doc["cancelledAt"], doc["cancelReason"] = at, reason
    held = total(doc, "totalCapturable")
    if held != (0, 0):
        parent = next(t for t in doc["transactions"] if t["kind"] == "AUTHORIZATION" and t["status"] == "SUCCESS")
        doc["transactions"].append(transaction(mint, doc, "VOID", parent["gateway"], held, at, parent=parent["id"]))
    units = everything(doc)
    if units or total(doc, "currentTotalPrice") != (0, 0):
        take_back(mint, doc, units, at, shipping=True, clean=True, restock="CANCEL", location=location,
                  money=refund, fee=fee)  # fmt: skip
    settle(doc)


def everything(order: Doc) -> dict[str, int]:
    """All units that are still in the order."""
    return {line["id"]: line["currentQuantity"] for line in order["lineItems"] if line["currentQuantity"]}


def line_net(line: Doc) -> Sides:
    """What a line costs after all its discounts, on both sides."""
    unit = sides(line["originalUnitPriceSet"])
    shop, presentment = unit.shop * line["quantity"], unit.presentment * line["quantity"]
    for allocation in line["discountAllocations"]:
        off = sides(allocation["allocatedAmountSet"])
        shop, presentment = shop - off.shop, presentment - off.presentment
    return Sides(shop, presentment)


def _unit_line(mint: Mint, order: Doc, line: Doc, count: int, restock: str, location: str | None) -> Doc:
    whole, gone = line["quantity"], line["quantity"] - line["currentQuantity"]
    if count > line["currentQuantity"]:
        raise ValueError(f"only {line['currentQuantity']} of {line['name']} are left in order {order['name']}")
    net, taxed = line_net(line), [sides(tax["priceSet"]) for tax in line["taxLines"]]
    line["currentQuantity"] -= count
    return {
        "id": mint("RefundLineItem"), "lineItemId": line["id"], "quantity": count, "restockType": restock,
        "restocked": restock in {"RETURN", "CANCEL"}, "locationId": location if restock != "NO_RESTOCK" else None,
        "priceSet": bag(order, Sides(net.shop // whole, net.presentment // whole)),
        "subtotalSet": bag(order, Sides(*(share(side, count, whole, gone) for side in net))),
        "totalTaxSet": bag(order, Sides(sum(share(t.shop, count, whole, gone) for t in taxed),
                                        sum(share(t.presentment, count, whole, gone) for t in taxed))),
    }  # fmt: skip


def _shipping_lines(mint: Mint, order: Doc) -> list[Doc]:
    """What is left of the shipping, whole."""
    done = {line["shippingLineId"] for refund in order["refunds"] for line in refund["refundShippingLines"]}
    lines = []
    for line in order["shippingLines"]:
        if line["id"] not in done and sides(line["discountedPriceSet"]) != (0, 0):
            taxed = [sides(tax["priceSet"]) for tax in line["taxLines"]]
            lines.append({
                "id": mint("RefundShippingLine"), "shippingLineId": line["id"],
                "subtotalAmountSet": line["discountedPriceSet"],
                "taxAmountSet": bag(order, Sides(sum(t.shop for t in taxed), sum(t.presentment for t in taxed))),
            })  # fmt: skip
            line["currentDiscountedPriceSet"] = bag(order, Sides(0, 0))
    return lines


def _due(order: Doc, refund: Doc) -> Sides:
    """What the goods and shipping of a refund are worth, taxes on top where they are not included."""
    bags = [line["subtotalSet"] for line in refund["refundLineItems"]]
    bags += [line["subtotalAmountSet"] for line in refund["refundShippingLines"]]
    if not order["taxesIncluded"]:
        bags += [line["totalTaxSet"] for line in refund["refundLineItems"]]
        bags += [line["taxAmountSet"] for line in refund["refundShippingLines"]]
    parts = [sides(each) for each in bags]
    return Sides(sum(part.shop for part in parts), sum(part.presentment for part in parts))


def _presented(order: Doc, amount: int) -> int:
    """A shop amount at the order's own rate of exchange."""
    whole = total(order, "totalPrice")
    return amount * whole.presentment // whole.shop if whole.shop else amount


def _adjustment(mint: Mint, order: Doc, amount: Sides) -> Doc:
    return {"id": mint("OrderAdjustment"), "amountSet": bag(order, amount), "taxAmountSet": bag(order, Sides(0, 0)),
            "reason": "REFUND_DISCREPANCY"}  # fmt: skip
