"""Answers in the forms the real server uses; two that no real framework would send on purpose."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

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


class Cut(Response):
    """Promises the whole answer, sends some of it, and lets the connection go."""

    def __init__(self, whole: Response, sent: int) -> None:
        self.whole, self.sent = whole, sent
        self.status_code, self.background = whole.status_code, None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.whole.body) or b"{}"
        headers = [(k, v) for k, v in self.whole.raw_headers if k != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": self.whole.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": body[: min(self.sent, len(body) - 1)], "more_body": True})
