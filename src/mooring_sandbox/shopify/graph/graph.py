"""The entry points: one request, one bulk query, the handlers that others register."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.graph.api import Answer, Doc, Handler
from mooring_sandbox.shopify.state import State


class Graph:
    """Safe to call from several threads."""

    def __init__(self, state: State, clock: Clock, *, maximum: float = 2000.0, restore_rate: float = 100.0) -> None:
        self.state = state
        self.clock = clock
        self.maximum = maximum
        self.restore_rate = restore_rate
        self._handlers: dict[str, Handler] = {}

    def register(self, root_field: str, handler: Handler) -> None:
        """`handler(context, **arguments)` answers this root field from now on."""
        self._handlers[root_field] = handler

    def set_bucket(self, maximum: float, restore_rate: float, available: float | None = None) -> None:
        """Every bucket from now on; `available` also empties or fills those that exist."""
        raise NotImplementedError

    def execute(
        self, caller: Caller, version: str, payload: Doc, *, at: datetime | None = None, base_url: str = ""
    ) -> Answer:
        raise NotImplementedError

    def validate(self, version: str, query: str) -> list[str]:
        """Messages of what is wrong with a document, in the server's words; [] if it could run."""
        raise NotImplementedError

    def rows(
        self, caller: Caller, version: str, query: str, *, grouped: bool = False
    ) -> Iterator[tuple[Doc, str | None]]:
        """The rows of a bulk query, each with its parent's gid; children adjacent to their parent only if `grouped`."""
        raise NotImplementedError
