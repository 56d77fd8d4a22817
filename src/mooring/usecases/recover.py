"""Recover one record, by its name or id: found at Shopify, read and written in the same breath.

For whatever a webhook, a pull and a sweep have left behind, and to take back a deletion mark that was wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from mooring.db import operations, records_fetched, stores
from mooring.db.operations import Operation
from mooring.db.records_fetched import Stored
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import IMPORTING, Purpose
from mooring.domain.rules import Role, Work
from mooring.domain.translate import LAYOUTS
from mooring.errors import InvalidInput, Refused
from mooring.usecases import fetch, gate
from mooring.usecases.context import App
from mooring.usecases.fetch import Fetched, FetchResult
from mooring.usecases.operations import issue
from mooring.usecases.recover_search import MOST, Match, find
from mooring.usecases.store_settings import store_of, visible_since
from mooring.usecases.who import Who


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    RESTORED = "restored"
    NOT_VISIBLE = "not_visible"
    SEVERAL = "several"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What came of it. `several`: `matches` are to be chosen from, by their ids; `more` says that there are others.
    The operation, with its receipt, is there as soon as one record was meant."""

    outcome: Outcome
    sentence: str
    shopify_id: int | None = None
    matches: tuple[Match, ...] = ()
    more: bool = False
    operation: Operation | None = None

    @property
    def recovered(self) -> bool:
        return self.outcome in (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.RESTORED)


def request(app: App, who: Who, store_id: str, kind: Kind, what: str) -> Recovery:
    """Raises `Refused` saying why nothing can be read now, `InvalidInput` for what cannot be looked for."""
    store = store_of(app, who, store_id, Role.EDITOR)
    _may_read(store, kind)
    ticket = gate.Ticket(store.id, store.generation, Purpose.IMPORT)
    found = find(app, ticket, store, kind, what)
    if len(found) == 1:
        return _recover(app, who, ticket, store, kind, found[0].shopify_id)
    if not found:
        return Recovery(Outcome.NONE, f"Shopify shows no such record among the {kind}.{_window(app, store, kind)}")
    sentence = f"Several {kind} are meant by this. Choose one by its id."
    return Recovery(Outcome.SEVERAL, sentence, matches=tuple(found[:MOST]), more=len(found) > MOST)


def _may_read(store: Store, kind: Kind) -> None:
    if store.state not in IMPORTING:
        raise Refused(f"This store is {store.state.replace('_', ' ')}, so nothing can be read now.", code="state")
    if kind not in rules.wanted_kinds(store.settings):
        raise InvalidInput(f"{kind.label} are switched off in this store's sync settings.", field="kind")
    if kind not in rules.importable_kinds(store.settings, store.granted_scopes):
        raise Refused(f"{kind.label} wait for the permission {rules.kind_scope(kind)}.", code="permission_missing")


def _window(app: App, store: Store, kind: Kind) -> str:
    since = visible_since(store, app.clock.now()) if kind is Kind.ORDERS else None
    if since is None:
        return ""
    return f" Orders created before {since:%Y-%m-%d} are not shown to this app (read_all_orders)."


# -- the one record ------------------------------------------------------------------------------------------------


def _recover(app: App, who: Who, ticket: gate.Ticket, store: Store, kind: Kind, shopify_id: int) -> Recovery:
    fetched = fetch.read(app, ticket, store, kind, [shopify_id])
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        operation = issue(app, connection, who, store, Work.RECOVER, {"kind": str(kind), "shopify_id": shopify_id})
        known = records_fetched.stored(connection, LAYOUTS[kind].root, store.id, [shopify_id]).get(shopify_id)
        outcome = _outcome(fetch.write(connection, app, store, fetched), fetched, known)
        sentence = _sentence(kind, outcome, known) + _unseen(app, store, kind, outcome)
        receipt = {"kind": str(kind), "shopify_id": shopify_id, "outcome": str(outcome), "sentence": sentence,
                   "requests": fetched.requests}  # fmt: skip
        operation = _ended(app, connection, operation, receipt)
    return Recovery(outcome, sentence, shopify_id, operation=operation)


def _ended(app: App, connection: Connection, operation: Operation, receipt: dict[str, Any]) -> Operation:
    """Begun and ended in the transaction that wrote: it is never seen unfinished."""
    now = app.clock.now()
    taken = operations.take(connection, operation.id, worker="recover", at=now)
    assert taken is not None
    return operations.save(
        connection, taken, at=now, state="done", receipt=receipt, finished_at=now, worker=None, lease_until=None
    )


def _outcome(result: FetchResult, fetched: Fetched, known: Stored | None) -> Outcome:
    if not fetched.visible:
        return Outcome.NOT_VISIBLE
    if known is None:
        return Outcome.CREATED
    if result.restored:
        return Outcome.RESTORED
    changed = result.written or result.rows_written or result.removed_children
    return Outcome.UPDATED if changed else Outcome.UNCHANGED


def _sentence(kind: Kind, outcome: Outcome, known: Stored | None) -> str:
    if outcome is Outcome.NOT_VISIBLE:
        kept = "What is here of it is kept as it is." if known else "There is nothing of it here either."
        return f"Shopify does not show this record to this app. {kept}"
    return {
        Outcome.CREATED: "It was missing here and has been imported.",
        Outcome.UPDATED: "It was out of date here and is now as Shopify shows it.",
        Outcome.UNCHANGED: "It was already here, just as Shopify shows it.",
        Outcome.RESTORED: "It was marked as deleted here; Shopify shows it, so the mark is gone.",
    }[outcome]


def _unseen(app: App, store: Store, kind: Kind, outcome: Outcome) -> str:
    return _window(app, store, kind) if outcome is Outcome.NOT_VISIBLE else ""
