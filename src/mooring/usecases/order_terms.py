"""What the orders of a store are booked by: what somebody chose, what was confirmed of taxes, and how Odoo does sums.

Asked for once by each sync of orders, at its beginning and outside of any transaction, since Odoo is asked too.
"""

from __future__ import annotations

from dataclasses import dataclass

from mooring.db import odoo, order_settings, order_taxes
from mooring.db.odoo import OdooConnection
from mooring.db.order_settings import OrderSettings
from mooring.db.stores import Store
from mooring.domain.order_booking import Role
from mooring.domain.order_rules import OrderRule
from mooring.domain.order_settings import Outcome
from mooring.domain.order_taxes import TaxEntry, TaxKey
from mooring.domain.translate_odoo_orders import Terms
from mooring.usecases import order_options
from mooring.usecases.context import App
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.order_options import Options

NOT_SET = "Nobody has chosen yet how this store's orders are booked. Do it on the page Orders of its Odoo settings."
ANOTHER = (
    "The settings of this store's orders were made for another Odoo. Look through them and save them once more on the "
    "page Orders of its Odoo settings."
)


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """`terms`: for `translate_odoo_orders.booking`. The others are ids of Odoo: `pricelists` by currency (0: none, for
    the company's own currency needs none), `journals` by gateway, `services` by role (`product.product`).
    `warehouse_id` None leaves it to Odoo. What Odoo does not have any
    more is left out, so that an order that needs it waits for a person."""

    rule: OrderRule
    outcome: Outcome
    terms: Terms
    pricelists: dict[str, int]
    journals: dict[str, int]
    services: dict[Role, int]
    warehouse_id: int | None


@dataclass(frozen=True, slots=True)
class NotReady:
    """No order of the store can be booked, and why: one sentence for all of them, not an item for each."""

    sentence: str
    code: str


def terms(app: App, connection: OdooConnection, store: Store, ticket: Ticket) -> OrderTerms | NotReady:
    """`connection` and `ticket` as the sync has them. Reads of Odoo only, some eight of them; raises what these raise.
    Taxes whose rate was changed in Odoo since they were confirmed are not confirmed any more: the total that Mooring
    predicts would be another one than Odoo's."""
    with app.db.read() as reading:
        chosen = order_settings.find(reading, store.id)
        table = order_taxes.table(order_taxes.of_store(reading, store.id))
    if chosen is None:
        return NotReady(NOT_SET, "orders_not_set")
    if chosen.fingerprint != connection.fingerprint:
        return NotReady(ANOTHER, "orders_another_odoo")
    there = order_options.read(app, ticket, connection.company_id, chosen.services.values())
    if there.books != chosen.books:
        with app.db.write() as writing:
            odoo.fence(writing, store.project_id, connection.generation)
            order_settings.note_books(writing, store.id, connection.fingerprint, there.books)
    return _built(chosen, there, table)


def _built(chosen: OrderSettings, there: Options, table: dict[TaxKey, TaxEntry]) -> OrderTerms:
    books = there.books
    wished = {books.currency: 0} | chosen.pricelists
    pricelists = {money: id_ for money, id_ in wished.items() if not id_ or there.pricelist(id_, money)}
    known = {one.id for one in there.journals}
    return OrderTerms(
        rule=chosen.rule,
        outcome=chosen.outcome,
        terms=Terms(
            _still(there, table), {money: books.decimals(money) for money in pricelists}, books.price_decimals,
            books.discount_decimals, books.rounding,
        ),
        pricelists=pricelists,
        journals={gateway: id_ for gateway, id_ in chosen.journals.items() if id_ in known},
        services={role: id_ for role, id_ in chosen.services.items() if id_ in there.services},
        warehouse_id=chosen.warehouse_id if there.has_warehouse(chosen.warehouse_id) else None,
    )  # fmt: skip


def _still(there: Options, table: dict[TaxKey, TaxEntry]) -> dict[TaxKey, TaxEntry]:
    """Entries that say what Odoo's tax still is."""
    return {key: one for key, one in table.items() if there.agrees(one)}
