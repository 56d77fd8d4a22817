"""Ledger documents of inventoryAdjustQuantities: where one is needed, where none may stand (recorded on 2026-04)."""

from __future__ import annotations

from mooring_sandbox.shopify.graph.context import Doc
from mooring_sandbox.shopify.graph.mutation import user_error

_NONE = "A ledger document URI is not allowed when adjusting available.", "INVALID_AVAILABLE_DOCUMENT"
_NEEDED = "A ledger document URI is required except when adjusting available.", "INVALID_QUANTITY_DOCUMENT"
_INTERNAL = (
    "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API.",
    "INTERNAL_LEDGER_DOCUMENT",
)
_ONE = (
    "All changes must have the same ledger document URI or, in the case of adjusting available, no ledger document"
    " URI.",
    "MAX_ONE_LEDGER_DOCUMENT",
)


def ledger_errors(name: str, changes: list[Doc]) -> list[Doc]:
    """`name` is the quantity that is adjusted. All changes of one call belong to one document."""
    given = [change.get("ledgerDocumentUri") for change in changes]
    problems = [_problem(name, uri) for uri in given]
    errors = [
        user_error(["input", "changes", str(i), "ledgerDocumentUri"], *problem)
        for i, problem in enumerate(problems)
        if problem
    ]
    if errors or len(set(given)) <= 1:
        return errors
    return [user_error(["input", "changes"], *_ONE)]


def _problem(name: str, uri: str | None) -> tuple[str, str] | None:
    if name == "available":
        return _NONE if uri else None
    if not uri:
        return _NEEDED
    return _INTERNAL if uri.startswith("gid://shopify/") else None
