"""Reads recorded answers back into records: which objects there were, of which type, with which fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    parse,
)
from graphql.language import InlineFragmentNode

from mooring_sandbox.shopify.graph.validation.check import validate

GID = re.compile(r"gid://shopify/(\w+)/(\d+)")
ABSENT = re.compile(r"does not exist|not found|could not be found|can't be found")
Doc = dict[str, Any]


@dataclass
class Found:
    """An object of an answer under its field names; `owner` is the gid of what it was selected from."""

    type: str
    doc: Doc
    owner: str | None = None
    members: dict[str, list[Found]] = field(default_factory=dict)


class AnswerReader:
    def __init__(self, schema: GraphQLSchema, query: str) -> None:
        self._schema = schema
        document = parse(query)
        assert validate(schema, document) == [], "only valid documents are read back"
        self._operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}

    @property
    def is_query(self) -> bool:
        return self._operation.operation.value == "query"

    def read(self, data: Doc | None) -> Doc:
        root = self._schema.get_root_type(self._operation.operation)
        return self._object(root, self._operation.selection_set, data or {})

    def _object(self, type_: Any, selections: SelectionSetNode, value: Doc) -> Doc:
        out: Doc = {"__typename": value.get("__typename") or _type_of(value) or type_.name}
        for node, owner in self._fields(type_, selections, out["__typename"]):
            key = node.alias.value if node.alias else node.name.value
            if key in value and node.name.value in owner.fields:
                inner = get_named_type(owner.fields[node.name.value].type)
                read = self._value(inner, node.selection_set, value[key])
                out[node.name.value] = _joined(out.get(node.name.value), read)
        return out

    def _value(self, type_: Any, selections: SelectionSetNode | None, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(type_, selections, v) for v in value]
        if isinstance(value, dict) and selections is not None:
            return self._object(type_, selections, value)
        return value

    def _fields(self, type_: Any, selections: SelectionSetNode, actual: str) -> Iterator[tuple[FieldNode, Any]]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                if hasattr(type_, "fields"):
                    yield node, type_
                continue
            fragment = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(fragment, FragmentDefinitionNode | InlineFragmentNode)
            condition = fragment.type_condition.name.value if fragment.type_condition else type_.name
            inner = self._schema.type_map[condition]
            if condition == actual or not hasattr(self._schema.type_map.get(actual), "fields"):
                yield from self._fields(inner, fragment.selection_set, actual)


def _joined(first: Any, second: Any) -> Any:
    """The same connection under two aliases: the members of both."""
    one, other = members(first), members(second)
    return second if one is None or other is None else {"nodes": one + other}


def _type_of(value: Doc) -> str | None:
    found = GID.match(value.get("id") or "")
    return found[1] if found else None


def members(value: Any) -> list[Doc] | None:
    """The nodes of a connection; None if it is none."""
    if not isinstance(value, dict) or not ({"nodes", "edges"} & value.keys()):
        return None
    return [n for n in value.get("nodes") or [e["node"] for e in value.get("edges") or () if "node" in e] if n]


def missing_ids(exchange: Doc) -> set[str]:
    """Ids that a recorded answer says are not there."""
    data = exchange["response"]["body"].get("data") or {}
    out: set[str] = set()
    for payload in data.values():
        for error in (payload or {}).get("userErrors") or () if isinstance(payload, dict) else ():
            if ABSENT.search(error["message"]):
                out |= set(_at(exchange["request"].get("variables") or {}, error.get("field") or []))
    return out


def _at(variables: Doc, path: list[str]) -> Iterator[str]:
    """The gids that a user error's field points at in the variables, wherever the path starts."""
    for start in (variables, *(v for v in variables.values() if isinstance(v, dict))):
        value: Any = start
        for step in path:
            value = _step(value, step)
        if isinstance(value, str) and GID.match(value):
            yield value


def _step(value: Any, step: str) -> Any:
    if isinstance(value, list):
        return value[int(step)] if step.isdigit() and int(step) < len(value) else None
    return value.get(step) if isinstance(value, dict) else None
