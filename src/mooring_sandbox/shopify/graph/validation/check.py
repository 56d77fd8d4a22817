"""The walk itself, and graphql-core's rules behind it."""

from __future__ import annotations

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    is_composite_type,
)

from mooring_sandbox.shopify.graph.errors import Json, problem
from mooring_sandbox.shopify.graph.validation.leftovers import leftovers
from mooring_sandbox.shopify.graph.validation.selections import check_directives, check_selections
from mooring_sandbox.shopify.graph.validation.variables import check_definitions, check_uses
from mooring_sandbox.shopify.graph.validation.walk import Scope, Walk


def validate(schema: GraphQLSchema, document: DocumentNode) -> list[Json]:
    """Everything wrong with the document; [] if it can be executed."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    walk = Walk(schema, fragments)
    _check_names(walk, operations)
    scopes = {name: _walk_fragment(walk, node) for name, node in fragments.items()}
    _check_loops(walk, scopes)
    reached_anywhere: set[str] = set()
    for operation in operations:
        scope = _walk_operation(walk, operation)
        names = _reachable(scope, scopes)
        reached_anywhere |= names
        check_uses(walk, scope, [scope, *(scopes[n] for n in sorted(names))])
    _check_fragments_used(walk, fragments, reached_anywhere)
    return walk.errors or leftovers(schema, document)


def operation_path(node: OperationDefinitionNode) -> str:
    return f"{node.operation.value} {node.name.value}" if node.name else node.operation.value


def _walk_operation(walk: Walk, node: OperationDefinitionNode) -> Scope:
    path = operation_path(node)
    walk.scope = Scope(node.name.value if node.name else f"anonymous {node.operation.value}", path, node)
    walk.path = [path]
    check_definitions(walk, node)
    check_directives(walk, node.directives or ())
    root = walk.schema.get_root_type(node.operation)
    if root is None:
        walk.add(f"Schema is not configured for {node.operation.value}s", node, "missingRoot")
    else:
        check_selections(walk, root, node.selection_set)
    return walk.scope


def _walk_fragment(walk: Walk, node: FragmentDefinitionNode) -> Scope:
    path, name = f"fragment {node.name.value}", node.type_condition.name.value
    walk.scope = Scope(node.name.value, path, node)
    walk.path = [path]
    found = walk.schema.type_map.get(name)
    if found is None:
        walk.add(f"No such type {name}, so it can't be a fragment condition", node, "undefinedType", typeName=name)
    elif not is_composite_type(found):
        message = f"Invalid fragment on type {name} (must be Union, Interface or Object)"
        walk.add(message, node, "fragmentOnNonCompositeType", typeName=name)
    else:
        check_selections(walk, found, node.selection_set)
    return walk.scope


def _reachable(scope: Scope, fragments: dict[str, Scope]) -> set[str]:
    found: set[str] = set()
    todo = list(scope.spreads)
    while todo:
        name = todo.pop()
        if name in fragments and name not in found:
            found.add(name)
            todo.extend(fragments[name].spreads)
    return found


def _check_names(walk: Walk, operations: list[OperationDefinitionNode]) -> None:
    names = [o.name.value for o in operations if o.name]
    for name in sorted({n for n in names if names.count(n) > 1}):
        twice = [o for o in operations if o.name and o.name.value == name]
        message = f'Operation name "{name}" must be unique'
        walk.errors.append(problem(message, twice, [], {"code": "uniquelyNamedOperations", "operationName": name}))
    if len(operations) > 1 and len(names) < len(operations):
        unnamed = [o for o in operations if not o.name]
        message = "Operation name is required when multiple operations are present"
        walk.errors.append(problem(message, unnamed, [], {"code": "uniquelyNamedOperations"}))


def _check_loops(walk: Walk, scopes: dict[str, Scope]) -> None:
    for name, scope in scopes.items():
        if name in _reachable(scope, scopes):
            walk.path = [scope.path]
            walk.add(f"Fragment {name} contains an infinite loop", scope.node, "infiniteLoop", fragmentName=name)


def _check_fragments_used(walk: Walk, fragments: dict[str, FragmentDefinitionNode], reached: set[str]) -> None:
    for name, node in fragments.items():
        if name not in reached:
            walk.path = [f"fragment {name}"]
            message = f"Fragment {name} was defined, but not used"
            walk.add(message, node, "useAndDefineFragment", fragmentName=name)
