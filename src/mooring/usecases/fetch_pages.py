"""What did not fit on the first page of a record read by id, followed to its end: half a record must not look whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mooring.domain.kinds import Kind
from mooring.domain.translate import LAYOUTS
from mooring.errors import Permanent
from mooring.ports import Reply
from mooring.usecases.context import App
from mooring.usecases.import_store_documents import complete

Ask = Callable[[str, dict[str, Any]], Reply]
"""One call to Shopify: document, variables."""

_FOLLOWED = ("refundLineItems", "refundShippingLines", "orderAdjustments", "transactions")
_VARIABLES = dict(zip(_FOLLOWED, ("lines", "shipping", "adjustments", "transactions"), strict=True))


def follow_children(kind: Kind, rest: str | None, ask: Ask, record: dict[str, Any]) -> None:
    """A record's addresses, lines, variants or members. `rest` is the document that goes on with them."""
    name = LAYOUTS[kind].connection
    while rest and (after := _further(record, name)):
        reply = ask(rest, {"id": record["id"], "after": after})
        _append(record, reply.data.get("node"), (name,))


def follow_order(app: App, ask: Ask, order: dict[str, Any]) -> None:
    """An order's shipping lines, and all that belongs to its refunds."""
    while after := _further(order, "shippingLines"):
        reply = ask(complete(app, "shipping_lines_rest"), {"id": order["id"], "after": after})
        _append(order, reply.data.get("node"), ("shippingLines",))
    for refund in order.get("refunds") or ():
        while open_ends := [name for name in _FOLLOWED if _further(refund, name)]:
            reply = ask(complete(app, "refund_rest"), _rest(refund, open_ends))
            _append(refund, reply.data.get("node"), tuple(open_ends))


def _further(record: dict[str, Any], name: str) -> str | None:
    """The cursor to go on from; None at the end, and for what may not be read."""
    connection: dict[str, Any] = record.get(name) or {}
    page: dict[str, Any] = connection.get("pageInfo") or {}
    return page.get("endCursor") if page.get("hasNextPage") else None


def _rest(refund: dict[str, Any], open_ends: list[str]) -> dict[str, Any]:
    variables: dict[str, Any] = {"id": refund["id"]}
    for name, variable in _VARIABLES.items():
        variables[f"with{variable.capitalize()}"] = name in open_ends
        variables[variable] = _further(refund, name)
    return variables


def _append(record: dict[str, Any], node: dict[str, Any] | None, names: tuple[str, ...]) -> None:
    """Raises `Permanent` when the rest is suddenly not visible."""
    if not node or any(node.get(name) is None for name in names):
        raise Permanent(f"Shopify no longer shows the rest of {record['id']}.", code="rest_not_visible")
    for name in names:
        record[name]["nodes"] += node[name]["nodes"]
        record[name]["pageInfo"] = node[name]["pageInfo"]
