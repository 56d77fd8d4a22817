"""Where a reading of changes stands: a place per kind in the operation's cursor, and a worker's hold on it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.usecases.context import App
from mooring.usecases.operations_run import Run


class Row(msgspec.Struct):
    id: str
    updated_at: datetime = msgspec.field(name="updatedAt")


class PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class Page(msgspec.Struct, rename="camel"):
    nodes: list[Row]
    page_info: PageInfo


class Place(msgspec.Struct, omit_defaults=True):
    """One kind. Moments are Shopify's. `owed`: listed, and still to be read."""

    point: datetime
    total: int = 0
    """How many records of the kind the hub has; decides when an export is cheaper."""
    after: str | None = None
    first_page_at: datetime | None = None
    newest: datetime | None = None
    turned: bool = False
    """All pages down to the point are listed."""
    owed: list[int] = []
    lately: list[tuple[int, datetime]] = []
    """Read with nothing more to learn, so that the next pull need not read them."""
    listed: int = 0
    read: int = 0
    written: int = 0
    new: int = 0
    missing: int = 0
    one_by_one: bool = False
    """A page of them could not be read; the one that is to blame is looked for."""
    unreadable: int = 0
    beyond: bool = False
    """So much has changed that an export of the whole kind is cheaper."""
    error: str = ""
    done: bool = False

    @property
    def ended(self) -> bool:
        return self.done or self.beyond or bool(self.error)


class Job:
    """A reading of changes in the hands of one worker, for one slice."""

    def __init__(self, app: App, run: Run) -> None:
        self.app, self.run = app, run
        kept = msgspec.convert(run.cursor.get("kinds", {}), dict[Kind, Place])
        self.places = {kind: kept[kind] for kind in Kind if kind in kept}
        run.counts.setdefault("requests", 0)

    @property
    def store(self) -> Store:
        return self.run.store

    @contextmanager
    def checkpoint(self) -> Generator[Connection]:
        """One transaction with the store's rows and the places as they are at the end of the block."""
        with self.run.checkpoint() as connection:
            yield connection
            self.run.cursor = self.run.cursor | {"kinds": msgspec.to_builtins(self.places)}
            self.run.counts["kinds"] = {kind: _shown(place) for kind, place in self.places.items()}

    def open(self) -> list[tuple[Kind, Place]]:
        return [(kind, place) for kind, place in self.places.items() if not place.ended]


def _shown(place: Place) -> dict[str, Any]:
    return {"listed": place.listed, "read": place.read, "written": place.written, "new": place.new}
