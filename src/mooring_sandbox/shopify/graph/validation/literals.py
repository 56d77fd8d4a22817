"""Literals against input types, and how the server prints them."""

from __future__ import annotations

from typing import Any

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    is_required_input_field,
    print_ast,
)

from mooring_sandbox.shopify.graph.scalars import Misfit, misfit

INVALID = Misfit("")
_ONLY_TEXT = {"String", "HTML", "URL", "DateTime", "Date"}


def literal_misfit(node: ValueNode, type_: GraphQLInputType) -> Misfit | None:
    """None if the literal fits; `own` marks a sentence that replaces the usual one. Variables fit here."""
    if isinstance(node, VariableNode):
        return None
    if isinstance(type_, GraphQLNonNull):
        return INVALID if isinstance(node, NullValueNode) else literal_misfit(node, type_.of_type)
    if isinstance(node, NullValueNode):
        return None
    if isinstance(type_, GraphQLList):
        members = node.values if isinstance(node, ListValueNode) else (node,)
        return next((m for v in members if (m := literal_misfit(v, type_.of_type))), None)
    return _named_misfit(node, type_)


def _named_misfit(node: ValueNode, type_: GraphQLInputType) -> Misfit | None:
    if isinstance(type_, GraphQLEnumType):
        return None if isinstance(node, EnumValueNode) and node.value in type_.values else INVALID
    if isinstance(type_, GraphQLInputObjectType):
        return _object_misfit(node, type_)
    if not isinstance(type_, GraphQLScalarType):
        return INVALID
    return _scalar_misfit(node, type_.name)


def _object_misfit(node: ValueNode, type_: GraphQLInputObjectType) -> Misfit | None:
    if not isinstance(node, ObjectValueNode):
        return INVALID
    given = {f.name.value: f.value for f in node.fields}
    if any(is_required_input_field(f) and n not in given for n, f in type_.fields.items()):
        return INVALID
    fields = type_.fields
    return next(
        (m for n, v in given.items() if n in fields and (m := literal_misfit(v, fields[n].type))),
        None,
    )


def _scalar_misfit(node: ValueNode, scalar: str) -> Misfit | None:
    if scalar == "JSON":
        return None
    if isinstance(node, ObjectValueNode | ListValueNode | EnumValueNode):
        return INVALID
    if scalar in _ONLY_TEXT and not isinstance(node, StringValueNode):
        return INVALID
    if scalar == "Boolean":
        return None if isinstance(node, BooleanValueNode) else INVALID
    found = misfit(scalar, _value(node))
    return found if found is None or found.own else INVALID


def _value(node: ValueNode) -> Any:
    if isinstance(node, IntValueNode):
        return int(node.value)
    if isinstance(node, FloatValueNode):
        return float(node.value)
    return getattr(node, "value", None)


def printed(node: ValueNode) -> str:
    return print_ast(node)
