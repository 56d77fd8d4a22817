"""Asks the web application in this very process, without a network in between. Answers come as they are made, so that
a long download needs no more memory here than over a socket."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import httpx2
from anyio import BrokenResourceError, EndOfStream, Event, create_memory_object_stream
from anyio.from_thread import BlockingPortal, start_blocking_portal
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

_AHEAD = 8
"""How many pieces of an answer may be made before they are taken."""
Message = dict[str, Any]


class InProcess(httpx2.BaseTransport):
    def __init__(self, application: Any) -> None:
        self._application = application

    def __enter__(self) -> InProcess:
        self._running = start_blocking_portal()
        self._portal: BlockingPortal = self._running.__enter__()
        return self

    def close(self) -> None:
        self._running.__exit__(None, None, None)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        sender, receiver = create_memory_object_stream[Message](_AHEAD)
        taken = self._portal.call(Event)
        done = self._portal.start_task_soon(self._run, _scope(request), request.read(), sender, taken)
        answer = _Answer(self._portal, receiver, taken, done)
        status, headers = answer.begin()
        return httpx2.Response(status, headers=headers, stream=answer)

    async def _run(
        self, scope: Message, body: bytes, sender: MemoryObjectSendStream[Message], taken: Event
    ) -> None:  # fmt: skip
        asked = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Message:
            if (message := next(asked, None)) is not None:
                return message
            await taken.wait()
            return {"type": "http.disconnect"}

        async with sender:
            try:
                await self._application(scope, receive, sender.send)
            except BrokenResourceError:
                return  # nobody wants the rest


def _scope(request: httpx2.Request) -> Message:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 0),
        "root_path": "",
    }


class _Answer(httpx2.SyncByteStream):
    """`taken` tells the application that nobody listens any more, as a closed connection does: a stream that has sent
    all it had waits for that before it ends."""

    def __init__(
        self, portal: BlockingPortal, pieces: MemoryObjectReceiveStream[Message], taken: Event, done: Future[None]
    ) -> None:
        self._portal, self._pieces, self._taken, self._done = portal, pieces, taken, done

    def begin(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        message = self._next()
        if message is None:
            raise httpx2.ReadError("no answer")
        return message["status"], list(message["headers"])

    def __iter__(self) -> Iterator[bytes]:
        more = True
        while more and (message := self._next()) is not None:
            more = message.get("more_body", False)
            yield message.get("body", b"")

    def _next(self) -> Message | None:
        """None at the end. Raises what the application raised; an answer that breaks off is none."""
        try:
            return self._portal.call(self._pieces.receive)
        except EndOfStream:
            self._done.result()
            return None

    def close(self) -> None:
        self._portal.call(self._pieces.aclose)
        self._portal.call(self._taken.set)
