"""The mapping store by store, for the pages that look after it: how much is mapped, what works on it, how the last
check of it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from mooring.db import operations
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role, Work
from mooring.errors import NotFound
from mooring.usecases import mapping_view, steps
from mooring.usecases.context import App
from mooring.usecases.mapping_view import OfKind
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

_WORK = frozenset({Work.SYNC_ODOO, Work.VERIFY_MAPPING, Work.CLEAR_MAPPING, Work.REBUILD_MAPPING})


@dataclass(frozen=True, slots=True)
class OfStore:
    """`running`: what is at the mapping now, and what it is called; `verified`: the newest check, finished or not."""

    store: Store
    kinds: Mapping[SyncKind, OfKind]
    running: Operation | None
    doing: str
    verified: Operation | None

    @property
    def mapped(self) -> int:
        return sum(one.mapped for one in self.kinds.values())


@dataclass(frozen=True, slots=True)
class Shown:
    homes: Mapping[str, str]
    stores: tuple[OfStore, ...]


def show(app: App, who: Who, project_id: str) -> Shown:
    """Every store of a project that is not being deleted."""
    found = mapping_view.show(app, who, project_id)
    stores_: dict[str, list[OfKind]] = {}
    for one in found.kinds:
        stores_.setdefault(one.store.id, []).append(one)
    with app.db.read() as connection:
        return Shown(found.homes, tuple(_of_store(connection, kinds) for kinds in stores_.values()))


def show_one(app: App, who: Who, store_id: str) -> tuple[Mapping[str, str], OfStore]:
    """One store. Raises `NotFound` for one that is being deleted: its mapping is no longer anybody's."""
    shown = show(app, who, store_of(app, who, store_id, Role.VIEWER).project_id)
    for one in shown.stores:
        if one.store.id == store_id:
            return shown.homes, one
    raise NotFound("This store is being deleted, and its mapping with it.")


def _of_store(connection: Connection, kinds: list[OfKind]) -> OfStore:
    store = kinds[0].store
    running = next((one for one in operations.unfinished(connection, store.id) if one.kind in _WORK), None)
    return OfStore(
        store=store,
        kinds={one.kind: one for one in kinds},
        running=running,
        doing=steps.title(running, store) if running else "",
        verified=operations.newest(connection, store.id, Work.VERIFY_MAPPING),
    )
