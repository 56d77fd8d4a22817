"""What must hold for every order, whoever made it: told as broken laws, one sentence each.

Written from the meaning of the fields, on exact decimals as they go over the wire, and on purpose without the code
that makes the totals, so that a mistake there shows here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from mooring_sandbox.shopify.catalogue.money import decimals

Doc = dict[str, Any]
Law = Iterator[str]

_SIDES = (("shopMoney", "currencyCode"), ("presentmentMoney", "presentmentCurrencyCode"))
_ZERO = Decimal(0)
_FIRST = {
    "originalTotalPrice": "totalPrice", "currentTotalPrice": "totalPrice", "currentSubtotalPrice": "subtotalPrice",
    "currentTotalTax": "totalTax", "currentTotalDiscounts": "totalDiscounts",
    "currentShippingPrice": "totalShippingPrice", "currentCartDiscountAmount": "cartDiscountAmount",
}  # fmt: skip
"""An amount that is not told is the one before edits and returns; one without such a one is zero."""


def broken(order: Doc) -> list[str]:
    """Every law the order breaks, on both sides of its money; the empty list is a good order."""
    found = [*_quantities(order), *_references(order), *_currencies(order)]
    for side, _ in _SIDES:
        view = _View(order, side)
        for law in (_lines, _totals, _current, _taxes, _refunds, _payments):
            found += [f"{order['name']} {side}: {sentence}" for sentence in law(view)]
    return found


class _View:
    """One side of an order's money."""

    def __init__(self, order: Doc, side: str) -> None:
        self.order, self.side = order, side

    def of(self, bag: Doc | None) -> Decimal:
        return Decimal(bag[self.side]["amount"]) if bag else _ZERO

    def total(self, name: str) -> Decimal:
        first = _FIRST.get(name)
        return self.of(self.order.get(f"{name}Set") or (self.order.get(f"{first}Set") if first else None))

    def allocated(self, line: Doc) -> Decimal:
        return sum((self.of(a["allocatedAmountSet"]) for a in line["discountAllocations"]), _ZERO)

    def taxed(self, lines: list[Doc]) -> Decimal:
        return sum((self.of(tax["priceSet"]) for line in lines for tax in line["taxLines"]), _ZERO)

    def net(self, line: Doc) -> Decimal:
        return self.of(line["originalUnitPriceSet"]) * line["quantity"] - self.allocated(line)

    def nets(self) -> Decimal:
        return sum((self.net(line) for line in self.order["lineItems"]), _ZERO)

    def shipping(self) -> Decimal:
        return sum(
            (self.of(line["originalPriceSet"]) - self.allocated(line) for line in self.order["shippingLines"]), _ZERO
        )

    def on_top(self, tax: Decimal) -> Decimal:
        return _ZERO if self.order["taxesIncluded"] else tax

    def refunded(self, lines: str, field: str) -> Decimal:
        return sum((self.of(line[field]) for refund in self.order["refunds"] for line in refund[lines]), _ZERO)

    def adjusted(self) -> Decimal:
        return self.refunded("orderAdjustments", "amountSet") + self.refunded("orderAdjustments", "taxAmountSet")

    def paid(self, *kinds: str) -> Decimal:
        return sum((self.of(t["amountSet"]) for t in self.order["transactions"]
                    if t["kind"] in kinds and t["status"] == "SUCCESS"), _ZERO)  # fmt: skip

    def extras(self) -> Decimal:
        """What an order costs besides goods, shipping and tax."""
        return self.total("totalTipReceived") + self.total("originalTotalDuties")

    def equal(self, name: str, meant: Decimal) -> Law:
        if self.total(name) != meant:
            yield f"{name} is {self.total(name)}, its parts make {meant}"


def _lines(view: _View) -> Law:
    for line in [*view.order["lineItems"]]:
        if view.net(line) < 0:
            yield f"line {line['name']!r} costs less than nothing"
    for line in view.order["shippingLines"]:
        if view.of(line["discountedPriceSet"]) != view.of(line["originalPriceSet"]) - view.allocated(line):
            yield f"shipping {line['title']!r} is not its price less its discounts"


