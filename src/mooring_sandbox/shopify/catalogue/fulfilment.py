"""Fulfilments, and the fulfilment status that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mooring_sandbox.shopify.catalogue.mint import Mint

Doc = dict[str, Any]


def ship(mint: Mint, order: Doc, units: Mapping[str, int], at: str, location: str, tracking: Doc | None = None) -> Doc:
    """Add a fulfilment of `units` (line id -> how many) and write the order's new fulfilment status."""
    number = len(order["fulfillments"]) + 1
    doc: Doc = {
        "id": mint("Fulfillment"), "name": f"{order['name']}-F{number}", "status": "SUCCESS",
        "displayStatus": "FULFILLED", "createdAt": at, "updatedAt": at, "locationId": location,
        "requiresShipping": True, "totalQuantity": sum(units.values()), "trackingInfo": [tracking] if tracking else [],
        "fulfillmentLineItems": [{"id": mint("FulfillmentLineItem"), "lineItemId": line, "quantity": count}
                                 for line, count in units.items()],
    }  # fmt: skip
    order["fulfillments"].append(doc)
    order["displayFulfillmentStatus"] = status(order)
    return doc


def shipped(order: Doc) -> dict[str, int]:
    """Units that have left, by line."""
    sent: dict[str, int] = {}
    for fulfilment in order["fulfillments"]:
        if fulfilment["status"] != "CANCELLED":
            for line in fulfilment["fulfillmentLineItems"]:
                sent[line["lineItemId"]] = sent.get(line["lineItemId"], 0) + line["quantity"]
    return sent


def open_units(order: Doc) -> dict[str, int]:
    """Units still to be sent: in the order, and not sent yet."""
    sent = shipped(order)
    left = {line["id"]: line["currentQuantity"] - sent.get(line["id"], 0) for line in order["lineItems"]}
    return {line: count for line, count in left.items() if count > 0}


def status(order: Doc) -> str:
    sent = shipped(order)
    if not sent:
        return "UNFULFILLED"
    return "PARTIALLY_FULFILLED" if open_units(order) else "FULFILLED"


TRACKING = (
    ("DHL", "https://tracking.example.com/dhl/"),
    ("UPS", "https://tracking.example.com/ups/"),
    ("La Poste", None),
)


def tracking(company: str, number: str, address: str | None) -> Doc:
    return {"company": company, "number": number, "url": f"{address}{number}" if address else None}
