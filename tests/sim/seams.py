"""Where a story can stop a worker: after an answer of Shopify has come in and before anything was done with it.

Frozen there, it holds what it fetched and is woken later; crashed there, it is gone. `Seams` stands before the real
adapter and changes nothing of what passes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from mooring.ports import Grant, Reply, Shopify, ShopifyApp

_PATIENCE = 20.0


class Crashed(BaseException):
    """The process is gone: nobody catches this but the story."""


@dataclass
class Stop:
    """`after` so many more answers: then `act` is called, in the worker's thread."""

    after: int
    act: Callable[[], None]
    struck: bool = False

    def count(self) -> None:
        self.after -= 1
        if self.after <= 0 and not self.struck:
            self.struck = True
            self.act()


class Seams:
    def __init__(self, real: Shopify) -> None:
        self._real = real
        self._here = threading.local()
        self.used: set[str] = set()
        """Every token that a call was made with since somebody last looked."""

    @contextmanager
    def stopping(self, stop: Stop) -> Generator[Stop]:
        """Holds for the calling thread alone."""
        self._here.stop = stop
        try:
            yield stop
        finally:
            self._here.stop = None

    def _answered(self) -> None:
        stop: Stop | None = getattr(self._here, "stop", None)
        if stop is not None:
            stop.count()

    # -- the port -------------------------------------------------------------------------------------------------

    def document(self, name: str) -> str:
        return self._real.document(name)

    def consent_url(
        self, shop_domain: str, app: ShopifyApp, scopes: frozenset[str], redirect_uri: str, state: str
    ) -> str:
        return self._real.consent_url(shop_domain, app, scopes, redirect_uri, state)

    def exchange(self, shop_domain: str, app: ShopifyApp, code: str) -> Grant:
        grant = self._real.exchange(shop_domain, app, code)
        self._answered()
        return grant

    def ask(self, shop_domain: str, app: ShopifyApp) -> Grant:
        grant = self._real.ask(shop_domain, app)
        self._answered()
        return grant

    def refresh(self, shop_domain: str, app: ShopifyApp, refresh_token: str) -> Grant:
        self.used.add(refresh_token)
        grant = self._real.refresh(shop_domain, app, refresh_token)
        self._answered()
        return grant

    def graphql(self, shop_domain: str, access_token: str, document: str, variables: dict[str, Any]) -> Reply:
        self.used.add(access_token)
        reply = self._real.graphql(shop_domain, access_token, document, variables)
        self._answered()
        return reply

    def open_file(self, url: str, first_byte: int) -> AbstractContextManager[Iterator[bytes]]:
        self._answered()
        return self._real.open_file(url, first_byte)


@dataclass
class Frozen:
    """Some work in a thread of its own, which stands still after an answer until it is thawed."""

    work: Callable[[], Any]
    seams: Seams
    after: int
    error: BaseException | None = None
    _still: threading.Event = field(default_factory=threading.Event)
    _go: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def begin(self) -> bool:
        """Whether it stands still now; it may also have come to its end before."""
        self._thread = threading.Thread(target=self._run, name="frozen", daemon=True)
        self._thread.start()
        assert self._still.wait(_PATIENCE), "the worker neither stood still nor ended"
        return self._thread.is_alive() and not self._go.is_set()

    def thaw(self) -> None:
        """Let it go on to its end."""
        self._go.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE)
            assert not self._thread.is_alive(), "the woken worker does not come to an end"
        if self.error is not None and not isinstance(self.error, Crashed):
            raise self.error

    def kill(self) -> None:
        """The process ends while this worker stands still: it does nothing more."""
        self._die = True
        self.thaw()

    _die: bool = False

    def _run(self) -> None:
        try:
            with self.seams.stopping(Stop(self.after, self._stand_still)):
                self.work()
        except BaseException as error:  # shown to the story, which judges it
            self.error = error
        finally:
            self._go.set()
            self._still.set()

    def _stand_still(self) -> None:
        self._still.set()
        assert self._go.wait(_PATIENCE * 3), "nobody woke the frozen worker"
        if self._die:
            raise Crashed
