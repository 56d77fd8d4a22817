"""Arguments of fields, directives and input objects: known, given, fitting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    ArgumentNode,
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    ListValueNode,
    Node,
    ObjectFieldNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from mooring_sandbox.shopify.graph.validation.literals import literal_misfit, printed
from mooring_sandbox.shopify.graph.validation.walk import Usage, Walk

Given = ArgumentNode | ObjectFieldNode
Accepted = Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField]


@dataclass(frozen=True)
class Taker:
    """What takes arguments: its kind and name as the server words them, and its place in the document."""

    kind: str
    name: str
    node: Node
    accepted: Accepted


@dataclass(frozen=True)
class TypedUse:
    """A variable in a place of a known type, judged once the operations that reach it are known."""

    node: VariableNode
    given: Given
    type: GraphQLInputType
    has_default: bool
    list_depth: int
    path: tuple[str, ...]


def check_arguments(walk: Walk, taker: Taker, given: Sequence[Given]) -> None:
    for node in given:
        with walk.at(node.name.value):
            _check_one(walk, taker, node)
    _check_unique(walk, taker, given)
    if taker.kind != "InputObject":
        _check_required(walk, taker, given)


def _check_one(walk: Walk, taker: Taker, node: Given) -> None:
    name = node.name.value
    accepted = taker.accepted.get(name)
    if accepted is None:
        walk.add(
            f"{taker.kind} '{taker.name}' doesn't accept argument '{name}'",
            node, "argumentNotAccepted", name=taker.name, typeName=taker.kind, argumentName=name,
        )  # fmt: skip
        return
    _visit_value(walk, node, node.value, accepted, 0)
    if not isinstance(node.value, VariableNode) and not walk.has_error_below():
        _check_fit(walk, taker, node, accepted.type)


def _check_fit(walk: Walk, taker: Taker, node: Given, type_: GraphQLInputType) -> None:
    found = literal_misfit(node.value, type_)
    if found is None:
        return
    if found.own:
        walk.add(found.text, taker.node, "argumentLiteralsIncompatible", typeName="CoercionError")
        return
    name = node.name.value
    walk.add(
        f"Argument '{name}' on {taker.kind} '{taker.name}' has an invalid value ({printed(node.value)}). "
        f"Expected type '{type_}'.",
        taker.node, "argumentLiteralsIncompatible", typeName=taker.kind, argumentName=name,
    )  # fmt: skip


def _visit_value(
    walk: Walk, given: Given, value: ValueNode, accepted: GraphQLArgument | GraphQLInputField, depth: int
) -> None:
    if isinstance(value, VariableNode):
        use = Usage(value, tuple(walk.path))
        walk.scope.used.append(use)
        has_default = accepted.default is not None
        walk.scope.typed_uses.append(TypedUse(value, given, accepted.type, has_default, depth, use.path))
    elif isinstance(value, ListValueNode):
        for member in value.values:
            _visit_value(walk, given, member, accepted, depth + 1)
    elif isinstance(value, ObjectValueNode):
        _visit_object(walk, value, accepted.type)


def _visit_object(walk: Walk, value: ObjectValueNode, type_: GraphQLInputType) -> None:
    named = get_named_type(type_)
    if not isinstance(named, GraphQLInputObjectType):
        return
    check_arguments(walk, Taker("InputObject", named.name, value, named.fields), value.fields)
    present = {f.name.value for f in value.fields}
    for name, accepted in named.fields.items():
        if is_required_input_field(accepted) and name not in present:
            walk.add(
                f"Argument '{name}' on InputObject '{named.name}' is required. Expected type {accepted.type}",
                value, "missingRequiredInputObjectAttribute", step=name,
                argumentName=name, argumentType=str(accepted.type), inputObjectType=named.name,
            )  # fmt: skip


def _check_unique(walk: Walk, taker: Taker, given: Sequence[Given]) -> None:
    names = [n.name.value for n in given]
    for name in {n for n in names if names.count(n) > 1}:
        twice = [n for n in given if n.name.value == name]
        if taker.kind == "InputObject":
            walk.add(f'There can be only one input field named "{name}"', twice, "inputFieldNotUnique", name=name)
        else:
            walk.add(f'There can be only one argument named "{name}"', twice, "argumentNotUnique", name=name)


def _check_required(walk: Walk, taker: Taker, given: Sequence[Given]) -> None:
    present = {n.name.value for n in given}
    missing = [
        name
        for name, accepted in taker.accepted.items()
        if isinstance(accepted, GraphQLArgument) and is_required_argument(accepted) and name not in present
    ]
    if missing:
        listed = ", ".join(missing)
        walk.add(
            f"{taker.kind} '{taker.name}' is missing required arguments: {listed}",
            taker.node, "missingRequiredArguments", className=taker.kind, name=taker.name, arguments=listed,
        )  # fmt: skip
