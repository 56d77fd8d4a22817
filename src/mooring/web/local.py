"""Callers on the unix socket of the data directory. Whoever can open it could change the database just as well, so
they need no sign-in and count as the command line (`who.CLI`).

Whoever listens on that socket wraps the application with `mark_local` for its requests, and for no others; nothing a
request itself carries can set the mark.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MARK = "mooring.local"


def mark_local(application: Any, *, when: Callable[[Any], bool] = lambda _: True) -> Any:
    """The same ASGI application, whose requests (those for which `when(scope)` holds) are the command line's."""

    async def marked(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and when(scope):
            scope = {**scope, _MARK: True}
        await application(scope, receive, send)

    return marked


def is_local(scope: Any) -> bool:
    return scope.get(_MARK) is True
