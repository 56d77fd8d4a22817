"""Unlink: forget which record of Odoo one record of a store is. Both stay as they are, but for what says in Odoo that
they belong together: our external ids, and our reference on a contact that Mooring did not make."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from mooring.db import (
    audit,
    mappings,
    odoo,
    odoo_kinds,
    operations,
    order_books,
    order_steps,
    stores,
    sync_intents,
    sync_items,
)
from mooring.db.mappings import Mapping
from mooring.db.stores import Store
from mooring.db.sync_items import Item
from mooring.db.sync_source import SOURCES, Source
from mooring.domain.mapping import MODELS, ExternalId, MappedKind, SyncKind, database_of, reference
from mooring.domain.plan import LINKED
from mooring.domain.rules import Role, Work
from mooring.domain.translate_odoo import mark
from mooring.errors import InvalidInput, MooringError, NotFound, OutcomeUnknown, Refused
from mooring.usecases import odoo_gate, sync_odoo_request
from mooring.usecases.context import App
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.store_settings import store_of
from mooring.usecases.sync_odoo_decide_orders import require_heard
from mooring.usecases.sync_odoo_read import EVERYTHING, UNLINKED
from mooring.usecases.sync_odoo_turn import SETTLED
from mooring.usecases.sync_odoo_write import take_off
from mooring.usecases.who import Who

_REF = "ref"
_UNLINKED = (
    "Unlinked by hand. It stays so until somebody chooses which record of Odoo it is, has a new one created, or syncs "
    "it; a sync asks before it links it to the same record again."
)


def unlink(app: App, who: Who, store_id: str, kind: SyncKind, shopify_id: int) -> int:
    """Forget which record of Odoo this is, and take off it what says so. How many pairs went: a customer's addresses
    and a product's variants go with it. What they were is remembered, so that it is not linked again by itself."""
    store = store_of(app, who, store_id, Role.EDITOR)
    source = _source(kind)
    with app.db.read() as connection:
        pairs = _pairs(connection, store, source, shopify_id)
        require_heard(app, connection, store, kind, [shopify_id])
        _require_quiet(app, connection, store, kind, source)
    if not pairs:
        raise NotFound("This record is not linked to Odoo.", code="not_linked")
    _take_off(app, store, kind, pairs)
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        for mapped, ids in _by_kind(pairs).items():
            mappings.unlink(connection, store.id, mapped, ids)
        if kind is SyncKind.ORDERS:
            _forget_order(connection, store, shopify_id)
        sync_items.put(connection, store.id, [_asking(kind, source, shopify_id, pairs)], at=app.clock.now())
        audit.write(
            connection, at=app.clock.now(), actor=who.id, event="odoo.unlinked", project_id=store.project_id,
            store_id=store.id, detail={"kind": str(kind), "count": len(pairs)},
        )  # fmt: skip
    return len(pairs)


def _forget_order(connection: Connection, store: Store, shopify_id: int) -> None:
    """How far it had come was how far it had come as that order of Odoo: invoices, payments and credit notes are no
    other order's."""
    order_books.forget(connection, store.id, [shopify_id])
    order_steps.settle(connection, store.id, [shopify_id])


def _asking(kind: SyncKind, source: Source, shopify_id: int, pairs: Sequence[Mapping]) -> Item:
    """What it is now is for a person to say, who is shown what it was."""
    was = {f"{one.kind}.{one.shopify_id}": one.odoo_id for one in pairs}
    root = f"{source.kind}.{shopify_id}"
    candidates = [{"id": was[root], "model": MODELS[source.kind]}] if root in was else []
    detail = {"records": {root: {"by": UNLINKED, "candidates": candidates}}, "was": was}
    return Item(kind, shopify_id, "review", cause=UNLINKED, sentence=_UNLINKED, detail=detail)


def _source(kind: SyncKind) -> Source:
    if kind not in SOURCES:
        raise InvalidInput(f"These can be unlinked: {', '.join(SOURCES)}.", field="kind")
    return SOURCES[kind]


def _pairs(connection: Connection, store: Store, source: Source, shopify_id: int) -> list[Mapping]:
    root = mappings.of(connection, store.id, source.kind, [shopify_id])
    below = mappings.below(connection, store.id, source.inner_kind, [shopify_id])
    return [*root.values(), *below.values()]


def _by_kind(pairs: Sequence[Mapping]) -> dict[MappedKind, list[int]]:
    return {kind: [one.shopify_id for one in pairs if one.kind is kind] for kind in {one.kind for one in pairs}}


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


def _take_off(app: App, store: Store, kind: SyncKind, pairs: Sequence[Mapping]) -> None:
    """What says in Odoo that they belong together. Meanwhile the pairs count for nothing, so that nobody misses them;
    where Odoo cannot be reached they count again, and the error says so. After a lost answer it is tried once more and
    then taken for gone: the next sync of this record takes off what is left."""
    with app.db.read() as connection:
        epoch = odoo_kinds.load(connection, store.id, kind).epoch
    _set_aside(app, store, pairs, epoch=0)
    try:
        with contextlib.suppress(OutcomeUnknown):
            try:
                _clean(app, store, pairs)
            except OutcomeUnknown:
                _clean(app, store, pairs)
    except MooringError:
        _set_aside(app, store, pairs, epoch=epoch)
        raise


def _set_aside(app: App, store: Store, pairs: Sequence[Mapping], *, epoch: int) -> None:
    with app.db.write() as connection:
        stores.fence(connection, store.id, store.generation)
        for mapped, ids in _by_kind(pairs).items():
            mappings.set_aside(connection, store.id, mapped, ids, epoch)


def _clean(app: App, store: Store, pairs: Sequence[Mapping]) -> None:
    ticket = odoo_gate.ticket(app, store.project_id)
    for one in pairs:
        _take_back_reference(app, ticket, store, one)
    take_off(app, ticket, [ExternalId(store.shop_id, one.kind, one.shopify_id).name for one in pairs])


def _take_back_reference(app: App, ticket: Ticket, store: Store, one: Mapping) -> None:
    """Where Mooring wrote it on a contact that it had not made, and it still is ours alone. Left standing, it would say
    of two contacts that they are this customer as soon as that is linked to another one."""
    ours = reference(store.shop_id, one.shopify_id)
    fields = one.fields or {}
    if one.kind is not MappedKind.CUSTOMER or one.origin != LINKED or fields.get(_REF) != mark(_REF, ours):
        return
    domain = [["id", "=", one.odoo_id], [_REF, "=", ours]]
    if odoo_gate.search_read(app, ticket, MODELS[one.kind], domain, ["id"], context=EVERYTHING):
        odoo_gate.write(app, ticket, MODELS[one.kind], [one.odoo_id], {_REF: False})
    left = {name: held for name, held in fields.items() if name != _REF}
    with app.db.write() as connection:  # should the rest not succeed, the next sync may write it again
        stores.fence(connection, store.id, store.generation)
        mappings.refresh(connection, store.id, [replace(one, digest=None, fields=left)])
