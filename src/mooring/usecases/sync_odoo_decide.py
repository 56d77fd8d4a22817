"""What a person decides about a record that waits in Needs review.

A decision is carried out by a sync of just that record, at once where one can start and by the next one otherwise. What
is to stay as it is in Odoo needs no sync: it is remembered with the mapping, or of an order with how far it has come,
and not asked again until it changes in Shopify.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from mooring.db import audit, mappings, operations, order_books, stores, sync_items
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.db.sync_items import Item
from mooring.db.sync_source import SOURCES
from mooring.domain.decisions import Choice, possible
from mooring.domain.mapping import MODELS, MappedKind, SyncKind
from mooring.domain.plan import keep
from mooring.domain.rules import Role, Work, excluded_by
from mooring.errors import Conflict, InvalidInput, NotFound, Refused
from mooring.usecases import odoo_gate, sync_odoo_request
from mooring.usecases import sync_odoo_decide_orders as of_orders
from mooring.usecases.context import App
from mooring.usecases.store_settings import store_of
from mooring.usecases.sync_odoo_read import EVERYTHING
from mooring.usecases.who import Who

MOST = 1_000
_NOTHING = "There is nothing of the sort to decide here."
_MOVED = "Somebody else has decided this a moment ago. Look again."


@dataclass(frozen=True, slots=True)
class Decided:
    """`operation`: the sync that carries it out; None where the next one does, or none is needed."""

    count: int
    operation: Operation | None


def link(
    app: App, who: Who, store_id: str, kind: SyncKind, shopify_id: int, odoo_id: int, *, record: str | None = None
) -> Decided:
    """It is this record of Odoo, which need not be among those that were found. `record`: which of those in the item,
    as in `address.6`; the first that asks by default, and the item's own where none does."""
    store = store_of(app, who, store_id, Role.EDITOR)
    item = _decidable(app, store, kind, [shopify_id])[0]
    root = f"{SOURCES[kind].kind}.{shopify_id}"
    label = record or next(iter(_records(item)), root)
    if label not in {*_records(item), root}:
        raise InvalidInput(f"{label} is not among what this item is about.", field="record")
    mapped = MappedKind(label.partition(".")[0])
    _require_there(app, store, MODELS[mapped], odoo_id)
    if mapped is MappedKind.ORDER:
        of_orders.require_free(app, store, shopify_id, odoo_id)
    said = {item.shopify_id: {"records": {label: {"link": odoo_id}}}}
    return _keep(app, who, store, kind, said, Choice.LINK)


def decide(
    app: App, who: Who, store_id: str, kind: SyncKind, ids: Sequence[int], choice: Choice, fields: Iterable[str] = ()
) -> Decided:
    """The same for all of these. `fields`: only these of the differing ones; all by default."""
    if choice is Choice.LINK:
        raise InvalidInput("Link one record at a time: two are not the same.", field="choice")
    if not ids or len(ids) > MOST:
        raise InvalidInput(f"Choose one record at least, and at most {MOST:,}.", field="ids")
    store = store_of(app, who, store_id, Role.EDITOR)
    items, wanted = _decidable(app, store, kind, ids), frozenset(fields)
    fit = [item for item in items if choice in possible(item.cause, _records(item))]
    if choice is Choice.KEEP:
        return _keep_odoo(app, who, store, kind, fit, wanted)
    if choice is Choice.IGNORE:
        return _ignore(app, who, store, kind, fit)
    said = {item.shopify_id: _said(item, choice, wanted) for item in fit}
    return _keep(app, who, store, kind, {one: told for one, told in said.items() if told}, choice)


def _waiting(app: App, store: Store, kind: SyncKind, ids: Sequence[int]) -> list[Item]:
    with app.db.read() as connection:
        found = sync_items.of(connection, store.id, kind, ids)
    waiting = [item for item in found.values() if item.state in ("review", "decided")]
    if not waiting:
        raise NotFound("None of these waits for a decision.", code="not_in_review")
    return waiting


def _decidable(app: App, store: Store, kind: SyncKind, ids: Sequence[int]) -> list[Item]:
    """Without orders of which a step may still happen; refused where none is left."""
    waiting = _waiting(app, store, kind, ids)
    with app.db.read() as connection:
        young = of_orders.unheard(app, connection, store, kind, [one.shopify_id for one in waiting])
        left = [one for one in waiting if one.shopify_id not in young]
        if not left:
            of_orders.require_heard(app, connection, store, kind, young)
    return left


def _records(item: Item) -> Mapping[str, Mapping[str, Any]]:
    return (item.detail or {}).get("records") or {}


def _said(item: Item, choice: Choice, wanted: frozenset[str]) -> dict[str, Any]:
    """What the next sync is to go by: of the order as a whole, or by record what the next plan does."""
    if choice in (Choice.RESET, Choice.CREDIT):
        return {str(choice): True}
    if choice is Choice.CREATE:
        return {"records": {label: {"create": True} for label in _created(item)}}
    taken = {label: [*(_differing(told) & (wanted or _differing(told)))] for label, told in _records(item).items()}
    records = {label: {"take": sorted(names)} for label, names in taken.items() if names}
    return {"records": records} if records else {}


