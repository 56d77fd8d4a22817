"""How far a delete is: the steps it takes, the place it goes on from, and what the card shows meanwhile."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.usecases.context import App
from mooring.usecases.operations_run import Run


class Step(StrEnum):
    """In this order. None but the first two makes a call."""

    SHOPIFY = "shopify"
    ODOO = "odoo"
    ERASE = "erase"
    SCRUB = "scrub"
    WIPE = "wipe"
    END = "end"
    OVER = "over"


SENTENCES: dict[Step, str] = {
    Step.SHOPIFY: "Revoking the access at Shopify",
    Step.ODOO: "Unlinking external ids in Odoo",
    Step.ERASE: "Erasing what was imported",
    Step.SCRUB: "Emptying the log of what it kept",
    Step.WIPE: "Overwriting what was erased",
    Step.END: "Closing the card",
    Step.OVER: "Deleted",
}


class Task(StrEnum):
    """What is done at Shopify, in this order: uninstalling the app comes last, for it ends our access."""

    BULK_OPERATIONS = "bulk_operations"
    METAFIELDS = "metafields"
    SUBSCRIPTIONS = "subscriptions"
    GRANT = "grant"


class Outcome(StrEnum):
    DONE = "done"
    ALREADY_GONE = "already_gone"
    SKIPPED = "skipped"
    NOT_DONE = "not_done"


class Told(msgspec.Struct):
    """How a task at Shopify ended: of `count` things, and in words where there is something to say. `look`: somebody
    should look there, because it is not sure or not done."""

    outcome: Outcome
    count: int = 0
    sentence: str | None = None
    look: bool = False


class Place(msgspec.Struct):
    """Saved with every checkpoint. Moments are seconds since 1970."""

    step: Step = Step.SHOPIFY
    began: float = 0.0
    told: dict[Task, Told] = {}
    progress_at: float = 0.0
    """When something last succeeded at Shopify."""
    tries: int = 0
    """Calls to Shopify that failed since then."""
    patient: bool = True
    """Whether a failed call is worth another one. Once it is not, each task left is tried once."""
    uninstalling: bool = False
    """Whether uninstalling was asked for; its answer may have been lost."""
    odoo_kind: int = 0
    odoo_since: float = 0.0
    """When something last succeeded in Odoo."""
    unlinked: int = 0
    totals: dict[str, int] = {}
    erased: dict[str, int] = {}
    part: int = 0
    chunk: int = 0
    """Rows in the next chunk; 0 before the first."""
    erasing_since: float = 0.0
    scrubbed: int = 0
    wiping_since: float = 0.0
    notes: list[str] = []
    by_hand: list[str] = []
    """What is left for a person to finish elsewhere than at Shopify."""

    @property
    def rows(self) -> int:
        return sum(self.erased.values())


class Job:
    """A delete in the hands of one worker, for one slice."""

    def __init__(self, app: App, run: Run) -> None:
        self.app, self.run = app, run
        self.place = msgspec.convert(run.cursor, Place)
        self.trouble: str | None = None

    @property
    def store_id(self) -> str:
        return self.run.store.id

    def now(self) -> float:
        return self.app.clock.now().timestamp()

    @contextmanager
    def checkpoint(self) -> Generator[Connection]:
        """One transaction with the store's rows and the place as it is at the end of the block."""
        with self.run.checkpoint() as connection:
            yield connection
            self.run.cursor = msgspec.to_builtins(self.place)
            self.run.counts = self._counts()

    def _counts(self) -> dict[str, Any]:
        """What the card and the operation's page show: rows, by table too."""
        place, since = self.place, self.place.erasing_since
        seconds = self.now() - since if since and place.step is Step.ERASE else 0.0
        return {
            "step": place.step,
            "sentence": SENTENCES[place.step],
            "done": place.rows,
            "total": sum(place.totals.values()) or None,
            "rate": round(place.rows / seconds) if seconds >= 1 else None,
            "tables": {name: {"done": place.erased.get(name, 0), "total": n} for name, n in place.totals.items()},
            "trouble": self.trouble,
        }
