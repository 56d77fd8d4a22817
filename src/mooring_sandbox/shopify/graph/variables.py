"""Variables of a request against their declared types: INVALID_VARIABLE with `value` and `problems`."""

from __future__ import annotations

import json
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    is_input_type,
    is_required_input_field,
    type_from_ast,
)

from mooring_sandbox.shopify.graph.errors import Json, Rejected, problem
from mooring_sandbox.shopify.graph.scalars import misfit

Path = list[str | int]

# The published schema lists enum members by name, the server in the order they were declared; recorded are these.
_DECLARED = {
    "StagedUploadTargetGenerateUploadResource": (
        "COLLECTION_IMAGE", "FILE", "IMAGE", "MODEL_3D", "PRODUCT_IMAGE", "SHOP_IMAGE", "VIDEO",
        "BULK_MUTATION_VARIABLES", "RETURN_LABEL", "URL_REDIRECT_IMPORT", "DISPUTE_FILE_UPLOAD",
    ),
    "CustomerMarketingOptInLevel": ("SINGLE_OPT_IN", "CONFIRMED_OPT_IN", "UNKNOWN"),
    "MediaContentType": ("VIDEO", "EXTERNAL_VIDEO", "MODEL_3D", "IMAGE"),
}  # fmt: skip


def check_variables(schema: GraphQLSchema, operation: OperationDefinitionNode, given: Json) -> None:
    """Raises Rejected with one error per variable that does not fit."""
    errors = []
    for definition in operation.variable_definitions or ():
        type_ = type_from_ast(schema, definition.type)
        if type_ is not None and is_input_type(type_):
            errors += _check(definition, type_, given)
    if errors:
        raise Rejected(errors)


def _check(definition: VariableDefinitionNode, type_: GraphQLInputType, given: Json) -> list[Json]:
    name = definition.variable.name.value
    if name not in given and definition.default_value is not None:
        return []
    value = given.get(name)
    problems = _problems(type_, value, [])
    return [_error(definition, type_, value, problems)] if problems else []


def _error(definition: VariableDefinitionNode, type_: GraphQLInputType, value: Any, problems: list[Json]) -> Json:
    message = f"Variable ${definition.variable.name.value} of type {type_} was provided invalid value"
    inner = [f"{'.'.join(map(str, p['path']))} ({p['explanation']})" for p in problems if p["path"]]
    if inner:
        message += f" for {', '.join(inner)}"
    return problem(message, [definition], None, {"code": "INVALID_VARIABLE", "value": value, "problems": problems})


def _problem(path: Path, explanation: str) -> list[Json]:
    return [{"path": path, "explanation": explanation}]


def _problems(type_: GraphQLInputType, value: Any, path: Path) -> list[Json]:
    if isinstance(type_, GraphQLNonNull):
        return (
            _problem(path, "Expected value to not be null") if value is None else _problems(type_.of_type, value, path)
        )
    if value is None:
        return []
    if isinstance(type_, GraphQLList):
        if not isinstance(value, list):
            return _problems(type_.of_type, value, path)
        return [p for i, v in enumerate(value) for p in _problems(type_.of_type, v, [*path, i])]
    if isinstance(type_, GraphQLInputObjectType):
        return _object_problems(type_, value, path)
    if isinstance(type_, GraphQLEnumType):
        return _enum_problems(type_, value, path)
    return _scalar_problems(type_.name, value, path)


def _object_problems(type_: GraphQLInputObjectType, value: Any, path: Path) -> list[Json]:
    if not isinstance(value, dict):
        return _problem(path, f"Expected {json.dumps(value)} to be a key-value object.")
    unknown = [
        p for k in value if k not in type_.fields for p in _problem([*path, k], f"Field is not defined on {type_}")
    ]
    if type_.is_one_of and not unknown:
        unknown = _one_of_problems(type_, value, path)
    inner = []
    for name, field in type_.fields.items():
        if name in value or is_required_input_field(field):
            inner += _problems(field.type, value.get(name), [*path, name])
    return unknown + inner


def _one_of_problems(type_: GraphQLInputObjectType, value: Json, path: Path) -> list[Json]:
    if len(value) != 1:
        return _problem(path, f"'{type_.name}' requires exactly one argument, but {len(value)} were provided.")
    name, only = next(iter(value.items()))
    if only is None:
        return _problem([*path, name], f"'{type_.name}' requires exactly one argument, but '{name}' was `null`.")
    return []


def _enum_problems(type_: GraphQLEnumType, value: Any, path: Path) -> list[Json]:
    if isinstance(value, str) and value in type_.values:
        return []
    members = ", ".join(_DECLARED.get(type_.name) or type_.values)
    return _problem(path, f"Expected {json.dumps(value)} to be one of: {members}")


def _scalar_problems(name: str, value: Any, path: Path) -> list[Json]:
    found = misfit(name, value)
    if found is None:
        return []
    own = {"message": found.text} if found.own else {}
    return [{"path": path, "explanation": found.text, **own}]
