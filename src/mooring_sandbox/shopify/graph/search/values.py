"""The simplest ways to find a filter's value in a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mooring_sandbox.shopify.graph import reading
from mooring_sandbox.shopify.graph.context import Context, Doc

Get = Callable[[Context, Doc], Any]


def key(name: str) -> Get:
    return lambda _, doc: doc.get(name)


def reference(name: str) -> Get:
    return lambda _, doc: reading.number_of(doc.get(name)) or None


def numeric_id(_: Context, doc: Doc) -> Any:
    return reading.number_of(doc.get("id"))


def joined(*parts: Any) -> str:
    return " ".join(str(p) for p in parts if p)
