"""Where a sync stands, what it has counted, and the little that each of its slices has to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import odoo, odoo_kinds
from mooring.db.odoo import OdooConnection
from mooring.db.odoo_kinds import OdooKind
from mooring.db.stores import Store
from mooring.db.sync_source import ENDLESS, SOURCES, Source
from mooring.domain.mapping import MODELS, ExternalId, MappedKind, SyncKind, database_of
from mooring.errors import Stale
from mooring.usecases.context import App
from mooring.usecases.metafields_place import Home
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.operations_run import Run

ROWS = 500
"""Rows of one load: measured, a larger one gains nothing, and a call stays well below a second or two."""
HEADS = 4 * ROWS
"""Records of which one slice looks whether they changed; fewer where the slice before had its hands full."""
OUTCOMES = ("created", "linked", "updated", "unchanged", "excluded", "ambiguous", "differs", "failed")
PREVIEWED = ("create", "link", "update", "unchanged", "excluded", "ambiguous", "differs")
"""`differs` counts records that are counted elsewhere too: fields of theirs wait for a person."""
OF_ORDERS = ("review", "unread")
"""Orders that cannot be booked until a person has looked, and those that are still being read from Shopify."""


def outcomes(kind: SyncKind, *, preview: bool = False) -> tuple[str, ...]:
    """The words that records of a kind are counted by."""
    words = PREVIEWED if preview else OUTCOMES
    return (*words, *OF_ORDERS) if kind is SyncKind.ORDERS else words


class Ending(msgspec.Struct, omit_defaults=True):
    """Where the writing of metafields stands. `tries`: how often in a row Shopify did not answer."""

    home: Home = msgspec.field(default_factory=Home)
    since: datetime | None = None
    tries: int = 0


class Booking(msgspec.Struct, omit_defaults=True):
    """Where the booking phase stands. `picked`: the orders somebody chose, None for all; `credit`: those of which
    somebody decided that the rest is credited; `last`: the step that was taken last, of each order in hand."""

    begun: bool = False
    picked: list[int] | None = None
    credit: list[int] = []
    last: dict[int, str] = {}


class Aside(msgspec.Struct):
    """Where a sync stands among orders while what they need comes first."""

    after: int
    again: list[int]
    early: list[int]
    full: bool


class Place(msgspec.Struct):
    """The cursor. `kinds`: what is left, the first of them at work; `after`: the last Shopify id that is done with;
    `again`: records put off until what they may be the same as is there; `early`: records behind `after` that were seen
    to out of their order, and are not counted twice; `full`: the slice before came to as many changed records as it
    could take; `planted`: whether any external id of a kind stood in Odoo when the sync came to it. `generation`: of
    the connection; `epochs`: of the kinds, as they were when the sync began. `fresh`: of orders, the first one that
    came since the last sync; these are gone through first, and then the `older` ones. `needs`: records of other kinds
    that orders need first, `aside`: where those orders are, and `brought`: behind which order it was asked last what
    they need."""

    kinds: list[SyncKind]
    after: int = 0
    again: list[int] = []
    early: list[int] = []
    full: bool = False
    planted: dict[SyncKind, bool] = {}
    generation: int = 0
    epochs: dict[SyncKind, int] = {}
    fresh: int = 0
    older: bool = False
    needs: dict[SyncKind, list[int]] = {}
    aside: Aside | None = None
    brought: int = -1
    checked: bool = False
    booking: Booking = msgspec.field(default_factory=Booking)
    ending: Ending = msgspec.field(default_factory=Ending)

    @classmethod
    def of(cls, run: Run) -> Place:
        """A sync of metafields alone has no kind to go through."""
        kinds: list[str] = [] if run.arguments.get("home") else run.arguments["kinds"]
        return msgspec.convert(run.cursor or {"kinds": kinds}, cls, str_keys=True)

    def kept(self) -> dict[str, Any]:
        return msgspec.to_builtins(self)

    @property
    def span(self) -> tuple[int, int]:
        """Between which ids, ends left out, the records are that come next."""
        if not self.fresh or self.kinds[0] is not SyncKind.ORDERS:
            return self.after, ENDLESS
        return (self.after, self.fresh) if self.older else (max(self.after, self.fresh - 1), ENDLESS)

    def go_on(self) -> None:
        """These are done: the older orders are next, or the next kind."""
        if self.fresh and not self.older and self.kinds[0] is SyncKind.ORDERS:
            self.after, self.older, self.full, self.brought = 0, True, False, -1
        else:
            self.next_kind()

    def next_kind(self) -> None:
        self.needs.pop(self.kinds[0], None)
        self.kinds, self.after, self.again, self.early, self.full = self.kinds[1:], 0, [], [], False
        if self.aside is not None and not self.needs:
            back, self.aside = self.aside, None
            self.after, self.again, self.early, self.full = back.after, back.again, back.early, back.full

    @property
    def is_brought(self) -> bool:
        """Whether it was asked what the orders that come next need."""
        return self.brought == self.after

    def bring(self, needs: dict[SyncKind, list[int]]) -> None:
        """These come before the orders that are next."""
        self.brought = self.after
        if needs:
            self.aside = Aside(self.after, self.again, self.early, self.full)
            self.needs, self.kinds = needs, [*needs, *self.kinds]
            self.after, self.again, self.early, self.full = 0, [], [], False


@dataclass(slots=True)
class Job:
    """One slice of one kind. `chosen`: the records somebody picked that are still to be done; None for all."""

    app: App
    run: Run
    place: Place
    odoo: OdooConnection
    ticket: Ticket
    settings: OdooKind
    chosen: list[int] | None = None

    @property
    def kind(self) -> SyncKind:
        return self.settings.kind

    @property
    def source(self) -> Source:
        return SOURCES[self.kind]

    @property
    def kinds(self) -> tuple[MappedKind, MappedKind]:
        """The records people see, and what lives inside them."""
        return self.source.kind, self.source.inner_kind

    @property
    def model(self) -> str:
        """Whose turn it has to be; what lives inside a record is planned with it."""
        return MODELS[self.source.kind]

    @property
    def store(self) -> Store:
        return self.run.store

    @property
    def epoch(self) -> int:
        return self.place.epochs[self.kind]

    @property
    def master(self) -> bool | None:
        return self.settings.master

    @property
    def fingerprint(self) -> str:
        return self.odoo.fingerprint

    @property
    def database(self) -> str:
        return database_of(self.odoo.fingerprint)

    @property
    def preview(self) -> bool:
        return bool(self.run.arguments.get("preview"))

    @property
    def auto(self) -> bool:
        return bool(self.run.arguments.get("auto"))

    @property
    def now(self) -> datetime:
        return self.app.clock.now()

    def name(self, kind: MappedKind, shopify_id: int) -> ExternalId:
        return ExternalId(self.store.shop_id, kind, shopify_id)

    def save(self) -> None:
        """What the next checkpoint keeps."""
        self.run.cursor = self.place.kept()
        calls = self.run.counts.setdefault("calls", {})
        for name, count in self.ticket.tally.counts().items():
            calls[name] = calls.get(name, 0) + count
        self.ticket.tally.reads = self.ticket.tally.writes = self.ticket.tally.loads = 0

    def count(self, outcome: str, number: int = 1) -> None:
        counts = self.run.counts.setdefault(str(self.kind), {})
        counts[outcome] = counts.get(outcome, 0) + number

    def fence(self, connection: Connection) -> None:
        """In the transaction that binds: raises `Stale` where the mapping was cleared, or Odoo disconnected, since."""
        odoo.fence(connection, self.store.project_id, self.place.generation)
        if odoo_kinds.fenced(connection, self.store.id, self.kind) != self.epoch:
            raise Stale("The mapping was cleared meanwhile, so nothing of this is kept.", code="stale_mapping")


def looked_at(told: Mapping[str, int]) -> int:
    """Records of a kind that a sync has come to. `differs` counts some of them once more."""
    return sum(count for word, count in told.items() if word != "differs")


def receipt(run: Run, kinds: Iterable[SyncKind]) -> dict[str, Any]:
    """What was done, or would be, in numbers."""
    preview = bool(run.arguments.get("preview"))
    said = {
        str(kind): {word: run.counts.get(str(kind), {}).get(word, 0) for word in outcomes(kind, preview=preview)}
        for kind in kinds
    }
    calls = {name: run.counts.get("calls", {}).get(name, 0) for name in ("reads", "writes", "loads")}
    return {**said, "calls": calls}
