"""The documents by which records are read by id: made out of the very selection that bulk queries carry.

One selection per kind, so that a record read on either path has the same form and the same hash. A connection that
bulk reads to its end comes here in pages; for orders, what bulk cannot tell (`order_details`) is read along with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    FieldNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    print_ast,
)

from mooring.domain.kinds import Kind
from mooring.domain.translate import LAYOUTS
from mooring.usecases.context import App
from mooring.usecases.import_store_documents import Pruner, parsed

NESTED = {Kind.CUSTOMERS: 10, Kind.ORDERS: 10, Kind.PRODUCTS: 100, Kind.COLLECTIONS: 250}
"""How many addresses, lines, variants or members come along with a record. Nearly all records have fewer."""
_REST = 250
_ENDS = "pageInfo { hasNextPage endCursor }"


@dataclass(frozen=True, slots=True)
class ById:
    """`page` takes `ids`. `rest` takes `id` and `after` and goes on with the children of one record; None when they are
    not read. `left_out`: as in `Asked`."""

    page: str
    rest: str | None
    left_out: frozenset[str]


def by_id(app: App, kind: Kind, unread: frozenset[str]) -> ById:
    """The documents of a kind without the unread paths."""
    document = app.shopify.document
    details = document("order_details") if kind is Kind.ORDERS else None
    return _made(kind, unread, document(kind), details, document("fragments"))


@lru_cache(maxsize=256)
def _made(kind: Kind, unread: frozenset[str], bulk: str, details: str | None, fragments: str) -> ById:
    operation, known = parsed(bulk + fragments)
    pruner, path, layout = Pruner(known, unread, pages=True), (str(kind),), LAYOUTS[kind]
    further = list(pruner.fields(_inside(parsed(details + fragments)[0], 2), path)) if details else []
    whole = {node.name.value for node in further if isinstance(node, FieldNode)} - {"id"}
    own = [node for node in pruner.fields(_inside(operation, 3), path) if _name(node) not in whole]
    connection = next((node for node in own if _name(node) == layout.connection), None)
    children = "\n".join(map(print_ast, _inside(connection, 2))) if connection else None
    record = [print_ast(node) for node in (*own, *further) if node is not connection]
    if children:
        record.append(f"{layout.connection}(first: {NESTED[kind]}) {{ nodes {{ {children} }} {_ENDS} }}")
    fields = "\n".join(record)
    page = f"query ById($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {layout.root_type} {{ {fields} }} }} }}"
    return ById(page, _rest(layout.root_type, layout.connection, children), frozenset(pruner.left_out))


def _rest(type_: str, connection: str, children: str | None) -> str | None:
    if children is None:
        return None
    more = f"{connection}(first: {_REST}, after: $after) {{ nodes {{ {children} }} {_ENDS} }}"
    return f"query Rest($id: ID!, $after: String) {{ node(id: $id) {{ ... on {type_} {{ id {more} }} }} }}"


def _inside(node: OperationDefinitionNode | SelectionNode, depth: int) -> tuple[SelectionNode, ...]:
    """What is selected so many steps below: `orders.edges.node` in bulk, `nodes` and the type by id."""
    for _ in range(depth):
        node = _selected(node).selections[0]
    return _selected(node).selections


def _selected(node: OperationDefinitionNode | SelectionNode) -> SelectionSetNode:
    assert isinstance(node, OperationDefinitionNode | FieldNode | InlineFragmentNode)
    assert node.selection_set is not None
    return node.selection_set


def _name(node: SelectionNode) -> str | None:
    return node.name.value if isinstance(node, FieldNode) else None