def _created(item: Item) -> list[str]:
    """What is to be made: what asks, or all of what is gone."""
    asking = [label for label, told in _records(item).items() if "candidates" in told]
    return asking or list(_records(item))


def _differing(told: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(told.get("fields") or ())


def _require_there(app: App, store: Store, model: str, odoo_id: int) -> None:
    ticket = odoo_gate.ticket(app, store.project_id)
    domain = [["id", "=", odoo_id]]
    if not odoo_gate.search_read(app, ticket, model, domain, ["id"], context=EVERYTHING):
        raise InvalidInput(f"Odoo has no {model} with the id {odoo_id}.", field="odoo_id")


def _keep(
    app: App, who: Who, store: Store, kind: SyncKind, said: Mapping[int, Mapping[str, Any]], choice: Choice
) -> Decided:
    """Written down, with the sync that carries it out."""
    if not said:
        raise Refused(_NOTHING, code="nothing_to_decide")
    operation: Operation | None = None
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        of_orders.require_heard(app, connection, store, kind, said)
        for shopify_id, told in said.items():
            if not sync_items.decide(connection, store.id, kind, shopify_id, told, at=app.clock.now()):
                raise Conflict(_MOVED, code="item_moved")
        _note(app, connection, who, store, kind, choice, len(said))
        if _may_start(connection, store, kind):
            operation = sync_odoo_request.begin(app, connection, who, store, [kind], {kind: list(said)})
    if operation is not None:
        app.engine.start(operation.id)
    return Decided(len(said), operation)


def _may_start(connection: Connection, store: Store, kind: SyncKind) -> bool:
    busy = frozenset(one.kind for one in operations.unfinished(connection, store.id))
    possible = sync_odoo_request.reason_against(connection, store, [kind]) is None
    return possible and not excluded_by(Work.SYNC_ODOO, busy)


def _keep_odoo(
    app: App, who: Who, store: Store, kind: SyncKind, items: Sequence[Item], wanted: frozenset[str]
) -> Decided:
    count = 0
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        for item in items:
            left = _leave(connection, store, item, wanted)
            count += left is not None
            if left == {}:
                sync_items.remove(connection, store.id, kind, [item.shopify_id])
            elif left:
                sync_items.put(connection, store.id, [replace(item, detail={"records": left})], at=app.clock.now())
        if not count:
            raise Refused(_NOTHING, code="nothing_to_decide")
        _note(app, connection, who, store, kind, Choice.KEEP, count)
    return Decided(count, None)


def _leave(connection: Connection, store: Store, item: Item, wanted: frozenset[str]) -> dict[str, Any] | None:
    """What of the item is left to decide; None where nothing of it is a difference."""
    if not any(_differing(told) for told in _records(item).values()):
        return None
    left: dict[str, Any] = {}
    for label, told in _records(item).items():
        fields: Mapping[str, Any] = told.get("fields") or {}
        kept = {name: said["shopify"] for name, said in fields.items() if not wanted or name in wanted}
        mapped, _, number = label.partition(".")
        found = mappings.of(connection, store.id, MappedKind(mapped), [int(number)])
        rows = [replace(row, fields=keep(row.fields or {}, kept)) for row in found.values()]
        mappings.refresh(connection, store.id, rows)
        rest = {name: said for name, said in fields.items() if name not in kept}
        left |= {label: {"fields": rest}} if rest else {}
    return left


# -- orders --------------------------------------------------------------------------------------------------------


def _ignore(app: App, who: Who, store: Store, kind: SyncKind, items: Sequence[Item]) -> Decided:
    """Odoo stays as it is. Remembered is just what was shown; whatever else changes of an order is asked about anew."""
    if not items:
        raise Refused(_NOTHING, code="nothing_to_decide")
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        of_orders.require_heard(app, connection, store, kind, [one.shopify_id for one in items])
        now = sync_items.of(connection, store.id, kind, [one.shopify_id for one in items])
        for item in items:
            present = now.get(item.shopify_id)
            if present is None or present.detail != item.detail or not _ignored(connection, store, item):
                raise Conflict(_MOVED, code="item_moved")
        sync_items.remove(connection, store.id, kind, [one.shopify_id for one in items])
        _note(app, connection, who, store, kind, Choice.IGNORE, len(items))
    return Decided(len(items), None)


def _ignored(connection: Connection, store: Store, item: Item) -> bool:
    """Whether there is a booking of the order to remember it with."""
    told: dict[str, Any] = {}
    for one in _records(item).values():
        told |= one.get("ignore") or {}
    digest = told.get("digest")
    return order_books.ignore(
        connection, store.id, item.shopify_id, digest=bytes.fromhex(digest) if digest else None,
        cancelled=bool(told.get("cancelled")), refunds=told.get("refunds") or (),
        payments=told.get("payments") or (),
    )  # fmt: skip


def _note(app: App, connection: Connection, who: Who, store: Store, kind: SyncKind, choice: Choice, count: int) -> None:
    audit.write(
        connection, at=app.clock.now(), actor=who.id, event="odoo.decided", project_id=store.project_id,
        store_id=store.id, detail={"kind": str(kind), "choice": str(choice), "count": count},
    )  # fmt: skip
