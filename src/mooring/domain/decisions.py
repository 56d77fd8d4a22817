"""What a person can decide about a record that waits in Needs review, and what of it each wait allows.

An item says so by what stands in it: `candidates`, differing `fields`, and of an order `ignore`, what is remembered if
Odoo is to stay as it is: the `digest` of a change, the ids of `refunds` and `payments`, that it is `cancelled`.
`by_hand`: it was never booked by Mooring.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from mooring.domain.order_causes import Cause

Records = Mapping[str, Mapping[str, Any]]
"""By record, as in `address.6`, what an item says of it."""


class Choice(StrEnum):
    """`LINK`: it is this record of Odoo. `CREATE`: it is none of those that are there. `TAKE`: the differing fields
    are to say what Shopify says. `KEEP`: they stay as they are in Odoo. Of orders: `IGNORE`: Odoo stays as it is,
    though the order changed, was refunded or cancelled. `RESET`: it is taken back in Odoo and booked anew. `CREDIT`:
    what is invoiced of a cancelled order is credited."""

    LINK = "link"
    CREATE = "create"
    TAKE = "take"
    KEEP = "keep"
    IGNORE = "ignore"
    RESET = "reset"
    CREDIT = "credit"


def possible(cause: str | None, records: Records) -> tuple[Choice, ...]:
    """What somebody may answer, but for a link, which is possible wherever somebody knows the record."""
    told = list(records.values())
    by_hand = any(one.get("by_hand") for one in told)
    allowed = {
        Choice.CREATE: cause == Cause.MISSING_IN_ODOO or any("candidates" in one for one in told),
        Choice.TAKE: any(one.get("fields") for one in told),
        Choice.KEEP: any(one.get("fields") for one in told),
        Choice.IGNORE: any(one.get("ignore") for one in told),
        Choice.RESET: cause == Cause.CHANGED_AFTER_CONFIRM and not by_hand,
        Choice.CREDIT: cause == Cause.CANCELLED_INVOICED and not by_hand,
    }
    return tuple(choice for choice, is_possible in allowed.items() if is_possible)


_ORDERS: dict[str, frozenset[Choice]] = {
    **dict.fromkeys(Cause, frozenset[Choice]()),
    Cause.CHANGED_AFTER_CONFIRM: frozenset({Choice.IGNORE, Choice.RESET}),
    Cause.CANCELLED_INVOICED: frozenset({Choice.IGNORE, Choice.CREDIT}),
    Cause.REFUND: frozenset({Choice.IGNORE}),
    Cause.PAYMENT: frozenset({Choice.IGNORE}),
    Cause.CANCELLED_IN_ODOO: frozenset({Choice.IGNORE}),
    Cause.REFUND_BEFORE_INVOICE: frozenset({Choice.IGNORE}),
    Cause.MISSING_IN_ODOO: frozenset({Choice.CREATE}),
}
_FIELDS = frozenset({Choice.TAKE, Choice.KEEP})


def offered(causes: Iterable[str]) -> tuple[Choice, ...]:
    """What is offered for several items at once that wait for these causes. Those it does not fit are left alone."""
    found = frozenset[Choice]().union(*(_usual(cause) for cause in causes))
    return tuple(choice for choice in Choice if choice in found)


def _usual(cause: str) -> frozenset[Choice]:
    if cause == "differs":
        return _FIELDS
    return _FIELDS | {Choice.CREATE} if cause == "barcode" else _ORDERS.get(cause, frozenset({Choice.CREATE}))
