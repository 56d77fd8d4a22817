"""Asking for a sync: all of some kinds, or records that somebody picked; a preview of it; and accepting one.

What a person asks for is done at once, also while a kind is held: like every sync it matches before it creates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from mooring.db import audit, clear_tasks, odoo, odoo_kinds, operations, order_settings, stores, sync_items
from mooring.db.odoo_kinds import OdooKind
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.lifecycle import IMPORTING, Lost
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role, Work
from mooring.errors import Conflict, InvalidInput, NotFound, Refused
from mooring.usecases import odoo_gate, order_terms
from mooring.usecases.context import App
from mooring.usecases.operations import issue
from mooring.usecases.store_settings import store_of
from mooring.usecases.sync_odoo import SYNCED
from mooring.usecases.who import Who

MOST = 1_000
"""How many records can be picked at once."""
_HOLDS_FOR = timedelta(days=1)
"""How long a preview may be accepted."""

Picked = Mapping[SyncKind, Sequence[int]]


# -- asking --------------------------------------------------------------------------------------------------------


def request(
    app: App, who: Who, store_id: str, kinds: Iterable[SyncKind] = (), *, ids: Picked | None = None
) -> Operation:
    """Sync these kinds (all, if none is named), or only the picked records. Raises `Refused` saying why not now."""
    return _request(app, who, store_id, tuple(kinds), ids, {})


def preview(app: App, who: Who, store_id: str, kinds: Iterable[SyncKind] = ()) -> Operation:
    """What a sync would do, in numbers. It only reads."""
    return _request(app, who, store_id, tuple(kinds), None, {"preview": True})


def _request(
    app: App, who: Who, store_id: str, kinds: tuple[SyncKind, ...], ids: Picked | None, more: dict[str, Any]
) -> Operation:
    store = store_of(app, who, store_id, Role.EDITOR)
    picked = _picked(ids) if ids is not None else None
    with app.db.write() as connection:
        store = stores.fence(connection, store_id, store.generation)
        operation = begin(app, connection, who, store, tuple(picked) if picked is not None else kinds, picked, **more)
    app.engine.start(operation.id)
    return operation


def begin(
    app: App, connection: Connection, who: Who, store: Store, kinds: Sequence[SyncKind], picked: Picked | None = None,
    **more: bool,
) -> Operation:  # fmt: skip
    """The operation row, in the caller's transaction. Which records were picked stands with the items, not in the
    arguments: the log keeps those for ever."""
    kinds = tuple(picked) if picked is not None else kinds
    chosen = [kind for kind in SYNCED if kind in (kinds or ready(connection, store))]
    if not chosen:
        raise InvalidInput(f"These can be synced: {', '.join(SYNCED)}.", field="kinds")
    require_possible(connection, store, chosen)
    arguments: dict[str, Any] = {"kinds": [str(kind) for kind in chosen], **more}
    if picked is not None:
        arguments["chosen"] = sum(len(ids) for ids in picked.values())
    operation = issue(app, connection, who, store, Work.SYNC_ODOO, arguments)
    for kind, ids in (picked or {}).items():
        sync_items.queue(connection, store.id, kind, ids, operation.id, at=app.clock.now())
    return operation


def _picked(ids: Picked) -> Picked:
    found = {kind: sorted(set(some)) for kind, some in ids.items() if some}
    if not found:
        raise InvalidInput("Choose at least one record to sync.", field="ids")
    if sum(len(some) for some in found.values()) > MOST:
        raise InvalidInput(f"At most {MOST:,} records can be picked at once. Sync the whole kind instead.", field="ids")
    return found


# -- whether it may be ---------------------------------------------------------------------------------------------


def ready(connection: Connection, store: Store) -> tuple[SyncKind, ...]:
    """What is meant where no kind is named: all of them, orders only once somebody has said how they are booked."""
    found = order_settings.find(connection, store.id)
    return tuple(kind for kind in SYNCED if kind is not SyncKind.ORDERS or found is not None)


def reason_against(connection: Connection, store: Store, kinds: Iterable[SyncKind]) -> Refused | None:
    """Why these kinds of the store cannot be synced now, or None: for buttons that are disabled with the reason."""
    try:
        require_possible(connection, store, list(kinds))
    except Refused as refused:
        return refused
    return None


def require_possible(connection: Connection, store: Store, kinds: Sequence[SyncKind]) -> None:
    if store.state not in IMPORTING or store.lost is Lost.UNINSTALLED:
        state = store.state.replace("_", " ")
        raise Refused(f"This store is {state}, so nothing of it is synced to Odoo now.", code="state")
    found = odoo.find(connection, store.project_id)
    if found is None:
        raise Refused("This project is not connected to an Odoo. Connect it first.", code="odoo_not_connected")
    odoo_gate.require_usable(found)
    if SyncKind.ORDERS in kinds:
        _require_settings(connection, store, found.fingerprint)
    for task in clear_tasks.open_of_store(connection, store.id):
        if blocked := [kind for kind in kinds if kind in task.kinds]:
            side = "Odoo" if task.side == "odoo" else "Shopify"
            raise Refused(
                f"Clear sync data is not finished for {', '.join(blocked)}: {side} could not be reached. Sync goes on "
                "when that task is done or dismissed.", code="clear_open",
            )  # fmt: skip


def _require_settings(connection: Connection, store: Store, fingerprint: str) -> None:
    chosen = order_settings.find(connection, store.id)
    if chosen is None:
        raise Refused(order_terms.NOT_SET, code="orders_not_set")
    if chosen.fingerprint != fingerprint:
        raise Refused(order_terms.ANOTHER, code="orders_another_odoo")


# -- previews accepted ---------------------------------------------------------------------------------------------


def accept(app: App, who: Who, store_id: str, preview_id: str, *, auto: bool = True) -> Operation:
    """Do what the preview said; with `auto` these kinds are synced by themselves from now on. Held kinds go on."""
    store = store_of(app, who, store_id, Role.EDITOR)
    with app.db.write() as connection:
        store = stores.fence(connection, store_id, store.generation)
        kinds = _accepted(app, connection, store, preview_id)
        now = app.clock.now()
        for kind in kinds:
            facts = {
                "accepted_at": now,
                "accepted_by": who.id,
                "held_since": None,
                "held_by": None,
                "held_reason": None,
            }
            odoo_kinds.change(connection, store_id, kind, **facts, **({"auto": True} if auto else {}))
        _note(app, connection, who, store, "odoo.preview_accepted", kinds=[str(kind) for kind in kinds], auto=auto)
        operation = begin(app, connection, who, store, kinds)
    app.engine.start(operation.id)
    return operation


def reason_not_accepted(app: App, connection: Connection, store: Store, preview: Operation) -> Refused | None:
    """Why this preview cannot be accepted now, or None: for the button that is disabled with the reason."""
    try:
        require_possible(connection, store, _accepted(app, connection, store, preview.id))
    except Refused as refused:
        return refused
    return None


def _accepted(app: App, connection: Connection, store: Store, preview_id: str) -> list[SyncKind]:
    """Raises `Refused` for a preview that is none, is not this store's, was called off, or says what was long ago."""
    found = operations.load(connection, preview_id)
    is_one = found.kind is Work.SYNC_ODOO and found.arguments.get("preview") and found.store_id == store.id
    if not is_one or found.state != "done" or found.finished_at is None:
        raise NotFound("There is no finished preview of this name. Make one first.", code="no_preview")
    since = operations.finished_since(connection, store.id, Work.SYNC_ODOO, found.finished_at)
    synced = any(one.id != found.id and not one.arguments.get("home") for one in since)
    if app.clock.now() - found.finished_at > _HOLDS_FOR or synced:
        raise Conflict("Something was synced since, or the preview is a day old. Make a new one.", code="preview_over")
    return [SyncKind(kind) for kind in found.arguments["kinds"]]


