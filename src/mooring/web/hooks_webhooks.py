"""`/hooks/{app}`: where Shopify delivers the webhooks and privacy requests of one Shopify app.

Public, because the proof is the signature over the raw bytes. A coroutine, because it does nothing but read, verify and
wait for the group commit; nothing here may wait for anything else. Answers are for a machine that looks at the status
alone: 200 it is kept (so do not send it again), 401 not signed by this app, 400 no webhook at all, 413 too large,
503 not now (send it again).
"""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException

from mooring.usecases.context import App
from mooring.usecases.receive import Outcome, Webhook
from mooring.web.routing import FromPath, Given, post

LARGEST_BODY = 20 * 1024 * 1024
"""Shopify's largest payloads have several megabytes."""
_RETRY_AFTER = "5"
_SIGNATURE = b"x-shopify-hmac-sha256"


class _Broken(HTTPException):
    """Whoever sent it hung up halfway."""

    status_code = 400


@post("/hooks/{app_id:str}", role="public", signed=True, threaded=False, status_code=200, request_max_body_size=None)
async def webhook(request: Request[Any, Any, Any], app: Given[App], app_id: FromPath[str]) -> Response[bytes]:
    """Of an unknown app the body is not even read; the answer is that of a wrong signature."""
    headers = dict(request.scope["headers"])
    if not headers.get(_SIGNATURE) or not await app.receiver.knows(app_id):
        return _ANSWERS[Outcome.FORGED]
    body = await _body(request, headers.get(b"content-length", b"0"))
    if body is None:
        return _TOO_LARGE
    return _ANSWERS[await app.receiver.receive(_webhook(app_id, body, headers))]


def _webhook(app_id: str, body: bytes, headers: dict[bytes, bytes]) -> Webhook:
    def said(name: bytes) -> str:
        return headers.get(name, b"").decode("latin-1")

    return Webhook(
        app_id=app_id,
        body=body,
        signature=said(_SIGNATURE),
        topic=said(b"x-shopify-topic").lower(),
        shop_domain=said(b"x-shopify-shop-domain").lower(),
        webhook_id=said(b"x-shopify-webhook-id"),
        event_id=said(b"x-shopify-event-id"),
        triggered_at=said(b"x-shopify-triggered-at"),
    )


async def _body(request: Request[Any, Any, Any], announced: bytes) -> bytes | None:
    """The raw bytes; None as soon as they are too many, or say that they will be."""
    if not announced.isdigit() or int(announced) > LARGEST_BODY:
        return None
    parts, size = list[bytes](), 0
    while True:
        message: dict[str, Any] = await request.receive()  # type: ignore[assignment]
        if message["type"] != "http.request":
            raise _Broken
        parts.append(message["body"])
        size += len(message["body"])
        if size > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _answer(status: int, text: bytes, **headers: str) -> Response[bytes]:
    return Response(text, status_code=status, media_type=MediaType.TEXT, headers=headers)


_ANSWERS = {
    Outcome.KEPT: _answer(200, b"kept\n"),
    Outcome.TEST: _answer(200, b"Mooring hears you.\n"),
    Outcome.FORGED: _answer(401, b"This is not signed with the secret of this Shopify app.\n"),
    Outcome.MALFORMED: _answer(400, b"A webhook names its shop and its topic.\n"),
    Outcome.BUSY: _answer(503, b"Not kept. Send it again.\n", **{"Retry-After": _RETRY_AFTER}),
}
_TOO_LARGE = _answer(413, b"A webhook has 20 MiB at most.\n")

ROUTES = [webhook]
