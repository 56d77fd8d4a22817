"""What graphql-core finds and the walk does not, said in the server's words (those of graphql-ruby)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    print_ast,
    specified_rules,
)
from graphql import validate as core_validate

from mooring_sandbox.shopify.graph.errors import Json, problem

# Of nested conflicts only the innermost is one: "subfields 'b' conflict because 'x' and 'y' are different fields".
_CONFLICT = re.compile(r"ields '(\w+)' conflict because ('\w+' and '\w+' are different|they have differing arguments)")
_FRAGMENT_TWICE = re.compile(r"only one fragment named '(\w+)'")
_MISPLACED = re.compile(r"Directive '@(\w+)' may not be used on ([\w ]+)\.")
_DIRECTIVE_TWICE = re.compile(r"directive '@(\w+)' can only be used once")
_PLURALS = {"query": "queries"}


def leftovers(schema: GraphQLSchema, document: DocumentNode) -> list[Json]:
    found = core_validate(schema, document, specified_rules, max_errors=50)
    return [problem_ for error in found for problem_ in _said(schema, error)]


def _said(schema: GraphQLSchema, error: GraphQLError) -> Iterator[Json]:
    conflicts = list(_CONFLICT.finditer(error.message))
    nodes = error.nodes or ()
    if conflicts:
        yield from (_conflict(one[1], "arguments" in one[2], nodes) for one in conflicts)
    elif twice := _FRAGMENT_TWICE.search(error.message):
        yield _problem(f'Fragment name "{twice[1]}" must be unique', nodes, "fragmentNotUnique", fragmentName=twice[1])
    elif misplaced := _MISPLACED.search(error.message):
        yield _misplaced(schema, misplaced[1], misplaced[2], nodes)
    elif again := _DIRECTIVE_TWICE.search(error.message):
        message = f'The directive "{again[1]}" can only be used once at this location.'
        yield _problem(message, nodes, "directiveNotUniqueForLocation", directiveName=again[1])
    else:
        yield _problem(error.message, nodes, "invalidDocument")


def _problem(message: str, nodes: Sequence[Node], code: str, **more: str) -> Json:
    return problem(message, nodes, [], {"code": code, **more})


def _conflict(key: str, by_arguments: bool, nodes: Sequence[Node]) -> Json:
    """The same response key for different fields, or for one field with different arguments."""
    asked = [n for n in nodes if isinstance(n, FieldNode) and (n.alias or n.name).value == key]
    facts = dict.fromkeys(_arguments(n) if by_arguments else n.name.value for n in asked)
    kind, conflicts = ("an argument" if by_arguments else "a field"), " or ".join(facts)
    message = f"Field '{key}' has {kind} conflict: {conflicts}?"
    return _problem(message, asked, "fieldConflict", fieldName=key, conflicts=conflicts)


def _arguments(node: FieldNode) -> str:
    said = (f"{a.name.value}:{json.dumps(print_ast(a.value), ensure_ascii=False)}" for a in node.arguments or ())
    return "{" + ",".join(said) + "}"


def _misplaced(schema: GraphQLSchema, name: str, place: str, nodes: Sequence[Node]) -> Json:
    directive = schema.get_directive(name)
    places = directive.locations if directive else ()
    allowed = ", ".join(_plural(each.value.lower().replace("_", " ")) for each in places)
    target = _plural(place)
    message = f"'@{name}' can't be applied to {target} (allowed: {allowed})"
    return _problem(message, nodes, "directiveCannotBeApplied", targetName=target, name=name)


def _plural(place: str) -> str:
    return _PLURALS.get(place, f"{place}s")
