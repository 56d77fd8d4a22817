"""The five items of readiness: what is, or what is wrong and which button mends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mooring.db.reading import Row
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.lifecycle import LIVE, Lost, State
from mooring.domain.wording import counted
from mooring.usecases import rejection, subscriptions
from mooring.usecases.context import App
from mooring.usecases.overview import Card
from mooring.usecases.overview_menu import TAKEN
from mooring.usecases.store_kinds import KindRow

Status = Literal["pass", "fail", "pending"]
Button = Literal["reconnect", "start", "retry", "check"]


@dataclass(frozen=True, slots=True)
class Check:
    """One item of readiness: `sentence` says what is or what is wrong, `button` what mends it."""

    title: str
    status: Status
    sentence: str
    button: Button | None = None


def readiness(
    app: App, store: Store, card: Card, grant: Row | None, kinds: tuple[KindRow, ...], now: datetime
) -> tuple[Check, ...]:
    return (
        _connected(store, card, grant),
        _token(store, grant, now),
        _scopes(store),
        _responding(app, store),
        _synced(store, card, kinds),
    )


def _connected(store: Store, card: Card, grant: Row | None) -> Check:
    title = "OAuth connected"
    if store.state is State.DELETING:
        return Check(title, "fail", "This store is being deleted.")
    if not store.claim:
        return Check(title, "fail", f"{TAKEN}.", "reconnect" if card.button == "reconnect" else None)
    if store.state is State.DISCONNECTED:
        return Check(title, "fail", "Disconnected. Everything imported is still here.", "reconnect")
    if store.lost is Lost.UNINSTALLED:
        return Check(title, "fail", store.reason or "Mooring was uninstalled at Shopify.", "reconnect")
    if grant is None:
        return Check(title, "fail", "Mooring holds no credentials for this store.", "reconnect")
    way = "by the app itself" if grant["kind"] == "client_credentials" else "with the merchant's consent"
    return Check(title, "pass", f"Connected {way}.")


def _token(store: Store, grant: Row | None, now: datetime) -> Check:
    title = "Token valid"
    if grant is None:
        return Check(title, "fail", "There is no token.", "reconnect")
    if store.lost in (Lost.CREDENTIALS, Lost.UNINSTALLED):
        return Check(title, "fail", store.reason or "Shopify no longer accepts the token.", "reconnect")
    if grant["refresh_expires_at"] is not None and grant["refresh_expires_at"] <= now:
        return Check(title, "fail", "The connection was unused for 90 days and has run out.", "reconnect")
    if store.app_rejected_at is not None:
        return Check(title, "fail", rejection.SENTENCE, "reconnect")
    if store.state is State.DISCONNECTED:
        return Check(title, "pass", "Kept, and not used while disconnected.")
    return Check(title, "pass", "Renewed by itself before it runs out." if grant["access_expires_at"] else "Valid.")


def _scopes(store: Store) -> Check:
    """What only outbound toggles lack waits, and is no failure."""
    title, missing = "All scopes granted", rules.missing_scopes(store.settings, store.granted_scopes)
    if missing:
        return Check(title, "fail", f"Missing: {', '.join(missing)}. What is permitted keeps coming in.", "reconnect")
    if waiting := rules.waiting_scopes(store.settings, store.granted_scopes):
        words = f"{counted(len(waiting), 'permissions')} waiting, for changes made here: {', '.join(waiting)}."
        return Check(title, "pending", words, "reconnect")
    return Check(title, "pass", "Every permission that the sync settings need is there.")


def _responding(app: App, store: Store) -> Check:
    title = "API responding"
    if store.state not in LIVE:
        return Check(title, "pending", "Not asked while no call may leave for this store.")
    if store.error:
        return Check(title, "fail", store.error, "check")
    if store.checked_at is None:
        return Check(title, "pending", "Not checked yet.", "check")
    return Check(title, "pass", f"Shopify answered the last call. {_hears(app, store)}".rstrip())


def _hears(app: App, store: Store) -> str:
    """How changes at Shopify become known here."""
    if not app.settings.public_url:
        return subscriptions.NO_ADDRESS
    found = subscriptions.found(store)
    return found.error or "" if found else ""


def _synced(store: Store, card: Card, kinds: tuple[KindRow, ...]) -> Check:
    """Pending, never failed, before the first run ends."""
    title, wanted = "Initial sync complete", [row for row in kinds if row.wanted]
    if store.initial_sync_started_at is None:
        return Check(title, "pending", "Not started. Nothing moves before you choose what.", "start")
    if all(row.verified for row in wanted):
        return Check(title, "pass", _proof(wanted))
    if card.importing:
        return Check(title, "pending", f"{card.importing.sentence}.")
    failed = [row for row in wanted if row.state == "failed"]
    if failed:
        words = ", ".join(row.kind.label for row in failed)
        return Check(title, "fail", f"Not complete: {words}. What arrived is kept.", "retry")
    waiting = ", ".join(row.kind.label for row in wanted if not row.verified)
    return Check(title, "pending", f"Still to come: {waiting}.", "retry" if store.state is State.CONNECTED else None)


def _proof(wanted: list[KindRow]) -> str:
    return "Verified: " + ", ".join(counted(row.count, row.kind) for row in wanted) + "."
