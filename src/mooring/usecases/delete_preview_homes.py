"""The mapping's two other homes in the preview of a delete: how much is removed there, or why it would stay."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from mooring.db import clearing, erase, odoo, stores
from mooring.db.odoo import OdooConnection
from mooring.db.stores import Store
from mooring.domain import metafields
from mooring.domain.lifecycle import State
from mooring.domain.mapping import SyncKind, database_of
from mooring.domain.wording import counted

_NO_CLAIM = "not touched: another project speaks for this shop"
_SHARED = "stay: another project speaks for this shop and uses the same Odoo database"
_LOST = "the shop does not let Mooring in now: what stays there does no harm, and the receipt says so"
_READ_ONLY = "the permission to write is missing now: what stays there does no harm, and the receipt says so"
_GONE = "Odoo is disconnected, so they stay: connect it first, or remove them there as the receipt says"


@dataclass(frozen=True, slots=True)
class Homes:
    """`metafields` at Shopify, `external_ids` in Odoo, as far as is known here. Each note says why they may stay, None
    where nothing stands in the way."""

    metafields: int
    external_ids: int
    at_shopify: str | None
    in_odoo: str | None


def homes(connection: Connection, store: Store) -> Homes:
    carrying = erase.metafields(connection, store.id, metafields.ENGAGEMENT)
    values = carrying + sum(clearing.metafields(connection, store.id).values())
    planted = clearing.planted(connection, store.id, tuple(SyncKind))
    in_odoo = _in_odoo(connection, store, planted)
    return Homes(values, sum(planted.values()), _at_shopify(store, values), in_odoo)


def _at_shopify(store: Store, values: int) -> str | None:
    if not store.claim:
        return _NO_CLAIM
    if store.state is State.RECONNECT_REQUIRED:
        return _LOST
    writes = any(scope.startswith("write_") for scope in store.granted_scopes)
    return _READ_ONLY if values and not writes else None


def _in_odoo(connection: Connection, store: Store, planted: dict[str, int]) -> str | None:
    found = odoo.find(connection, store.project_id)
    if found is None or not planted:
        return None
    if _is_anothers(connection, store, found):
        return _SHARED
    if found.state == "disconnected":
        return _GONE
    if found.error:
        return f"{found.error} What cannot be removed stays and does no harm; the receipt says where"
    here = database_of(found.fingerprint)
    left = sum(count for mark, count in planted.items() if database_of(mark) != here)
    return (
        f"{counted(left, 'external ids')} in another Odoo that is not connected any more stay there" if left else None
    )


def _is_anothers(connection: Connection, store: Store, found: OdooConnection) -> bool:
    holder = None if store.claim else stores.claim_holder(connection, store.shop_id)
    theirs = odoo.find(connection, holder.project_id) if holder else None
    return theirs is not None and database_of(theirs.fingerprint) == database_of(found.fingerprint)
