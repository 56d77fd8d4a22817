"""How far a clear is: its steps, what became of either side, and what is shown meanwhile."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import clear_tasks
from mooring.db.clear_tasks import ClearTask
from mooring.db.clearing import FIRST
from mooring.db.clearing import Place as Pair
from mooring.domain.lifecycle import Purpose
from mooring.domain.mapping import SyncKind
from mooring.usecases.context import App
from mooring.usecases.metafields_lines import Carried
from mooring.usecases.metafields_read import Owner, Reading
from mooring.usecases.operations_run import Run


class Step(StrEnum):
    """In this order."""

    WAIT = "wait"
    SHOPIFY = "shopify"
    ODOO = "odoo"
    LIST = "list"
    ROWS = "rows"
    COUNT = "count"
    OVER = "over"


SENTENCES: dict[Step, str] = {
    Step.WAIT: "Waiting for the call to Odoo that is under way",
    Step.SHOPIFY: "Deleting Mooring's metafields at Shopify",
    Step.ODOO: "Unlinking Mooring's external ids in Odoo",
    Step.LIST: "Listing what is left to unlink in Odoo",
    Step.ROWS: "Forgetting the mapping",
    Step.COUNT: "Counting again",
    Step.OVER: "Cleared",
}


class Side(StrEnum):
    SHOPIFY = "shopify"
    ODOO = "odoo"


class Outcome(StrEnum):
    DONE = "done"
    NOTHING = "nothing"
    SKIPPED = "skipped"
    OPEN = "open"
    """Not reached: an open task goes on with it."""


class Told(msgspec.Struct):
    """How a side ended: of `count` things, and in words where there is something to say."""

    outcome: Outcome
    count: int = 0
    sentence: str | None = None


class Phase(StrEnum):
    LOOK = "look"
    REMOVE = "remove"
    GONE = "gone"
    PROVE = "prove"
    STRAYS = "strays"


class AtShopify(msgspec.Struct, omit_defaults=True):
    """`found`: ids of the definitions to delete; `kinds`: those with any; `values`: records that carried one;
    `sample`: records that are asked whether theirs are gone, before everything is read. `stopped`: bulk mutations that
    were told to stop."""

    phase: Phase = Phase.LOOK
    stopped: list[str] = []
    found: list[str] = []
    kinds: list[SyncKind] = []
    values: int = 0
    sample: list[str] = []
    polls: int = 0
    reading: Reading = msgspec.field(default_factory=Reading)


class Place(msgspec.Struct):
    """Saved with every checkpoint. Moments are seconds since 1970. `progress_at`: when the side at hand last got on;
    `tries`: calls that failed since. `invoices`: that orders remembered."""

    step: Step = Step.WAIT
    began: float = 0.0
    told: dict[Side, Told] = {}
    progress_at: float = 0.0
    tries: int = 0
    shopify: AtShopify = msgspec.field(default_factory=AtShopify)
    kind: int = 0
    unlinked: int = 0
    task: str = ""
    after: Pair = FIRST
    listed: int = 0
    table: int = 0
    total: int = 0
    forgotten: dict[str, int] = {}
    invoices: int = 0


class Job(Owner):
    """A clear, or what is left of one, in the hands of one worker for one slice."""

    purpose = Purpose.CLEAR
    most = 4

    def __init__(self, app: App, run: Run) -> None:
        self.app, self.run = app, run
        self.place = msgspec.convert(run.cursor, Place)
        self.reading: Reading = self.place.shopify.reading
        self.kinds: tuple[SyncKind, ...] = tuple(SyncKind(one) for one in run.arguments["kinds"])
        self.trouble: str | None = None

    @property
    def store_id(self) -> str:
        return self.run.store.id

    @property
    def task_id(self) -> str | None:
        """The open task that is gone on with; None for a clear."""
        return self.run.arguments.get("task")

    def task(self) -> ClearTask | None:
        if self.task_id is None:
            return None
        with self.app.db.read() as connection:
            return clear_tasks.load(connection, self.task_id)

    def now(self) -> float:
        return self.app.clock.now().timestamp()

    def save(self) -> None:
        with self.checkpoint():
            pass

    @contextmanager
    def checkpoint(self) -> Generator[Connection]:
        """One transaction with the store's rows and the place as it is at the end of the block."""
        with self.run.checkpoint() as connection:
            yield connection
            self.place.shopify.reading = self.reading
            self.run.cursor = msgspec.to_builtins(self.place)
            self.run.counts.update(self._counts())

    def take(self, connection: Connection, kind: SyncKind, found: Sequence[Carried]) -> None:
        """What is left is counted by its place."""

    def _counts(self) -> dict[str, Any]:
        place = self.place
        return {
            "step": place.step,
            "sentence": SENTENCES[place.step],
            "done": sum(place.forgotten.values()),
            "total": place.total or None,
            "unlinked": place.unlinked,
            "trouble": self.trouble,
        }
