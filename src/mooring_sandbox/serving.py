"""How both stand-ins are served: configured alike, and in a thread that a test can be rid of at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

_GOODBYE_SECONDS = 2
"""How long open requests may take to end after a stop was asked for."""
_START_SECONDS = 10


def configured(
    app: ASGIApp, kind: type[uvicorn.Server] = uvicorn.Server, *, certificate: str | None = None, key: str | None = None
) -> uvicorn.Server:  # fmt: skip
    """A server for a bound socket. Forwarded headers are not trusted, and `Date` is the sandbox's."""
    config = uvicorn.Config(
        app, ssl_certfile=certificate, ssl_keyfile=key, date_header=False, server_header=False,
        proxy_headers=False, access_log=False, log_config=None, timeout_graceful_shutdown=_GOODBYE_SECONDS, ws="none",
    )  # fmt: skip
    server = kind(config)
    server.config.load()
    logging.getLogger("uvicorn.error").addFilter(_not_on_order)
    return server


def _not_on_order(record: logging.LogRecord) -> bool:
    """An answer that was cut is what a fault ordered, nothing to complain about."""
    return "without completing response" not in record.getMessage()


@contextlib.contextmanager
def in_thread(app: ASGIApp) -> Iterator[str]:
    """A real server on a free loopback port for the length of the block; gives its address without a slash."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = configured(app, _Prompt)
        assert isinstance(server, _Prompt)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            _await(server, thread)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.leave()
            thread.join(timeout=10)


def _await(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the sandbox's server did not start")
        time.sleep(0.002)


class _Prompt(uvicorn.Server):
    """Ends the moment it is asked to, or as soon as what it is answering has been answered. Uvicorn looks ten times a
    second whether it is to end and then waits as long again, which in thousands of tests is a quarter of an hour."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._asked, self._loop = asyncio.Event(), None

    def leave(self) -> None:
        """From any thread."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._asked.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        if not self.should_exit:
            await self._asked.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        until = time.monotonic() + _GOODBYE_SECONDS
        while (self.server_state.connections or self.server_state.tasks) and time.monotonic() < until:
            await asyncio.sleep(0.001)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()
