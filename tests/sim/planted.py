"""Six bugs, each planted at one seam, to know that the machine would find them.

For this purpose alone something of Mooring is replaced while it runs: what stands here is the mutation under test.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, update

from mooring.db import operations, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.db.tables import operations as operations_table
from mooring.domain import changed
from mooring.domain.lifecycle import ALLOWED_CALLS, LIVE, Event, Lost, Purpose
from mooring.domain.rules import Work
from mooring.errors import Refused
from mooring.usecases import gate, health_signals, import_store_prove, resume, sweep_compare
from mooring.usecases.context import App
from mooring.usecases.gate import Ticket
from mooring.usecases.lost import lose


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Generator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def no_fence() -> Generator[None]:
    """A commit asks neither for the store's generation nor for the operation's epoch."""

    def unfenced(connection: Connection, store_id: str, generation: int) -> Store:
        return stores.load(connection, store_id)

    def save(connection: Connection, operation: Operation, *, at: datetime, **values: Any) -> Operation:
        for name in ("cursor", "counts", "receipt"):
            if values.get(name) is not None:
                values[name] = operations._json(values[name])  # pyright: ignore[reportPrivateUsage]
        row = operations_table.c
        connection.execute(update(operations_table).where(row.id == operation.id).values(**values))
        return operations.load(connection, operation.id)

    with _replaced(stores, "fence", unfenced), _replaced(operations, "save", save):
        yield


@contextmanager
def clean_up_after_a_reconnect() -> Generator[None]:
    """A reconnect does not end the clean-up of the disconnect before it, and nothing stands in its way."""
    kept = resume.OVER_AT_RECONNECT - {Work.CLEAN_UP}
    with ExitStack() as stack:
        for module in (stores, resume):
            stack.enter_context(_replaced(module, "OVER_AT_RECONNECT", kept))
        allowed = dict(ALLOWED_CALLS)
        stack.callback(ALLOWED_CALLS.update, allowed)
        ALLOWED_CALLS.update({state: allowed[state] | {Purpose.CLEAN_UP} for state in LIVE})
        yield


@contextmanager
def claim_not_checked() -> Generator[None]:
    """The gate asks for generation and state, and lets a card call a shop for which another one speaks."""

    def admit(app: App, ticket: Ticket) -> Store:
        with app.db.read() as connection:
            store = stores.fence_read(connection, ticket.store_id, ticket.generation)
        if ticket.purpose not in ALLOWED_CALLS[store.state]:
            raise Refused("No call leaves for this store now.", code="call_refused")
        return store

    with _replaced(gate, "admit", admit):
        yield


@contextmanager
def late_uninstall_obeyed() -> Generator[None]:
    """`app/uninstalled` is taken at its word, whenever it was sent."""

    def obeyed(app: App, store_id: str, generation: int | None = None) -> str:
        with app.db.write() as connection:
            store = stores.load(connection, store_id)
            if store.state in LIVE:
                lose(app, connection, store, Event.UNINSTALLED, reason="Uninstalled.", lost=Lost.UNINSTALLED)
        return "uninstalled"

    with _replaced(health_signals, "confirm_uninstalled", obeyed):
        yield


@contextmanager
def catch_up_point_too_early() -> Generator[None]:
    """The point moves to the moment of the listing, as if nothing could still happen in that second."""

    def next_point(before: datetime | None, newest: datetime | None, listed_at: datetime) -> datetime:
        return listed_at + timedelta(seconds=1)

    with (
        _replaced(changed, "next_point", next_point),
        _replaced(import_store_prove, "OVERLAP", timedelta(hours=-1)),
    ):
        yield


@contextmanager
def sweep_without_window() -> Generator[None]:
    """Orders that Shopify does not show any more count as gone."""

    def judged_from(now_there: datetime, *, sees_all: bool) -> None:
        return None

    with _replaced(sweep_compare, "judged_from", judged_from):
        yield


BUGS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "no fence": no_fence,
    "clean-up after a reconnect": clean_up_after_a_reconnect,
    "claim not checked": claim_not_checked,
    "late uninstall obeyed": late_uninstall_obeyed,
    "catch-up point too early": catch_up_point_too_early,
    "sweep without window": sweep_without_window,
}
