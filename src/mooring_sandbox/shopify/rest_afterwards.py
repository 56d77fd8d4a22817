"""What happens to an order after it was placed, in webhooks: fulfilments, refunds, transactions."""

from __future__ import annotations

from collections.abc import Callable

from mooring_sandbox.shopify.rest_values import Json, head, lower, number, priced, shop_amount
from mooring_sandbox.shopify.state import Doc


def fulfillment(owner: Doc, doc: Doc) -> Json:
    tracking = (doc.get("trackingInfo") or [{}])[0]
    return head(doc) | {
        "order_id": number(owner["id"]),
        "name": doc.get("name"),
        "status": lower(doc.get("status")),
        "created_at": doc.get("createdAt"),
        "updated_at": doc.get("updatedAt"),
        "service": "manual",
        "shipment_status": lower(doc.get("displayStatus")),
        "location_id": number(doc.get("locationId")),
        "tracking_company": tracking.get("company"),
        "tracking_number": tracking.get("number"),
        "tracking_url": tracking.get("url"),
        "tracking_numbers": [one.get("number") for one in doc.get("trackingInfo") or []],
        "tracking_urls": [one.get("url") for one in doc.get("trackingInfo") or []],
    }


def refund(owner: Doc, doc: Doc, line_item: Callable[[Doc], Json]) -> Json:
    lines = {line["id"]: line for line in owner.get("lineItems") or []}
    return head(doc) | {
        "order_id": number(owner["id"]),
        "created_at": doc.get("createdAt"),
        "processed_at": doc.get("createdAt"),
        "note": doc.get("note"),
        "restock": any(one.get("restocked") for one in doc.get("refundLineItems") or []),
        "refund_line_items": [
            {
                "id": number(one.get("id")), "line_item_id": number(one.get("lineItemId")),
                "location_id": number(one.get("locationId")), "quantity": one.get("quantity"),
                "restock_type": lower(one.get("restockType")), **priced("subtotal", one.get("subtotalSet")),
                **priced("total_tax", one.get("totalTaxSet")),
                "line_item": line_item(lines[one["lineItemId"]]) if one.get("lineItemId") in lines else None,
            }
            for one in doc.get("refundLineItems") or []
        ],
        "transactions": [transaction(owner, one) for one in doc.get("transactions") or []],
        "order_adjustments": [
            {"id": number(one.get("id")), "reason": lower(one.get("reason")), **priced("amount", one.get("amountSet"))}
            for one in doc.get("orderAdjustments") or []
        ],
    }  # fmt: skip


def transaction(owner: Doc, doc: Doc) -> Json:
    bag = doc.get("amountSet") or {}
    return head(doc) | {
        "order_id": number(owner["id"]),
        "kind": lower(doc.get("kind")),
        "gateway": doc.get("gateway"),
        "status": lower(doc.get("status")),
        "amount": shop_amount(bag) if bag else None,
        "currency": bag["shopMoney"]["currencyCode"] if bag else None,
        "created_at": doc.get("createdAt"),
        "processed_at": doc.get("processedAt"),
        "parent_id": number((doc.get("parentTransaction") or {}).get("id")),
        "test": bool(doc.get("test")),
        "error_code": lower(doc.get("errorCode")),
    }
