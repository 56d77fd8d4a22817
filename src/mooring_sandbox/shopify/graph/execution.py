"""Running one operation by graphql-core: every field goes through access, then through its reader."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from graphql import GraphQLAbstractType, GraphQLError, GraphQLResolveInfo, OperationDefinitionNode, execute_sync

from mooring_sandbox.shopify.graph.access import Access
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.errors import FieldError, Json
from mooring_sandbox.shopify.graph.fields import FieldReaders
from mooring_sandbox.shopify.graph.mutation import run_mutation
from mooring_sandbox.shopify.graph.prepared import Prepared
from mooring_sandbox.shopify.graph.typing import type_of

_log = logging.getLogger(__name__)


class Run:
    """What one request carries through the resolvers."""

    def __init__(self, context: Context, readers: FieldReaders, access: Access) -> None:
        self.context = context
        self.readers = readers
        self.access = access


def run(
    run_: Run, prepared: Prepared, operation: OperationDefinitionNode, variables: Json
) -> tuple[Json | None, list[Json]]:
    """(data, errors); `data` is None when a null reached the top."""
    result = execute_sync(
        run_.context.official.schema,
        prepared.document,
        root_value={},
        context_value=run_,
        variable_values=variables,
        operation_name=operation.name.value if operation.name else None,
        field_resolver=_resolve,
        type_resolver=_type,
    )
    return result.data, [_formatted(e) for e in result.errors or ()]


def _resolve(source: Doc, info: GraphQLResolveInfo, **args: Any) -> Any:
    run_: Run = info.context
    type_name, name = info.parent_type.name, info.field_name
    refusal = run_.access.refusal(type_name, name)
    if refusal is not None:
        raise refusal.error(name)
    run_.context.path = info.path.as_list()
    if info.parent_type is info.schema.mutation_type:
        return run_mutation(run_.context, name, args, info.field_nodes[0])
    if info.parent_type is info.schema.query_type and (handler := run_.context.graph.handler(name)):
        return handler(run_.context, **args)
    return run_.readers.reader(type_name, name).read(run_.context, source, args)


def _type(value: Any, info: Any, abstract: GraphQLAbstractType) -> str:
    return type_of(info.schema, value, abstract)


def _formatted(error: GraphQLError) -> Json:
    cause = error.original_error
    if isinstance(error, FieldError) or cause is None or isinstance(cause, GraphQLError):
        return dict(error.formatted)
    request_id = str(uuid.uuid4())
    _log.error("request %s failed inside", request_id, exc_info=cause)
    return {**error.formatted, **internal_error(request_id)}


def internal_error(request_id: str) -> Json:
    return {
        "message": "Internal error. Looks like something went wrong on our end.\n"
        f"Request ID: {request_id} (include this in support requests).",
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
    }
