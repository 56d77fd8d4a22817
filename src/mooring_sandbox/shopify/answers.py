"""Answers in the forms the real server uses; two that no real framework would send on purpose."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

UNAUTHORISED = "[API] Invalid API key or access token (unrecognized login or wrong password)"
NON_EXPIRING = (
    "[API] Non-expiring access tokens are no longer accepted for the Admin API. Start using expiring offline tokens."
)


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(content, status, headers, media_type="application/json; charset=utf-8")


def error(status: int, text: Any) -> Response:
    """`errors` is a plain string on 401, 402, 403, 404, 413 and 423."""
    return json_answer({"errors": text}, status)


def not_found() -> Response:
    return error(404, "Not Found")


class _Gone(Exception):
    pass


class Cut(Response):
    """Promises the whole answer, sends some of it (never all), and lets the connection go."""

    def __init__(self, whole: Response, sent: int) -> None:
        self._whole, self._sent = whole, sent
        self.status_code, self.background = whole.status_code, None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        promised = int(self._whole.headers.get("content-length", 0))
        left = min(self._sent, promised - 1) if promised else self._sent

        async def limited(message: Message) -> None:
            nonlocal left
            if message["type"] == "http.response.body":
                part = message.get("body", b"")[: max(left, 0)]
                left -= len(part)
                await send({"type": "http.response.body", "body": part, "more_body": True})
                if left <= 0:
                    raise _Gone
            elif message["type"] == "http.response.start":
                await send(message)

        with contextlib.suppress(_Gone):
            await self._whole(scope, receive, limited)
