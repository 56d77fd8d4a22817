"""The contacts that orders need in Odoo: looked up with their batch, and made, where there are none, in the turn that
all contacts are made in, after having been looked up once more there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from mooring.db import odoo_kinds
from mooring.domain.mapping import SyncKind
from mooring.domain.order_buyers import Book, Buyer, Contact, guest_email, nobody
from mooring.domain.order_causes import Cause, Review, review
from mooring.domain.records_orders import Order
from mooring.domain.translate_odoo import PARTNER_FIELDS, cell, column
from mooring.errors import Unreachable
from mooring.usecases import odoo_gate
from mooring.usecases.sync_odoo_customers import may_write_below, places_of
from mooring.usecases.sync_odoo_place import Job
from mooring.usecases.sync_odoo_read import EVERYTHING, either
from mooring.usecases.sync_odoo_turn import BUSY_SECONDS, turn
from mooring.usecases.sync_odoo_write import Pen

_MODEL = "res.partner"
_READ = ["active", "type", "parent_id", "email_normalized", *PARTNER_FIELDS]
_BUSY = "Contacts are being written to this Odoo by another sync. This one goes on in a moment."
_SEVERAL = "{} contacts have the e-mail address of the guest who ordered."

Wish = tuple[Order, int | None]
"""An order, and the contact of its customer; None for a guest."""


def resolve(job: Job, wishes: Mapping[int, Wish]) -> dict[int, Buyer | Review]:
    """Who buys each order, by its id. Odoo is only read; contacts that it lacks are without an id yet."""
    book = Book(job.store.shop_id, places_of(job, _codes(wishes)), _rows(job, wishes), may_write_below(job))
    return {order_id: _buyer(book, order_id, *wish) for order_id, wish in wishes.items()}


def _buyer(book: Book, order_id: int, order: Order, partner_id: int | None) -> Buyer | Review:
    if partner_id is not None:
        if partner_id not in book.rows:
            return review(Cause.CUSTOMER_MISSING)
        return book.buyer(order_id, order, Contact(partner_id))
    found = book.guests(order)
    if len(found) > 1:
        return review(Cause.CUSTOMER_MISSING, _SEVERAL.format(len(found)))
    return book.buyer(order_id, order, book.guest(order_id, order))


def _codes(wishes: Mapping[int, Wish]) -> set[str]:
    addresses = (one for order, _ in wishes.values() for one in (order.billing_address, order.shipping_address))
    return {address.country_code for address in addresses if address and address.country_code}


def _rows(job: Job, wishes: Mapping[int, Wish]) -> dict[int, Mapping[str, Any]]:
    """The contacts themselves and what stands below them; below guests only once these are known."""
    partners = sorted({partner for _, partner in wishes.values() if partner})
    guests = [order for order, partner in wishes.values() if partner is None]
    emails = sorted({guest_email(order) for order in guests})
    asked = [["id", "in", partners], ["parent_id", "in", partners]] if partners else []
    asked += [["email_normalized", "in", [one for one in emails if one]]] if any(emails) else []
    asked += [["ref", "=", nobody(job.store.shop_id)]] if "" in emails else []
    found = _read(job, either(*asked)) if asked else {}
    new = sorted(found.keys() - {*partners}) if guests else []
    return found | _read(job, [["parent_id", "in", new]]) if new else found


def _read(job: Job, domain: list[Any]) -> dict[int, Mapping[str, Any]]:
    rows = odoo_gate.search_read(job.app, job.ticket, _MODEL, domain, _READ, context=EVERYTHING)
    return {row["id"]: row for row in rows}


# -- making them ---------------------------------------------------------------------------------------------------


def bring(job: Job, wishes: Mapping[int, Wish]) -> dict[int, Buyer | Review]:
    """The same, and what Odoo lacks is made; what it refuses says why. Raises `Unreachable` while it is somebody
    else's turn."""
    of_contacts = _of_contacts(job)
    with turn(of_contacts) as taken:
        if taken is None:
            raise Unreachable(_BUSY, code="odoo_busy", retry_after=BUSY_SECONDS)
        found = resolve(job, wishes)
        pen, new = Pen(of_contacts, taken), list(_new(found.values()))
        _make(pen, [one for one in new if one.parent is None])
        _make(pen, [one for one in new if one.parent is not None and one.parent.id is not None])
    return found


def _of_contacts(job: Job) -> Job:
    """The same slice as far as contacts are concerned, whose turn is one with that of customers."""
    with job.app.db.read() as connection:
        settings = odoo_kinds.load(connection, job.store.id, SyncKind.CUSTOMERS)
    epochs = {**job.place.epochs, SyncKind.CUSTOMERS: settings.epoch}
    return replace(job, settings=settings, place=msgspec.structs.replace(job.place, epochs=epochs))


def _new(found: Iterable[Buyer | Review]) -> Iterable[Contact]:
    buyers = (one for one in found if isinstance(one, Buyer))
    contacts = dict.fromkeys(contact for buyer in buyers for contact in buyer.all())
    return (one for one in contacts if one.id is None)


def _make(pen: Pen, contacts: Sequence[Contact]) -> None:
    below = any(one.parent for one in contacts)
    names = [name for name in PARTNER_FIELDS if any(name in one.values for one in contacts)]
    columns = ["id", "type", *(column(name, PARTNER_FIELDS[name]) for name in names)]
    rows = [[[*_row(one, names), *([str(one.parent.id)] if one.parent else [])]] for one in contacts]
    sent = pen.load(_MODEL, [*columns, "parent_id/.id"] if below else columns, rows)
    for at, contact in enumerate(contacts):
        contact.id, contact.failed = sent.ids.get(at), sent.failed.get(at)


def _row(contact: Contact, names: Sequence[str]) -> list[str]:
    said = [cell(contact.values[name]) if name in contact.values else "" for name in names]
    return [contact.external_id, contact.kind, *said]
