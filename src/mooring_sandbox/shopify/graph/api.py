"""The words in which the graph and its server speak: answers, the context of one request, registered handlers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.state import State

Doc = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the server sends back: `body` as JSON under HTTP `status`; `version` goes to X-Shopify-API-Version."""

    status: int
    body: Doc
    version: str
    requested_cost: int | None = None
    actual_cost: int | None = None


@dataclass
class Context:
    """One request. `base_url` is the address the client used, for absolute links; `user_errors` of a handler are
    plain documents `{"field": [...] | None, "message": str, "code": str | None}`."""

    state: State
    clock: Clock
    caller: Caller
    version: str
    now: datetime
    base_url: str = ""
    request_id: str = ""
    graph: Any = None
    searches: list[Doc] = field(default_factory=list)


# A handler answers a root field: handler(context, **arguments) -> payload document (mutations) or node document(s).
Handler = Callable[..., Any]
