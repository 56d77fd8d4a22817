"""The shapes of stores: the card, the details, the sync settings."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from mooring.domain.kinds import Kind
from mooring.usecases.overview import Card
from mooring.usecases.store_details import Details
from mooring.usecases.store_settings import SettingsView
from mooring.web.api.shapes import Id, In, Out


class ProgressOut(Out):
    """`work` is a kind of operation. `total` is null while nobody knows how many there are."""

    operation_id: str
    work: str
    sentence: str
    trouble: str | None
    kind: Kind | None
    done: int
    total: int | None
    rate: int | None
    finished: tuple[str, ...]
    started_at: datetime | None


class ActionOut(Out):
    """Something the card's menu offers; `why_not` says why it cannot be done now."""

    action: str
    title: str
    why_not: str | None


class CleanUpOut(Out):
    """How the clean-up at Shopify after a disconnect stands. `until`: when it is given up."""

    operation_id: str
    state: str
    sentence: str
    until: datetime


class OutlookOut(Out):
    """Whether Delete and Clear could clean up at Shopify; `until` null: no end, or not at all."""

    possible: bool
    until: datetime | None
    sentence: str


class StoreOut(Out):
    """A store's card. `badge` is what it says in one look; `reason` and `next_step` are for whoever is needed.
    `permissions_waiting` counts scopes that only switches towards Shopify lack; `paused` are kinds whose import waits
    for a reconnect; `clean_up` and `outlook` are there while it is disconnected."""

    id: str
    project_id: str
    name: str
    shop_domain: str
    shop_id: int
    state: str
    since: datetime
    badge: str
    reason: str | None
    next_step: str | None
    counts: dict[str, int]
    verified: bool
    last_import: datetime | None
    progress: ProgressOut | None
    permissions_waiting: int
    paused: tuple[Kind, ...]
    clean_up: CleanUpOut | None
    outlook: OutlookOut | None
    actions: list[ActionOut]


class PermissionOut(Out):
    scope: str
    granted: bool
    needed: bool
    purpose: str


class CheckOut(Out):
    """`status` is pass, fail or pending; `button` what mends it."""

    title: str
    status: str
    sentence: str
    button: str | None


class KindOut(Out):
    """How far a kind is. `verified` says that the counts were proved equal to Shopify's."""

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


class DetailsOut(StoreOut):
    facts: dict[str, str | None]
    domains: tuple[str, ...]
    permissions: list[PermissionOut]
    readiness: list[CheckOut]
    kinds: list[KindOut]
    checked_at: datetime | None
    orders_visible_since: datetime | None


class ToggleOut(Out):
    """`reason` says why it does not work although it is on; `missing_scope` what has to be granted for it to work."""

    name: str
    title: str
    hint: str
    inbound: bool
    on: bool
    reason: str | None
    missing_scope: str | None


class ListChoiceOut(Out):
    """`taken_by` names the store that writes to it; such a list cannot be chosen. The id `new` stands for a new one."""

    id: str
    name: str
    taken_by: str | None
    chosen: bool


class SettingsOut(Out):
    toggles: list[ToggleOut]
    lists: list[ListChoiceOut]
    orders_visible_since: datetime | None
    started: bool


class SettingsIn(In):
    """What is left out stays as it is. `list`: an id, or `new` for a new list named after the store."""

    customer_profiles: bool | None = None
    email_consent: bool | None = None
    sms_consent: bool | None = None
    orders: bool | None = None
    product_catalogue: bool | None = None
    profile_data: bool | None = None
    email_subscription: bool | None = None
    sms_subscription: bool | None = None
    engagement: bool | None = None
    list: Id | None = None


def store_out(card: Card) -> StoreOut:
    return StoreOut(**_card(card))


def _card(card: Card) -> dict[str, Any]:
    store = card.store
    return {
        "id": store.id,
        "project_id": store.project_id,
        "name": store.name,
        "shop_domain": store.shop_domain,
        "shop_id": store.shop_id,
        "state": str(store.state),
        "since": card.since,
        "badge": str(card.badge),
        "reason": card.reason,
        "next_step": card.next_step,
        "counts": {str(kind): count for kind, count in card.counts.items()},
        "verified": card.verified,
        "last_import": card.last_import,
        "progress": ProgressOut(**asdict(card.progress)) if card.progress else None,
        "permissions_waiting": card.permissions_waiting,
        "paused": card.paused,
        "clean_up": CleanUpOut(**asdict(card.clean_up)) if card.clean_up else None,
        "outlook": OutlookOut(**asdict(card.outlook)) if card.outlook else None,
        "actions": [ActionOut(**asdict(item)) for item in card.menu],
    }


def details_out(shown: Details) -> DetailsOut:
    return DetailsOut(
        **_card(shown.card),
        facts={name: _text(value) for name, value in shown.facts},
        domains=shown.domains,
        permissions=[PermissionOut(**asdict(one)) for one in shown.permissions],
        readiness=[CheckOut(**asdict(one)) for one in shown.readiness],
        kinds=[KindOut(**asdict(one)) for one in shown.kinds],
        checked_at=shown.checked_at,
        orders_visible_since=shown.orders_visible_since,
    )


def _text(value: str | datetime | None) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else value


def settings_out(view: SettingsView) -> SettingsOut:
    toggles = [
        ToggleOut(
            name=one.toggle.name,
            title=one.toggle.title,
            hint=one.toggle.hint,
            inbound=one.toggle.inbound,
            on=one.on,
            reason=one.reason,
            missing_scope=one.missing_scope,
        )
        for one in view.toggles
    ]
    return SettingsOut(
        toggles=toggles,
        lists=[ListChoiceOut(**asdict(one)) for one in view.lists],
        orders_visible_since=view.orders_visible_since,
        started=view.started,
    )
