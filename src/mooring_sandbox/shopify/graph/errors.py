"""Errors in the server's shapes: top-level ones of a document, and those that a field's resolver raises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError, Node, get_location

Json = dict[str, Any]

ACCESS_SCOPES = "https://shopify.dev/api/usage/access-scopes"
RATE_LIMITS = "https://shopify.dev/api/usage/rate-limits"


class Rejected(Exception):
    """The document is not executed: `errors` go out without `data`."""

    def __init__(self, errors: Sequence[Json]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = list(errors)


class FieldError(GraphQLError):
    """Raised by a resolver: the field becomes null, the rest is answered."""

    def __init__(self, message: str, code: str, **extensions: Any) -> None:
        super().__init__(message, extensions={"code": code, **extensions})


class AccessDenied(FieldError):
    """`required` is the official wording of the access; the server leaves it out where the type has none."""

    def __init__(self, field: str, required: str | None = None) -> None:
        message = f"Access denied for {field} field."
        if required is None:
            super().__init__(message, "ACCESS_DENIED", documentation=ACCESS_SCOPES)
        else:
            super().__init__(
                f"{message} Required access: {required}",
                "ACCESS_DENIED",
                documentation=ACCESS_SCOPES,
                requiredAccess=required,
            )


def bad_request(message: str) -> FieldError:
    return FieldError(message, "BAD_REQUEST")


def not_found(gid: str | None = None) -> FieldError:
    """An id of another type than the field is about; root queries of one type name it (recorded: bulkOperation)."""
    return FieldError("invalid id" if gid is None else f"Invalid id: {gid}", "RESOURCE_NOT_FOUND")


def problem(message: str, nodes: Sequence[Node], path: Sequence[str | int] | None, extensions: Json | None) -> Json:
    """A top-level error of a document; validation paths start with the operation ("query Name")."""
    out: Json = {"message": message}
    found = [get_location(n.loc.source, n.loc.start) for n in nodes if n.loc]
    if found:
        out["locations"] = [{"line": at.line, "column": at.column} for at in found]
    if path is not None:
        out["path"] = list(path)
    if extensions is not None:
        out["extensions"] = extensions
    return out
