"""Nodes asked for by id -> the rows a bulk file would give of them, and what only a node can tell of an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mooring.domain.kinds import Kind
from mooring.domain.records import number
from mooring.domain.records_orders import Order, OrderDetail, Refund
from mooring.domain.translate import LAYOUTS, Found, without_nul
from mooring.domain.translate_orders import REFUND, needs_detail
from mooring.domain.translate_rows import Row, Stamp
from mooring.errors import Permanent

Node = dict[str, Any]
Complete = Callable[[list[Found]], None]
"""Gives records back what a reading could not see, before their hash is taken."""


@dataclass(frozen=True, slots=True)
class NodeRows:
    """`details`: by order, the canonical text where a bulk import would leave it owed, else None."""

    roots: list[Row]
    children: list[Row]
    refunds: list[Row] = field(default_factory=list[Row])
    details: dict[int, str | None] = field(default_factory=dict[int, str | None])


def rows(kind: Kind, nodes: list[Node], stamp: Stamp, complete: Complete | None = None) -> NodeRows:
    """Raises `Permanent` for what has not the shape Shopify documents; never says what stands in it."""
    try:
        found = list(_found(kind, nodes))
        if complete:
            complete(found)
        return _rows(kind, nodes, found, stamp)
    except (msgspec.ValidationError, ValueError, OverflowError, KeyError, TypeError) as error:
        said = f" ({error})" if isinstance(error, msgspec.ValidationError) else ""
        raise Permanent(f"Shopify's answer about {kind} has not the shape it documents{said}.", code="bad_record") \
            from None  # fmt: skip


def _found(kind: Kind, nodes: Iterable[Node]) -> Iterator[Found]:
    """Roots and children, as `Reader.records` finds them in a file."""
    layout = LAYOUTS[kind]
    for node in nodes:
        yield False, msgspec.convert(node, layout.root.record)
        for child in (node.get(layout.connection) or _NONE)["nodes"]:
            yield True, msgspec.convert({**child, "__parentId": node["id"]}, layout.child.record)


_NONE: dict[str, list[Node]] = {"nodes": []}


def _rows(kind: Kind, nodes: list[Node], found: list[Found], stamp: Stamp) -> NodeRows:
    layout = LAYOUTS[kind]
    roots = without_nul([layout.root.row(record, stamp) for is_child, record in found if not is_child])
    children = without_nul([layout.child.row(record, stamp) for is_child, record in found if is_child])
    if kind is not Kind.ORDERS:
        return NodeRows(roots, children)
    told = [row for node in nodes for row in refunds(node, stamp)]
    details = {number(node["id"]): _owed(node) for node in nodes if node.get("shippingLines") is not None}
    return NodeRows(roots, children, without_nul(told), details)


def _owed(order: Node) -> str | None:
    return detail(order) if needs_detail(msgspec.convert(order, Order)) else None


def detail(order: Node) -> str:
    """What an order has beyond its bulk line and its refunds, in canonical form."""
    return msgspec.json.encode(msgspec.convert(_flat(order), OrderDetail)).decode()


def refunds(order: Node, stamp: Stamp) -> Iterator[Row]:
    for refund in order.get("refunds") or ():
        yield REFUND.row(msgspec.convert({**_flat(refund), "__parentId": order["id"]}, Refund), stamp)


def _flat(record: Node) -> Node:
    """Connections as plain lists."""
    return {k: v["nodes"] if isinstance(v, dict) and "nodes" in v else v for k, v in record.items()}
