"""Run Mooring until it is told to stop: one process, one engine, TCP and the unix socket of the data directory."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import uvicorn

from mooring import app as root
from mooring.cli import listening, local
from mooring.settings import Settings
from mooring.usecases.context import App
from mooring.web import app as web
from mooring.web.local import mark_local

_NEW_OBJECTS = 20_000
_GOODBYE_SECONDS = 5
"""How long open requests may take to end after a stop was asked for."""


def serve(settings: Settings, ready: Callable[[App], None]) -> None:
    """Blocks until SIGTERM or SIGINT. `ready` is called once, when the addresses answer."""
    with ExitStack() as stack:
        listener = stack.enter_context(listening.listen(settings.host, settings.port))
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        built = root.build(settings)
        stack.callback(built.close)
        application = mark_local(web.create(built.app), when=local.came_by_socket)
        by_socket = stack.enter_context(local.listening(settings.data_dir))
        built.launch()
        _calm_the_collector()
        _Server(_config(application), lambda: ready(built.app)).run(sockets=[listener, by_socket])


def _calm_the_collector() -> None:
    """What exists now stays, so the garbage collector need not look through it again and again. And requests that wait
    together for one commit are not yet garbage: with Python's threshold of 700 objects they would set it off each time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)


def _config(application: Any) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_GOODBYE_SECONDS,
        ws="none",
    )


class _Server(uvicorn.Server):
    """Tells when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
