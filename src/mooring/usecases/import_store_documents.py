"""The documents of an import: bulk queries and their probes without what is not read, and pages by id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    parse,
    print_ast,
)

from mooring.domain.kinds import Kind
from mooring.usecases.context import App

_FRAMES = frozenset({"edges", "node", "nodes"})
_SPREAD = re.compile(r"\.\.\.(?!\s*on\b)\s*(\w+)")
_FRAGMENT = re.compile(r"^fragment (\w+) on [\s\S]*?^\}\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """`bulk` is given to Shopify to run, `probe` asks for a few records with the very same selection. `left_out` are
    all paths that are missing in them, parents that lost every field included."""

    bulk: str
    probe: str
    left_out: frozenset[str]


def asked(app: App, kind: Kind, unread: frozenset[str]) -> Asked:
    """The query of a kind without the unread paths. Fragments are written out: bulk queries need none then."""
    return _asked(app.shopify.document(kind) + app.shopify.document("fragments"), unread)


@lru_cache(maxsize=64)
def _asked(text: str, unread: frozenset[str]) -> Asked:
    operation, fragments = parsed(text)
    probe, bulk = Pruner(fragments, unread, pages=True), Pruner(fragments, unread, pages=False)
    texts = [print_ast(one.selection_set(operation.selection_set)) for one in (bulk, probe)]
    return Asked(texts[0], texts[1], frozenset(probe.left_out))


def parsed(text: str) -> tuple[OperationDefinitionNode, Mapping[str, FragmentDefinitionNode]]:
    """The operation in a text of GraphQL, and its fragments by name."""
    definitions = parse(text).definitions
    fragments = {one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)}
    return next(one for one in definitions if isinstance(one, OperationDefinitionNode)), fragments


def complete(app: App, name: str) -> str:
    """A document with the shared fragments it uses, directly or through others. It may have some of its own."""
    known = {match[1]: match[0] for match in _FRAGMENT.finditer(app.shopify.document("fragments"))}
    text = app.shopify.document(name)
    used = _used(text, known)
    return "\n".join([text, *(known[one] for one in used)])


def _used(text: str, known: Mapping[str, str]) -> list[str]:
    own = {match[1] for match in _FRAGMENT.finditer(text)}
    found: dict[str, None] = {}
    waiting = _SPREAD.findall(text)
    while waiting:
        name = waiting.pop()
        if name not in found and name not in own:
            found[name] = None
            waiting += _SPREAD.findall(known[name])
    return sorted(found)


@dataclass
class Pruner:
    """Copies a selection without the unread paths. `pages`: keep `first`, without which a connection cannot be read
    outside of bulk."""

    fragments: Mapping[str, FragmentDefinitionNode]
    unread: frozenset[str]
    pages: bool
    left_out: set[str] = field(default_factory=set[str])

    def selection_set(self, old: SelectionSetNode, path: tuple[str, ...] = ()) -> SelectionSetNode:
        return SelectionSetNode(selections=tuple(self.fields(old.selections, path)))

    def fields(self, nodes: Iterable[SelectionNode], path: tuple[str, ...]) -> Iterator[SelectionNode]:
        """The fields themselves; those of fragments stand where the fragment was spread."""
        for node in nodes:
            if isinstance(node, FieldNode):
                yield from self._field(node, path)
            elif isinstance(node, FragmentSpreadNode):
                yield from self.fields(self.fragments[node.name.value].selection_set.selections, path)
            elif isinstance(node, InlineFragmentNode):
                inner = self.selection_set(node.selection_set, path)
                yield InlineFragmentNode(type_condition=node.type_condition, directives=(), selection_set=inner)

    def _field(self, node: FieldNode, path: tuple[str, ...]) -> Iterator[FieldNode]:
        name = node.name.value
        here = path if name in _FRAMES else (*path, name)
        inner = self.selection_set(node.selection_set, here) if node.selection_set else None
        if ".".join(here) in self.unread or (inner is not None and not inner.selections):
            self.left_out.add(".".join(here))
            return
        arguments = tuple(one for one in node.arguments or () if self.pages or one.name.value != "first")
        yield FieldNode(name=node.name, alias=node.alias, arguments=arguments, directives=(), selection_set=inner)