def _totals(view: _View) -> Law:
    order = view.order
    lines, shipping = order["lineItems"], order["shippingLines"]
    tax = view.taxed(lines) + view.taxed(shipping)
    yield from view.equal("subtotalPrice", view.nets())
    yield from view.equal("totalTax", tax)
    yield from view.equal("totalDiscounts", sum(map(view.allocated, [*lines, *shipping]), _ZERO))
    yield from view.equal("totalShippingPrice", sum((view.of(s["originalPriceSet"]) for s in shipping), _ZERO))
    yield from view.equal("totalPrice", view.nets() + view.shipping() + view.on_top(tax) + view.extras())
    if not order["edited"]:
        yield from view.equal("originalTotalPrice", view.total("totalPrice"))


def _current(view: _View) -> Law:
    """What is left after returns: of the goods, the shipping, the tax, and of all together."""
    goods = view.nets() - view.refunded("refundLineItems", "subtotalSet")
    shipping = view.shipping() - view.refunded("refundShippingLines", "subtotalAmountSet")
    tax_back = view.refunded("refundLineItems", "totalTaxSet") + view.refunded("refundShippingLines", "taxAmountSet")
    tax = view.total("totalTax") - tax_back
    yield from view.equal("currentSubtotalPrice", goods)
    yield from view.equal("currentShippingPrice", shipping)
    yield from view.equal("currentTotalTax", tax)
    yield from view.equal("totalRefundedShipping", view.refunded("refundShippingLines", "subtotalAmountSet"))
    yield from view.equal("refundDiscrepancy", view.adjusted())
    whole = goods + shipping + view.on_top(tax) + view.extras() + view.adjusted()
    yield from view.equal("currentTotalPrice", whole)
    if min(goods, shipping, tax, whole) < 0:
        yield "less than nothing is left"


def _taxes(view: _View) -> Law:
    """The order's own tax lines add up; every tax is its rate of its base, except where an import had to guess."""
    for field, total in (("taxLines", "totalTax"), ("currentTaxLines", "currentTotalTax")):
        listed = sum((view.of(tax["priceSet"]) for tax in view.order.get(field, view.order["taxLines"])), _ZERO)
        if listed != view.total(total):
            yield f"{field} add up to {listed}, {total} is {view.total(total)}"
    for line in view.order["lineItems"]:
        yield from _tax_rates(view, line)


def _tax_rates(view: _View, line: Doc) -> Law:
    rates = [Decimal(str(tax["rate"])) for tax in line["taxLines"]]
    base = view.net(line) / (1 + sum(rates, _ZERO)) if view.order["taxesIncluded"] else view.net(line)
    coarse = view.order.get("$coarseTaxes", False)
    for tax, rate in zip(line["taxLines"], rates, strict=True):
        if not coarse and abs(view.of(tax["priceSet"]) - base * rate) > _unit(view, tax):
            yield f"{tax['title']} of {line['name']!r} is not {rate} of {base}"


def _unit(view: _View, tax: Doc) -> Decimal:
    """The smallest amount of the tax's currency."""
    return Decimal(1).scaleb(-decimals(tax["priceSet"][view.side]["currencyCode"]))


def _refunds(view: _View) -> Law:
    order = view.order
    for refund in order["refunds"]:
        moved = sum((view.of(t["amountSet"]) for t in refund["transactions"] if t["status"] == "SUCCESS"), _ZERO)
        if view.of(refund["totalRefundedSet"]) != moved:
            yield f"{refund['id']} says {view.of(refund['totalRefundedSet'])}, its transactions move {moved}"
    for line in order["lineItems"]:
        back = [r for refund in order["refunds"] for r in refund["refundLineItems"] if r["lineItemId"] == line["id"]]
        gone = sum((view.of(r["subtotalSet"]) for r in back), _ZERO)
        taxed = sum((view.of(r["totalTaxSet"]) for r in back), _ZERO)
        whole = (view.net(line), view.taxed([line]))
        if back and not line["currentQuantity"] and (gone, taxed) != whole:
            yield f"line {line['name']!r} went back whole, its refunds make {gone} and {taxed}, it cost {whole}"
        if gone > whole[0] or taxed > whole[1]:
            yield f"more of line {line['name']!r} went back than it cost"


