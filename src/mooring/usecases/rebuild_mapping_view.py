"""What a rebuild found, as people decide on it: both records by name, with links to either side.

Odoo is asked for the names of what a page shows, and for nothing else; where it cannot be asked, ids stand alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from mooring.db import odoo, operations, rebuild, rebuild_named, stores
from mooring.db.odoo import OdooConnection
from mooring.db.operations import Operation
from mooring.db.rebuild import Match
from mooring.db.rebuild_named import Named
from mooring.db.stores import Store
from mooring.domain.mapping import MODELS, MappedKind, SyncKind
from mooring.domain.rules import Role, Work
from mooring.errors import MooringError, Refused
from mooring.usecases import odoo_gate, rebuild_mapping
from mooring.usecases.context import App
from mooring.usecases.items_questions import odoo_link
from mooring.usecases.rebuild_mapping import PAGE
from mooring.usecases.store_settings import store_of
from mooring.usecases.sync_odoo_read import EVERYTHING
from mooring.usecases.who import Who

TABS = ("matched", "ambiguous", "unmatched", "accepted", "undone")
_LOOKED_AT = 50
_ASKED: dict[str, tuple[str, ...]] = {
    "res.partner": ("email", "city"),
    "product.template": ("default_code",),
    "product.product": ("default_code", "barcode"),
    "sale.order": ("client_order_ref",),
    "sale.order.line": (),
}
"""What is shown of a record of Odoo besides its name."""


@dataclass(frozen=True, slots=True)
class There:
    """A record of Odoo."""

    odoo_id: int
    title: str | None
    about: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """`there`: what it is or was chosen to be; `candidates`: what it may be."""

    match: Match
    here: Named
    there: There | None
    candidates: tuple[There, ...]


@dataclass(frozen=True, slots=True)
class View:
    """`kinds`: of the newest search, none before the first; `operation`: the newest rebuild, whatever it did.
    `against`: why no rebuild can begin now; `stands`: why this one cannot be undone any more; `away`: why Odoo's names
    are missing. `next`: the `after` of the next page."""

    store: Store
    kinds: tuple[SyncKind, ...]
    operation: Operation | None
    against: str | None
    stands: str | None
    counts: Mapping[MappedKind, Mapping[str, int]]
    kind: MappedKind
    state: str
    items: tuple[Item, ...]
    next: int | None
    away: str | None

    @property
    def running(self) -> bool:
        return self.operation is not None and not self.operation.finished

    def total(self, state: str) -> int:
        return sum(of.get(state, 0) for of in self.counts.values())


def show(
    app: App, who: Who, store_id: str, *, kind: MappedKind | None = None, state: str | None = None, after: int = 0
) -> View:  # fmt: skip
    """Without a kind or state, those in which something is to be decided come first."""
    store = store_of(app, who, store_id, Role.VIEWER)
    with app.db.read() as connection:
        counts = rebuild.counts(connection, store_id)
        kind = kind or _first_kind(counts)
        state = state if state in TABS else _first_state(counts.get(kind, {}))
        page = rebuild.page(connection, store_id, kind, state=state, after=after, limit=PAGE)
        here = rebuild_named.named(connection, store_id, kind, [one.shopify_id for one in page])
        there, found = odoo.find(connection, store.project_id), _operations(connection, store)
        kinds = _kinds(found)
        against, stands = _against(connection, store, kinds), _stands(connection, store, kinds)
    names, away = _names(app, store, MODELS[kind], page) if there is not None else ({}, None)
    items = tuple(_item(one, here, names, there) for one in page)
    return View(
        store=store, kinds=kinds, operation=found[0] if found else None, against=against, stands=stands,
        counts=counts, kind=kind, state=state, items=items,
        next=page[-1].shopify_id if len(page) == PAGE else None, away=away,
    )  # fmt: skip


def _first_kind(counts: Mapping[MappedKind, Mapping[str, int]]) -> MappedKind:
    asking = [kind for kind in MappedKind if counts.get(kind, {}).get("ambiguous")]
    return (asking or [kind for kind in MappedKind if counts.get(kind)] or [MappedKind.CUSTOMER])[0]


def _first_state(counted: Mapping[str, int]) -> str:
    order = ("ambiguous", *TABS)
    return next((one for one in order if counted.get(one)), "matched")


# -- what was done -------------------------------------------------------------------------------------------------


def _operations(connection: Connection, store: Store) -> list[Operation]:
    known = operations.of_project(connection, store.project_id, store_id=store.id, limit=_LOOKED_AT)
    return [one for one in known if one.kind is Work.REBUILD_MAPPING]


def _kinds(found: Sequence[Operation]) -> tuple[SyncKind, ...]:
    searches = [one for one in found if one.arguments.get("do") == "find"]
    return tuple(SyncKind(one) for one in searches[0].arguments["kinds"]) if searches else ()


def _against(connection: Connection, store: Store, kinds: Sequence[SyncKind]) -> str | None:
    try:
        rebuild_mapping.require_possible(connection, stores.load(connection, store.id), kinds or tuple(SyncKind))
    except MooringError as refused:
        return refused.sentence
    return None


def _stands(connection: Connection, store: Store, kinds: Sequence[SyncKind]) -> str | None:
    try:
        rebuild_mapping.require_undoable(connection, store, kinds)
    except Refused as refused:
        return refused.sentence
    return None


# -- the other side ------------------------------------------------------------------------------------------------


def _names(app: App, store: Store, model: str, page: Iterable[Match]) -> tuple[dict[int, dict[str, Any]], str | None]:
    ids = sorted({id_ for one in page for id_ in (*one.candidates, one.odoo_id) if id_ is not None})
    if not ids:
        return {}, None
    fields = ["display_name", *_ASKED[model]]
    try:
        ticket = odoo_gate.ticket(app, store.project_id, while_held=True)
        rows = odoo_gate.search_read(app, ticket, model, [["id", "in", ids]], fields, context=EVERYTHING)
    except MooringError as error:
        return {}, error.sentence
    return {row["id"]: row for row in rows}, None


def _item(
    match: Match, here: Mapping[int, Named], names: Mapping[int, dict[str, Any]], there: OdooConnection | None
) -> Item:
    known = here.get(match.shopify_id) or Named(f"{match.kind.replace('_', ' ')} {match.shopify_id}", "", None)
    model = MODELS[match.kind]
    return Item(
        match=match,
        here=known,
        there=_there(match.odoo_id, model, names, there) if match.odoo_id is not None else None,
        candidates=tuple(_there(id_, model, names, there) for id_ in match.candidates),
    )


def _there(odoo_id: int, model: str, names: Mapping[int, dict[str, Any]], there: OdooConnection | None) -> There:
    row = names.get(odoo_id, {})
    about = " · ".join(str(row[name]) for name in _ASKED[model] if row.get(name))
    return There(odoo_id, row.get("display_name"), about, odoo_link(there, model, odoo_id) if there else None)
