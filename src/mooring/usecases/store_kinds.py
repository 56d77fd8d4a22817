"""How far each kind of a store is, for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import IMPORTING, Lost
from mooring.usecases.overview import Card


@dataclass(frozen=True, slots=True)
class KindRow:
    """How far a kind is. `state` is pending, syncing, synced or failed; `wanted` whether a toggle asks for it;
    `retry_why_not` why it cannot be imported again just now."""

    kind: Kind
    wanted: bool
    state: str
    count: int
    expected: int | None
    verified: bool
    written: int
    unchanged: int
    rate: int | None
    error: str | None
    attempts: int
    last_bulk_at: datetime | None
    last_webhook_at: datetime | None
    last_pull_at: datetime | None
    visible_since: datetime | None
    retry_why_not: str | None


def kind_row(store: Store, card: Card, kind: Kind, row: Any) -> KindRow:
    wanted = kind in rules.wanted_kinds(store.settings)
    facts: dict[str, Any] = {name: row._mapping[name] for name in KindRow.__dataclass_fields__ if name in row._mapping}
    facts |= {"kind": kind, "wanted": wanted, "retry_why_not": _why_not(store, card, kind, wanted)}
    return KindRow(**facts)


def _why_not(store: Store, card: Card, kind: Kind, wanted: bool) -> str | None:
    """Why this kind cannot be imported again now; None when it can."""
    if not wanted:
        return "Switched off in the sync settings"
    if store.state not in IMPORTING:
        return f"The store is {card.badge.lower()}"
    if store.lost in (Lost.CREDENTIALS, Lost.UNINSTALLED):
        return "The store waits for a reconnect"
    if not store.claim:
        return "Another project speaks for this shop now"
    if kind not in rules.importable_kinds(store.settings, store.granted_scopes):
        return f"Waits for the permission {rules.kind_scope(kind)}"
    if card.importing:
        return "Not while an import is running"
    return None