def set_auto(app: App, who: Who, store_id: str, kind: SyncKind, on: bool) -> OdooKind:
    """Raises `Refused` while no preview of the kind was accepted."""
    return _set(app, who, store_id, kind, "odoo.auto_sync", auto=on)


def set_master(app: App, who: Who, store_id: str, kind: SyncKind, master: bool | None) -> OdooKind:
    """Whether Shopify is master of fields that Mooring did not write last. None: of records that Mooring created."""
    return _set(app, who, store_id, kind, "odoo.master", master=master)


def _set(app: App, who: Who, store_id: str, kind: SyncKind, event: str, **facts: bool | None) -> OdooKind:
    store = store_of(app, who, store_id, Role.EDITOR)
    with app.db.write() as connection:
        stores.fence(connection, store_id, store.generation)
        before = odoo_kinds.load(connection, store_id, kind)
        if facts.get("auto") and before.accepted_at is None:
            raise Refused("Look at a preview of this kind and accept it first.", code="not_accepted")
        odoo_kinds.change(connection, store_id, kind, **facts)
        _note(app, connection, who, store, event, kind=str(kind), **facts)
        return odoo_kinds.load(connection, store_id, kind)


def _note(app: App, connection: Connection, who: Who, store: Store, event: str, **detail: Any) -> None:
    audit.write(
        connection, at=app.clock.now(), actor=who.id, event=event, project_id=store.project_id, store_id=store.id,
        detail=detail,
    )  # fmt: skip
