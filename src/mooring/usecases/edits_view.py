"""Hub edits as they are shown: on the customer's page beside what was imported, and as a list of a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from mooring.db import edits, edits_customers, people
from mooring.db.edits import Edit
from mooring.db.stores import Store
from mooring.domain.consent import SUPPRESSED
from mooring.domain.edits import CHANNEL, EDITABLE, FIELDS, OPEN, EditState, Field, Group, Reading
from mooring.domain.rules import TOGGLES, Role
from mooring.errors import InvalidInput
from mooring.usecases import paging
from mooring.usecases.context import App
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class EditView:
    """`sentence` says where it stands, for people."""

    edit: Edit
    title: str
    sentence: str
    made_by: str
    can_retry: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """What is shown of a customer because of edits. `row`: columns that are empty in what was imported, filled; and
    subscriptions. `address`: likewise. `views` by field. `missing`: the profile fields that Shopify has nothing in and
    that can be filled here."""

    row: dict[str, Any]
    address: dict[str, str]
    views: dict[str, EditView]
    engagement: dict[str, Any] | None
    missing: tuple[Field, ...] = ()


_COLUMNS = ("first_name", "last_name", "email", "phone")


def of_customer(connection: Connection, store: Store, row: Mapping[str, Any]) -> Changed:
    """For `browse`: whoever may see the customer may see this."""
    found = edits.of_customer(connection, store.id, row["shopify_id"])
    engaged = edits_customers.engagement_of(connection, store.id, row["shopify_id"])
    customer = edits_customers.imported(connection, store.id, row["shopify_id"])
    there = customer.reading if customer else None
    missing = _missing(there) if there and customer and not customer.deleted else ()
    if not found:
        return Changed({}, {}, {}, engaged, missing)
    views = {one.field: _view(connection, store, one) for one in found}
    filled = {one.field: one.value for one in found if there and one.value and _fills(one, there)}
    columns: dict[str, Any] = {name: filled[name] for name in _COLUMNS if name in filled}
    for name in CHANNEL:
        column = f"{CHANNEL[name]}_state"
        if name in filled and row.get(column) != SUPPRESSED:
            columns[column] = filled[name]
    address = {name.removeprefix("address."): value for name, value in filled.items() if name.startswith("address.")}
    return Changed(columns, address, views, engaged, missing)


def _missing(there: Reading) -> tuple[Field, ...]:
    names = (name for name in EDITABLE if name not in CHANNEL and FIELDS[name].path not in there.unreadable)
    return tuple(FIELDS[name] for name in names if there.value(name) is None)


def _fills(edit: Edit, there: Reading) -> bool:
    """Whether an edit is what counts here, beside what Shopify has."""
    if edit.field in CHANNEL:
        return edit.state in OPEN
    return edit.field in EDITABLE and there.value(edit.field) is None


_SENTENCES = {
    EditState.PENDING: "Changed here, not yet at Shopify.",
    EditState.SENT: "Changed here, and at Shopify.",
    EditState.SUPERSEDED: "Changed again before it was sent.",
    EditState.KEPT: "Changed here; it stays here only.",
}


def _view(connection: Connection, store: Store, edit: Edit) -> EditView:
    by, field = people.name_of(connection, edit.made_by), FIELDS[edit.field]
    return EditView(edit, field.title, _sentence(store, edit), by, edit.state is EditState.FAILED)


def _sentence(store: Store, edit: Edit) -> str:
    if edit.state is EditState.WAITING:
        return f"Changed here, not yet at Shopify: {_waits_for(store, FIELDS[edit.field].group)}."
    if edit.state is EditState.FAILED:
        return f"Changed here, but not at Shopify: {edit.error}"
    return edit.error or _SENTENCES[edit.state]


def _waits_for(store: Store, group: Group) -> str:
    toggle = next(one for one in TOGGLES if one.name == group)
    if not getattr(store.settings, toggle.name):
        return f"“{toggle.title}” is switched off in the sync settings"
    return f"the permission {', '.join(sorted(toggle.scopes))} is missing (Grant it by a reconnect)"


@dataclass(frozen=True, slots=True)
class Listed:
    """Edits of a store, newest first, with `counts` by state."""

    store: Store
    items: tuple[EditView, ...]
    next: str | None
    counts: dict[str, int]


def listed(app: App, who: Who, store_id: str, *, state: str | None = None, cursor: str | None = None) -> Listed:
    store = store_of(app, who, store_id, Role.VIEWER)
    if state is not None and state not in set(EditState):
        raise InvalidInput(f"An edit is one of: {', '.join(EditState)}.", field="state")
    before = paging.decode(cursor, int)[0] if cursor else None
    with app.db.read() as connection:
        found = edits.of_store(connection, store_id, state=state, before=before, limit=paging.LIMIT + 1)
        views = tuple(_view(connection, store, one) for one in found[: paging.LIMIT])
        counts = edits.counts(connection, store_id)
    more = paging.encode(views[-1].edit.id) if len(found) > paging.LIMIT else None
    return Listed(store, views, more, counts)
