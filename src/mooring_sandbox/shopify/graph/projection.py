"""Bulk rows: selection sets compiled once to closures over the same field readers that answer single requests.

A row holds what is selected of a connection's node; connections nested in it become rows of their own. Without
grouping, the rows of a batch come first and their children after them, so that children do not follow their parent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    InlineFragmentNode,
    SelectionSetNode,
    is_abstract_type,
)
from graphql.execution.values import get_argument_values

from mooring_sandbox.shopify.graph.connections import everything
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.directives import is_included
from mooring_sandbox.shopify.graph.execution import Run
from mooring_sandbox.shopify.graph.fields import FieldReader, unlinked
from mooring_sandbox.shopify.graph.prepared import Prepared
from mooring_sandbox.shopify.graph.typing import type_of

Child = tuple[Doc, str | None]
Make = Callable[[Doc], Any]
BATCH = 100


@dataclass
class Plan:
    """What to make of documents of one object type.

    `keys` are all response keys with the document keys they may be read from; of `stored` ones that is the answer
    where there is one, of `made` ones never.
    """

    keys: list[tuple[str, str]] = field(default_factory=list)
    stored: list[tuple[str, Make]] = field(default_factory=list)
    made: list[tuple[str, Make]] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)

    def row(self, doc: Doc) -> Doc:
        get = doc.get
        out = {key: get(name) for key, name in self.keys}
        for key, missing in self.stored:
            if out[key] is None:
                out[key] = missing(doc)
        for key, make in self.made:
            out[key] = make(doc)
        return out

    def take(self, key: str, name: str, missing: Make | None) -> None:
        """`missing` answers where the document has no value; None where null is the answer then."""
        self.keys.append((key, name))
        if missing is not None:
            self.stored.append((key, missing))

    def make(self, key: str, make: Make) -> None:
        self.keys.append((key, key))
        self.made.append((key, make))


@dataclass
class Connection:
    docs: Callable[[Doc], Iterable[Doc]]
    node: Node


class Node:
    """The plans of a selection, one per object type it can meet."""

    def __init__(self, compiler: Compiler, type_: Any, selections: list[SelectionSetNode]) -> None:
        self._compiler = compiler
        self._type = type_
        self._selections = selections
        self._plans: dict[str, Plan] = {}
        self._only = None if is_abstract_type(type_) else self._plan(type_.name)
        self.row: Make = self._any_row if self._only is None else self._only.row

    def plan(self, doc: Doc) -> Plan:
        if self._only is not None:
            return self._only
        return self._plan(type_of(self._compiler.schema, doc, self._type))

    def _any_row(self, doc: Doc) -> Doc:
        return self.plan(doc).row(doc)

    def _plan(self, name: str) -> Plan:
        if name not in self._plans:
            self._plans[name] = self._compiler.plan(name, self._selections)
        return self._plans[name]


def project(run: Run, prepared: Prepared, grouped: bool) -> Iterator[tuple[Doc, str | None]]:
    """Compiles at once (and so raises at once what is refused); reads as the rows are taken."""
    compiler = Compiler(run, prepared)
    root = compiler.plan("QueryRoot", [prepared.operation(None).selection_set])
    return _roots(root, 1 if grouped else BATCH)


def _roots(root: Plan, batch: int) -> Iterator[tuple[Doc, str | None]]:
    for connection in root.connections:
        yield from _emit(connection.node, ((doc, None) for doc in connection.docs({})), batch)


def _emit(node: Node, children: Iterator[Child], batch: int) -> Iterator[tuple[Doc, str | None]]:
    while taken := list(islice(children, batch)):
        plans = [node.plan(doc) for doc, _ in taken]
        for (doc, parent), plan in zip(taken, plans, strict=True):
            yield plan.row(doc), parent
        for plan in {id(p): p for p in plans}.values():
            owners = [doc for (doc, _), p in zip(taken, plans, strict=True) if p is plan]
            for connection in plan.connections:
                yield from _emit(connection.node, _children(connection, owners), batch)
        for doc, _ in taken:
            unlinked(doc)


def _children(connection: Connection, owners: list[Doc]) -> Iterator[Child]:
    for owner in owners:
        for doc in connection.docs(owner):
            yield doc, owner["id"]


class Compiler:
    def __init__(self, run: Run, prepared: Prepared) -> None:
        self._run = run
        self._context: Context = run.context
        self._fragments = prepared.fragments
        self.schema = run.context.official.schema

    def plan(self, type_name: str, selections: list[SelectionSetNode]) -> Plan:
        plan = Plan()
        for key, nodes in self._collect(type_name, selections).items():
            self._add(plan, type_name, key, nodes)
        return plan

    def _collect(self, type_name: str, selections: list[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """Fields by response key, those of fragments that apply to this type included."""
        found: dict[str, list[FieldNode]] = {}
        for node in (n for s in selections for n in s.selections):
            if not is_included(node, {}):
                continue
            if isinstance(node, FieldNode):
                found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
                continue
            for key, nodes in self._fragment(type_name, node).items():
                found.setdefault(key, []).extend(nodes)
        return found

    def _fragment(self, type_name: str, node: Any) -> dict[str, list[FieldNode]]:
        fragment = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        condition = fragment.type_condition
        assert isinstance(fragment, InlineFragmentNode) or condition is not None
        if condition is not None and not self._is_a(type_name, condition.name.value):
            return {}
        return self._collect(type_name, [fragment.selection_set])

    def _is_a(self, type_name: str, condition: str) -> bool:
        other = self.schema.type_map[condition]
        if type_name == condition or not is_abstract_type(other):
            return type_name == condition
        return self.schema.is_sub_type(other, self.schema.type_map[type_name])  # type: ignore[arg-type]

    def _add(self, plan: Plan, type_name: str, key: str, nodes: list[FieldNode]) -> None:
        name = nodes[0].name.value
        if name == "__typename":
            plan.make(key, lambda _: type_name)
            return
        refusal = self._run.access.refusal(type_name, name)
        if refusal is not None and not refusal.protected:
            raise refusal.error(name)
        if refusal is not None:
            plan.make(key, _null)
            return
        reader = self._run.readers.reader(type_name, name)
        self._add_read(plan, key, nodes, reader, self._arguments(type_name, nodes[0]))

    def _arguments(self, type_name: str, node: FieldNode) -> Doc:
        definition = self._context.official.field(type_name, node.name.value)
        assert definition is not None
        return get_argument_values(definition, node)

    def _add_read(self, plan: Plan, key: str, nodes: list[FieldNode], reader: FieldReader, args: Doc) -> None:
        context, read = self._context, reader.read
        if reader.kind == "leaf" and reader.stored:
            plan.take(key, reader.name, None if reader.nullable else lambda doc: read(context, doc, args))
        elif reader.kind == "leaf":
            plan.make(key, lambda doc: read(context, doc, args))
        elif reader.kind == "connection":
            plan.connections.append(self._connection(nodes, reader, args))
        else:
            self._add_objects(plan, key, self._node(reader.type, nodes), reader, args)

    def _add_objects(self, plan: Plan, key: str, inner: Node, reader: FieldReader, args: Doc) -> None:
        context, read = self._context, reader.read

        row, name, stored = inner.row, reader.name, reader.stored

        def one(doc: Doc) -> Any:
            found = doc.get(name) if stored else None
            if found is None:
                found = read(context, doc, args)
            return None if found is None else row(found)

        def many(doc: Doc) -> Any:
            found = read(context, doc, args)
            return None if found is None else [None if m is None else row(m) for m in found]

        plan.make(key, many if reader.kind == "list" else one)
        if reader.kind == "object" and isinstance(reader.type, GraphQLObjectType):
            plan.connections += [self._through(c, reader, args) for c in inner.plan({}).connections]

    def _through(self, connection: Connection, reader: FieldReader, args: Doc) -> Connection:
        """A connection inside an object of a node: its rows belong to the node."""

        def docs(doc: Doc) -> Iterable[Doc]:
            found = reader.read(self._context, doc, args)
            return () if found is None else connection.docs(found)

        return Connection(docs, connection.node)

    def _connection(self, nodes: list[FieldNode], reader: FieldReader, args: Doc) -> Connection:
        give, context = reader.source, self._context
        assert give is not None and isinstance(reader.type, GraphQLObjectType)
        inner = self._node(reader.type.fields["nodes"].type, self._node_fields(nodes))
        return Connection(lambda doc: everything(context, give(context, doc, args), args), inner)

    def _node_fields(self, nodes: list[FieldNode]) -> list[FieldNode]:
        """`edges { node }` and `nodes` alike."""
        inner = [f for n in nodes if n.selection_set for f in n.selection_set.selections if isinstance(f, FieldNode)]
        edges = [f for f in inner if f.name.value == "edges" and f.selection_set]
        held = [f for e in edges if e.selection_set for f in e.selection_set.selections if isinstance(f, FieldNode)]
        return [f for f in inner if f.name.value == "nodes"] + [f for f in held if f.name.value == "node"]

    def _node(self, type_: Any, nodes: list[FieldNode]) -> Node:
        while hasattr(type_, "of_type"):
            type_ = type_.of_type
        return Node(self, type_, [n.selection_set for n in nodes if n.selection_set])


def _null(_: Doc) -> None:
    return None
