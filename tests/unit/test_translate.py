"""Lines of a bulk file, told apart and turned into rows."""

import json
from typing import Any

import pytest

from mooring.db import tables
from mooring.domain.kinds import Kind
from mooring.domain.proof import unpack
from mooring.domain.records import Customer, Email
from mooring.domain.records_orders import Order
from mooring.domain.translate import LAYOUTS, BadLine, Reader, graft, without_nul
from mooring.domain.translate_orders import REFUND, needs_detail
from mooring.domain.translate_rows import Stamp

STAMP = Stamp("store-1", "2026-11-01T00:00:00Z")
SHAPES = [shape for layout in LAYOUTS.values() for shape in (layout.root, layout.child)] + [REFUND]


def line(type_: str, id_: int, parent: tuple[str, int] | None = None, **fields: object) -> bytes:
    record: dict[str, object] = {"id": f"gid://shopify/{type_}/{id_}", **fields}
    if parent:
        record["__parentId"] = f"gid://shopify/{parent[0]}/{parent[1]}"
    return json.dumps(record, separators=(",", ":")).replace("/", "\\/").encode()


def money(amount: str, presented: str = "") -> dict[str, object]:
    return {
        "shopMoney": {"amount": amount, "currencyCode": "EUR"},
        "presentmentMoney": {"amount": presented or amount, "currencyCode": "USD"},
    }


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.table)
def test_columns_are_those_of_the_table(shape) -> None:
    assert set(shape.columns) <= set(tables.metadata.tables[shape.table].c.keys())
    assert len(set(shape.columns)) == len(shape.columns)
    assert shape.columns[:1] == ("store_id",)
    assert shape.parent is None or shape.parent in shape.columns


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.table)
def test_every_column_without_a_default_is_given(shape) -> None:
    needed = {c.name for c in tables.metadata.tables[shape.table].c if not c.nullable and c.autoincrement is not True}
    assert needed - {"hub_id"} <= set(shape.columns)


def test_roots_and_children_are_told_apart() -> None:
    reader = Reader(Kind.PRODUCTS)
    lines = [
        line("Product", 1, title="A", updatedAt="2026-01-01T00:00:00Z"),
        line("ProductVariant", 11, ("Product", 1), sku="S"),
        line("Product", 2, title="B", updatedAt="2026-01-01T00:00:00Z"),
        line("ProductVariant", 12, ("Product", 1)),
    ]
    rows = reader.rows(reader.records(lines), STAMP)
    assert [row[1:3] for row in rows.roots] == [(1, "A"), (2, "B")]
    assert [row[1:3] for row in rows.children] == [(11, 1), (12, 1)]
    assert sorted(unpack(rows.keys)) == [2, 4, 23, 25]


def test_a_product_in_a_collection_is_a_membership() -> None:
    reader = Reader(Kind.COLLECTIONS)
    lines = [line("Collection", 7, title="C", updatedAt="2026-01-01T00:00:00Z"),
             line("Product", 1, ("Collection", 7)), line("Product", 1, ("Collection", 8))]  # fmt: skip
    rows = reader.rows(reader.records(lines), STAMP)
    assert rows.children == [("store-1", 7, 1), ("store-1", 8, 1)]
    assert len(set(unpack(rows.keys))) == 3


@pytest.mark.parametrize("escape", [True, False])
def test_the_id_may_stand_anywhere(escape: bool) -> None:
    text = b'{"title":"A","updatedAt":"2026-01-01T00:00:00Z","id":"gid://shopify/Product/1"}'
    reader = Reader(Kind.PRODUCTS)
    found = list(reader.records([text.replace(b"/", b"\\/") if escape else text]))
    assert [(is_child, record.title) for is_child, record in found] == [(False, "A")]


BAD = [
    (b"{", "not readable JSON"),
    (b"[]", "not have the shape"),
    (b'{"id":5}', "not have the shape"),
    (b"\xff\xfe", "not readable JSON"),
    (line("Order", 1), "holds a record that was not asked for"),
    (line("Customer", 1, ("Customer", 2)).replace(b'{"id"', b'{"x":1,"id"'), "was not asked for"),
    (line("Customer", 1, firstName=5), "not have the shape"),
]


@pytest.mark.parametrize(("text", "words"), BAD)
def test_a_bad_line_is_named_and_not_shown(text: bytes, words: str) -> None:
    with pytest.raises(BadLine, match=words) as caught:
        list(Reader(Kind.CUSTOMERS).records([line("Customer", 1), text]))
    assert caught.value.line == 2
    assert "Customer/" not in caught.value.sentence


def test_a_bad_id_or_date_is_found_when_rows_are_made() -> None:
    reader = Reader(Kind.CUSTOMERS)
    for text in (line("Customer", 1, updatedAt="yesterday"), line("Customer", 1)):
        with pytest.raises(BadLine, match="an id or a date that is none"):
            reader.rows(reader.records([text]), STAMP)


def test_texts_lose_the_one_character_postgresql_cannot_store() -> None:
    reader = Reader(Kind.CUSTOMERS)
    text = line("Customer", 1, firstName="A\0nn", updatedAt="2026-01-01T00:00:00Z")
    rows = reader.rows(reader.records([text]), STAMP)
    assert "\0" in rows.roots[0][2]
    assert without_nul(rows.roots)[0][2] == "Ann"
    assert "\0" not in rows.roots[0][-1]


def order(**fields: Any) -> Order:
    reader = Reader(Kind.ORDERS)
    text = line("Order", 1, name="#1", updatedAt="2026-01-01T00:00:00Z", **fields)
    return next(record for _, record in reader.records([text]))


SHIPPING = {"originalPriceSet": money("5.00"), "discountedPriceSet": money("3.0")}


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({}, False),
        ({"totalShippingPriceSet": money("0.0")}, False),
        ({"totalShippingPriceSet": money("4.0")}, True),
        ({"totalShippingPriceSet": money("3.00"), "shippingLine": SHIPPING}, False),
        ({"totalShippingPriceSet": money("5.0"), "shippingLine": SHIPPING}, False),
        ({"totalShippingPriceSet": money("8.00"), "shippingLine": SHIPPING}, True),
        ({"refunds": [{"id": "gid://shopify/Refund/1"}]}, True),
    ],
)
def test_which_orders_have_to_be_read_by_id(fields: dict[str, object], due: bool) -> None:
    assert needs_detail(order(**fields)) is due


def test_what_was_not_read_is_given_back() -> None:
    stored = json.dumps(
        {"firstName": "Ann", "lastName": "Lee", "defaultEmailAddress": {"emailAddress": "a@example.com"}}
    )
    record = Customer(id="gid://shopify/Customer/1", last_name="Li")
    graft(record, stored, (("firstName",), ("defaultEmailAddress", "emailAddress")))
    assert (record.first_name, record.last_name) == ("Ann", "Li")
    assert record.default_email_address is None


def test_a_part_of_a_part_is_given_back() -> None:
    stored = json.dumps({"defaultEmailAddress": {"emailAddress": "a@example.com", "marketingState": "SUBSCRIBED"}})
    record = Customer(id="x/1", default_email_address=Email(marketing_state="UNSUBSCRIBED"))
    graft(record, stored, (("defaultEmailAddress", "emailAddress"), ("unknown",)))
    assert record.default_email_address == Email(email_address="a@example.com", marketing_state="UNSUBSCRIBED")
