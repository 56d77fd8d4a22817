"""What a document must look like to run in bulk; texts and codes as recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

Problem = dict[str, Any]

MAX_DOCUMENT_BYTES = 65_535
MAX_CONNECTIONS = 5
MAX_NESTING = 2
_BULK_MUTATIONS = frozenset({"bulkOperationRunMutation", "bulkOperationRunQuery", "bulkOperationCancel"})
_EDGES = (
    "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: "
    "'%s { edges { node {'. Selecting via 'nodes' is not supported. Invalid connection fields: %s."
)
_PARENT_ID = (
    "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of "
    "'ID' return type. Connection fields without 'id': {}."
)
_IN_LIST = "Queries that contain a connection field within a list field are not currently supported."


@dataclass
class Survey:
    """What was found in a document; connections by the names of their fields."""

    connections: int = 0
    deepest: int = 0
    by_nodes: list[str] = field(default_factory=list)
    without_id: list[str] = field(default_factory=list)
    in_list: bool = False


@dataclass(frozen=True)
class Place:
    """Where the walk is: how many connections around it, the innermost one, whether a list is between it and here."""

    depth: int = -1
    connection: str = ""
    has_id: bool = True
    in_list: bool = False


class Surveyor:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.found = Survey()
        self._schema = schema
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}

    def walk(self, selection: SelectionSetNode | None, type_: GraphQLNamedType | None, place: Place) -> None:
        for node, holder in self.fields(selection, type_):
            kind = _field_type(holder, node.name.value)
            if kind is None or not node.selection_set:
                continue
            named = get_named_type(kind)
            if named.name.endswith("Connection"):
                self._connection(node, named, place)
            else:
                inside = place.in_list or is_list_type(get_nullable_type(kind))
                self.walk(node.selection_set, named, Place(place.depth, place.connection, place.has_id, inside))

    def fields(
        self, selection: SelectionSetNode | None, type_: GraphQLNamedType | None
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType | None]]:
        """Fields with the type they are asked of, through all fragments."""
        for node in selection.selections if selection else ():
            if isinstance(node, FieldNode):
                yield node, type_
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else None
                yield from self.fields(node.selection_set, self._schema.get_type(condition) if condition else type_)
            elif fragment := self._fragments.get(node.name.value):  # pyright: ignore[reportAttributeAccessIssue]
                yield from self.fields(
                    fragment.selection_set, self._schema.get_type(fragment.type_condition.name.value)
                )

    def _connection(self, node: FieldNode, type_: GraphQLNamedType, place: Place) -> None:
        found, name = self.found, node.name.value
        found.connections += 1
        found.deepest = max(found.deepest, place.depth + 1)
        found.in_list |= place.in_list
        if not place.has_id and place.connection not in found.without_id:
            found.without_id.append(place.connection)
        below = list(self.fields(node.selection_set, type_))
        if any(one.name.value == "nodes" for one, _ in below):
            found.by_nodes.append(name)
        for edge, edge_holder in self._items(below, type_):
            inside = Place(place.depth + 1, name, self._has_id(edge.selection_set, edge_holder))
            self.walk(edge.selection_set, edge_holder, inside)

    def _items(
        self, below: list[tuple[FieldNode, GraphQLNamedType | None]], type_: GraphQLNamedType
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType | None]]:
        """The `node` fields under `edges`, and `nodes` (refused, but what is in it is looked at all the same)."""
        for one, _ in below:
            kind = _field_type(type_, one.name.value)
            if kind is None:
                continue
            if one.name.value == "nodes":
                yield one, get_named_type(kind)
            if one.name.value == "edges":
                edge = get_named_type(kind)
                for node, holder in self.fields(one.selection_set, edge):
                    inner = _field_type(holder, node.name.value)
                    if node.name.value == "node" and inner is not None:
                        yield node, get_named_type(inner)

    def _has_id(self, selection: SelectionSetNode | None, type_: GraphQLNamedType | None) -> bool:
        plain = [n for n, _ in self.fields(selection, type_) if n.name.value == "id" and n.alias is None]
        return bool(plain)


def _field_type(holder: GraphQLNamedType | None, name: str) -> Any:
    if not isinstance(holder, GraphQLObjectType | GraphQLInterfaceType) or name not in holder.fields:
        return None
    return holder.fields[name].type


def operation_of(document: DocumentNode) -> OperationDefinitionNode | None:
    return next((d for d in document.definitions if isinstance(d, OperationDefinitionNode)), None)


def survey(document: DocumentNode, schema: GraphQLSchema) -> Survey:
    surveyor = Surveyor(schema, document)
    operation = operation_of(document)
    if operation:
        root = schema.mutation_type if operation.operation is OperationType.MUTATION else schema.query_type
        surveyor.walk(operation.selection_set, root, Place())
    return surveyor.found


def query_problems(document: DocumentNode, schema: GraphQLSchema) -> list[str]:
    operation = operation_of(document)
    if operation is None or operation.operation is not OperationType.QUERY:
        return ["Invalid operation type. Only `query` operations are supported."]
    if sum(isinstance(d, OperationDefinitionNode) for d in document.definitions) > 1:
        return ["Invalid bulk query: An operation name is required"]
    found = survey(document, schema)
    asked = [node.name.value for node, _ in Surveyor(schema, document).fields(operation.selection_set, None)]
    out = [f"Bulk queries cannot contain a top level `{name}` field." for name in ("node", "nodes") if name in asked]
    if not found.connections:
        out.append("Bulk queries must contain at least one connection.")
    if found.connections > MAX_CONNECTIONS:
        out.append(f"Bulk queries cannot contain more than {MAX_CONNECTIONS} connections.")
    if found.deepest > MAX_NESTING:
        out.append(f"Bulk queries cannot contain connections with a nesting depth greater than {MAX_NESTING}.")
    if found.by_nodes:
        out.append(_EDGES % (found.by_nodes[0], ", ".join(f"'{name}'" for name in found.by_nodes)))
    if found.without_id:
        out.append(_PARENT_ID.replace("{}.", ", ".join(found.without_id) + "."))
    return [*out, _IN_LIST] if found.in_list else out


def mutation_problem(document: DocumentNode, schema: GraphQLSchema) -> Problem | None:
    """The first thing wrong with a mutation that is to run in bulk."""
    operation = operation_of(document)
    if operation is None or operation.operation is not OperationType.MUTATION:
        text = "Invalid operation type. Only `mutation` operations are supported."
        return {"field": None, "message": text, "code": "INVALID_MUTATION"}
    asked = [node.name.value for node, _ in Surveyor(schema, document).fields(operation.selection_set, None)]
    if len(asked) != 1:
        return _about_mutation("You must specify a single top level mutation.")
    if asked[0] in _BULK_MUTATIONS:
        return _about_mutation("You must use an allowed mutation name.")
    if survey(document, schema).connections > 1:
        return _about_mutation("Bulk mutations cannot contain more than 1 connection.")
    return None


def _about_mutation(text: str) -> Problem:
    return {"field": ["mutation"], "message": text, "code": None}
