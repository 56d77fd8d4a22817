"""What the walk carries: where it is, which errors it has found, which variables and fragments were used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLSchema, Node, VariableDefinitionNode, VariableNode

from mooring_sandbox.shopify.graph.errors import Json, problem


@dataclass
class Usage:
    node: VariableNode
    path: tuple[str, ...]


@dataclass
class Scope:
    """One operation or fragment: its own variable uses and the fragments it spreads."""

    name: str
    path: str
    node: Node
    declared: dict[str, VariableDefinitionNode] = field(default_factory=dict)
    used: list[Usage] = field(default_factory=list)
    spreads: set[str] = field(default_factory=set)
    typed_uses: list[Any] = field(default_factory=list)


class Walk:
    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self.schema = schema
        self.fragments = fragments
        self.errors: list[Json] = []
        self.path: list[str] = []
        self.scope = Scope("", "", DocumentNode(definitions=()))

    @contextmanager
    def at(self, step: str) -> Iterator[None]:
        self.path.append(step)
        try:
            yield
        finally:
            self.path.pop()

    def add(
        self, message: str, node: Node | Sequence[Node], code: str, *, step: str | None = None, **more: Any
    ) -> None:
        nodes = [node] if isinstance(node, Node) else list(node)
        path = self.path if step is None else [*self.path, step]
        self.errors.append(problem(message, nodes, path, {"code": code, **more}))

    def has_error_below(self) -> bool:
        """Whether something at or under this path was found already: then the outer value is not blamed again."""
        depth = len(self.path)
        return any(e.get("path", [])[:depth] == self.path for e in self.errors)
