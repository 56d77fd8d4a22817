"""Variables: declared once, of an input type, used, and used where their type fits."""

from __future__ import annotations

from graphql import (
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    NullValueNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    get_named_type,
    is_input_type,
    type_from_ast,
)

from mooring_sandbox.shopify.graph.validation.arguments import TypedUse
from mooring_sandbox.shopify.graph.validation.literals import literal_misfit
from mooring_sandbox.shopify.graph.validation.walk import Scope, Walk


def check_definitions(walk: Walk, node: OperationDefinitionNode) -> None:
    for definition in node.variable_definitions or ():
        name = definition.variable.name.value
        if name in walk.scope.declared:
            both = [walk.scope.declared[name], definition]
            walk.add(f'There can only be one variable named "{name}"', both, "variableNotUnique", variableName=name)
        walk.scope.declared[name] = definition
        _check_type(walk, name, definition)


def _check_type(walk: Walk, name: str, definition: VariableDefinitionNode) -> None:
    found = type_from_ast(walk.schema, definition.type)
    named = _type_name(definition)
    if found is None or not is_input_type(found):
        kind = "a defined input type" if found is None else "a valid input type"
        message = f"{named} isn't {kind} (on ${name})"
        walk.add(message, definition, "variableRequiresValidType", typeName=named, variableName=name)
    elif definition.default_value is not None and literal_misfit(definition.default_value, found):
        message = f"Default value for ${name} doesn't match type {found}"
        walk.add(message, definition, "defaultValueInvalidType", variableName=name, typeName=str(found))


def _type_name(definition: VariableDefinitionNode) -> str:
    node = definition.type
    while not hasattr(node, "name"):
        node = node.type  # type: ignore[attr-defined]
    return node.name.value  # type: ignore[attr-defined]


def check_uses(walk: Walk, operation: Scope, reached: list[Scope]) -> None:
    """`reached` are the operation itself and every fragment it comes to."""
    used = [use for scope in reached for use in scope.used]
    for use in used:
        name = use.node.name.value
        if name not in operation.declared:
            walk.path = list(use.path)
            message = f"Variable ${name} is used by {operation.name} but not declared"
            walk.add(message, use.node, "variableNotDefined", variableName=name)
    walk.path = [operation.path]
    for name in operation.declared.keys() - {use.node.name.value for use in used}:
        message = f"Variable ${name} is declared by {operation.name} but not used"
        walk.add(message, operation.node, "variableNotUsed", variableName=name)
    for scope in reached:
        for typed in scope.typed_uses:
            _check_typed(walk, operation, typed)


def _check_typed(walk: Walk, operation: Scope, use: TypedUse) -> None:
    definition = operation.declared.get(use.node.name.value)
    found = type_from_ast(walk.schema, definition.type) if definition else None
    if definition is None or found is None or not is_input_type(found):
        return
    mismatch = _mismatch(_effective(found, definition), use)
    if mismatch:
        name, argument = use.node.name.value, use.given.name.value
        walk.path = list(use.path)
        walk.add(
            f"{mismatch} on variable ${name} and argument {argument} ({found} / {use.type})",
            use.given, "variableMismatch", variableName=name, typeName=str(found), argumentName=argument,
            errorMessage=mismatch,
        )  # fmt: skip


def _effective(type_: GraphQLInputType, definition: VariableDefinitionNode) -> GraphQLInputType:
    """A default makes a nullable variable count as given."""
    default = definition.default_value
    if default is None or isinstance(default, NullValueNode) or isinstance(type_, GraphQLNonNull):
        return type_
    return GraphQLNonNull(type_)


def _mismatch(variable: GraphQLInputType, use: TypedUse) -> str | None:
    wanted = use.type
    if isinstance(wanted, GraphQLNonNull) and use.has_default:
        wanted = wanted.of_type
    for _ in range(use.list_depth):
        variable = GraphQLNonNull(GraphQLList(variable))
    if get_named_type(variable) is not get_named_type(wanted):
        return "Type mismatch"
    if _dimension(variable) != _dimension(wanted):
        return "List dimension mismatch"
    return None if _at_least(wanted, variable) else "Nullability mismatch"


def _dimension(type_: GraphQLInputType) -> int:
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    return 1 + _dimension(inner.of_type) if isinstance(inner, GraphQLList) else 0


def _at_least(wanted: GraphQLInputType, given: GraphQLInputType) -> bool:
    """Whether `given` promises non-null wherever `wanted` asks for it."""
    if isinstance(wanted, GraphQLNonNull):
        return isinstance(given, GraphQLNonNull) and _at_least(wanted.of_type, given.of_type)
    inner = given.of_type if isinstance(given, GraphQLNonNull) else given
    if isinstance(wanted, GraphQLList) and isinstance(inner, GraphQLList):
        return _at_least(wanted.of_type, inner.of_type)
    return True
