"""The secrets webhooks are signed with, kept open in memory for a few seconds.

A delivery that does not verify makes them be read again, at most once a second: so a rotated secret works at once, and
a flood of forgeries costs one look a second.
"""

from __future__ import annotations

import threading
from asyncio import get_running_loop
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from mooring.db import credentials
from mooring.db.database import Database
from mooring.domain.signing import webhook_is_genuine
from mooring.ports import Clock, Vault

T = TypeVar("T")

_FRESH = 10.0
_PAUSE = 1.0
_AT_ONCE = 256 * 1024
"""Larger bodies are hashed in a thread, so that they do not keep the others waiting."""


class _Known(NamedTuple):
    of_app: dict[str, tuple[str, ...]]
    read_at: float


class Secrets:
    def __init__(self, db: Database, vault: Vault, clock: Clock) -> None:
        self._db, self._vault, self._clock = db, vault, clock
        self._known = _Known({}, float("-inf"))
        self._reading = threading.Lock()

    async def has(self, app_id: str) -> bool:
        """Whether there is such an app. For one there is not, no body needs to be read."""
        known = await self._fresh()
        return app_id in known.of_app or app_id in (await self._newer_than(known)).of_app

    async def verify(self, app_id: str, body: bytes, signature: str) -> bool:
        """Whether one of the app's secrets, current or previous, signed this body."""
        known = await self._fresh()
        if await _signed(known.of_app.get(app_id, ()), body, signature):
            return True
        newer = await self._newer_than(known)
        return newer is not known and await _signed(newer.of_app.get(app_id, ()), body, signature)

    async def _fresh(self) -> _Known:
        known = self._known
        return known if self._age(known) < _FRESH else await _in_thread(self._read_again, _FRESH)

    async def _newer_than(self, known: _Known) -> _Known:
        """What somebody else has read meanwhile, or a look of our own if the last one is a second ago."""
        if self._known is known and self._age(known) >= _PAUSE:
            return await _in_thread(self._read_again, _PAUSE)
        return self._known

    def _age(self, known: _Known) -> float:
        return self._clock.monotonic() - known.read_at

    def _read_again(self, older_than: float) -> _Known:
        """One reads, whoever comes meanwhile waits for that."""
        with self._reading:
            if self._age(self._known) >= older_than:
                self._known = _Known(self._read(), self._clock.monotonic())
            return self._known

    def _read(self) -> dict[str, tuple[str, ...]]:
        with self._db.read() as connection:
            apps = [credentials.app(connection, self._vault, one["id"]) for one in credentials.apps(connection)]
        return {app.id: (app.secret, app.previous_secret or "") for app in apps}


async def _signed(secrets: tuple[str, ...], body: bytes, signature: str) -> bool:
    if len(body) <= _AT_ONCE:
        return webhook_is_genuine(body, signature, secrets)
    return await _in_thread(webhook_is_genuine, body, signature, secrets)


async def _in_thread(work: Callable[..., T], *arguments: Any) -> T:
    return await get_running_loop().run_in_executor(None, work, *arguments)
