"""Save what somebody chose for the orders of a store. Nothing is kept that the connected Odoo does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection

from mooring.db import audit, odoo, order_books, order_settings, order_taxes, stores
from mooring.db.odoo import OdooConnection
from mooring.db.order_settings import OrderSettings
from mooring.db.stores import Store
from mooring.domain.lifecycle import State
from mooring.domain.order_booking import Role as LineRole
from mooring.domain.order_settings import SERVICES, Outcome
from mooring.domain.records import folded
from mooring.domain.rules import Role
from mooring.errors import Conflict, InvalidInput, Refused
from mooring.usecases import odoo_gate, order_options, order_outcome
from mooring.usecases.context import App
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.order_options import Options
from mooring.usecases.order_settings import current
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

_MOST = 200
"""Currencies, or gateways."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is left out stays as it is. `warehouse_id` None leaves the warehouse to Odoo; None in a mapping takes back
    what was chosen for that currency, gateway or role."""

    outcome: Outcome | UnsetType = UNSET
    warehouse_id: int | UnsetType | None = UNSET
    pricelists: Mapping[str, int | None] | UnsetType = UNSET
    journals: Mapping[str, int | None] | UnsetType = UNSET
    services: Mapping[LineRole, int | None] | UnsetType = UNSET


def save(app: App, who: Who, store_id: str, wish: Wish, token: str | None = None) -> OrderSettings:
    """Raises `InvalidInput` naming the field for what Odoo does not have, or what would not work. `token`: of the
    preview of an outcome that takes on orders that are in Odoo already; `ConfirmationMissing` without it."""
    asked = ask(app, who, store_id, chosen=_services(wish).values())
    _check(asked, wish)
    if isinstance(wish.outcome, Outcome):
        shown = order_outcome.counted(
            app, who, asked.store, asked.odoo, asked.before, wish.outcome, asked.options.books
        )  # fmt: skip
        order_outcome.require_seen(app, who, asked.store, shown, token)
    return keep(app, who, asked, wish, "odoo.orders_settings")


# -- what Odoo has -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """A store, its Odoo, what was chosen before, and what Odoo has to choose from."""

    store: Store
    odoo: OdooConnection
    before: OrderSettings
    ticket: Ticket
    options: Options


def ask(app: App, who: Who, store_id: str, *, chosen: Iterable[int] = ()) -> Asked:
    store = store_of(app, who, store_id, Role.ADMIN)
    require_open(store)
    ticket = odoo_gate.ticket(app, store.project_id)
    with app.db.read() as connection:
        found = odoo.load(connection, store.project_id)
        before = current(connection, store, found)
    options = order_options.read(app, ticket, found.company_id, {*before.services.values(), *chosen})
    return Asked(store, found, before, ticket, options)


def require_open(store: Store) -> None:
    if store.state is State.DELETING:
        raise Refused("This store is being deleted; its settings cannot change.", code="deleting")


# -- whether it would work -----------------------------------------------------------------------------------------


def _check(asked: Asked, wish: Wish) -> None:
    if isinstance(wish.outcome, Outcome):
        _check_outcome(asked.odoo, wish.outcome)
    if isinstance(wish.warehouse_id, int) and not asked.options.has_warehouse(wish.warehouse_id):
        raise InvalidInput("Odoo has no such warehouse in this company.", field="warehouse_id")
    _check_pricelists(asked.options, _chosen(wish.pricelists, "pricelists"))
    _check_journals(asked.options, _chosen(wish.journals, "journals"))
    for role, id_ in _services(wish).items():
        check_service(asked.options, role, id_)


def _check_outcome(found: OdooConnection, outcome: Outcome) -> None:
    invoices = outcome in (Outcome.DRAFT_INVOICE, Outcome.INVOICE)
    if invoices and not found.details.apps.get("account", True):
        raise InvalidInput("Invoicing is not installed in Odoo, so no invoices can be made.", field="outcome")


def _check_pricelists(options: Options, chosen: Mapping[str, int]) -> None:
    for currency, id_ in chosen.items():
        if options.pricelist(id_, currency) is None:
            raise InvalidInput(f"Odoo has no such pricelist in {currency}.", field=f"pricelists.{currency}")


def _check_journals(options: Options, chosen: Mapping[str, int]) -> None:
    known = {one.id for one in options.journals}
    for gateway, id_ in chosen.items():
        if id_ not in known:
            raise InvalidInput("Odoo has no such journal for payments.", field=f"journals.{gateway}")


def check_service(options: Options, role: LineRole, id_: int) -> None:
    field = f"services.{role}"
    if role not in SERVICES:
        raise InvalidInput("There is no such kind of line.", field=field)
    if (found := options.services.get(id_)) is None:
        raise InvalidInput("Odoo has no such product, or it is archived there.", field=field)
    if found.by_delivery:
        raise InvalidInput(
            f"Odoo invoices {found.name} by delivered quantities, and nobody delivers it. Set its invoicing policy to "
            "ordered quantities, or choose another product.", field=field,
        )  # fmt: skip


def _services(wish: Wish) -> dict[LineRole, int]:
    return {} if wish.services is UNSET else {role: id_ for role, id_ in wish.services.items() if id_ is not None}


def _chosen(wished: Mapping[str, int | None] | UnsetType, field: str) -> dict[str, int]:
    if wished is UNSET:
        return {}
    if len(wished) > _MOST:
        raise InvalidInput(f"At most {_MOST} can be chosen.", field=field)
    return {key: id_ for key, id_ in wished.items() if id_ is not None}


# -- the row -------------------------------------------------------------------------------------------------------


def keep(app: App, who: Who, asked: Asked, wish: Wish, event: str, **detail: Any) -> OrderSettings:
    """One transaction, in which store and Odoo are still the ones that were asked. What is in Odoo already is looked at
    anew where orders are taken further than before."""
    with app.db.write() as connection:
        store = stores.fence(connection, asked.store.id, asked.store.generation)
        found = odoo.fence(connection, store.project_id, asked.ticket.generation)
        before = adopted(connection, store, found)
        if wish.outcome is not UNSET and before.outcome is not asked.before.outcome:
            raise Conflict("Somebody else changed the outcome a moment ago. Look again.", code="outcome_moved")
        after = replace(_merged(before, wish), books=asked.options.books, changed_at=app.clock.now(), changed_by=who.id)
        order_settings.put(connection, after)
        if after.outcome.widens(before.outcome):
            order_books.unsettle(connection, store.id)
        told = {"before": _told(before), "after": _told(after)} | detail
        note(app, connection, who, store, event, **told)
    return after


def adopted(connection: Connection, store: Store, found: OdooConnection) -> OrderSettings:
    """What was saved so far for this Odoo. What was confirmed of another one's taxes goes."""
    stored = order_settings.find(connection, store.id)
    if stored is not None and stored.fingerprint != found.fingerprint:
        order_taxes.forget(connection, store.id)
    return current(connection, store, found)


