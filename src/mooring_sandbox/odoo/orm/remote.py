"""Which methods can be called from outside, and how they say that they cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mooring_sandbox.odoo.errors import AccessError

F = TypeVar("F", bound=Callable[..., Any])
# Without an underscore, and yet refused, because Odoo marks them so.
_MARKED = frozenset({
    "browse", "exists", "sudo", "with_context", "with_user", "with_company", "with_env", "with_prefetch", "filtered",
    "filtered_domain", "mapped", "sorted", "grouped", "concat", "union", "ensure_one", "flush_model", "flush_recordset",
    "invalidate_model", "invalidate_recordset", "modified", "fetch", "new", "init", "pool", "env", "ids", "update",
})  # fmt: skip


def method(function: F) -> F:
    """Called on records: over /jsonrpc the ids are the first argument."""
    function._remote = "record"  # type: ignore[attr-defined]
    return function


def model_method(function: F) -> F:
    """Called on the model; ids are refused."""
    function._remote = "model"  # type: ignore[attr-defined]
    return function


def base(owner: type) -> type:
    """These methods are BaseModel's, and Python's own words about their arguments shall say so."""
    for name, value in vars(owner).items():
        if hasattr(value, "_remote"):
            value.__qualname__ = f"BaseModel.{name}"
    return owner


def find(model: Any, name: str) -> Callable[..., Any]:
    """The method, or AccessError (private), or AttributeError (there is none)."""
    if name.startswith("_") or name in _MARKED:
        raise AccessError(f"Private methods (such as '{model._name}.{name}') cannot be called remotely.")
    found = getattr(type(model), name, None)
    if found is None or not hasattr(found, "_remote"):
        raise AttributeError(f"The method '{model._name}.{name}' does not exist")
    return found


def on_model(function: Callable[..., Any]) -> bool:
    return getattr(function, "_remote", "") == "model"
