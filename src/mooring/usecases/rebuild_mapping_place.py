"""How far a rebuild is, and one worker's hold on it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection

from mooring.db import odoo, odoo_kinds, rebuild
from mooring.db.rebuild import Match
from mooring.domain.lifecycle import Purpose
from mooring.domain.mapping import MAPPED, MappedKind, SyncKind
from mooring.usecases import odoo_gate
from mooring.usecases.context import App
from mooring.usecases.metafields_lines import Carried
from mooring.usecases.metafields_read import Owner, Reading
from mooring.usecases.operations_run import Again, Next, Run
from mooring.usecases.sync_odoo_place import Job as SyncJob
from mooring.usecases.sync_odoo_place import Place as SyncPlace

Found = TypeVar("Found")


class Hold(msgspec.Struct):
    """Why automatic sync of a kind waited."""

    since: datetime
    by: str | None
    reason: str | None


class Place(msgspec.Struct, omit_defaults=True):
    """`kinds`: what is left, the first of them at work; `after`: the last Shopify id that is done with; `read`: whether
    the metafields were; `identified`: it is known which database is there now; `forgotten`: pairs of another one;
    `released`: holds that this ended."""

    kinds: list[SyncKind]
    after: int = 0
    began: bool = False
    read: bool = False
    asked: bool = False
    note: str | None = None
    counts: dict[str, dict[str, int]] = {}
    replanted: int = 0
    identified: bool = False
    forgotten: int = 0
    released: dict[SyncKind, Hold] = {}
    reading: Reading = msgspec.field(default_factory=Reading)


class Job(Owner):
    """A rebuild in the hands of one worker, for one slice."""

    purpose = Purpose.IMPORT
    most = 4

    def __init__(self, app: App, run: Run) -> None:
        self.app, self.run = app, run
        self.place = msgspec.convert(run.cursor or {"kinds": run.arguments["kinds"]}, Place)
        self.reading = self.place.reading
        self.kinds = tuple(SyncKind(one) for one in run.arguments["kinds"])

    @property
    def store_id(self) -> str:
        return self.run.store.id

    @property
    def kind(self) -> SyncKind:
        return self.place.kinds[0]

    @property
    def anew(self) -> bool:
        """The mapping speaks of another database than the one that is there: no pair of it counts."""
        return bool(self.run.arguments.get("anew"))

    @property
    def _looks_anew(self) -> bool:
        """Accepting has raised the epoch; while only looking, the next one is taken for granted."""
        return self.anew and self.run.arguments["do"] == "find"

    def sync(self) -> SyncJob:
        """The same slice as a sync would see it: it plans, and here nothing is pushed."""
        ticket = odoo_gate.ticket(self.app, self.run.store.project_id, while_held=True)
        with self.app.db.read() as connection:
            found = odoo.load(connection, self.run.store.project_id)
            settings = odoo_kinds.of_store(connection, self.store_id)
        epochs = {kind: one.epoch + self._looks_anew for kind, one in settings.items()}
        place = SyncPlace(
            [self.kind], after=self.place.after, generation=ticket.generation, epochs=epochs, checked=True
        )
        return SyncJob(self.app, self.run, place, found, ticket, settings[self.kind], None)

    def save(self) -> None:
        with self.checkpoint():
            pass

    @contextmanager
    def checkpoint(self) -> Generator[Connection]:
        with self.run.checkpoint() as connection:
            yield connection
            self.place.reading = self.reading
            self.run.cursor = msgspec.to_builtins(self.place)
            self.run.counts.update(self._counts())

    def end_kind(self) -> None:
        """Everything of a kind was looked for."""
        with self.checkpoint() as connection:
            rebuild.forget_hints(connection, self.store_id, self.kind)
            self.place.kinds, self.place.after = self.place.kinds[1:], 0

    def by_pages(
        self, page: Callable[[Connection, MappedKind], list[Found]], do: Callable[[list[Found]], None]
    ) -> Next | None:
        """The next page of the kinds that belong to the one at work; None when every kind is through."""
        if not self.place.kinds:
            return None
        with self.app.db.read() as connection:
            some = next((found for one in MAPPED[self.kind] if (found := page(connection, one))), None)
        if some is not None:
            do(some)
            return Again()
        self.place.kinds = self.place.kinds[1:]
        self.save()
        return Again()

    def _counts(self) -> dict[str, Any]:
        return {"kinds": self.place.counts, "replanted": self.place.replanted}

    def count(self, kind: MappedKind, what: str, number: int = 1) -> None:
        of = self.place.counts.setdefault(str(kind), {})
        of[what] = of.get(what, 0) + number

    def take(self, connection: Connection, kind: SyncKind, found: Sequence[Carried]) -> None:
        """What the metafields say is kept as a hint; whether the record is there is looked up with its page."""
        odoo_row = odoo.load(connection, self.run.store.project_id)
        here = [one for one in found if one.odoo_id and one.database == odoo_row.fingerprint]
        rows = [Match(one.kind, one.shopify_id, "unmatched", "metafield", one.odoo_id) for one in here]
        rebuild.put(connection, self.store_id, self.run.id, rows, at=self.app.clock.now())
