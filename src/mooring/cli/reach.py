"""How a command reaches Mooring: through the server that runs on the data directory, or by being it for a moment.

There is one way in, `/api/v1`. Without a server the same web application is built in this process and asked without
a network in between, under the directory's lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2

from mooring import settings as configuration
from mooring.cli import local
from mooring.cli.api import Api
from mooring.settings import Settings

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal


@contextmanager
def mooring(*, working: bool = False, migrating: bool = True) -> Iterator[Api]:
    """`working`: operations are to go on while the command runs, whoever carries them. Without `migrating` an older
    schema is refused."""
    settings = configuration.load()
    with _transport(settings, working, migrating) as transport, httpx2.Client(
        transport=transport, base_url="http://localhost", timeout=httpx2.Timeout(120, connect=5)
    ) as client:  # fmt: skip
        yield Api(client, alone=isinstance(transport, _InProcess))


@contextmanager
def _transport(settings: Settings, working: bool, migrating: bool) -> Iterator[httpx2.BaseTransport]:
    with server_socket(settings) as path:
        if path is not None:
            yield httpx2.HTTPTransport(uds=path)
            return
    with _own(settings, working, migrating) as transport:
        yield transport


@contextmanager
def server_socket(settings: Settings) -> Iterator[str | None]:
    """Where the running server listens; None when there is none."""
    if not (settings.data_dir / local.NAME).exists():
        yield None
        return
    with local.path_of(settings.data_dir) as path:
        yield path if local.answers(path) else None


@contextmanager
def _own(settings: Settings, working: bool, migrating: bool) -> Iterator[httpx2.BaseTransport]:
    from mooring import app as root  # here, because a client of a running server does without
    from mooring.usecases import connect
    from mooring.web import app as web
    from mooring.web.local import mark_local

    built = root.build(_quiet(settings), with_engine=working, migrating=migrating)
    try:
        if working:
            built.launch()
        else:
            connect.app_of_settings(built.app)
        with _InProcess(mark_local(web.create(built.app))) as transport:
            yield transport
    finally:
        built.close()


def _quiet(settings: Settings) -> Settings:
    """A command's own request to itself is no news, unless somebody set how much is to be logged."""
    if "log_level" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"log_level": "warning"})


class _InProcess(httpx2.BaseTransport):
    """Asks an ASGI application in this process."""

    def __init__(self, application: Any) -> None:
        self._transport = httpx2.ASGITransport(app=application)

    def __enter__(self) -> _InProcess:
        from anyio.from_thread import start_blocking_portal

        self._running = start_blocking_portal()
        self._portal: BlockingPortal = self._running.__enter__()
        return self

    def close(self) -> None:
        self._running.__exit__(None, None, None)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._portal.call(self._ask, request)

    async def _ask(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._transport.handle_async_request(request)
        return httpx2.Response(answer.status_code, headers=answer.headers, content=await answer.aread())
