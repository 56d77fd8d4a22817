"""View details of a store: what the shop says of itself, which permissions it gave, the five items of readiness and
how far each kind is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mooring.db import reading, records_kinds, stores
from mooring.db.reading import Row
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import IMPORTING, LIVE, Lost, State
from mooring.domain.rules import TOGGLES, Role
from mooring.domain.wording import counted
from mooring.errors import NotFound
from mooring.usecases import overview, rejection, subscriptions
from mooring.usecases.context import App
from mooring.usecases.overview import Card
from mooring.usecases.overview_menu import TAKEN
from mooring.usecases.store_settings import visible_since
from mooring.usecases.who import Who

Status = Literal["pass", "fail", "pending"]
Button = Literal["reconnect", "start", "retry", "check"]


@dataclass(frozen=True, slots=True)
class Permission:
    """A scope. `needed` says that a toggle which is on cannot do without it; `purpose` what it is for, in words."""

    scope: str
    granted: bool
    needed: bool
    purpose: str


@dataclass(frozen=True, slots=True)
class Check:
    """One item of readiness: `sentence` says what is or what is wrong, `button` what mends it."""

    title: str
    status: Status
    sentence: str
    button: Button | None = None


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


@dataclass(frozen=True, slots=True)
class Details:
    card: Card
    facts: tuple[tuple[str, str | datetime | None], ...]
    domains: tuple[str, ...]
    permissions: tuple[Permission, ...]
    readiness: tuple[Check, ...]
    kinds: tuple[KindRow, ...]
    checked_at: datetime | None
    orders_visible_since: datetime | None

    @property
    def store(self) -> Store:
        return self.card.store

    @property
    def ready(self) -> int:
        return sum(check.status == "pass" for check in self.readiness)


def show(app: App, who: Who, store_id: str) -> Details:
    with app.db.read() as connection:
        store = stores.load(connection, store_id)
        who.require(store.project_id, Role.VIEWER)
        if store.state is State.DELETED:
            raise NotFound("This store was removed.")
        card = overview.card(connection, store)
        grant = reading.grant(connection, store_id)
        kinds = records_kinds.of_store(connection, store_id)
        domains = tuple(stores.domains(connection, store_id))
    now = app.clock.now()
    rows = tuple(_kind(store, card, kind, kinds[kind]) for kind in Kind)
    return Details(
        card=card,
        facts=_facts(store),
        domains=domains,
        permissions=permissions(store),
        readiness=_readiness(app, store, card, grant, rows, now),
        kinds=rows,
        checked_at=store.checked_at,
        orders_visible_since=visible_since(store, now),
    )


# -- the shop and what it allows -----------------------------------------------------------------------------------


def _facts(store: Store) -> tuple[tuple[str, str | datetime | None], ...]:
    shop = store.shop
    created = shop.get("createdAt")
    return (
        ("Shop domain", store.shop_domain),
        ("Custom domain", _inside(shop, "primaryDomain", "host")),
        ("E-mail", shop.get("email")),
        ("Plan", _inside(shop, "plan", "publicDisplayName")),
        ("Currency", shop.get("currencyCode")),
        ("Country", _inside(shop, "shopAddress", "country")),
        ("Time zone", shop.get("ianaTimezone")),
        ("Created", datetime.fromisoformat(created) if created else None),
        ("Shop id", str(store.shop_id)),
    )


def _inside(shop: dict[str, Any], name: str, field: str) -> str | None:
    part: dict[str, Any] = shop.get(name) or {}
    return part.get(field)


_PURPOSE = {
    "read_all_orders": "Orders older than 60 days",
    "read_customer_merge": "Customers that were merged",
    "write_customers": "Changes to customers reach Shopify",
    "write_orders": "Notes on orders reach Shopify",
    "write_products": "Notes on products reach Shopify",
}


def permissions(store: Store) -> tuple[Permission, ...]:
    """The base scopes, those that can be asked for besides, and whatever else the app was granted."""
    have, needed = rules.with_implied(store.granted_scopes), rules.base_scopes(store.settings)
    base = sorted(rules.base_scopes(rules.Settings()))
    others = sorted(store.granted_scopes - {*base, *rules.OPTIONAL_SCOPES})
    return tuple(
        Permission(scope, scope in have, scope in needed, _purpose(scope))
        for scope in (*base, *rules.OPTIONAL_SCOPES, *others)
    )


def _purpose(scope: str) -> str:
    titles = [toggle.title for toggle in TOGGLES if toggle.inbound and scope in toggle.scopes]
    return ", ".join(titles) or _PURPOSE.get(scope, "Granted, but Mooring does not use it")


# -- readiness -----------------------------------------------------------------------------------------------------


def _readiness(
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


# -- kinds ---------------------------------------------------------------------------------------------------------


def _kind(store: Store, card: Card, kind: Kind, row: Any) -> KindRow:
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
