"""What writing metafields needs to know: where it stands, who it writes for, and which kinds do without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db.stores import Store
from mooring.domain.lifecycle import Purpose
from mooring.domain.mapping import SyncKind
from mooring.domain.metafields import AT_ONCE, WRITE_SCOPES
from mooring.ports import Reply
from mooring.usecases.context import App
from mooring.usecases.metafields_bulk import Writing
from mooring.usecases.operations_run import Run

FEW = 250
"""Records that are written call by call, a dozen at once: about as long as a bulk mutation takes, upload to answer."""


class Home(msgspec.Struct, omit_defaults=True):
    """Kept in the cursor of whoever writes. `left_out`: kinds that do without, and why; `at_once`: how many records go
    into a call, fewer once Shopify blamed none of them; `alone`: a bulk mutation wrote nothing, so
    the rest goes call by call; `singly`: how many records went so."""

    defined: list[SyncKind] = []
    left_out: dict[SyncKind, str] = {}
    at_once: int = AT_ONCE // 2
    alone: bool = False
    singly: int = 0
    writing: Writing = msgspec.field(default_factory=Writing)


@dataclass(slots=True)
class Job:
    app: App
    run: Run
    home: Home
    kinds: Sequence[SyncKind]
    checkpoint: Callable[[], AbstractContextManager[Connection]]

    @property
    def store(self) -> Store:
        return self.run.store

    @property
    def usable(self) -> list[SyncKind]:
        return [kind for kind in self.kinds if kind not in self.home.left_out]

    def call(self, document: str, variables: dict[str, Any]) -> Reply:
        self.count("calls")
        return self.run.call(self.app.shopify.document(document), variables, purpose=Purpose.WRITE_BACK)

    def count(self, what: str, number: int = 1) -> None:
        counts = self.run.counts.setdefault("metafields", {})
        counts[what] = counts.get(what, 0) + number

    def save(self) -> None:
        with self.checkpoint():
            pass


def why_not(store: Store, kind: SyncKind, definitions: str) -> str | None:
    """Why the home is not kept for a kind, in words; None where it is."""
    if not store.claim:
        return "Another project speaks for this shop, so no metafields are written there."
    if WRITE_SCOPES[kind] not in store.granted_scopes:
        return f"The permission {WRITE_SCOPES[kind]} is not granted, so no metafields are written; two homes suffice."
    if definitions == "leaving":
        return "Shopify has not been seen to have deleted the metafields of an earlier mapping, so none are written."
    return None


def user_errors(reply: Reply, field: str) -> list[dict[str, Any]]:
    answer: dict[str, Any] = reply.data.get(field) or {}
    return answer.get("userErrors") or []
