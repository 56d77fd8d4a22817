"""How the orders of a store are booked: what is chosen, what there is to choose from, and what Mooring would propose.

Ids of Odoo mean something in one database and company only. Where another one is connected than these settings were
made for, outcome and rule stay and every id is asked for anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from mooring.db import odoo, odoo_kinds, order_books, order_facts, order_settings, order_taxes
from mooring.db.odoo import OdooConnection
from mooring.db.order_facts import Seen
from mooring.db.order_settings import OrderSettings
from mooring.db.order_taxes import TaxRow
from mooring.db.stores import Store
from mooring.domain import order_rules
from mooring.domain.mapping import SyncKind
from mooring.domain.order_booking import Role as LineRole
from mooring.domain.order_payments import gateways
from mooring.domain.order_settings import SERVICES, Books, Outcome
from mooring.domain.order_taxes import OdooTax, TaxKey, key_of, proposed
from mooring.domain.records import folded, moment
from mooring.domain.records_orders import Order
from mooring.domain.rules import Role
from mooring.usecases import odoo_gate, order_options
from mooring.usecases.context import App
from mooring.usecases.order_options import Choice, Options, Service
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

GIFT_CARD = "gift_card"


@dataclass(frozen=True, slots=True)
class Need:
    """Something of the store's orders that wants a record of Odoo: a currency a pricelist, a gateway a journal, a role
    a product. `count`: in how many orders; None where that is not looked for. `chosen`: the id somebody chose, `gone`
    if Odoo does not have it any more; `proposed`: the one to choose. `optional`: Odoo does without."""

    key: str
    label: str
    count: int | None
    chosen: int | None
    proposed: int | None
    gone: bool
    choices: tuple[Choice | Service, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class TaxNeed:
    """A row of the tax table. `text`: the key as one text. `odoo_id`: as it was answered. `stale`: Odoo's tax is gone
    or has another rate since, so that the answer is good for nothing. `several`: those that would do, where none
    stands out."""

    key: TaxKey
    text: str
    count: int
    odoo_id: int | None
    confirmed: bool
    stale: bool
    proposed: OdooTax | None
    several: tuple[OdooTax, ...]


@dataclass(frozen=True, slots=True)
class View:
    """`saved`: whether somebody has chosen at all. `another`: they were chosen for another Odoo. `accepted`: whether a
    preview of orders was. `stages`: how many orders have come how far in this Odoo."""

    store: Store
    odoo: OdooConnection
    settings: OrderSettings
    saved: bool
    another: bool
    options: Options
    currencies: tuple[Need, ...]
    gateways: tuple[Need, ...]
    services: tuple[Need, ...]
    taxes: tuple[TaxNeed, ...]
    accepted: bool
    stages: dict[str, int]

    @property
    def company(self) -> str:
        return self.odoo.details.company.name

    @property
    def open_taxes(self) -> int:
        return sum(not one.confirmed or one.stale for one in self.taxes)


def show(app: App, who: Who, store_id: str) -> View:
    """Asks Odoo; raises what that raises."""
    store = store_of(app, who, store_id, Role.VIEWER)
    ticket = odoo_gate.ticket(app, store.project_id)
    with app.db.read() as connection:
        found = odoo.load(connection, store.project_id)
        stored, settings = order_settings.find(connection, store_id), current(connection, store, found)
    options = order_options.read(app, ticket, found.company_id, settings.services.values())
    return _view(app, store, found, stored, settings, options)


def current(connection: Connection, store: Store, found: OdooConnection) -> OrderSettings:
    """The settings that are good for this Odoo, as far as there are any."""
    stored = order_settings.find(connection, store.id)
    if stored is None:
        rule = order_rules.default(moment(found.connected_at.isoformat(timespec="seconds")))
        return OrderSettings(
            store.id, found.fingerprint, Outcome.DRAFT_ORDER, rule, None, {}, {}, {}, Books(), found.connected_at, ""
        )
    if stored.fingerprint != found.fingerprint:
        return replace(
            stored, fingerprint=found.fingerprint, warehouse_id=None, pricelists={}, journals={}, services={}
        )
    return stored


def _view(
    app: App, store: Store, found: OdooConnection, stored: OrderSettings | None, settings: OrderSettings,
    options: Options,
) -> View:  # fmt: skip
    another = stored is not None and stored.fingerprint != found.fingerprint
    with app.db.read() as connection:
        money = order_facts.currencies(connection, store.id)
        occurring = _occurring(order_facts.seen(connection, store.id))
        rows = {} if another else order_taxes.of_store(connection, store.id)
        accepted = odoo_kinds.load(connection, store.id, SyncKind.ORDERS).accepted_at is not None
        stages = order_books.stages(connection, store.id)
    return View(
        store, found, settings, stored is not None, another, options,
        _currencies(settings, options, money), _gateways(settings, options, occurring), _services(settings, options),
        tax_needs(options, found.company_id, occurring.taxes, rows), accepted, stages,
    )  # fmt: skip


# -- what occurs ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Occurring:
    """Each with the number of orders it occurs in."""

    taxes: dict[TaxKey, int]
    gateways: dict[str, int]
    labels: dict[str, str]


def _occurring(orders: Iterable[Seen]) -> _Occurring:
    found = _Occurring({}, {}, {})
    for one in orders:
        for key in tax_keys(one):
            found.taxes[key] = found.taxes.get(key, 0) + 1
        paid = gateways(Order(transactions=one.transactions))
        found.labels |= paid
        for gateway in paid:
            found.gateways[gateway] = found.gateways.get(gateway, 0) + 1
    return found


def tax_keys(order: Seen) -> set[TaxKey]:
    """Those that need an answer: a tax of 0 % is none."""
    included = bool(order.taxes_included)
    lines = [*order.tax_lines, *(tax for fee in order.additional_fees for tax in fee.tax_lines)]
    if order.shipping_line is not None:
        lines += order.shipping_line.tax_lines
    return {key for tax in lines if (key := key_of(tax, included)).percent or key.unrated}


# -- what each wants -----------------------------------------------------------------------------------------------


def _currencies(settings: OrderSettings, options: Options, money: dict[str, int]) -> tuple[Need, ...]:
    """The company's own currency needs no pricelist; none but what somebody chose is used for it."""
    names = sorted({*money, *settings.pricelists}, key=lambda one: (-money.get(one, 0), one))
    needs = (_currency(one, settings.pricelists.get(one), options, money.get(one, 0)) for one in names)
    home = options.books.currency
    return tuple(replace(one, optional=True, proposed=None) if one.key == home else one for one in needs)


