"""refundCreate: lines, shipping and money back, and what that makes of the order."""

from __future__ import annotations

from decimal import Decimal

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.fields import linked
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, embed, fresh_id, save, tell
from mooring_sandbox.shopify.graph.reading import money
from mooring_sandbox.shopify.graph.resolvers import lines
from mooring_sandbox.shopify.graph.resolvers.orders import bag, minus, summed, total_received, total_refunded


@mutation
def refund_create(context: Context, input: Doc) -> Doc:
    order = editable(context, input["orderId"], "Order")
    if order is None:
        return {"refund": None, "order": None, "userErrors": [user_error(["orderId"], "Order does not exist")]}
    errors = _check(context, order, input)
    if errors:
        return {"refund": None, "order": order, "userErrors": errors}
    refund = _refund(context, order, input)
    _book(context, order, refund)
    save(context, "Order", order)
    embed(context, order["id"], [refund, *refund["transactions"], *refund["refundLineItems"]])
    tell(context, {**refund, "orderId": order["id"]}, "REFUNDS_CREATE")
    for paid in refund["transactions"]:
        tell(context, {**paid, "orderId": order["id"]}, "ORDER_TRANSACTIONS_CREATE")
    linked(refund, order)
    return {"refund": refund, "order": order, "userErrors": []}


def _check(context: Context, order: Doc, input_: Doc) -> list[Doc]:
    known = {t["id"] for t in order.get("transactions") or ()}
    asked = input_.get("transactions") or []
    if any(t.get("parentId") not in known for t in asked if t["kind"] == "REFUND"):
        return [user_error(["transactions"], "Transactions require a parent_id associated with the order")]
    return _check_lines(context, order, input_) or _check_amount(context, order, input_)


def _check_lines(context: Context, order: Doc, input_: Doc) -> list[Doc]:
    errors = []
    for index, asked in enumerate(input_.get("refundLineItems") or ()):
        line = _line(order, asked["lineItemId"])
        at = ["refundLineItems", str(index)]
        if line is None:
            errors.append(user_error([*at, "lineItemId"], "Line item does not exist"))
        elif asked["quantity"] > lines.current_quantity(context, line, {}):
            message = "Refund line items quantity cannot refund more items than were purchased"
            errors.append(user_error([*at, "quantity"], message))
    return errors


def _check_amount(context: Context, order: Doc, input_: Doc) -> list[Doc]:
    if input_.get("allowOverRefunding"):
        return []
    asked = sum((Decimal(str(t["amount"])) for t in input_.get("transactions") or ()), start=Decimal(0))
    left = money(minus(context, order, total_received(context, order), total_refunded(context, order)))
    if asked <= left:
        return []
    message = f"Refund amount ${asked:.2f} is greater than net payment received ${left:.2f}"
    return [user_error(["transactions"], message)]


def _line(order: Doc, id_: str) -> Doc | None:
    found = next((i for i in order.get("lineItems") or () if i["id"] == id_), None)
    return linked(found, order) if found else None


def _rate(order: Doc) -> Decimal:
    """Presentment money per shop money, as the order was placed."""
    shop = money(order.get("totalPriceSet"))
    return money(order.get("totalPriceSet"), "presentmentMoney") / shop if shop else Decimal(1)


def _bag(context: Context, order: Doc, amount: Decimal) -> Doc:
    return bag(context, order, amount, (amount * _rate(order)).quantize(Decimal("0.01")))


def _refund(context: Context, order: Doc, input_: Doc) -> Doc:
    transactions = [_transaction(context, order, t) for t in input_.get("transactions") or ()]
    given = [t["amountSet"] for t in transactions]
    return {
        "id": fresh_id(context, "Refund"),
        "createdAt": context.timestamp,
        "updatedAt": context.timestamp,
        "processedAt": input_.get("processedAt") or context.timestamp,
        "note": input_.get("note"),
        "refundLineItems": [_line_back(context, order, a) for a in input_.get("refundLineItems") or ()],
        "refundShippingLines": [],
        "orderAdjustments": _adjustments(context, order, input_),
        "transactions": transactions,
        "totalRefundedSet": summed(context, order, list(given)),
    }


def _transaction(context: Context, order: Doc, asked: Doc) -> Doc:
    return {
        "id": fresh_id(context, "OrderTransaction"),
        "kind": asked["kind"],
        "status": "SUCCESS",
        "gateway": asked["gateway"],
        "amountSet": _bag(context, order, Decimal(str(asked["amount"]))),
        "parentTransactionId": asked.get("parentId"),
        "createdAt": context.timestamp,
        "processedAt": context.timestamp,
        "test": bool(order.get("test")),
    }


def _line_back(context: Context, order: Doc, asked: Doc) -> Doc:
    line = _line(order, asked["lineItemId"]) or {}
    share = Decimal(asked["quantity"]) / Decimal(line.get("quantity") or 1)
    whole = lines.discounted_total(context, line, {"withCodeDiscounts": True})
    tax = summed(context, order, [t.get("priceSet") for t in line.get("taxLines") or ()])
    cent = Decimal("0.01")
    subtotal = bag(context, order, *((money(whole, s) * share).quantize(cent) for s in _SIDES))
    taxed = bag(context, order, *((money(tax, s) * share).quantize(cent) for s in _SIDES))
    return {
        "id": fresh_id(context, "RefundLineItem"),
        "lineItemId": asked["lineItemId"],
        "quantity": asked["quantity"],
        "restockType": asked.get("restockType") or "NO_RESTOCK",
        "locationId": asked.get("locationId"),
        "subtotalSet": subtotal,
        "totalTaxSet": taxed,
    }


_SIDES = ("shopMoney", "presentmentMoney")


def _adjustments(context: Context, order: Doc, input_: Doc) -> list[Doc]:
    """Shipping that is refunded: an amount, or all of it."""
    shipping = input_.get("shipping") or {}
    whole = money(order.get("totalShippingPriceSet")) if shipping.get("fullRefund") else Decimal(0)
    amount = Decimal(str(shipping["amount"])) if shipping.get("amount") is not None else whole
    if not amount:
        return []
    id_ = fresh_id(context, "OrderAdjustment")
    return [{"id": id_, "reason": "SHIPPING_REFUND", "amountSet": _bag(context, order, -amount)}]


def _book(context: Context, order: Doc, refund: Doc) -> None:
    """What the refund makes of the order: totals, status, lists."""
    before = total_refunded(context, order)
    order["refunds"] = [*(order.get("refunds") or ()), refund]
    order["transactions"] = [*(order.get("transactions") or ()), *refund["transactions"]]
    order["totalRefundedSet"] = summed(context, order, [before, refund["totalRefundedSet"]])
    received = total_received(context, order)
    order["netPaymentSet"] = minus(context, order, received, order["totalRefundedSet"])
    back = [b for i in refund["refundLineItems"] for b in (i["subtotalSet"], i["totalTaxSet"])]
    current = order.get("currentTotalPriceSet") or order.get("totalPriceSet")
    order["currentTotalPriceSet"] = minus(context, order, current, summed(context, order, back))
    for asked in refund["refundLineItems"]:
        line = _line(order, asked["lineItemId"])
        if line is not None and "currentQuantity" in line:
            line["currentQuantity"] -= asked["quantity"]
    for line in order.get("lineItems") or ():
        line.pop("$owner", None)
    if money(refund["totalRefundedSet"]):
        whole = money(order["totalRefundedSet"]) >= money(received)
        order["displayFinancialStatus"] = "REFUNDED" if whole else "PARTIALLY_REFUNDED"
