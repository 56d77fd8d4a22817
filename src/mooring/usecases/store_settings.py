"""Sync settings of a store: the nine toggles and the customer list. Looking, and saving what a person chose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from mooring.db import audit, lists, stores
from mooring.db.lists import CustomerList
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.lifecycle import LIVE, State
from mooring.domain.rules import TOGGLES, Role, Settings, Toggle
from mooring.domain.sweeping import ORDER_WINDOW
from mooring.errors import InvalidInput, NotFound, Refused
from mooring.usecases import import_store, regained
from mooring.usecases.context import App
from mooring.usecases.who import Who

NEW_LIST = "new"
"""Stands for a new list named after the store, where a list id is expected."""


@dataclass(frozen=True, slots=True)
class ToggleView:
    """`reason` says why it does not work although it is on; `missing_scope` what has to be granted for it, which a
    reconnect asks for. Every toggle can be switched."""

    toggle: Toggle
    on: bool
    reason: str | None
    missing_scope: str | None


@dataclass(frozen=True, slots=True)
class ListChoice:
    """`taken_by` names the store that writes to it; such a list cannot be chosen."""

    id: str
    name: str
    taken_by: str | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class SettingsView:
    store: Store
    toggles: tuple[ToggleView, ...]
    lists: tuple[ListChoice, ...]
    orders_visible_since: datetime | None
    started: bool


def store_of(app: App, who: Who, store_id: str, need: Role) -> Store:
    """The store, if this person may see it and has the role. A stranger learns nothing."""
    with app.db.read() as connection:
        store = stores.load(connection, store_id)
    who.require(store.project_id, need)
    if store.state is State.DELETED:
        raise NotFound("This store was removed.")
    return store


def show(app: App, who: Who, store_id: str) -> SettingsView:
    store = store_of(app, who, store_id, Role.VIEWER)
    with app.db.read() as connection:
        known = lists.of_project(connection, store.project_id)
    return SettingsView(
        store=store,
        toggles=tuple(_toggle(store, toggle) for toggle in TOGGLES),
        lists=_choices(store, known),
        orders_visible_since=visible_since(store, app.clock.now()),
        started=store.initial_sync_started_at is not None,
    )


def visible_since(store: Store, now: datetime) -> datetime | None:
    """From when on Shopify shows orders to this app; None when it shows them all."""
    return None if rules.sees_all_orders(store.granted_scopes) else now - ORDER_WINDOW


def _toggle(store: Store, toggle: Toggle) -> ToggleView:
    missing = sorted(toggle.scopes - rules.with_implied(store.granted_scopes))
    on = getattr(store.settings, toggle.name)
    reason = f"Waiting for permission: {missing[0]}. Grant it by a reconnect." if on and missing else None
    return ToggleView(toggle, on, reason, missing[0] if missing else None)


def _choices(store: Store, known: list[CustomerList]) -> tuple[ListChoice, ...]:
    mine = any(one.store_id == store.id for one in known)
    new = ListChoice(NEW_LIST, f"New list: {_free_name(store.name, known)}", None, not mine)
    return (*(_choice(store, one) for one in known), new)


def _choice(store: Store, one: CustomerList) -> ListChoice:
    taken = one.store_name if one.store_id not in (None, store.id) else None
    return ListChoice(one.id, one.name, taken, one.store_id == store.id)


def _free_name(wanted: str, known: list[CustomerList]) -> str:
    taken = {one.name.lower() for one in known}
    if wanted.lower() not in taken:
        return wanted
    return next(name for n in range(2, len(taken) + 3) if (name := f"{wanted} {n}").lower() not in taken)


def save(app: App, who: Who, store_id: str, settings: Settings, list_id: str) -> Store:
    """Keep what was chosen. Raises `Refused` when nothing would be imported, or the list is another store's."""
    store = store_of(app, who, store_id, Role.ADMIN)
    _check(store, settings)
    with app.db.write() as connection:
        store = stores.fence(connection, store_id, store.generation)
        _dedicate(app, connection, store, list_id)
        stores.change(connection, store_id, settings=msgspec.json.encode(settings).decode())
        if settings != store.settings:  # they decide which webhooks and which permissions are wanted
            now = app.clock.now()
            stores.change(connection, store_id, subscribe_due_at=now, check_due_at=now)
        audit.write(
            connection,
            at=app.clock.now(),
            project_id=store.project_id,
            store_id=store_id,
            actor=who.id,
            event="store.settings",
            detail={"before": msgspec.to_builtins(store.settings), "after": msgspec.to_builtins(settings)},
        )
        saved = stores.load(connection, store_id)
        started = _bring_in(app, connection, who, saved)
    for operation in started:
        app.engine.start(operation)
    return saved


def _bring_in(app: App, connection: Connection, who: Who, store: Store) -> list[str]:
    """What a toggle shows anew is imported at once; beside another import, by the daily sweep."""
    kinds = regained.kinds(connection, store) if store.state in LIVE else ()
    try:
        return [import_store.begin(app, connection, who, store, kinds).id] if kinds else []
    except Refused:
        return []


def _check(store: Store, settings: Settings) -> None:
    if store.state is State.DELETING:
        raise Refused("This store is being deleted; its settings cannot change.", code="deleting")
    if not rules.wanted_kinds(settings):
        raise InvalidInput("Switch on at least one kind of data from Shopify.", field="customer_profiles")


def _dedicate(app: App, connection: Connection, store: Store, list_id: str) -> None:
    known = lists.of_project(connection, store.project_id)
    if not list_id or list_id == NEW_LIST:
        if any(one.store_id == store.id for one in known) and not list_id:
            return
        list_id = app.ids.new()
        name = _free_name(store.name, known)
        lists.create(connection, id=list_id, project_id=store.project_id, name=name, at=app.clock.now())
    elif (taken := next((one for one in known if one.id == list_id), None)) is None:
        raise InvalidInput("There is no such list in this project.", field="list")
    elif taken.store_id not in (None, store.id):
        raise InvalidInput(f"{taken.name} is the list of {taken.store_name}. Choose another one.", field="list")
    lists.dedicate(connection, list_id, store.id)


def lists_of(app: App, who: Who, project_id: str) -> list[CustomerList]:
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        return lists.of_project(connection, project_id)


def add_list(app: App, who: Who, project_id: str, name: str) -> str:
    """A list nobody writes to yet. Returns its id."""
    who.require(project_id, Role.ADMIN)
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise InvalidInput("Give the list a name of 1 to 120 characters.", field="name")
    list_id = app.ids.new()
    with app.db.write() as connection:
        if any(one.name.lower() == name.lower() for one in lists.of_project(connection, project_id)):
            raise InvalidInput("There is a list of this name already.", field="name")
        lists.create(connection, id=list_id, project_id=project_id, name=name, at=app.clock.now())
    return list_id
