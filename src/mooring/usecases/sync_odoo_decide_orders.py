"""What stands in the way of a decision about an order: a step of it that may still happen in Odoo, and, of a link, that
the order of Odoo is another one's. One order of Odoo is one order of Shopify: were it two, the refund of one would be
credited on the invoice of the other."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from mooring.db import mappings_of, odoo, order_steps, stores, sync_items
from mooring.db.stores import Store
from mooring.domain.mapping import MODELS, MODULE, MappedKind, SyncKind, database_of, parsed
from mooring.errors import InvalidInput, Refused
from mooring.usecases import odoo_gate
from mooring.usecases.context import App
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.sync_odoo_read import EVERYTHING, decisions
from mooring.usecases.sync_odoo_turn import SETTLED

_ORDER = MappedKind.ORDER
_GID = "gid://shopify/Order/"
_MOST = 1_000
_TAKEN = "This order in Odoo is another Shopify order already. Unlink that one first, or choose another order of Odoo."
_MARKED = (
    "This order in Odoo carries the reference of another Shopify order, {}. Choose another order of Odoo, or take the "
    "reference off it there first."
)


# -- a step under way ----------------------------------------------------------------------------------------------


def unheard(app: App, connection: Connection, store: Store, kind: SyncKind, ids: Iterable[int]) -> frozenset[int]:
    """Those of which a step was sent to Odoo so lately that it may still happen."""
    if kind is not SyncKind.ORDERS:
        return frozenset()
    since = app.clock.now() - SETTLED
    return frozenset(one for one, sent in order_steps.of(connection, store.id, ids).items() if sent.sent_at > since)


def require_heard(app: App, connection: Connection, store: Store, kind: SyncKind, ids: Iterable[int]) -> None:
    """What becomes of such a step would not be what was decided on."""
    if young := unheard(app, connection, store, kind, ids):
        sent = max(one.sent_at for one in order_steps.of(connection, store.id, young).values())
        raise Refused(
            "A step of this order was sent to Odoo, and whether it happened there is not known yet. Try again after "
            f"{sent + SETTLED:%H:%M:%S} UTC.",
            code="busy",
        )


# -- whose order it is ---------------------------------------------------------------------------------------------


def require_free(app: App, store: Store, shopify_id: int, odoo_id: int) -> None:
    """That the order of Odoo is no other one's: in the mapping of any store, by what somebody decided and no sync has
    carried out yet, or by what stands on it in Odoo."""
    with app.db.read() as connection:
        database = database_of(odoo.load(connection, store.project_id).fingerprint)
        owners = mappings_of.owners(connection, database, _ORDER, odoo_id)
        others = {(stores.load(connection, one).shop_id, id_) for one, id_ in owners} - {(store.shop_id, shopify_id)}
        decided = _decided(connection, store, odoo_id) - {shopify_id}
    ticket = odoo_gate.ticket(app, store.project_id)
    if others or decided or _planted(app, ticket, odoo_id) - {(store.shop_id, shopify_id)}:
        raise InvalidInput(_TAKEN, field="odoo_id")
    held = _reference(app, ticket, odoo_id)
    if held.startswith(_GID) and held != f"{_GID}{shopify_id}":
        raise InvalidInput(_MARKED.format(held), field="odoo_id")


def _decided(connection: Connection, store: Store, odoo_id: int) -> set[int]:
    found = sync_items.in_state(connection, store.id, SyncKind.ORDERS, ["decided"], limit=_MOST)
    return {id_ for (kind, id_), said in decisions(found).items() if kind is _ORDER and said.link == odoo_id}


def _planted(app: App, ticket: Ticket, odoo_id: int) -> set[tuple[int, int]]:
    """Shop and order of each external id of ours on it."""
    domain = [["module", "=", MODULE], ["model", "=", MODELS[_ORDER]], ["res_id", "=", odoo_id]]
    rows = odoo_gate.search_read(app, ticket, "ir.model.data", domain, ["name"])
    names = [one for row in rows if (one := parsed(row["name"])) is not None]
    return {(one.shop_id, one.shopify_id) for one in names if one.kind is _ORDER}


def _reference(app: App, ticket: Ticket, odoo_id: int) -> str:
    domain = [["id", "=", odoo_id]]
    rows = odoo_gate.search_read(app, ticket, MODELS[_ORDER], domain, ["client_order_ref"], context=EVERYTHING)
    return str(rows[0]["client_order_ref"] or "").strip() if rows else ""
