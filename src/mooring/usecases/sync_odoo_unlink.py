"""Unlink: forget which record of Odoo one record of a store is. Both stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from mooring.db import audit, mappings, odoo, odoo_kinds, operations, stores, sync_intents, sync_items
from mooring.db.stores import Store
from mooring.db.sync_items import Item
from mooring.db.sync_source import SOURCES, Source
from mooring.domain.mapping import MODULE, ExternalId, MappedKind, SyncKind, database_of
from mooring.domain.rules import Role, Work
from mooring.errors import InvalidInput, MooringError, NotFound, OutcomeUnknown, Refused
from mooring.usecases import odoo_gate, sync_odoo_request
from mooring.usecases.context import App
from mooring.usecases.store_settings import store_of
from mooring.usecases.sync_odoo_read import UNLINKED
from mooring.usecases.sync_odoo_turn import SETTLED
from mooring.usecases.who import Who

_UNLINKED = "Unlinked by hand. It stays so until somebody syncs it, or chooses which record of Odoo it is."


def unlink(app: App, who: Who, store_id: str, kind: SyncKind, shopify_id: int) -> int:
    """Forget which record of Odoo this is, and take our external ids off it; both records stay as they are. How many
    pairs went: a customer's addresses and a product's variants go with it."""
    store = store_of(app, who, store_id, Role.EDITOR)
    source = _source(kind)
    with app.db.read() as connection:
        pairs = _pairs(connection, store, source, shopify_id)
        _require_quiet(app, connection, store, kind, source)
    if not pairs:
        raise NotFound("This record is not linked to Odoo.", code="not_linked")
    _take_off(app, store, kind, pairs)
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        for mapped in (source.kind, source.inner_kind):
            mappings.unlink(connection, store.id, mapped, [one for kind_, one in pairs if kind_ is mapped])
        item = Item(kind, shopify_id, "review", cause=UNLINKED, sentence=_UNLINKED, detail={"records": {}})
        sync_items.put(connection, store.id, [item], at=app.clock.now())
        audit.write(
            connection, at=app.clock.now(), actor=who.id, event="odoo.unlinked", project_id=store.project_id,
            store_id=store.id, detail={"kind": str(kind), "count": len(pairs)},
        )  # fmt: skip
    return len(pairs)


def _source(kind: SyncKind) -> Source:
    if kind not in SOURCES:
        raise InvalidInput(f"These can be unlinked: {', '.join(SOURCES)}.", field="kind")
    return SOURCES[kind]


def _pairs(connection: Connection, store: Store, source: Source, shopify_id: int) -> list[tuple[MappedKind, int]]:
    root = mappings.of(connection, store.id, source.kind, [shopify_id])
    below = mappings.below(connection, store.id, source.inner_kind, [shopify_id])
    return [(source.kind, one) for one in root] + [(source.inner_kind, one) for one in below]


def _require_quiet(app: App, connection: Connection, store: Store, kind: SyncKind, source: Source) -> None:
    """What is on its way to Odoo would come back behind our back."""
    busy = [one for one in operations.unfinished(connection, store.id) if one.kind in _MOVING]
    if busy:
        raise Refused("A sync or a clear of this store is under way. Wait for it, or cancel it.", code="busy")
    found = odoo.load(connection, store.project_id)
    open_ = sync_intents.in_database(connection, database_of(found.fingerprint), (source.kind, source.inner_kind))
    if any(one.store_id == store.id and one.at > app.clock.now() - SETTLED for one in open_):
        raise Refused("Something of this store may still be on its way to Odoo. Try again in two minutes.", code="busy")
    refused = sync_odoo_request.reason_against(connection, store, [kind])
    if refused is not None:
        raise refused


_MOVING = frozenset({Work.SYNC_ODOO, Work.CLEAR_MAPPING, Work.REBUILD_MAPPING})


def _take_off(app: App, store: Store, kind: SyncKind, pairs: Sequence[tuple[MappedKind, int]]) -> None:
    """Our external ids in Odoo. Meanwhile the pairs count for nothing, so that nobody misses them; where Odoo cannot be
    reached they count again, and the error says so. After a lost answer they are taken for gone: what is left of them
    is one more match for whoever syncs the record."""
    with app.db.read() as connection:
        epoch = odoo_kinds.load(connection, store.id, kind).epoch
    _set_aside(app, store, pairs, epoch=0)
    try:
        _unlink_ids(app, store, pairs)
    except OutcomeUnknown:
        return
    except MooringError:
        _set_aside(app, store, pairs, epoch=epoch)
        raise


def _set_aside(app: App, store: Store, pairs: Sequence[tuple[MappedKind, int]], *, epoch: int) -> None:
    with app.db.write() as connection:
        stores.fence(connection, store.id, store.generation)
        for mapped in {kind for kind, _ in pairs}:
            mappings.set_aside(connection, store.id, mapped, [one for kind, one in pairs if kind is mapped], epoch)


def _unlink_ids(app: App, store: Store, pairs: Sequence[tuple[MappedKind, int]]) -> None:
    ticket = odoo_gate.ticket(app, store.project_id)
    names = [ExternalId(store.shop_id, mapped, one).name for mapped, one in pairs]
    names += [f"{name}_product_template" for name in names if ".variant." in name]
    domain = [["module", "=", MODULE], ["name", "in", names]]
    ids = [row["id"] for row in odoo_gate.search_read(app, ticket, "ir.model.data", domain, ["name"])]
    if ids:
        odoo_gate.unlink(app, ticket, "ir.model.data", ids)
