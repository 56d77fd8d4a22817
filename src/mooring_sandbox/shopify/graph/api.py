"""The words in which the graph and its server speak: an answer, and a registered handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Doc = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the server sends back: `body` as JSON under HTTP `status`; `version` goes to X-Shopify-API-Version."""

    status: int
    body: Doc
    version: str
    requested_cost: int | None = None
    actual_cost: int | None = None


# A handler answers a root field: handler(context, **arguments) -> payload document (mutations) or node document.
Handler = Callable[..., Any]