def _payments(view: _View) -> Law:
    order, received, refunded = view.order, view.paid("SALE", "CAPTURE"), view.paid("REFUND")
    yield from view.equal("totalReceived", received)
    yield from view.equal("totalRefunded", refunded)
    yield from view.equal("totalRefunded", sum((view.of(r["totalRefundedSet"]) for r in order["refunds"]), _ZERO))
    yield from view.equal("netPayment", received - refunded)
    yield from view.equal("totalOutstanding", view.total("currentTotalPrice") - received + refunded)
    if received < refunded:
        yield "more was paid back than was received"
    yield from _status(view, received, refunded)


def _status(view: _View, received: Decimal, refunded: Decimal) -> Law:
    order, status, due = view.order, view.order["displayFinancialStatus"], view.total("totalOutstanding")
    if status in {"PAID", "REFUNDED"} and due > 0:
        yield f"is {status} with {due} outstanding"
    if status == "REFUNDED" and refunded != received:
        yield f"is REFUNDED, {refunded} of {received} went back"
    if status in {"PENDING", "AUTHORIZED", "VOIDED"} and received:
        yield f"is {status} with {received} received"
    if order.get("cancelledAt") and view.total("currentSubtotalPrice"):
        yield "is cancelled with goods left in it"


def _quantities(order: Doc) -> Law:
    """Current is ordered less returned; no more is sent or returned than was ordered."""
    back: Counter[str] = Counter()
    for refund in order["refunds"]:
        for line in refund["refundLineItems"]:
            back[line["lineItemId"]] += line["quantity"]
    sent: Counter[str] = Counter()
    for fulfilment in order["fulfillments"]:
        for line in fulfilment["fulfillmentLineItems"] if fulfilment["status"] != "CANCELLED" else ():
            sent[line["lineItemId"]] += line["quantity"]
    for line in order["lineItems"]:
        if line["currentQuantity"] != line["quantity"] - back[line["id"]] or line["currentQuantity"] < 0:
            left, back_now = line["currentQuantity"], back[line["id"]]
            yield f"{order['name']}: {line['name']!r} has {left} left of {line['quantity']}, {back_now} returned"
        if sent[line["id"]] > line["quantity"]:
            yield f"{order['name']}: {sent[line['id']]} of {line['quantity']} {line['name']!r} were sent"
    for field, of in (
        ("subtotalLineItemsQuantity", "quantity"),
        ("currentSubtotalLineItemsQuantity", "currentQuantity"),
    ):
        if order[field] != sum(line[of] for line in order["lineItems"]):
            yield f"{order['name']}: {field} is {order[field]}"


def _references(order: Doc) -> Law:
    """Everything inside an order points at something that is in it."""
    lines = {line["id"] for line in order["lineItems"]}
    payments = {t["id"] for t in order["transactions"]}
    for refund in order["refunds"]:
        if not {line["lineItemId"] for line in refund["refundLineItems"]} <= lines:
            yield f"{order['name']}: {refund['id']} is about lines of another order"
        if not {t["id"] for t in refund["transactions"]} <= payments:
            yield f"{order['name']}: {refund['id']} has transactions the order does not have"
    for t in order["transactions"]:
        if t.get("parentTransactionId", t["id"]) not in payments:
            yield f"{order['name']}: {t['id']} has no parent here"
    for line in [*order["lineItems"], *order["shippingLines"]]:
        for a in line["discountAllocations"]:
            if not 0 <= a["discountApplicationIndex"] < len(order["discountApplications"]):
                yield f"{order['name']}: a discount of {line['title']!r} is not among the order's"


def _currencies(order: Doc) -> Law:
    """Every bag anywhere in the order has the order's two currencies."""
    for bag in _bags(order):
        for side, code in _SIDES:
            if bag[side]["currencyCode"] != order[code]:
                yield f"{order['name']}: {bag} is not in {order[code]}"


def _bags(value: Any) -> Iterator[Doc]:
    if isinstance(value, dict):
        if "shopMoney" in value:
            yield value
        else:
            for inner in value.values():
                yield from _bags(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _bags(inner)
