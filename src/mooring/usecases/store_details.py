"""View details of a store: what the shop says of itself, which permissions it gave, the five items of readiness and
how far each kind is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mooring.db import reading, records_kinds, stores, stores_domains
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import State
from mooring.domain.rules import TOGGLES, Role
from mooring.errors import NotFound
from mooring.usecases import overview
from mooring.usecases.context import App
from mooring.usecases.overview import Card
from mooring.usecases.store_kinds import KindRow, kind_row
from mooring.usecases.store_readiness import Check, readiness
from mooring.usecases.store_settings import visible_since
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class Permission:
    """A scope. `needed` says that a toggle which is on cannot do without it; `purpose` what it is for, in words."""

    scope: str
    granted: bool
    needed: bool
    purpose: str


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
        domains = tuple(stores_domains.of_store(connection, store_id))
    now = app.clock.now()
    rows = tuple(kind_row(store, card, kind, kinds[kind]) for kind in Kind)
    return Details(
        card=card,
        facts=_facts(store),
        domains=domains,
        permissions=permissions(store),
        readiness=readiness(app, store, card, grant, rows, now),
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
