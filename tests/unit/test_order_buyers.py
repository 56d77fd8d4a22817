"""Whose an order is: guests by their e-mail address, addresses by what they say."""

from __future__ import annotations

from typing import Any

from mooring.domain.order_buyers import Book, Contact, nobody
from mooring.domain.records import Address
from mooring.domain.records_orders import Order
from mooring.domain.translate_odoo_partners import Places

QUAY = Address(first_name="Ann", last_name="Lee", address1="1 Quay", city="Town", zip="1", country_code="US")
HILL = Address(first_name="Ann", last_name="Lee", address1="9 Hill", city="Town", zip="1", country_code="US")


def row(id_: int, **said: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "id": id_, "active": True, "type": "contact", "parent_id": False, "name": "Ann Lee", "ref": False,
        "email": False, "email_normalized": False, "phone": False, "company_name": False, "street": False,
        "street2": False, "city": False, "zip": False, "country_id": False, "state_id": False,
    }  # fmt: skip
    return usual | said


def book(*rows: dict[str, Any], may_write_below: bool = True) -> Book:
    return Book(1, Places({"US": 3}), {one["id"]: one for one in rows}, may_write_below)


AT_QUAY: dict[str, Any] = {"street": "1 Quay", "city": "Town", "zip": "1", "country_id": [3, "US"]}


def test_an_address_is_the_contact_itself_one_below_it_or_a_new_one() -> None:
    known = book(row(5, **AT_QUAY), row(6, parent_id=[5, "Ann"], type="other", **AT_QUAY | {"street": "9 Hill"}))
    both = known.buyer(7, Order(billing_address=QUAY, shipping_address=HILL), Contact(5))
    assert (both.invoice.id, both.delivery.id) == (5, 6)
    far = Address(first_name="Bob", last_name="Lee", address1="1 Quay", city="Town", zip="1", country_code="US")
    new = known.buyer(7, Order(shipping_address=far), Contact(5))
    assert new.invoice is new.partner and new.delivery.id is None
    assert (new.delivery.name, new.delivery.kind) == ("s1.order.7_delivery", "delivery")
    assert known.buyer(8, Order(shipping_address=far), Contact(5)).delivery is new.delivery


def test_an_address_without_a_name_is_its_customers() -> None:
    plain = Address(address1="1 Quay", city="Town", zip="1", country_code="US")
    assert book(row(5, **AT_QUAY)).buyer(7, Order(shipping_address=plain), Contact(5)).delivery.id == 5
    nowhere = Address(first_name="Ann", phone="1")
    assert book(row(5)).buyer(7, Order(shipping_address=nowhere), Contact(5)).delivery.id == 5


def test_without_the_right_to_write_below_everything_goes_to_the_contact() -> None:
    one = book(row(5), may_write_below=False).buyer(7, Order(shipping_address=HILL), Contact(5))
    assert one.delivery is one.partner


def test_guests_are_known_by_their_address_and_nobody_else_is() -> None:
    ann = Order(email="Ann@Example.com", billing_address=QUAY)
    known = book(
        row(5, email="ann@example.com"), row(6, email="ann@example.com", active=False),
        row(7, email="ann@example.com", parent_id=[9, "Shop"], type="delivery"), row(8, ref=nobody(1)),
    )  # fmt: skip
    assert known.guests(ann) == [5]
    assert known.guests(Order()) == [8] and known.guest(9, Order()).id == 8
    empty = book()
    first = empty.guest(9, ann)
    assert (first.name, first.values["name"], first.values["email"]) == (
        "s1.order.9_guest",
        "Ann Lee",
        "Ann@Example.com",
    )
    assert empty.guest(10, ann) is first
    assert empty.guest(11, Order()).values == {"name": "Guest", "ref": nobody(1)}


def test_why_a_contact_is_not_there_is_said_of_what_stands_below_it_too() -> None:
    guest = Contact(failed="No.")
    assert Contact(parent=guest).why_not == "No." and Contact(3).why_not is None
