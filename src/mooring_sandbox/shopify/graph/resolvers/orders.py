"""Orders: states, money that follows from other money, refunds and transactions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mooring_sandbox.shopify.graph import reading
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.registry import derived, value


def bag(context: Context, order: Doc, shop: Decimal, shown: Decimal) -> Doc:
    currency = order.get("currencyCode") or context.currency
    return reading.money_bag(shop, currency, shown, order.get("presentmentCurrencyCode") or currency)


def summed(context: Context, order: Doc, bags: list[Doc | None]) -> Doc:
    shop = sum((reading.money(b) for b in bags), start=Decimal(0))
    shown = sum((reading.money(b, "presentmentMoney") for b in bags), start=Decimal(0))
    return bag(context, order, shop, shown)


def minus(context: Context, order: Doc, first: Doc | None, second: Doc | None) -> Doc:
    shop = reading.money(first) - reading.money(second)
    shown = reading.money(first, "presentmentMoney") - reading.money(second, "presentmentMoney")
    return bag(context, order, shop, shown)


def total_refunded(context: Context, order: Doc) -> Doc:
    stored = order.get("totalRefundedSet")
    return stored or summed(context, order, [r.get("totalRefundedSet") for r in order.get("refunds") or ()])


def total_received(context: Context, order: Doc) -> Doc:
    paid = [
        t.get("amountSet")
        for t in order.get("transactions") or ()
        if t.get("kind") in ("SALE", "CAPTURE") and t.get("status", "SUCCESS") == "SUCCESS"
    ]
    return order.get("totalReceivedSet") or summed(context, order, paid)


@derived("Order.number")
def _number(_: Context, doc: Doc, __: Doc) -> int:
    digits = "".join(c for c in doc.get("name") or "" if c.isdigit())
    return int(digits[:9]) if digits else 0


@derived("Order.processedAt")
def _processed_at(_: Context, doc: Doc, __: Doc) -> Any:
    return doc.get("createdAt")


@derived("Order.presentmentCurrencyCode")
def _presentment_currency(context: Context, doc: Doc, _: Doc) -> Any:
    return doc.get("currencyCode") or context.currency


@derived("Order.closed")
def _closed(_: Context, doc: Doc, __: Doc) -> bool:
    return doc.get("closedAt") is not None


@derived("Order.confirmed")
def _confirmed(_: Context, __: Doc, ___: Doc) -> bool:
    return True


@derived("Order.fullyPaid")
def _fully_paid(_: Context, doc: Doc, __: Doc) -> bool:
    return doc.get("displayFinancialStatus") in ("PAID", "PARTIALLY_REFUNDED", "REFUNDED")


@derived("Order.unpaid")
def _unpaid(_: Context, doc: Doc, __: Doc) -> bool:
    return doc.get("displayFinancialStatus") in ("PENDING", "AUTHORIZED", "PARTIALLY_PAID", "EXPIRED")


@derived("Order.canMarkAsPaid")
def _can_mark_as_paid(_: Context, doc: Doc, __: Doc) -> bool:
    return doc.get("displayFinancialStatus") in ("PENDING", "PARTIALLY_PAID") and not doc.get("cancelledAt")


@derived("Order.canNotifyCustomer")
def _can_notify(_: Context, doc: Doc, __: Doc) -> bool:
    return bool(doc.get("email"))


@derived("Order.merchantEditable")
def _editable(_: Context, doc: Doc, __: Doc) -> bool:
    return not doc.get("cancelledAt")


@derived("Order.fulfillable")
def _fulfillable(_: Context, doc: Doc, __: Doc) -> bool:
    done = doc.get("displayFulfillmentStatus") in ("FULFILLED", "RESTOCKED")
    return not done and not doc.get("cancelledAt")


@derived("Order.refundable", "Order.restockable")
def _refundable(_: Context, doc: Doc, __: Doc) -> bool:
    return doc.get("displayFinancialStatus") in ("PAID", "PARTIALLY_REFUNDED", "PARTIALLY_PAID")


@derived("Order.requiresShipping")
def _requires_shipping(_: Context, doc: Doc, __: Doc) -> bool:
    return any(line.get("requiresShipping", True) for line in doc.get("lineItems") or ())


@derived("Order.edited", "Order.estimatedTaxes")
def _no(_: Context, __: Doc, ___: Doc) -> bool:
    return False


@derived("Order.subtotalLineItemsQuantity")
def _quantity(_: Context, doc: Doc, __: Doc) -> int:
    return sum(line.get("quantity") or 0 for line in doc.get("lineItems") or ())


@derived("Order.currentSubtotalLineItemsQuantity")
def _current_quantity(_: Context, doc: Doc, __: Doc) -> int:
    return sum(line.get("currentQuantity", line.get("quantity") or 0) for line in doc.get("lineItems") or ())


_SAME = {
    "originalTotalPriceSet": "totalPriceSet",
    "currentTotalPriceSet": "totalPriceSet",
    "currentSubtotalPriceSet": "subtotalPriceSet",
    "currentTotalTaxSet": "totalTaxSet",
    "currentTotalDiscountsSet": "totalDiscountsSet",
    "currentShippingPriceSet": "totalShippingPriceSet",
    "currentCartDiscountAmountSet": "cartDiscountAmountSet",
    "currentTaxLines": "taxLines",
}


def _same_as(other: str) -> Any:
    """Until an edit or refund says otherwise, current amounts are the first ones."""

    def read(context: Context, doc: Doc, _: Doc) -> Any:
        found = doc.get(other)
        if found is None:
            return [] if other == "taxLines" else bag(context, doc, Decimal(0), Decimal(0))
        return found

    return read


for _name, _other in _SAME.items():
    derived(f"Order.{_name}")(_same_as(_other))


@derived("Order.totalRefundedSet")
def _total_refunded(context: Context, doc: Doc, _: Doc) -> Doc:
    return total_refunded(context, doc)


@derived("Order.totalReceivedSet")
def _total_received(context: Context, doc: Doc, _: Doc) -> Doc:
    return total_received(context, doc)


@derived("Order.netPaymentSet")
def _net_payment(context: Context, doc: Doc, _: Doc) -> Doc:
    return minus(context, doc, total_received(context, doc), total_refunded(context, doc))


@derived("Order.totalShippingPriceSet")
def _total_shipping(context: Context, doc: Doc, _: Doc) -> Doc:
    lines = doc.get("shippingLines") or ()
    return summed(context, doc, [s.get("discountedPriceSet") or s.get("originalPriceSet") for s in lines])


@derived("Order.totalTipReceived")
def _tip(context: Context, doc: Doc, _: Doc) -> Any:
    stored = doc.get("totalTipReceivedSet")
    return stored["shopMoney"] if stored else reading.money_v2(Decimal(0), doc.get("currencyCode") or context.currency)


@value("Order.shippingLine")
def _shipping_line(_: Context, doc: Doc, __: Doc) -> Any:
    kept = [s for s in doc.get("shippingLines") or () if not s.get("isRemoved")]
    return doc.get("shippingLine") or next(iter(kept), None)


@derived("Order.displayAddress")
def _display_address(_: Context, doc: Doc, __: Doc) -> Any:
    return doc.get("shippingAddress") or doc.get("billingAddress")


@derived("Order.billingAddressMatchesShippingAddress")
def _same_address(_: Context, doc: Doc, __: Doc) -> bool:
    one, other = ({k: v for k, v in (doc.get(n) or {}).items() if k[0] != "$" and k != "id"} for n in _ADDRESSES)
    return one == other


_ADDRESSES = ("billingAddress", "shippingAddress")


@derived("Order.discountCodes")
def _codes(_: Context, doc: Doc, __: Doc) -> list[str]:
    return [a["code"] for a in doc.get("discountApplications") or () if a.get("code")]


@derived("Order.discountCode")
def _code(context: Context, doc: Doc, _: Doc) -> Any:
    return next(iter(doc.get("discountCodes") or _codes(context, doc, {})), None)


@derived("Order.paymentGatewayNames")
def _gateways(_: Context, doc: Doc, __: Doc) -> list[str]:
    return list(dict.fromkeys(t["gateway"] for t in doc.get("transactions") or () if t.get("gateway")))


@derived("Order.transactionsCount")
def _transactions_count(_: Context, doc: Doc, __: Doc) -> Doc:
    return {"count": len(doc.get("transactions") or ()), "precision": "EXACT"}


@derived("Order.fulfillmentsCount")
def _fulfillments_count(_: Context, doc: Doc, __: Doc) -> Doc:
    return {"count": len(doc.get("fulfillments") or ()), "precision": "EXACT"}


@derived("Order.purchasingEntity")
def _purchaser(context: Context, doc: Doc, _: Doc) -> Any:
    found = context.load(doc.get("customerId"))
    return found and {**found, "__typename": "Customer"}


@derived("Order.statusPageUrl")
def _status_page(context: Context, doc: Doc, _: Doc) -> str:
    return f"{context.shop.get('url', '')}/orders/{reading.number_of(doc['id'])}"


@derived("Order.app")
def _app(_: Context, doc: Doc, __: Doc) -> Any:
    name = doc.get("sourceName")
    return {"id": "gid://shopify/App/580111", "name": "Online Store"} if name == "web" else None
