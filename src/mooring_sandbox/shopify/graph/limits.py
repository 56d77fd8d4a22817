"""Limits that are checked before anything runs: one query at most 1000 points, input lists at most 250 members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
    value_from_ast_untyped,
)

from mooring_sandbox.shopify.graph.errors import RATE_LIMITS, Json, problem

MAXIMUM_COST = 1000
MAXIMUM_INPUT = 250


def too_dear(cost: int) -> Json:
    message = (
        f"Query cost is {cost}, which exceeds the single query max cost limit ({MAXIMUM_COST}).\n\n"
        "See https://shopify.dev/concepts/about-apis/rate-limits for more information on how the\n"
        "cost of a query is calculated.\n\n"
        "To query larger amounts of data with fewer limits, bulk operations should be used instead.\n"
        "See https://shopify.dev/tutorials/perform-bulk-operations-with-admin-api for usage details.\n"
    )
    extensions = {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": MAXIMUM_COST, "documentation": RATE_LIMITS}
    return {"message": message, "extensions": extensions}


THROTTLED: Json = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": RATE_LIMITS}}


def oversized_inputs(
    operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode], variables: Json
) -> list[Json]:
    return [
        problem(
            f"The input array size of {size} is greater than the maximum allowed of {MAXIMUM_INPUT}.",
            [node], [*path, *inner], {"code": "MAX_INPUT_SIZE_EXCEEDED"},
        )
        for node, path in _fields(operation.selection_set, fragments, [])
        for argument in node.arguments or ()
        for inner, size in _lists(value_from_ast_untyped(argument.value, variables), [argument.name.value])
        if size > MAXIMUM_INPUT
    ]  # fmt: skip


def _fields(
    selections: SelectionSetNode | None, fragments: dict[str, FragmentDefinitionNode], path: list[str]
) -> Iterator[tuple[FieldNode, list[str]]]:
    for node in selections.selections if selections else ():
        if isinstance(node, FieldNode):
            here = [*path, node.alias.value if node.alias else node.name.value]
            yield node, here
            yield from _fields(node.selection_set, fragments, here)
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(fragments[node.name.value].selection_set, fragments, path)
        else:
            yield from _fields(getattr(node, "selection_set", None), fragments, path)


def _lists(value: Any, path: list[str | int]) -> Iterator[tuple[list[str | int], int]]:
    if isinstance(value, list):
        yield path, len(value)
        for index, member in enumerate(value):
            yield from _lists(member, [*path, index])
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _lists(member, [*path, key])
