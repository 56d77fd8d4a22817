"""What a preview of a sync found, with the first records of each sort to look at, and whether it can be accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from mooring.db import operations, stores, sync_listing
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role, Work
from mooring.errors import NotFound
from mooring.usecases import sync_odoo_request
from mooring.usecases.context import App
from mooring.usecases.items_listed import title
from mooring.usecases.sync_odoo_place import outcomes
from mooring.usecases.who import Who

TITLES = {
    "create": "To create",
    "link": "To link",
    "update": "To update",
    "unchanged": "Unchanged",
    "excluded": "Excluded by rule",
    "ambiguous": "Ambiguous",
    "differs": "Differs",
    "review": "Needs review",
    "unread": "Not read yet",
}
MEANS = {
    "create": "new in Odoo",
    "link": "already there; nothing is created",
    "update": "fields that Mooring wrote last",
    "unchanged": "no call is made for them",
    "excluded": "deleted in Shopify, or left out by the rule for orders",
    "ambiguous": "wait in Needs review until a person decides",
    "differs": "counted above too; fields that were changed in Odoo stay until a person decides",
    "review": "cannot be booked until a person has looked; each says why",
    "unread": "still being read from Shopify; the next sync takes them",
}


@dataclass(frozen=True, slots=True)
class Example:
    title: str
    hub_id: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`word` is stable; `means` says it for people."""

    word: str
    title: str
    means: str
    count: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class OfKind:
    kind: SyncKind
    outcomes: tuple[Outcome, ...]

    @property
    def total(self) -> int:
        return sum(one.count for one in self.outcomes if one.word != "differs")


@dataclass(frozen=True, slots=True)
class Shown:
    """`against`: why it cannot be accepted, None where it can."""

    operation: Operation
    store: Store
    kinds: tuple[OfKind, ...]
    against: str | None

    @property
    def writes(self) -> int:
        """Records that accepting writes or links."""
        return self._count("create", "link", "update")

    @property
    def waits(self) -> int:
        """Records that a person has to decide on."""
        return self._count("ambiguous", "differs", "review")

    def _count(self, *words: str) -> int:
        return sum(one.count for kind in self.kinds for one in kind.outcomes if one.word in words)


def show(app: App, who: Who, operation_id: str) -> Shown:
    """Raises `NotFound` for an operation that is no preview."""
    with app.db.read() as connection:
        operation = operations.load(connection, operation_id)
        who.require(operation.project_id, Role.VIEWER)
        if operation.kind is not Work.SYNC_ODOO or not operation.arguments.get("preview") or not operation.store_id:
            raise NotFound("There is no such preview.")
        store = stores.load(connection, operation.store_id)
        kinds = tuple(_of_kind(connection, operation, store, SyncKind(kind)) for kind in operation.arguments["kinds"])
        refused = sync_odoo_request.reason_not_accepted(app, connection, store, operation)
    return Shown(operation, store, kinds, refused.sentence if refused else None)


def _of_kind(connection: Connection, operation: Operation, store: Store, kind: SyncKind) -> OfKind:
    counts: Mapping[str, int] = operation.counts.get(str(kind)) or {}
    examples: Mapping[str, Mapping[str, Sequence[int]]] = operation.counts.get("examples") or {}
    ids: Mapping[str, Sequence[int]] = examples.get(str(kind)) or {}
    return OfKind(kind, tuple(
        Outcome(word, TITLES[word], MEANS[word], counts.get(word, 0), _examples(connection, store, kind, ids.get(word)))
        for word in outcomes(kind, preview=True)
    ))  # fmt: skip


def _examples(connection: Connection, store: Store, kind: SyncKind, ids: Sequence[int] | None) -> tuple[Example, ...]:
    """Those that are still in the hub."""
    found = [sync_listing.one(connection, kind, store.id, shopify_id) for shopify_id in ids or ()]
    return tuple(Example(title(row), row["hub_id"]) for row in found if row is not None)
