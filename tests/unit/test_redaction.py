"""What is left of an order without its person, and that it stays so however often it is read again."""

from __future__ import annotations

from typing import Any

import msgspec

from mooring.domain.records import Address, Customer
from mooring.domain.records_orders import Line, Order
from mooring.domain.redaction import Forgotten, incoming, redacted
from mooring.domain.translate_orders import LINE, ORDER
from mooring.domain.translate_rows import ADDRESS, CUSTOMER, PRODUCT, Row, Stamp

STAMP = Stamp("store", "2026-01-02T00:00:00Z")
PERSON = {"firstName": "Zoe", "lastName": "Q", "address1": "Zoe's road", "city": "Zoetown", "countryCodeV2": "DE"}
TEN = {"amount": "10.00", "currencyCode": "EUR"}


def order(number: int = 1, customer: int | None = 7, **more: Any) -> Row:
    facts: dict[str, Any] = {
        "id": f"gid://shopify/Order/{number}", "name": "#1001", "updatedAt": "2026-01-01T00:00:00Z",
        "customer": {"id": f"gid://shopify/Customer/{customer}"} if customer else None, "email": "zoe@example.com",
        "phone": "+491", "note": "for Zoe", "billingAddress": PERSON, "shippingAddress": PERSON,
        "customAttributes": [{"key": "to", "value": "Zoe"}], "currencyCode": "EUR", "presentmentCurrencyCode": "EUR",
        "totalPriceSet": {"shopMoney": TEN, "presentmentMoney": TEN},
    } | more  # fmt: skip
    return ORDER.row(msgspec.convert(facts, Order), STAMP)


def fact(row: Row, name: str) -> Any:
    return row[ORDER.columns.index(name)]


def test_the_person_goes_and_the_bookkeeping_stays() -> None:
    after = redacted(ORDER, order())
    assert "zoe" not in repr(after).lower()
    assert [fact(after, name) for name in ("name", "total", "currency", "updated_at", "customer_id")] == [
        "#1001", "10.00", "EUR", "2026-01-01T00:00:00Z", None,
    ]  # fmt: skip
    assert '"countryCodeV2":"DE"' in fact(after, "body")


def test_it_has_one_form_however_it_was_reached() -> None:
    """So that an import which reads it again finds nothing new."""
    once = redacted(ORDER, order())
    assert redacted(ORDER, once) == once
    already = order(
        customer=None, email=None, phone=None, note=None, customAttributes=[],
        billingAddress={"countryCodeV2": "DE"}, shippingAddress={"countryCodeV2": "DE"},
    )  # fmt: skip
    assert fact(already, "content_hash") == fact(once, "content_hash")


def test_what_comes_in_of_the_forgotten_is_left_out_or_redacted() -> None:
    forgotten = Forgotten(customers=frozenset({7}), orders=frozenset({2}))
    people = [CUSTOMER.row(Customer(id=f"x/{one}", updated_at="2026-01-01T00:00:00Z"), STAMP) for one in (7, 8)]
    assert [row[1] for row in incoming(forgotten, CUSTOMER, people)] == [8]
    homes = [ADDRESS.row(Address(id=f"x/{one}", parent_id=f"x/{one}"), STAMP) for one in (7, 8)]
    assert [row[1] for row in incoming(forgotten, ADDRESS, homes)] == [8]
    orders = incoming(forgotten, ORDER, [order(1, 7), order(2, 8), order(3, 8)])
    assert ["zoe@example.com" in repr(row) for row in orders] == [False, False, True]
    engraved = Line(id="x/5", parent_id="x/2", title="Cup", custom_attributes=msgspec.convert(
        [{"key": "Engraving", "value": "Zoe"}], tuple[Any, ...]))  # fmt: skip
    [line] = incoming(forgotten, LINE, [LINE.row(engraved, STAMP)])
    assert "Zoe" not in repr(line)
    assert incoming(forgotten, PRODUCT, []) == []
