"""The Integrations page: what each store is, whether it is well, since when, why not, and what to press."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from mooring.db import cards, operations, records_kinds, stores
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Badge, State, badge
from mooring.domain.rules import Role, Work, waiting_scopes, wanted_kinds
from mooring.usecases import clean_up, odoo_card, overview_progress, overview_words, privacy
from mooring.usecases.clean_up import Outlook, Standing
from mooring.usecases.context import App
from mooring.usecases.odoo_card import OdooCard
from mooring.usecases.overview_menu import HELP, Action, MenuItem, menu
from mooring.usecases.overview_progress import Progress
from mooring.usecases.who import Who

__all__ = ["HELP", "Action", "Card", "MenuItem", "Overview", "Progress", "card", "menu", "show"]


@dataclass(frozen=True, slots=True)
class Card:
    """`reason` and `next_step` are words for a store that needs somebody, `since` when. `button` is the one thing to
    press. `permissions_waiting` counts scopes that only outbound toggles lack. `paused` are the kinds whose import is
    parked. `clean_up` and `outlook` tell of a disconnected store: how the clean-up at Shopify stands, and until when
    Delete and Clear could still clean up there. `erasure_at`: when the store is deleted, for its shop asked for it."""

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
    permissions_waiting: int = 0
    paused: tuple[Kind, ...] = ()
    clean_up: Standing | None = None
    outlook: Outlook | None = None
    erasure_at: datetime | None = None

    @property
    def since(self) -> datetime:
        return self.store.state_since

    @property
    def importing(self) -> Progress | None:
        return self.progress if self.progress and self.progress.work is Work.IMPORT else None

    @property
    def can_clean_until(self) -> datetime | None:
        return self.outlook.until if self.outlook else None

    @property
    def needs_somebody(self) -> bool:
        return self.badge in (Badge.RECONNECT_REQUIRED, Badge.ERROR, Badge.DELETE_FAILED)


@dataclass(frozen=True, slots=True)
class Overview:
    """`odoo`: None as long as the project never had one."""

    project_id: str
    cards: tuple[Card, ...]
    odoo: OdooCard | None = None

    @property
    def in_need(self) -> int:
        return sum(card.needs_somebody for card in (*self.cards, *([self.odoo] if self.odoo else [])))

    @property
    def live(self) -> bool:
        """Whether something moves, so that looking again soon is worth it."""
        return any(card.progress for card in self.cards) or bool(self.odoo and self.odoo.moving)


def show(app: App, who: Who, project_id: str) -> Overview:
    """Cards that need someone come first, then by age."""
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        known = stores.of_project(connection, project_id)
        made = [card(connection, store) for store in known]
        odoo = odoo_card.of_project(connection, project_id, known)
    return Overview(project_id, tuple(sorted(made, key=lambda one: not one.needs_somebody)), odoo)


def badge_of(connection: Connection, store: Store) -> Badge | None:
    """The badge alone, without reading a store's rows. None for a tombstone."""
    failed = _failures(store, records_kinds.of_store(connection, store.id))
    wrong = bool(store.error or failed or cards.failed_edits(connection, store.id))
    return badge(store.state, error=wrong, delete_failed=store.delete_failed is not None)


def card(connection: Connection, store: Store) -> Card:
    kinds = records_kinds.of_store(connection, store.id)
    failed, unsent = _failures(store, kinds), cards.failed_edits(connection, store.id)
    wrong = bool(store.error or failed or unsent)
    says = badge(store.state, error=wrong, delete_failed=store.delete_failed is not None)
    assert says is not None
    progress = overview_progress.of_store(connection, store.id, kinds)
    taken, paused = _taken(connection, store), says is Badge.DISCONNECTED
    reason, next_step = overview_words.words(store, says, failed, unsent=unsent, taken=taken)
    return Card(
        store=store,
        badge=says,
        reason=reason,
        next_step=next_step,
        counts=_counts(connection, store, progress, kinds),
        progress=progress,
        menu=menu(store, taken=taken),
        button=_button(store, says, progress, failed, taken),
        verified=_verified(store, kinds),
        last_import=max((row.last_bulk_at for row in kinds.values() if row.last_bulk_at), default=None),
        permissions_waiting=len(waiting_scopes(store.settings, store.granted_scopes)),
        paused=_paused(connection, store, kinds),
        clean_up=clean_up.standing(connection, store) if paused else None,
        outlook=clean_up.outlook(connection, store) if paused else None,
        erasure_at=privacy.countdown(connection, store.id),
    )


def _taken(connection: Connection, store: Store) -> bool:
    """Whether another card speaks for this shop and would not lose the claim."""
    if store.claim:
        return False
    holder = stores.claim_holder(connection, store.shop_id)
    return holder is not None and holder.state is not State.DISCONNECTED


def _paused(connection: Connection, store: Store, kinds: dict[Kind, Any]) -> tuple[Kind, ...]:
    """Kinds of a parked import that are not through."""
    parked = {one.id for one in operations.unfinished(connection, store.id) if one.state == "parked"}
    mine = [kind for kind, row in kinds.items() if row.state == "pending" and row.operation_id in parked]
    return tuple(kind for kind in Kind if kind in mine)


def _counts(connection: Connection, store: Store, progress: Progress | None, kinds: dict[Kind, Any]) -> dict[Kind, int]:
    """Rows in the hub; while they are being written, and looked at every second, what the import says of itself."""
    if progress is None or progress.work is not Work.IMPORT:
        return cards.counts(connection, store.id)
    return {kind: kinds[kind].count for kind in Kind}


def _failures(store: Store, kinds: dict[Kind, Any]) -> tuple[tuple[Kind, str], ...]:
    wanted = wanted_kinds(store.settings)
    return tuple((kind, kinds[kind].error or "") for kind in wanted if kinds[kind].state == "failed")


def _verified(store: Store, kinds: dict[Kind, Any]) -> bool:
    return all(kinds[kind].verified for kind in wanted_kinds(store.settings))


def _button(
    store: Store, says: Badge, progress: Progress | None, failed: tuple[tuple[Kind, str], ...], taken: bool
) -> Literal["reconnect", "start", "details", "retry"] | None:
    if says in (Badge.RECONNECT_REQUIRED, Badge.DISCONNECTED):
        return None if taken else "reconnect"
    if says is Badge.DELETE_FAILED:
        return "retry"
    if progress is not None or says is Badge.DELETING:
        return "details"
    if failed:
        return "retry"
    return "start" if store.state is State.CONNECTED and store.initial_sync_started_at is None else None
