"""By what lists of imported records can be filtered, in words of people and of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mooring.domain.consent import SUPPRESSED
from mooring.domain.kinds import Kind


@dataclass(frozen=True, slots=True)
class Filter:
    """`choices`: what may be chosen and the column values it stands for."""

    name: str
    title: str
    choices: Mapping[str, Mapping[str, Any]]


def _words(column: str, *values: str) -> dict[str, Mapping[str, Any]]:
    """Shopify's own words, in small letters as choices."""
    return {value.lower(): {column: value} for value in values}


_STATES = ("SUBSCRIBED", "NOT_SUBSCRIBED", "UNSUBSCRIBED", "PENDING", "INVALID", "REDACTED", SUPPRESSED)
_PAID = ("PAID", "PENDING", "AUTHORIZED", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "REFUNDED", "VOIDED", "EXPIRED")
_SENT = ("UNFULFILLED", "PARTIALLY_FULFILLED", "FULFILLED", "IN_PROGRESS", "ON_HOLD", "OPEN", "SCHEDULED", "RESTOCKED",
         "PENDING_FULFILLMENT", "REQUEST_DECLINED")  # fmt: skip
_IN_SHOPIFY = Filter("in_shopify", "In Shopify", {"yes": {"deleted_at": None}, "deleted": {"deleted_at": ...}})

FILTERS: dict[Kind, tuple[Filter, ...]] = {
    Kind.CUSTOMERS: (
        Filter("email", "E-mail consent", _words("email_state", *_STATES)),
        Filter("sms", "SMS consent", _words("sms_state", *_STATES)),
        _IN_SHOPIFY,
    ),
    Kind.ORDERS: (
        Filter("payment", "Payment", _words("financial_status", *_PAID)),
        Filter("fulfilment", "Fulfilment", _words("fulfillment_status", *_SENT)),
        Filter("cancelled", "Cancelled", {"yes": {"cancelled_at": ...}, "no": {"cancelled_at": None}}),
        Filter("test", "Test orders", {"yes": {"test": True}, "no": {"test": False}}),
        _IN_SHOPIFY,
    ),
    Kind.PRODUCTS: (
        Filter("status", "Status", _words("status", "ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED")),
        _IN_SHOPIFY,
    ),
    Kind.COLLECTIONS: (
        Filter("kind", "Kind", {"smart": {"smart": True}, "manual": {"smart": False}}),
        _IN_SHOPIFY,
    ),
}
"""What each list can be narrowed by, for pages and API alike."""