def _currency(currency: str, chosen: int | None, options: Options, count: int) -> Need:
    fits = tuple(one for one in options.pricelists if one.of == currency)
    return _need(currency, currency, count, chosen, fits[0].id if len(fits) == 1 else None, fits)


def _gateways(settings: OrderSettings, options: Options, occurring: _Occurring) -> tuple[Need, ...]:
    counts = occurring.gateways
    names = sorted({*counts, *settings.journals}, key=lambda one: (-counts.get(one, 0), one))
    return tuple(
        _gateway(one, occurring.labels.get(one, one), settings.journals.get(one), options, counts.get(one, 0))
        for one in names
    )


def _gateway(gateway: str, label: str, chosen: int | None, options: Options, count: int) -> Need:
    return _need(
        gateway, label, count, chosen, proposed_journal(gateway, label, options.journals), options.journals
    )  # fmt: skip


def proposed_journal(gateway: str, label: str, journals: Iterable[Choice]) -> int | None:
    """The one that bears its name; else, but for gift cards, the only bank there is, and for cash the only till."""
    known = list(journals)
    named = [one for one in known if folded(one.name) in (gateway, folded(label))]
    kind = "cash" if gateway == "cash" else "bank"
    fits = named or ([] if gateway == GIFT_CARD else [one for one in known if one.kind == kind])
    return fits[0].id if len(fits) == 1 else None


def _services(settings: OrderSettings, options: Options) -> tuple[Need, ...]:
    choices = tuple(sorted(options.services.values(), key=lambda one: (folded(one.name), one.id)))
    return tuple(
        _need(role, title, None, settings.services.get(role), proposed_service(role, options), choices)
        for role, title in SERVICES.items()
    )


def proposed_service(role: LineRole, options: Options) -> int | None:
    """The product that Mooring made for it, else the only one of its name."""
    if (ours := options.ours.get(role)) in options.services:
        return ours
    named = order_options.same_name(options.services.values(), SERVICES[role])
    return named[0].id if len(named) == 1 and not named[0].by_delivery else None


def _need(
    key: str, label: str, count: int | None, chosen: int | None, propose: int | None,
    choices: tuple[Choice | Service, ...],
) -> Need:  # fmt: skip
    gone = chosen is not None and all(one.id != chosen for one in choices)
    return Need(key, label, count, chosen, propose if chosen is None or gone else None, gone, choices)


def tax_needs(
    options: Options, company_id: int, counts: dict[TaxKey, int], rows: dict[TaxKey, TaxRow]
) -> tuple[TaxNeed, ...]:
    """What occurs and what was answered, the most frequent first."""
    keys = sorted({*counts, *rows}, key=lambda one: (-counts.get(one, 0), one.label))
    return tuple(_tax(options, company_id, key, counts.get(key, 0), rows.get(key)) for key in keys)


def _tax(options: Options, company_id: int, key: TaxKey, count: int, row: TaxRow | None) -> TaxNeed:
    confirmed = row is not None and row.entry.confirmed
    stale = row is not None and confirmed and not options.agrees(row.entry)
    found = proposed(key, options.taxes, company_id)
    return TaxNeed(
        key, order_taxes.key_text(key), count, row.entry.odoo_id if row and confirmed else None, confirmed, stale,
        found.tax, found.several,
    )  # fmt: skip
