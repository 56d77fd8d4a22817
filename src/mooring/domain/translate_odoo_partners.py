"""Customers and their addresses -> contacts of Odoo.

The default address stands on the customer's own contact, so that Odoo takes it for invoices and deliveries. Every other
one is a contact below it of type `other`: as `delivery` it would be what Odoo chooses for orders made there by hand.
An address that once was a contact below stays one when it becomes the default.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from mooring.domain.mapping import MappedKind, reference
from mooring.domain.records import Address, Customer, email_key, number
from mooring.domain.translate_odoo import Tree, Value, Wanted, one_line

_NOWHERE: dict[str, Value] = {"street": "", "street2": "", "city": "", "zip": "", "country_id": 0, "state_id": 0}
_ADDRESS = ("name", "company_name", "phone", *_NOWHERE)


@dataclass(frozen=True, slots=True)
class Places:
    """The ids of Odoo's countries by code, and of its states by the codes of country and state."""

    countries: dict[str, int] = field(default_factory=dict[str, int])
    states: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])


def customer(
    shop_id: int,
    customer_id: int,
    body: Customer,
    addresses: Iterable[tuple[int, Address]],
    places: Places,
    *,
    mapped: Collection[int] = (),
    deleted: bool = False,
) -> Tree:
    """`addresses` by their ids; `mapped`: those that are contacts of their own already."""
    found = dict(addresses)
    default_id = number(body.default_address.id) if body.default_address and body.default_address.id else 0
    root = _root(shop_id, customer_id, body, found.get(default_id), places, deleted=deleted)
    others = ((one, address) for one, address in found.items() if one != default_id or one in mapped)
    below = [_below(customer_id, one, address, places) for one, address in others]
    return Tree(root, tuple(_distinct(root, below, mapped)))


def _distinct(root: Wanted, below: Iterable[Wanted], mapped: Collection[int]) -> Iterable[Wanted]:
    """Shopify may hold one address many times; Odoo is given it once. What is a contact already stays one."""
    seen = [{name: root.values.get(name) for name in _ADDRESS}]
    for one in below:
        here = {name: one.values.get(name) for name in _ADDRESS}
        again = here in seen or not any(here[name] for name in _NOWHERE)
        if one.shopify_id in mapped or not again:
            seen.append(here)
            yield one


def _root(
    shop_id: int, customer_id: int, body: Customer, default: Address | None, places: Places, *, deleted: bool
) -> Wanted:
    ref, email = reference(shop_id, customer_id), _email(body)
    where, notes = _where(default, places) if default else (_NOWHERE, ())
    values: dict[str, Value] = {
        "name": _name(customer_id, body, default, email),
        "company_name": one_line(default.company) if default else "",
        "email": email,
        "phone": _phone(body, default),
        **where,
        "ref": ref,
    }
    return Wanted(
        MappedKind.CUSTOMER, customer_id, values, once={"is_company": False, "type": "contact"}, reference=ref,
        email=email_key(email) or "", excluded=_DELETED if deleted else None, notes=notes,
    )  # fmt: skip


_DELETED = "Deleted in Shopify, so it is not synced. What Odoo has stays as it is."


def _name(customer_id: int, body: Customer, default: Address | None, email: str) -> str:
    """Odoo wants a name of everybody."""
    own = one_line(body.first_name, body.last_name)
    of_address = one_line(default.first_name, default.last_name) or one_line(default.company) if default else ""
    return own or of_address or email or f"Shopify customer {customer_id}"


def _email(body: Customer) -> str:
    return one_line(body.default_email_address.email_address if body.default_email_address else None)


def _phone(body: Customer, default: Address | None) -> str:
    own = one_line(body.default_phone_number.phone_number if body.default_phone_number else None)
    return own or one_line(default.phone if default else None)


def _below(customer_id: int, address_id: int, address: Address, places: Places) -> Wanted:
    values, notes = place_of(address, places)
    return Wanted(
        MappedKind.ADDRESS, address_id, values, parent_id=customer_id, once={"is_company": False, "type": "other"},
        notes=notes,
    )  # fmt: skip


def place_of(address: Address, places: Places) -> tuple[dict[str, Value], tuple[str, ...]]:
    """What a contact that is no more than an address says, and what Odoo cannot be told of it."""
    where, notes = _where(address, places)
    values: dict[str, Value] = {
        "name": one_line(address.first_name, address.last_name) or one_line(address.company),
        "company_name": one_line(address.company),
        "phone": one_line(address.phone),
        **where,
    }
    return values, notes


def is_somewhere(values: Mapping[str, Value]) -> bool:
    """Whether an address says any place at all."""
    return any(values.get(name) for name in _NOWHERE)


def _where(address: Address, places: Places) -> tuple[dict[str, Value], tuple[str, ...]]:
    """The address itself, and what Odoo does not know of it: that is left out."""
    country = places.countries.get(address.country_code or "", 0)
    code = (address.province_code or "").removeprefix(f"{address.country_code}-")
    state = places.states.get((address.country_code or "", code), 0) if code else 0
    values: dict[str, Value] = {
        "street": one_line(address.address1),
        "street2": one_line(address.address2),
        "city": one_line(address.city),
        "zip": one_line(address.zip),
        "country_id": country,
        "state_id": state,
    }
    return values, tuple(_unknown(address, country, code, state))


def _unknown(address: Address, country: int, code: str, state: int) -> Iterable[str]:
    if address.country_code and not country:
        yield f"Odoo has no country with the code {address.country_code}; it was left out."
    elif code and not state:
        yield f"Odoo has no state {code} in {address.country_code}; it was left out."
