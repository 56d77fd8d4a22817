"""The Odoo server among the cards of the Integrations page: is it well, how much is synced, what is there to press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mooring.db import odoo, odoo_kinds, operations, sync_totals
from mooring.db.odoo import OdooConnection
from mooring.db.stores import Store
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Work
from mooring.usecases import odoo_view, sync_odoo_place
from mooring.usecases.odoo_view import OdooBadge

_IN_NEED = frozenset({OdooBadge.ERROR, OdooBadge.HELD})
"""What waits for a person among the items is a number and a button, and makes the connection no less well."""


@dataclass(frozen=True, slots=True)
class Moving:
    """A sync that is under way: of which store, and how many records it has looked at."""

    operation_id: str
    store_name: str
    done: int


@dataclass(frozen=True, slots=True)
class OdooCard:
    """`reason` and `next_step`: why the connection itself is not well. `review_kind`: where most waits for a person.
    `last_sync`: when a whole kind was synced last."""

    connection: OdooConnection
    badge: OdooBadge
    reason: str | None
    next_step: str | None
    synced: int
    review: int
    failed: int
    review_kind: SyncKind | None
    last_sync: datetime | None
    moving: Moving | None

    @property
    def needs_somebody(self) -> bool:
        return self.badge in _IN_NEED


def of_project(connection: Connection, project_id: str, stores: Sequence[Store]) -> OdooCard | None:
    """None for a project that never had an Odoo."""
    found = odoo.find(connection, project_id)
    if found is None:
        return None
    totals = {store.id: sync_totals.of_store(connection, store.id) for store in stores}
    by_kind = {kind: [of_store[kind] for of_store in totals.values()] for kind in SyncKind}
    view = odoo_view.of(found, {kind: sum(one.mapped for one in some) for kind, some in by_kind.items()})
    review = {kind: sum(one.review for one in some) for kind, some in by_kind.items()}
    return OdooCard(
        connection=found,
        badge=view.badge,
        reason=view.reason,
        next_step=view.next_step,
        synced=sum(one.synced for some in by_kind.values() for one in some),
        review=sum(review.values()),
        failed=sum(one.failed for some in by_kind.values() for one in some),
        review_kind=_most(review),
        last_sync=_last_sync(connection, stores),
        moving=_moving(connection, stores),
    )


def _most(review: Mapping[SyncKind, int]) -> SyncKind | None:
    kind = max(review, key=lambda one: review[one])
    return kind if review[kind] else None


def _last_sync(connection: Connection, stores: Sequence[Store]) -> datetime | None:
    kinds = [one for store in stores for one in odoo_kinds.of_store(connection, store.id).values()]
    return max((one.synced_at for one in kinds if one.synced_at is not None), default=None)


def _moving(connection: Connection, stores: Sequence[Store]) -> Moving | None:
    for store in stores:
        for one in operations.unfinished(connection, store.id):
            if one.kind is Work.SYNC_ODOO and one.state == "running" and not one.arguments.get("preview"):
                done = sum(sync_odoo_place.looked_at(one.counts.get(str(kind)) or {}) for kind in SyncKind)
                return Moving(one.id, store.name, done)
    return None
