"""Create the product that a kind of line stands on: shipping, a tip, a discount. On a click, and once.

It matches before it creates: a product that Mooring made for this before, or the only service product of that name, is
chosen instead. It is made by `load()` under an external id of its own, so that a lost answer makes no second one.
"""

from __future__ import annotations

from dataclasses import replace

from mooring.domain.mapping import MODULE
from mooring.domain.order_booking import Role as LineRole
from mooring.domain.order_settings import SERVICES, service_name
from mooring.errors import InvalidInput, MooringError, OutcomeUnknown, Permanent, Unreachable
from mooring.usecases import odoo_gate, order_options, sync_odoo_push
from mooring.usecases.context import App
from mooring.usecases.order_options import Service
from mooring.usecases.order_settings import proposed_service
from mooring.usecases.order_settings_save import Asked, Wish, ask, check_service, keep
from mooring.usecases.who import Who

_FIELDS = ("id", "name", "type", "invoice_policy", "taxes_id/id", "list_price")


def create(app: App, who: Who, store_id: str, role: LineRole) -> Service:
    """The product that stands for this role from now on."""
    if role not in SERVICES:
        raise InvalidInput("There is no such kind of line.", field="role")
    asked = ask(app, who, store_id)
    there = proposed_service(role, asked.options)
    id_ = there if there is not None else _made(app, asked, role)
    options = order_options.read(app, asked.ticket, asked.odoo.company_id, [id_])
    check_service(options, role, id_)
    now = replace(asked, options=options)
    keep(app, who, now, Wish(services={role: id_}), "odoo.service_chosen", role=role, created=there is None)
    return options.services[id_]


def create_missing(app: App, who: Who, store_id: str) -> tuple[Service, ...]:
    """For every kind of line that has none, or whose product is gone. Each is kept as it is made."""
    asked = ask(app, who, store_id)
    chosen = asked.before.services
    lacking = [role for role in SERVICES if chosen.get(role) not in asked.options.services]
    return tuple(create(app, who, store_id, role) for role in lacking)


def _made(app: App, asked: Asked, role: LineRole) -> int:
    row = [f"{MODULE}.{service_name(role)}", SERVICES[role], "service", "order", "", "0"]
    try:
        sent = sync_odoo_push.send(
            lambda rows: odoo_gate.load(app, asked.ticket, "product.product", _FIELDS, rows), [[row]]
        )
    except (OutcomeUnknown, Unreachable) as error:
        raise _again(error) from error
    if 0 in sent.failed:
        raise Permanent(f"Odoo did not take the product: {sent.failed[0]}", code="odoo_refused")
    return sent.ids[0]


def _again(error: MooringError) -> Unreachable:
    return Unreachable(
        f"{error.sentence} Whether the product was made is not known. Try again: there will be one all the same.",
        code="odoo_unanswered",
    )
