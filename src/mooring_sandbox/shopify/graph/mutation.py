"""Mutations: one transaction each, registered by name; some insist on @idempotent."""

from __future__ import annotations

import json
import re
from typing import Any

from graphql import FieldNode

from mooring_sandbox.shopify.graph.api import Handler
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.directives import idempotency_key
from mooring_sandbox.shopify.graph.errors import FieldError, bad_request

MUTATIONS: dict[str, Handler] = {}
_CAPITAL = re.compile(r"[A-Z]")
NEEDS_KEY = {
    "inventoryAdjustQuantities",
    "inventorySetOnHandQuantities",
    "inventorySetQuantities",
    "locationActivate",
    "locationDeactivate",
    "refundCreate",
}


def mutation(function: Handler) -> Handler:
    """Registers under the function's name turned to camel case: `customer_create` answers customerCreate."""
    first, *rest = function.__name__.split("_")
    MUTATIONS[first + "".join(word.capitalize() for word in rest)] = function
    return function


def run_mutation(context: Context, name: str, args: Doc, node: FieldNode) -> Any:
    key = idempotency_key(node, context.variables)
    if name in NEEDS_KEY and key is None and context.version >= "2026-04":
        raise bad_request("The @idempotent directive is required for this mutation but was not provided.")
    handler = context.graph.handler(name) or _own(name)
    if handler is None:
        raise bad_request(f"{name} is not available.")
    if key is None:
        return _run(context, handler, args)
    return _once(context, handler, args, f"{name} {key}")


def _own(name: str) -> Handler | None:
    """Our own handlers name their arguments as Python does."""
    handler = MUTATIONS.get(name)
    return handler and (lambda context, **args: handler(context, **{_snake(k): v for k, v in args.items()}))


def _snake(name: str) -> str:
    return _CAPITAL.sub(lambda found: f"_{found[0].lower()}", name)


def _run(context: Context, handler: Handler, args: Doc) -> Any:
    with context.state.transaction():
        return handler(context, **args)


def _once(context: Context, handler: Handler, args: Doc, key: str) -> Any:
    """The same key again gets the first answer; with other arguments it is refused."""
    asked = json.dumps(args, sort_keys=True, default=str)
    known = context.graph.answers.get((context.shop_id, context.caller.app_id, key))
    if known is not None and known[0] != asked:
        raise bad_request("The same idempotency key cannot be used with different parameters.")
    if known is None:
        known = asked, _run(context, handler, args)
        if not known[1].get("userErrors"):
            context.graph.remember((context.shop_id, context.caller.app_id, key), known)
    return known[1]


def one_of(name: str, **arguments: Doc | None) -> Doc:
    """Of several optional arguments exactly one must be given: an old one and what replaces it."""
    given = [value for value in arguments.values() if value is not None]
    if len(given) != 1:
        message = f"{name} must include exactly one of the following arguments: {', '.join(arguments)}."
        raise FieldError(message, "INVALID_FIELD_ARGUMENTS")
    return given[0]


def user_error(field: list[str] | None, message: str, code: str | None = None) -> Doc:
    return {"field": field, "message": message, "code": code}
