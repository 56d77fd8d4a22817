"""A worker's hold on one store's deliveries."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Connection

from mooring.db import drains, stores
from mooring.db.stores import Store
from mooring.errors import Stale
from mooring.usecases.context import App

LEASE = timedelta(seconds=60)
_BEAT = 15.0
"""Seconds after which a lease that is still needed is renewed."""


class Lease:
    def __init__(self, app: App, store_id: str) -> None:
        self._app, self._store_id = app, store_id
        self._worker = app.ids.new()
        self._taken_at = 0.0
        self._rest: float | None = None

    def take(self) -> bool:
        now = self._app.clock.now()
        self._taken_at = self._app.clock.monotonic()
        with self._app.db.write() as connection:
            return drains.take(connection, self._store_id, self._worker, at=now, until=now + LEASE)

    def beat(self) -> None:
        """Still at work. Raises `Stale` when somebody else is by now."""
        if self._app.clock.monotonic() - self._taken_at > _BEAT and not self.take():
            raise Stale("Another worker has taken over this store's deliveries.", code="stale_lease")

    @contextmanager
    def writing(self, store: Store) -> Generator[Connection]:
        """The one way to write this store's rows: one transaction in which its generation and this lease are checked.
        Raises `Stale`; then nothing was written."""
        with self._app.db.write() as connection:
            stores.fence(connection, store.id, store.generation)
            drains.require(connection, store.id, self._worker)
            yield connection

    def rest(self, seconds: float) -> None:
        """After this turn, the store is to be left alone so long."""
        self._rest = seconds

    @property
    def resting(self) -> bool:
        return self._rest is not None

    def let_go(self) -> None:
        with self._app.db.write() as connection:
            if self._rest is None:
                drains.let_go(connection, self._store_id, self._worker)
                return
            until = self._app.clock.now() + timedelta(seconds=self._rest)
            drains.rest(connection, self._store_id, self._worker, until=until)
