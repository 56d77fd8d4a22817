"""What stands inside an order: line items, discounts on them, refunds, transactions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mooring_sandbox.shopify.graph import reading
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.reading import ancestor, money
from mooring_sandbox.shopify.graph.registry import derived, value
from mooring_sandbox.shopify.graph.resolvers.orders import bag, minus, summed

Resolved = Any


def order_of(doc: Doc) -> Doc:
    return ancestor(doc, "Order") or {}


def _times(context: Context, line: Doc, unit: Doc | None, count: int) -> Doc:
    shop, shown = (money(unit, side) * count for side in ("shopMoney", "presentmentMoney"))
    return bag(context, order_of(line), shop, shown)


def _allocated(line: Doc, *, codes: bool) -> list[Doc | None]:
    """What discounts take off this line; `codes` adds those that the whole order's codes take."""
    found = line.get("discountAllocations") or ()
    return [a.get("allocatedAmountSet") for a in found if codes or not _is_code(line, a)]


def _is_code(line: Doc, allocation: Doc) -> bool:
    return (_application(allocation, order_of(line)) or {}).get("__typename") == "DiscountCodeApplication"


def _application(allocation: Doc, order: Doc) -> Doc | None:
    listed = order.get("discountApplications") or []
    wanted = allocation.get("discountApplicationIndex")
    by_index = next((a for a in listed if a.get("index") == wanted), None)
    return by_index or (listed[wanted] if isinstance(wanted, int) and wanted < len(listed) else None)


@derived("DiscountAllocation.discountApplication")
def _discount_application(_: Context, doc: Doc, __: Doc) -> Resolved:
    return _application(doc, order_of(doc)) or {"__typename": "AutomaticDiscountApplication", "index": 0}


@derived("LineItem.name")
def _name(_: Context, doc: Doc, __: Doc) -> str:
    parts = [doc.get("title"), doc.get("variantTitle")]
    return " - ".join(p for p in parts if p and p != "Default Title")


@derived("LineItem.currentQuantity", "LineItem.refundableQuantity")
def current_quantity(_: Context, doc: Doc, __: Doc) -> int:
    refunds = order_of(doc).get("refunds") or ()
    gone = (i for r in refunds for i in r.get("refundLineItems") or () if i.get("lineItemId") == doc.get("id"))
    return (doc.get("quantity") or 0) - sum(i.get("quantity") or 0 for i in gone)


@derived("LineItem.unfulfilledQuantity", "LineItem.fulfillableQuantity")
def unfulfilled(context: Context, doc: Doc, _: Doc) -> int:
    sent = (
        i
        for f in order_of(doc).get("fulfillments") or ()
        if f.get("status") != "CANCELLED"
        for i in f.get("fulfillmentLineItems") or ()
        if i.get("lineItemId") == doc.get("id")
    )
    return max(0, current_quantity(context, doc, {}) - sum(i.get("quantity") or 0 for i in sent))


@derived("LineItem.fulfillmentStatus")
def _line_status(context: Context, doc: Doc, _: Doc) -> str:
    return "fulfilled" if unfulfilled(context, doc, {}) == 0 else "unfulfilled"


@derived("LineItem.requiresShipping", "LineItem.taxable", "LineItem.merchantEditable", "LineItem.restockable")
def _yes(_: Context, __: Doc, ___: Doc) -> bool:
    return True


@derived("LineItem.originalTotalSet")
def _original_total(context: Context, doc: Doc, _: Doc) -> Doc:
    return _times(context, doc, doc.get("originalUnitPriceSet"), doc.get("quantity") or 0)


@derived("LineItem.totalDiscountSet")
def _total_discount(context: Context, doc: Doc, _: Doc) -> Doc:
    return summed(context, order_of(doc), _allocated(doc, codes=True))


@derived("LineItem.discountedTotalSet")
def discounted_total(context: Context, doc: Doc, args: Doc) -> Doc:
    """Without the codes that apply to the whole order, unless asked for."""
    whole = doc.get("originalTotalSet") or _original_total(context, doc, {})
    taken = _allocated(doc, codes=bool(args.get("withCodeDiscounts")))
    return minus(context, order_of(doc), whole, summed(context, order_of(doc), taken)) if taken else whole


@derived("LineItem.discountedUnitPriceSet")
def _discounted_unit(context: Context, doc: Doc, _: Doc) -> Doc:
    return _per_unit(context, doc, discounted_total(context, doc, {}))


@derived("LineItem.discountedUnitPriceAfterAllDiscountsSet")
def _unit_after_all(context: Context, doc: Doc, _: Doc) -> Doc:
    return _per_unit(context, doc, discounted_total(context, doc, {"withCodeDiscounts": True}))


@derived("LineItem.priceAfterAllDiscountsBeforeTaxesSet")
def _after_all(context: Context, doc: Doc, _: Doc) -> Doc:
    return discounted_total(context, doc, {"withCodeDiscounts": True})


def _per_unit(context: Context, doc: Doc, total: Doc) -> Doc:
    count = Decimal(doc.get("quantity") or 1)
    order = order_of(doc)
    shop, shown = (money(total, side) / count for side in ("shopMoney", "presentmentMoney"))
    currency = order.get("currencyCode") or context.currency
    cent = Decimal("0.01")
    return reading.money_bag(
        shop.quantize(cent), currency, shown.quantize(cent), order.get("presentmentCurrencyCode") or currency
    )


