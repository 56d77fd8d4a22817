"""Orders and what hangs on them in webhooks."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify import rest_afterwards, rest_customer
from mooring_sandbox.shopify.rest_values import (
    Json,
    added,
    address,
    attributes,
    head,
    joined,
    lower,
    money_set,
    number,
    priced,
    shop_amount,
    tax_lines,
    times,
)
from mooring_sandbox.shopify.state import Doc, State

_FULFILMENT = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "RESTOCKED": "restocked"}
_FIRST_VALUE = {
    "currentSubtotalPriceSet": "subtotalPriceSet",
    "currentTotalPriceSet": "totalPriceSet",
    "currentTotalTaxSet": "totalTaxSet",
    "currentTotalDiscountsSet": "totalDiscountsSet",
}
_TOTALS = {
    "subtotal_price": "subtotalPriceSet",
    "total_price": "totalPriceSet",
    "total_tax": "totalTaxSet",
    "total_discounts": "totalDiscountsSet",
    "current_subtotal_price": "currentSubtotalPriceSet",
    "current_total_price": "currentTotalPriceSet",
    "current_total_tax": "currentTotalTaxSet",
    "current_total_discounts": "currentTotalDiscountsSet",
    "total_cash_rounding_payment_adjustment": "totalCashRoundingAdjustment",
}


def order(state: State, shop_id: int, doc: Doc) -> Json:
    shipping, fulfilled = doc.get("shippingLines") or [], _fulfilled(doc)
    return head(doc) | _facts(doc) | _totals(doc) | {
        "billing_address": address(doc.get("billingAddress")),
        "shipping_address": address(doc.get("shippingAddress")),
        "customer": _customer(state, shop_id, doc),
        "discount_applications": [_application(one) for one in doc.get("discountApplications") or []],
        "discount_codes": [
            {"code": one.get("code"), "amount": _worth(one), "type": _value_type(one)}
            for one in doc.get("discountApplications") or [] if one.get("code")
        ],
        "fulfillments": [rest_afterwards.fulfillment(doc, one) for one in doc.get("fulfillments") or []],
        "line_items": [line_item(one, fulfilled.get(one["id"], 0)) for one in doc.get("lineItems") or []],
        "refunds": [rest_afterwards.refund(doc, one, line_item) for one in doc.get("refunds") or []],
        "shipping_lines": [_shipping(one) for one in shipping],
        "tax_lines": tax_lines(doc.get("taxLines")),
    }  # fmt: skip


def _facts(doc: Doc) -> Json:
    name = str(doc.get("name") or "")
    order_number = int("".join(c for c in name if c.isdigit()) or 0)
    return {
        "app_id": number((doc.get("app") or {}).get("id")),
        "browser_ip": doc.get("clientIp"),
        "cancel_reason": lower(doc.get("cancelReason")),
        "cancelled_at": doc.get("cancelledAt"),
        "cart_token": None,
        "closed_at": doc.get("closedAt"),
        "confirmation_number": doc.get("confirmationNumber"),
        "confirmed": bool(doc.get("confirmed", True)),
        "contact_email": doc.get("email"),
        "created_at": doc.get("createdAt"),
        "currency": doc.get("currencyCode"),
        "customer_locale": doc.get("customerLocale"),
        "email": doc.get("email"),
        "estimated_taxes": bool(doc.get("estimatedTaxes")),
        "financial_status": lower(doc.get("displayFinancialStatus")),
        "fulfillment_status": _FULFILMENT.get(doc.get("displayFulfillmentStatus") or ""),
        "name": name,
        "note": doc.get("note"),
        "note_attributes": attributes(doc.get("customAttributes")),
        "number": max(order_number - 1000, 0),
        "order_number": order_number,
        "order_status_url": doc.get("statusPageUrl"),
        "payment_gateway_names": doc.get("paymentGatewayNames") or [],
        "phone": doc.get("phone"),
        "po_number": doc.get("poNumber"),
        "presentment_currency": doc.get("presentmentCurrencyCode"),
        "processed_at": doc.get("processedAt"),
        "source_name": doc.get("sourceName"),
        "source_identifier": doc.get("sourceIdentifier"),
        "tags": joined(doc.get("tags")),
        "taxes_included": bool(doc.get("taxesIncluded")),
        "tax_exempt": bool(doc.get("taxExempt")),
        "test": bool(doc.get("test")),
        "total_weight": int(doc.get("totalWeight") or 0),
        "updated_at": doc.get("updatedAt"),
    }


def _totals(doc: Doc) -> Json:
    out: Json = {}
    for name, field in _TOTALS.items():
        bag = doc.get(field) or doc.get(_FIRST_VALUE.get(field, field))
        out |= priced(name, bag if bag and "shopMoney" in bag else None)
    whole = [times(line.get("originalUnitPriceSet"), line.get("quantity", 0)) for line in doc.get("lineItems") or []]
    out |= priced("total_line_items_price", added(whole))
    shipping = added(
        [one.get("discountedPriceSet") or one.get("originalPriceSet") for one in doc.get("shippingLines") or []]
    )
    shipping = doc.get("totalShippingPriceSet") or shipping or times(doc.get("totalPriceSet"), 0)
    out["total_shipping_price_set"] = money_set(shipping)
    out["total_outstanding"] = shop_amount(doc.get("totalOutstandingSet"))
    out["total_tip_received"] = shop_amount(doc.get("totalTipReceivedSet")) or _tip(doc)
    return out


def _tip(doc: Doc) -> str:
    tip = doc.get("totalTipReceived") or {}
    return tip.get("amount", "0.00")


def _customer(state: State, shop_id: int, doc: Doc) -> Json | None:
    id_ = number(doc.get("customerId"))
    found = state.get(shop_id, "Customer", id_) if id_ else None
    return rest_customer.customer(found) if found else None


def _fulfilled(doc: Doc) -> dict[str, int]:
    """Units sent out, by the gid of the line."""
    sent: dict[str, int] = {}
    for one in doc.get("fulfillments") or []:
        if one.get("status") not in ("CANCELLED", "ERROR", "FAILURE"):
            for line in one.get("fulfillmentLineItems") or []:
                id_ = line.get("lineItemId", "")
                sent[id_] = sent.get(id_, 0) + line.get("quantity", 0)
    return sent


def line_item(line: Doc, fulfilled: int = 0) -> Json:
    present = line.get("currentQuantity", line.get("quantity") or 0)
    discounts = [one.get("allocatedAmountSet") for one in line.get("discountAllocations") or []]
    none = times(line.get("originalUnitPriceSet"), 0)
    return head(line) | {
        "name": line.get("name"),
        "title": line.get("title"),
        "variant_title": line.get("variantTitle"),
        "vendor": line.get("vendor"),
        "sku": line.get("sku"),
        "product_id": number(line.get("productId")),
        "variant_id": number(line.get("variantId")),
        "product_exists": bool(line.get("productId")),
        "quantity": line.get("quantity"),
        "current_quantity": present,
        "fulfillable_quantity": max(present - fulfilled, 0),
        "fulfillment_status": None if not fulfilled else "fulfilled" if fulfilled >= present else "partial",
        "gift_card": bool(line.get("isGiftCard")),
        "requires_shipping": bool(line.get("requiresShipping", True)),
        "taxable": bool(line.get("taxable", True)),
        "grams": _grams(line.get("weight")),
        "properties": attributes(line.get("customAttributes")),
        **priced("price", line.get("originalUnitPriceSet")),
        **priced("total_discount", line.get("totalDiscountSet") or added(discounts) or none),
        "tax_lines": tax_lines(line.get("taxLines")),
        "discount_allocations": _allocations(line),
    }


def _grams(weight: Doc | None) -> int:
    per_unit = {"GRAMS": 1, "KILOGRAMS": 1000, "OUNCES": 28.349523125, "POUNDS": 453.59237}
    return round(weight["value"] * per_unit[weight["unit"]]) if weight else 0


def _allocations(line: Doc) -> list[Json]:
    return [
        {
            **priced("amount", one.get("allocatedAmountSet")),
            "discount_application_index": one.get("discountApplicationIndex"),
        }
        for one in line.get("discountAllocations") or []
    ]  # fmt: skip


def _shipping(line: Doc) -> Json:
    return {
        "id": number(line.get("id")), "code": line.get("code"), "title": line.get("title"),
        "source": line.get("source"), "carrier_identifier": line.get("carrierIdentifier"),
        "phone": line.get("phone"), "is_removed": bool(line.get("isRemoved")),
        **priced("price", line.get("originalPriceSet")),
        **priced("discounted_price", line.get("discountedPriceSet")),
        "tax_lines": tax_lines(line.get("taxLines")), "discount_allocations": _allocations(line),
    }  # fmt: skip


def _application(one: Doc) -> Json:
    kinds = {"DiscountCodeApplication": "discount_code", "ManualDiscountApplication": "manual"}
    return {
        "type": kinds.get(one.get("__typename", ""), "automatic"),
        "title": one.get("title"),
        "code": one.get("code"),
        "value": _worth(one),
        "value_type": _value_type(one),
        "allocation_method": lower(one.get("allocationMethod")),
        "target_selection": lower(one.get("targetSelection")),
        "target_type": lower(one.get("targetType")),
    }


def _worth(one: Doc) -> str:
    value: dict[str, Any] = one.get("value") or {}
    return str(value.get("amount", value.get("percentage", "0.0")))


def _value_type(one: Doc) -> str:
    return "percentage" if "percentage" in (one.get("value") or {}) else "fixed_amount"
