"""@include, @skip and @idempotent, read straight from the document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import ArgumentNode, BooleanValueNode, FieldNode, SelectionNode, StringValueNode, ValueNode, VariableNode


def is_included(node: SelectionNode, variables: dict[str, Any]) -> bool:
    for directive in node.directives or ():
        wanted = {"include": True, "skip": False}.get(directive.name.value)
        if wanted is not None and bool(_argument(directive.arguments or (), "if", variables)) is not wanted:
            return False
    return True


def idempotency_key(node: FieldNode, variables: dict[str, Any]) -> str | None:
    for directive in node.directives or ():
        if directive.name.value == "idempotent":
            return _argument(directive.arguments or (), "key", variables)
    return None


def _argument(arguments: Sequence[ArgumentNode], name: str, variables: dict[str, Any]) -> Any:
    return next((_value(a.value, variables) for a in arguments if a.name.value == name), None)


def _value(node: ValueNode, variables: dict[str, Any]) -> Any:
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    return node.value if isinstance(node, BooleanValueNode | StringValueNode) else None
