"""One record, one form, one hash: whatever path it came on."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.records import (
    Address,
    Collection,
    Customer,
    Product,
    Record,
    Variant,
    email_key,
    folded,
    moment,
    number,
    phone_key,
    seal,
)
from mooring.domain.records_orders import Line, Order, Refund

CUSTOMER: dict[str, object] = {
    "id": "gid://shopify/Customer/5",
    "firstName": "Zoë\u2028/",
    "lastName": None,
    "tags": ["a", "b"],
    "note": "first\nsecond \U0001f980",
    "numberOfOrders": "3",
    "amountSpent": {"amount": "12.50", "currencyCode": "EUR"},
    "defaultEmailAddress": {"emailAddress": "zoe@example.com", "marketingState": "SUBSCRIBED"},
    "updatedAt": "2026-11-01T10:00:00Z",
}


def sealed(text: bytes, record: type[Record] = Customer) -> tuple[bytes, str]:
    return seal(msgspec.json.decode(text, type=record))


def as_bulk_writes_it(record: dict[str, object]) -> bytes:
    """Slashes and everything beyond ASCII escaped."""
    return json.dumps(record).replace("/", "\\/").encode()


def as_an_answer_writes_it(record: dict[str, object]) -> bytes:
    """Keys in another order, nothing escaped that need not be, spaces."""
    return json.dumps(dict(reversed(record.items())), ensure_ascii=False, indent=1).encode()


def test_escapes_order_and_space_change_no_hash() -> None:
    assert sealed(as_bulk_writes_it(CUSTOMER)) == sealed(as_an_answer_writes_it(CUSTOMER))


def test_absent_null_and_empty_are_the_same() -> None:
    bare = {"id": "gid://shopify/Customer/5", "firstName": "Ann"}
    padded = bare | {"lastName": None, "tags": [], "taxExemptions": [], "defaultAddress": None}
    assert sealed(json.dumps(bare).encode()) == sealed(json.dumps(padded).encode())


def test_numbers_have_one_form() -> None:
    lines = [b'{"id":"x/1","taxLines":[{"rate":%s}]}' % rate for rate in (b"0.2", b"2e-1", b"0.20")]
    assert len({sealed(line, Line) for line in lines}) == 1


def test_dates_and_ids_are_not_in_the_form() -> None:
    later = CUSTOMER | {"updatedAt": "2026-11-02T10:00:00Z", "id": "gid://shopify/Customer/6"}
    assert sealed(as_bulk_writes_it(CUSTOMER)) == sealed(as_bulk_writes_it(later))
    body = json.loads(sealed(as_bulk_writes_it(CUSTOMER))[1])
    assert body.keys().isdisjoint({"id", "updatedAt", "__parentId"})


def test_fields_nobody_asked_for_change_no_hash() -> None:
    more = CUSTOMER | {"metafield": {"value": "1"}, "__typename": "Customer"}
    assert sealed(as_bulk_writes_it(CUSTOMER)) == sealed(as_bulk_writes_it(more))


@pytest.mark.parametrize("change", [{"firstName": "Zoe"}, {"tags": ["b", "a"]}, {"numberOfOrders": "4"}])
def test_content_changes_the_hash(change: dict[str, object]) -> None:
    assert sealed(as_bulk_writes_it(CUSTOMER)) != sealed(as_bulk_writes_it(CUSTOMER | change))


@given(st.text(), st.lists(st.text()))
def test_any_text_survives(name: str, tags: list[str]) -> None:
    record = {"id": "gid://shopify/Customer/5", "firstName": name, "tags": tags}
    one, other = sealed(as_bulk_writes_it(record)), sealed(as_an_answer_writes_it(record))
    assert one == other
    assert json.loads(one[1]).get("firstName") == name


@pytest.mark.parametrize("record", [Address, Collection, Customer, Line, Order, Product, Refund, Variant])
def test_a_form_can_be_read_again(record: type[Record]) -> None:
    digest, body = sealed(b'{"id":"gid://shopify/X/1"}', record)
    assert sealed(body.encode(), record)[0] == digest


@pytest.mark.parametrize(
    ("gid", "wanted"),
    [
        ("gid://shopify/Order/5", 5),
        ("gid://shopify/MailingAddress/8590130544690?model_name=CustomerAddress", 8590130544690),
    ],
)
def test_numbers_of_gids(gid: str, wanted: int) -> None:
    assert number(gid) == wanted


@pytest.mark.parametrize("gid", ["", "gid://shopify/Order/", "gid://shopify/Order/x"])
def test_what_is_no_gid_is_refused(gid: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        number(gid)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-07-19T12:41:45Z", "2026-07-19T12:41:45Z"),
        ("2026-07-19T14:41:45+02:00", "2026-07-19T12:41:45Z"),
        ("2026-07-19T12:41:45.987Z", "2026-07-19T12:41:45Z"),
    ],
)
def test_moments_have_one_form(text: str, wanted: str) -> None:
    assert moment(text) == wanted


def test_keys_of_addresses() -> None:
    assert email_key(" Ann@Example.COM ") == "ann@example.com"
    assert phone_key("+49 (0)171-55 5") == "+490171555"
    assert (email_key(None), email_key(" "), phone_key(None), phone_key("-")) == (None, None, None, None)


def test_search_text_is_folded() -> None:
    assert folded("  STRASSE\t Straße ") == "strasse strasse"
