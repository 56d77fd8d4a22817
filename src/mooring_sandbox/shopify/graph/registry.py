"""Who answers a field: functions named by "Type.field" or "Interface.field".

`value` always answers; `derived` answers when the document does not carry the field; `source` gives a connection its
rows. A field nobody names is read from its document (see `fields`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mooring_sandbox.shopify.graph.connections import Source
from mooring_sandbox.shopify.graph.context import Context, Doc

Resolve = Callable[[Context, Doc, Doc], Any]
GiveSource = Callable[[Context, Doc, Doc], Source]

VALUES: dict[str, Resolve] = {}
DERIVED: dict[str, Resolve] = {}
SOURCES: dict[str, GiveSource] = {}

F = TypeVar("F", bound=Callable[..., Any])


def _names(table: dict[str, Any], names: tuple[str, ...]) -> Callable[[F], F]:
    def add(function: F) -> F:
        for name in names:
            table[name] = function
        return function

    return add


def value(*names: str) -> Callable[[F], F]:
    return _names(VALUES, names)


def derived(*names: str) -> Callable[[F], F]:
    return _names(DERIVED, names)


def source(*names: str) -> Callable[[F], F]:
    return _names(SOURCES, names)
