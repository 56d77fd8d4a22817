"""Query cost as the server counts it: scalars 0, objects 1, mutations 10, connections by a logarithm of their size.

The formula for connections was fitted to recorded costs: 2 + max(1, floor(2 ln n)) * (1 + cost of one node).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeGuard

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

from mooring_sandbox.shopify.graph.directives import is_included

MUTATION = 10
_MUTATIONS = {"refundCreate": 20}  # recorded
_FREE = {"MoneyBag", "MoneyV2", "MailingAddress", "PageInfo"}  # recorded
_COUNT = 10  # recorded: customersCount, ordersCount, productsCount
CONNECTION = 2


class Cost:
    """Costs of one operation. With `data` the actual cost: connections by what they hold, nulls as asked for."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDefinitionNode],
        variables: dict[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def requested(self, operation: OperationDefinitionNode) -> int:
        return self._operation(operation, _ASKED)

    def actual(self, operation: OperationDefinitionNode, data: dict[str, Any] | None) -> int:
        """Never more than requested."""
        return min(self._operation(operation, data or {}), self.requested(operation))

    def _operation(self, operation: OperationDefinitionNode, data: Any) -> int:
        root = self._schema.get_root_type(operation.operation)
        mutates = root is self._schema.mutation_type
        total = 0
        for node, type_ in self._fields(root, operation.selection_set) if root else ():
            found = type_.fields.get(node.name.value)
            if found is None:
                continue
            value = _member(data, node)
            total += self._mutation(node, found, value) if mutates else self._field(node, found, value)
        return total

    def _mutation(self, node: FieldNode, field: GraphQLField, value: Any) -> int:
        """The payload and the objects directly in it are free."""
        inner = get_named_type(field.type)
        total = _MUTATIONS.get(node.name.value, MUTATION)
        for child, type_ in self._fields(inner, node.selection_set):
            found = type_.fields.get(child.name.value)
            if found is not None:
                total += self._field(child, found, _member(value, child), free=True)
        return total

    def _field(self, node: FieldNode, field: GraphQLField, value: Any, free: bool = False) -> int:
        inner = get_named_type(field.type)
        if not is_composite_type(inner):
            return 0
        if _is_connection(inner):
            return CONNECTION if value is None else self._connection(node, inner, value)
        if value is None:
            return _own_cost(inner, free)
        return _own_cost(inner, free) + self._selection(inner, node.selection_set, value)

    def _selection(self, type_: GraphQLNamedType, selections: SelectionSetNode | None, value: Any) -> int:
        """Of several possible types the most expensive one counts; of the members of a list the dearest."""
        per_type: dict[str, int] = {}
        sample = _dearest(value)
        for node, owner in self._fields(type_, selections):
            found = owner.fields.get(node.name.value)
            if found is not None:
                cost = self._field(node, found, _member(sample, node))
                per_type[owner.name] = per_type.get(owner.name, 0) + cost
        shared = per_type.pop(type_.name, 0)
        return shared + max(per_type.values(), default=0)

    def _connection(self, node: FieldNode, type_: GraphQLObjectType, value: Any) -> int:
        asked = self._size(node)
        if value is _ASKED:
            return CONNECTION + (scale(asked) * self._nodes(node, type_, _ASKED) if asked else 0)
        rows = _rows(value)
        if not rows:
            return CONNECTION + (scale(asked) if asked else 0)
        return CONNECTION + scale(len(rows)) * self._nodes(node, type_, rows)

    def _nodes(self, node: FieldNode, type_: GraphQLObjectType, rows: Any) -> int:
        """One row: `nodes` and `edges { node }` count one each, with what is selected in them."""
        total = 0
        for child, _ in self._fields(type_, node.selection_set):
            name = child.name.value
            if name in ("nodes", "edges"):
                total += 1 + self._row(child, type_.fields[name], rows)
            elif name in type_.fields and name != "pageInfo":
                total += self._field(child, type_.fields[name], rows if rows is _ASKED else None)
        return max(total, 1)

    def _row(self, node: FieldNode, field: GraphQLField, rows: Any) -> int:
        inner = get_named_type(field.type)
        if node.name.value == "nodes":
            return self._selection(inner, node.selection_set, rows)
        total = 0
        for child, owner in self._fields(inner, node.selection_set):
            found = owner.fields.get(child.name.value)
            if found is not None and child.name.value == "node":
                total += self._selection(get_named_type(found.type), child.selection_set, rows)
        return total

    def _size(self, node: FieldNode) -> int | None:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                value = argument.value
                if isinstance(value, IntValueNode):
                    return int(value.value)
                if isinstance(value, VariableNode) and isinstance(self._variables.get(value.name.value), int):
                    return self._variables[value.name.value]
        return None

    def _fields(
        self, type_: GraphQLNamedType, selections: SelectionSetNode | None
    ) -> Iterator[tuple[FieldNode, GraphQLObjectType]]:
        """Every field that is really asked for, with the type it is selected on."""
        for node in selections.selections if selections else ():
            if not is_included(node, self._variables):
                continue
            if isinstance(node, FieldNode):
                if not isinstance(type_, GraphQLUnionType):
                    yield node, type_  # type: ignore[misc]
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = self._schema.type_map[condition.name.value] if condition else type_
                yield from self._fields(inner, node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                yield from self._fields(
                    self._schema.type_map[fragment.type_condition.name.value], fragment.selection_set
                )


def scale(size: int) -> int:
    return max(1, math.floor(2 * math.log(size))) if size > 0 else 1


_ASKED: Any = object()


def _member(value: Any, node: FieldNode) -> Any:
    if value is _ASKED:
        return _ASKED
    key = node.alias.value if node.alias else node.name.value
    return value.get(key) if isinstance(value, dict) else None


def _dearest(value: Any) -> Any:
    """Of a list the member with most in it stands for all."""
    if isinstance(value, list):
        present = [v for v in value if isinstance(v, dict)]
        return max(present, key=len, default=None)
    return value


def _rows(value: Any) -> list[Any]:
    if not isinstance(value, dict):
        return []
    for held in value.values():
        if isinstance(held, list):
            return [r["node"] if isinstance(r, dict) and isinstance(r.get("node"), dict) else r for r in held]
    return []


def _own_cost(type_: GraphQLNamedType, free: bool) -> int:
    if type_.name == "Count":
        return _COUNT
    if free or type_.name in _FREE or not isinstance(type_, GraphQLObjectType):
        return 0
    return 1


def _is_connection(type_: GraphQLCompositeType) -> TypeGuard[GraphQLObjectType]:
    return isinstance(type_, GraphQLObjectType) and type_.name.endswith("Connection") and "pageInfo" in type_.fields