def _merged(before: OrderSettings, wish: Wish) -> OrderSettings:
    return replace(
        before,
        outcome=before.outcome if wish.outcome is UNSET else wish.outcome,
        warehouse_id=before.warehouse_id if wish.warehouse_id is UNSET else wish.warehouse_id,
        pricelists=_over(before.pricelists, wish.pricelists),
        journals=_over(before.journals, _folded(wish.journals)),
        services=_over(before.services, wish.services),
    )


def _folded(journals: Mapping[str, int | None] | UnsetType) -> Mapping[str, int | None] | UnsetType:
    """As orders name their gateways."""
    return journals if journals is UNSET else {folded(gateway): id_ for gateway, id_ in journals.items()}


def _over(before: dict[Any, int], wished: Mapping[Any, int | None] | UnsetType) -> dict[Any, int]:
    merged = dict(before) if wished is UNSET else {**before, **wished}
    return {key: id_ for key, id_ in merged.items() if id_ is not None}


def _told(settings: OrderSettings) -> dict[str, Any]:
    """Names and ids of things; nothing of people."""
    facts = ("outcome", "warehouse_id", "pricelists", "journals", "services")
    return {name: msgspec.to_builtins(getattr(settings, name)) for name in facts}


def note(app: App, connection: Connection, who: Who, store: Store, event: str, **detail: Any) -> None:
    audit.write(
        connection, at=app.clock.now(), actor=who.id, event=event, project_id=store.project_id, store_id=store.id,
        detail=detail,
    )  # fmt: skip
