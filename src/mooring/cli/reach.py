"""How a command reaches Mooring: through the server that runs on the data directory, or by being it for a moment.

There is one way in, `/api/v1`. Without a server the same web application is built in this process and asked without
a network in between, under the directory's lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from mooring import settings as configuration
from mooring.cli import local
from mooring.cli.api import Api, problem
from mooring.errors import Unreachable
from mooring.settings import Settings


@contextmanager
def mooring(*, working: bool = False, migrating: bool = True) -> Iterator[Api]:
    """`working`: operations are to go on while the command runs, whoever carries them. Without `migrating` an older
    schema is refused."""
    settings = configuration.load()
    with _transport(settings, working, migrating) as transport, httpx2.Client(
        transport=transport, base_url="http://localhost", timeout=httpx2.Timeout(120, connect=5)
    ) as client:  # fmt: skip
        yield Api(client, alone=not isinstance(transport, httpx2.HTTPTransport))


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
def download(socket: str, path: str) -> Iterator[Iterator[bytes]]:
    """An answer of the running server as it comes, however long it takes and however large it is."""
    timeout = httpx2.Timeout(None, connect=5)
    with httpx2.Client(
        transport=httpx2.HTTPTransport(uds=socket), base_url="http://localhost", timeout=timeout
    ) as client, client.stream("GET", f"/api/v1{path}") as answer:  # fmt: skip
        if not answer.is_success:
            answer.read()
            raise problem(answer)
        yield _unbroken(answer)


def _unbroken(answer: httpx2.Response) -> Iterator[bytes]:
    try:
        yield from answer.iter_bytes()
    except httpx2.TransportError as error:
        raise Unreachable(f"The running Mooring broke off ({type(error).__name__}). Its log says why.") from None


@contextmanager
def _own(settings: Settings, working: bool, migrating: bool) -> Iterator[httpx2.BaseTransport]:
    from mooring import app as root  # here, because a client of a running server does without
    from mooring.cli.in_process import InProcess
    from mooring.usecases import shopify_apps
    from mooring.web import app as web
    from mooring.web.local import mark_local

    built = root.build(quiet(settings), with_engine=working, migrating=migrating)
    try:
        if working:
            built.launch()
        else:
            shopify_apps.app_of_settings(built.app)
        with InProcess(mark_local(web.create(built.app))) as transport:
            yield transport
    finally:
        built.close()


def quiet(settings: Settings) -> Settings:
    """A command's own request to itself is no news, unless somebody set how much is to be logged."""
    if "log_level" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"log_level": "warning"})
