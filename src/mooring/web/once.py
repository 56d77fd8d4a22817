"""The `Idempotency-Key` header of the API, as a middleware: the same key and request get the stored answer, another
request under the same key 422, a second one while the first is under way 409."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from anyio import to_thread
from litestar import Request
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from mooring.usecases import once
from mooring.usecases.context import App
from mooring.usecases.once import Said
from mooring.web.guard import SAFE
from mooring.web.visit import visit_of

_STORED = "Idempotency-Replayed"


def middleware(app: ASGIApp) -> ASGIApp:
    """Litestar hands the rest of the application over under the name `app`."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        key = dict(scope["headers"]).get(b"idempotency-key")
        if scope["type"] != "http" or key is None or scope["method"] in SAFE:
            await app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        caller = await to_thread.run_sync(visit_of(request).caller)
        if caller.who is None:
            await app(scope, receive, send)  # the guard refuses it
            return
        turn = _Turn(request.app.state.mooring, caller.who.id, key.decode("latin-1"))
        await turn.take(app, request, scope, receive, send)

    return asked


class _Turn:
    def __init__(self, app: App, person_id: str, key: str) -> None:
        self._app, self._person_id, self._key = app, person_id, key
        self._status = 0
        self._body = bytearray()

    async def take(
        self, application: ASGIApp, request: Request[Any, Any, Any], scope: Scope, receive: Receive, send: Send
    ) -> None:
        fingerprint = await self._fingerprint(request)
        before = await to_thread.run_sync(once.begin, self._app, self._person_id, self._key, fingerprint)
        if before is not None:
            await _repeat(before, send)
            return
        try:
            await application(scope, receive, self._listening(send))
        finally:
            await to_thread.run_sync(self._end)

    async def _fingerprint(self, request: Request[Any, Any, Any]) -> str:
        where = f"{request.scope['method']} {request.scope['path']}?".encode() + request.scope["query_string"]
        return sha256(where + b"\n" + await request.body()).hexdigest()

    def _listening(self, send: Send) -> Send:
        async def heard(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
            elif message["type"] == "http.response.body":
                self._body += message["body"]
            await send(message)

        return heard

    def _end(self) -> None:
        if 200 <= self._status < 300:
            once.finish(self._app, self._person_id, self._key, Said(self._status, self._body.decode()))
        else:
            once.forget(self._app, self._person_id, self._key)


async def _repeat(said: Said, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (_STORED.lower().encode(), b"true")]
    await send({"type": "http.response.start", "status": said.status, "headers": headers})
    await send({"type": "http.response.body", "body": said.body.encode(), "more_body": False})