@derived("LineItem.unfulfilledOriginalTotalSet", "LineItem.unfulfilledDiscountedTotalSet")
def _unfulfilled_total(context: Context, doc: Doc, _: Doc) -> Doc:
    unit = _per_unit(context, doc, discounted_total(context, doc, {}))
    return _times(context, doc, unit, unfulfilled(context, doc, {}))


@derived("LineItem.image")
def _image(context: Context, doc: Doc, _: Doc) -> Resolved:
    variant = context.load(doc.get("variantId"))
    return variant and variant.get("image")


def _line(doc: Doc) -> Doc | None:
    wanted = doc.get("lineItemId")
    return next((i for i in order_of(doc).get("lineItems") or () if i.get("id") == wanted), None)


@derived("RefundLineItem.lineItem", "FulfillmentLineItem.lineItem", "FulfillmentOrderLineItem.lineItem")
def _line_item(context: Context, doc: Doc, _: Doc) -> Resolved:
    found = _line(doc)
    if found is None:
        return context.load(doc.get("lineItemId")) or {"id": doc.get("lineItemId") or "gid://shopify/LineItem/0"}
    found["$owner"] = order_of(doc)
    return found


@derived("RefundShippingLine.shippingLine")
def _shipping_line(_: Context, doc: Doc, __: Doc) -> Resolved:
    """The order's own; a refund of the catalogue names it by id."""
    order = order_of(doc)
    found = next((i for i in order.get("shippingLines") or () if i.get("id") == doc.get("shippingLineId")), None)
    if found:
        found["$owner"] = order
    return found


@derived("RefundLineItem.priceSet")
def _refund_price(context: Context, doc: Doc, _: Doc) -> Resolved:
    return _per_unit(context, doc, doc["subtotalSet"]) if doc.get("subtotalSet") else summed(context, order_of(doc), [])


@derived("RefundLineItem.restocked")
def _restocked(_: Context, doc: Doc, __: Doc) -> bool:
    return doc.get("restockType") not in (None, "NO_RESTOCK")


@value("Refund.order", "Fulfillment.order", "OrderTransaction.order", "FulfillmentOrder.order")
def _order(context: Context, doc: Doc, _: Doc) -> Resolved:
    return ancestor(doc, "Order") or context.load(doc.get("orderId"))


@derived("Refund.totalRefundedSet")
def _refunded(context: Context, doc: Doc, _: Doc) -> Doc:
    given = [t.get("amountSet") for t in doc.get("transactions") or () if t.get("kind") == "REFUND"]
    return summed(context, order_of(doc), given)


@derived("Refund.processedAt", "OrderTransaction.processedAt")
def _processed(_: Context, doc: Doc, __: Doc) -> Resolved:
    return doc.get("createdAt")


@derived("OrderTransaction.parentTransaction")
def _parent(_: Context, doc: Doc, __: Doc) -> Resolved:
    wanted = doc.get("parentTransactionId") or doc.get("parentId")
    return next((t for t in order_of(doc).get("transactions") or () if wanted and t.get("id") == wanted), None)


@derived("OrderTransaction.formattedGateway")
def _formatted_gateway(_: Context, doc: Doc, __: Doc) -> Resolved:
    return (doc.get("gateway") or "").replace("_", " ").title() or None


@derived("OrderTransaction.manualPaymentGateway")
def _is_manual(_: Context, doc: Doc, __: Doc) -> bool:
    return doc.get("gateway") == "manual"


@derived("OrderTransaction.status")
def _status(_: Context, __: Doc, ___: Doc) -> str:
    return "SUCCESS"


@derived("OrderTransaction.maximumRefundable")
def _maximum_refundable(context: Context, doc: Doc, _: Doc) -> Resolved:
    found = maximum_refundable(context, doc)
    return found and found["amount"]


@derived("OrderTransaction.maximumRefundableV2")
def maximum_refundable(context: Context, doc: Doc, _: Doc | None = None) -> Doc | None:
    """Of a payment: its amount less what was refunded of it."""
    if doc.get("kind") not in ("SALE", "CAPTURE"):
        return None
    same = [
        t for t in order_of(doc).get("transactions") or () if t.get("kind") == "REFUND" and _parent_id(t) == doc["id"]
    ]
    back = sum((money(t.get("amountSet")) for t in same), start=Decimal(0))
    left = max(Decimal(0), money(doc.get("amountSet")) - back)
    return reading.money_v2(left, order_of(doc).get("currencyCode") or context.currency)


def _parent_id(transaction: Doc) -> str | None:
    return transaction.get("parentTransactionId") or transaction.get("parentId")


@derived("ShippingLine.discountedPriceSet", "ShippingLine.currentDiscountedPriceSet")
def _shipping_price(context: Context, doc: Doc, _: Doc) -> Doc:
    taken = summed(context, order_of(doc), [a.get("allocatedAmountSet") for a in doc.get("discountAllocations") or ()])
    return minus(context, order_of(doc), doc.get("originalPriceSet"), taken)


@derived("ShippingLine.price")
def _shipping_amount(_: Context, doc: Doc, __: Doc) -> str:
    return reading.amount_text(money(doc.get("originalPriceSet")))
