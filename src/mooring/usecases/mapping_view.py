"""How much of a project is mapped to Odoo, where that is written down, and what automatic sync waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from mooring.db import clearing, odoo_kinds, people, stores
from mooring.db.odoo_kinds import OdooKind
from mooring.db.stores import Store
from mooring.domain.lifecycle import GOING
from mooring.domain.mapping import HOMES, MAPPED, SyncKind, sync_kind
from mooring.domain.rules import Role
from mooring.usecases.context import App
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class OfKind:
    """`mapped`: pairs people see; `inner`: what lives inside them. `held`: the banner's sentence, None without one."""

    store: Store
    kind: SyncKind
    mapped: int
    inner: int
    external_ids: int
    metafields: int
    held: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    homes: Mapping[str, str]
    kinds: tuple[OfKind, ...]


def show(app: App, who: Who, project_id: str) -> Shown:
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        here = [one for one in stores.of_project(connection, project_id) if one.state not in GOING]
        return Shown(HOMES, tuple(of for store in here for of in _of_store(connection, store)))


def _of_store(connection: Connection, store: Store) -> list[OfKind]:
    counts, carrying = clearing.counts(connection, store.id), clearing.metafields(connection, store.id)
    known = odoo_kinds.of_store(connection, store.id)
    return [
        OfKind(
            store=store,
            kind=kind,
            mapped=counts.get(MAPPED[kind][0], 0),
            inner=counts.get(MAPPED[kind][1], 0),
            external_ids=sum(clearing.planted(connection, store.id, [kind]).values()),
            metafields=sum(count for one, count in carrying.items() if sync_kind(one) is kind),
            held=banner(connection, known[kind]),
        )
        for kind in SyncKind
    ]


def banner(connection: Connection, kind: OdooKind) -> str | None:
    """Why automatic sync of a kind waits, and for what."""
    if kind.held_since is None:
        return None
    waits = "Automatic sync waits until you choose Rebuild mapping or Resume sync."
    if kind.held_reason == "new_store":
        return f"This is a new store, and its {kind.kind} are not mapped yet. {waits}"
    by = people.name_of(connection, kind.held_by or "")
    return f"Mapping cleared on {kind.held_since:%Y-%m-%d %H:%M} UTC by {by}. {waits}"
