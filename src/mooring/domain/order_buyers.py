"""Whose an order is in Odoo: the contact of its customer, or a guest's; and the contacts it is invoiced and sent to.

A guest is known by the e-mail address of the order; all guests of a store that gave none are one contact. An address of
the order is the customer's own contact or one below it that says the same; only a new one becomes a contact of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mooring.domain.mapping import MODULE, MappedKind
from mooring.domain.records import Address, email_key
from mooring.domain.records_orders import Order
from mooring.domain.translate_odoo import Value, Values, one_line, row_values, same
from mooring.domain.translate_odoo_partners import Places, is_somewhere, place_of

Row = Mapping[str, Any]
_TOLD_BY = ("name", "street", "street2", "city", "zip", "country_id")


@dataclass(slots=True, eq=False)
class Contact:
    """A contact that an order needs. `id`: Odoo's, once it is there. `name`: its external id, within the module."""

    id: int | None = None
    name: str = ""
    kind: str = "contact"
    values: Values = field(default_factory=dict[str, Value])
    parent: Contact | None = None
    failed: str | None = None

    @property
    def external_id(self) -> str:
        return f"{MODULE}.{self.name}"

    @property
    def why_not(self) -> str | None:
        """Why it could not be made, or what it stands below."""
        return self.failed or (self.parent.why_not if self.parent else None)


@dataclass(frozen=True, slots=True)
class Buyer:
    partner: Contact
    invoice: Contact
    delivery: Contact

    def all(self) -> tuple[Contact, Contact, Contact]:
        return self.partner, self.invoice, self.delivery


def external_name(shop_id: int, order_id: int, role: str) -> str:
    """Of a contact that is there for the sake of an order: it goes with the order's own when the mapping is cleared."""
    return f"s{shop_id}.{MappedKind.ORDER}.{order_id}_{role}"


def nobody(shop_id: int) -> str:
    """The reference of the one contact that stands for guests without an e-mail address."""
    return f"shopify:{shop_id}:guest"


def guest_email(order: Order) -> str:
    """As it is compared; empty for a guest who gave none."""
    return email_key(order.email or "") or ""


def guest(shop_id: int, order_id: int, order: Order) -> Contact:
    """A contact for a guest that Odoo does not have."""
    if not guest_email(order):
        values: dict[str, Value] = {"name": "Guest", "ref": nobody(shop_id)}
        return Contact(name=external_name(shop_id, 0, "guest"), values=values)
    email = one_line(order.email)
    billed, sent = order.billing_address, order.shipping_address
    name = _person(billed) or _person(sent) or email
    values = {"name": name, "email": email, "phone": one_line(order.phone)}
    return Contact(name=external_name(shop_id, order_id, "guest"), values=values)


def _person(address: Address | None) -> str:
    return one_line(address.first_name, address.last_name) if address else ""


@dataclass(slots=True)
class Book:
    """Contacts that were read of Odoo, and those that are to be made, each once however many orders need it."""

    shop_id: int
    places: Places
    rows: dict[int, Row]
    may_write_below: bool = True
    _guests: dict[str, Contact] = field(default_factory=dict[str, Contact])
    _below: dict[tuple[Any, ...], Contact] = field(default_factory=dict[tuple[Any, ...], Contact])

    def guests(self, order: Order) -> list[int]:
        """Contacts of Odoo that may be the guest of this order."""
        email = guest_email(order)
        if not email:
            return [id_ for id_, row in self.rows.items() if row["ref"] == nobody(self.shop_id)][:1]
        return [id_ for id_, row in self.rows.items() if row["active"] and _is_somebody(row) and email in _emails(row)]

    def guest(self, order_id: int, order: Order) -> Contact:
        """One that is there if it is the only one, else a new one: ask `guests` first."""
        found, key = self.guests(order), guest_email(order)
        if found:
            return Contact(found[0])
        return self._guests.setdefault(key, guest(self.shop_id, order_id, order))

    def buyer(self, order_id: int, order: Order, partner: Contact) -> Buyer:
        return Buyer(
            partner,
            self._place(order_id, order.billing_address, "invoice", partner),
            self._place(order_id, order.shipping_address, "delivery", partner),
        )

    def _place(self, order_id: int, address: Address | None, role: str, partner: Contact) -> Contact:
        if address is None or not self.may_write_below:
            return partner
        values, _ = place_of(address, self.places)
        if not is_somewhere(values):
            return partner
        if not values["name"]:
            values["name"] = self._name_of(partner)
        there = [partner.id, *self._children(partner)] if partner.id else []
        found = [id_ for id_ in there if id_ in self.rows and _says(self.rows[id_], values)]
        if found:
            return partner if found[0] == partner.id else Contact(found[0])
        key = (id(partner) if partner.id is None else partner.id, *values.values())
        name = external_name(self.shop_id, order_id, role)
        return self._below.setdefault(key, Contact(None, name, role, values, partner))

    def _name_of(self, partner: Contact) -> Value:
        if partner.id is None:
            return partner.values["name"]
        return self.rows[partner.id]["name"] if partner.id in self.rows else ""

    def _children(self, partner: Contact) -> Iterable[int]:
        return (id_ for id_, row in self.rows.items() if row["parent_id"] and row["parent_id"][0] == partner.id)


def _is_somebody(row: Row) -> bool:
    return not row["parent_id"] or row["type"] == "contact"


def _emails(row: Row) -> set[str | None]:
    return {email_key(row[name] or "") for name in ("email", "email_normalized")}


def _says(row: Row, values: Values) -> bool:
    held = row_values(MappedKind.ADDRESS, row)
    return bool(row["active"]) and all(same(name, held[name], values[name]) for name in _TOLD_BY)
