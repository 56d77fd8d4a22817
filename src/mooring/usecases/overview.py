"""The Integrations page: what each store is, whether it is well, since when, why not, and what to press."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from mooring.db import cards, operations, records_kinds, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Badge, State, badge
from mooring.domain.rules import Role, Work, wanted_kinds
from mooring.usecases.context import App
from mooring.usecases.who import Who

Action = Literal["settings", "details", "check", "reconnect", "disconnect", "delete"]


@dataclass(frozen=True, slots=True)
class MenuItem:
    """`why_not` says why it cannot apply now; such an item is shown, disabled, with these words under it."""

    action: Action
    title: str
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """`total` is None while Shopify has not said how many there are. `finished` names the kinds that are through.
    `trouble` is what stands in the way just now; it is tried again without anybody's help."""

    operation_id: str
    sentence: str
    trouble: str | None
    kind: Kind | None
    done: int
    total: int | None
    rate: int | None
    finished: tuple[str, ...]
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    """`reason` and `next_step` are words for a store that needs somebody. `button` is the one thing to press."""

    store: Store
    badge: Badge
    reason: str | None
    next_step: str | None
    counts: dict[Kind, int]
    progress: Progress | None
    menu: tuple[MenuItem, ...]
    button: Literal["reconnect", "start", "details", "retry"] | None
    verified: bool
    last_import: datetime | None

    @property
    def needs_somebody(self) -> bool:
        return self.badge in (Badge.RECONNECT_REQUIRED, Badge.ERROR, Badge.DELETE_FAILED)


@dataclass(frozen=True, slots=True)
class Overview:
    project_id: str
    cards: tuple[Card, ...]

    @property
    def in_need(self) -> int:
        return sum(card.needs_somebody for card in self.cards)

    @property
    def live(self) -> bool:
        """Whether something moves, so that looking again soon is worth it."""
        return any(card.progress for card in self.cards)


def show(app: App, who: Who, project_id: str) -> Overview:
    """Cards that need someone come first, then by age."""
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        made = [card(connection, store) for store in stores.of_project(connection, project_id)]
    return Overview(project_id, tuple(sorted(made, key=lambda one: not one.needs_somebody)))


def card(connection: Connection, store: Store) -> Card:
    kinds = records_kinds.of_store(connection, store.id)
    running = _running(connection, store)
    failed = _failures(store, kinds)
    says = badge(store.state, error=bool(store.error or failed), delete_failed=store.delete_failed is not None)
    assert says is not None
    progress = _progress(store, running, kinds) if running else None
    reason, next_step = _words(store, says, failed)
    return Card(
        store=store,
        badge=says,
        reason=reason,
        next_step=next_step,
        counts=_counts(connection, store, progress, kinds),
        progress=progress,
        menu=menu(store),
        button=_button(store, says, progress, failed),
        verified=_verified(store, kinds),
        last_import=max((row.last_bulk_at for row in kinds.values() if row.last_bulk_at), default=None),
    )


def _counts(connection: Connection, store: Store, progress: Progress | None, kinds: dict[Kind, Any]) -> dict[Kind, int]:
    """Rows in the hub; while they are being written, and looked at every second, what the import says of itself."""
    if progress is None:
        return cards.counts(connection, store.id)
    return {kind: kinds[kind].count for kind in Kind}


def _running(connection: Connection, store: Store) -> Operation | None:
    found = [o for o in operations.unfinished(connection, store.id) if o.kind is Work.IMPORT and o.state != "parked"]
    return found[0] if found else None


def _failures(store: Store, kinds: dict[Kind, Any]) -> tuple[tuple[Kind, str], ...]:
    wanted = wanted_kinds(store.settings)
    return tuple((kind, kinds[kind].error or "") for kind in wanted if kinds[kind].state == "failed")


def _verified(store: Store, kinds: dict[Kind, Any]) -> bool:
    return all(kinds[kind].verified for kind in wanted_kinds(store.settings))


# -- words ---------------------------------------------------------------------------------------------------------


def _words(store: Store, says: Badge, failed: tuple[tuple[Kind, str], ...]) -> tuple[str | None, str | None]:
    """(what is wrong, what to do)."""
    match says:
        case Badge.RECONNECT_REQUIRED:
            return store.reason or "Shopify no longer accepts the connection.", "Everything imported is still here."
        case Badge.DISCONNECTED:
            return "Paused. Everything imported is still here.", "Reconnecting brings in what was missed."
        case Badge.DELETE_FAILED:
            return store.delete_failed, "Nothing comes back. Retry goes on where it stopped."
        case Badge.ERROR if failed:
            kind, error = failed[0]
            more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
            return f"{kind.label} were not imported completely{more}.", f"{_first(error)} What arrived is kept."
        case Badge.ERROR:
            return store.error, "Mooring keeps trying. Everything imported is still here."
        case Badge.CONNECTED if store.initial_sync_started_at is None:
            return "Connected. Nothing has moved yet.", "Choose what to bring in, then start the initial sync."
        case _:
            return None, None


def _first(sentences: str) -> str:
    """A card has room for one sentence; the details show the rest."""
    first, dot, _ = sentences.partition(". ")
    return first + "." if dot else sentences


def _button(
    store: Store, says: Badge, progress: Progress | None, failed: tuple[tuple[Kind, str], ...]
) -> Literal["reconnect", "start", "details", "retry"] | None:
    if says in (Badge.RECONNECT_REQUIRED, Badge.DISCONNECTED):
        return "reconnect"
    if progress is not None or says in (Badge.DELETING, Badge.DELETE_FAILED):
        return "details"
    if failed:
        return "retry"
    return "start" if store.state is State.CONNECTED and store.initial_sync_started_at is None else None


# -- menu ----------------------------------------------------------------------------------------------------------

_LATER = "Comes with the next version of Mooring"


def _no_call(store: Store) -> str | None:
    """Why Shopify cannot be asked how this store is."""
    if store.state is State.DISCONNECTED:
        return "Not while disconnected: no call leaves for this store"
    return None if store.claim else "Another project speaks for this shop now"


def menu(store: Store) -> tuple[MenuItem, ...]:
    """Six items in a fixed order."""
    going = "Not while the store is being deleted" if store.state is State.DELETING else None
    return (
        MenuItem("settings", "Sync settings", going),
        MenuItem("details", "View details"),
        MenuItem("check", "Check health", going or _no_call(store)),
        MenuItem("reconnect", "Reconnect", going),
        MenuItem("disconnect", "Disconnect", going or _LATER),
        MenuItem("delete", "Delete", going or _LATER),
    )


# -- progress ------------------------------------------------------------------------------------------------------


def _progress(store: Store, running: Operation, kinds: dict[Kind, Any]) -> Progress:
    mine = {kind: row for kind, row in kinds.items() if row.operation_id == running.id}
    current = next((kind for kind in Kind if kind in mine and mine[kind].state == "syncing" and mine[kind].count), None)
    row = mine.get(current) if current else None
    return Progress(
        operation_id=running.id,
        sentence=_sentence(current),
        trouble=running.error,
        kind=current,
        done=row.count if row else 0,
        total=row.expected if row else None,
        rate=row.rate if row else None,
        finished=tuple(_finished(kind, mine[kind]) for kind in Kind if kind in mine and mine[kind].state == "synced"),
        started_at=running.started_at or running.created_at,
    )


def _sentence(current: Kind | None) -> str:
    return f"Importing {current}" if current else "Shopify is preparing the files"


def _finished(kind: Kind, row: Any) -> str:
    return f"{kind.label} done, verified {row.count:,} of {row.expected if row.expected is not None else row.count:,}"
