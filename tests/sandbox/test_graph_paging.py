"""Connections: every record once in the asked order, forwards and backwards, whatever the sort key."""

from __future__ import annotations

import pytest

from tests.sandbox.graphing import Asked, ago, asked


@pytest.fixture
def shop() -> Asked:
    found = asked()
    for number in range(1, 24):
        name = f"{'abcdef'[number % 6]}{number}"
        stamp = ago(found.clock, hours=number % 5)
        found.customer(number, lastName=name, createdAt=stamp, updatedAt=stamp, tags=["even"] * (number % 2 == 0))
    return found


def walk(shop: Asked, window: str, mark: str, arguments: str) -> list[int]:
    query = f"""query ($mark: String) {{ customers({window}: 4, {mark}: $mark, {arguments}) {{
      nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
    out: list[int] = []
    position = None
    while True:
        page = shop.data(query, mark=position)["customers"]
        ids = [int(n["id"].rsplit("/", 1)[1]) for n in page["nodes"]]
        out = out + ids if window == "first" else ids + out
        more = page["pageInfo"]["hasNextPage" if window == "first" else "hasPreviousPage"]
        if not more:
            return out
        position = page["pageInfo"]["endCursor" if window == "first" else "startCursor"]


@pytest.mark.parametrize("key", ["ID", "CREATED_AT", "UPDATED_AT", "NAME", "LOCATION", "RELEVANCE"])
@pytest.mark.parametrize("reverse", ["true", "false"])
@pytest.mark.parametrize("search", ["", 'query: "tag:even"', 'query: "id:>3 id:<=20"'])
def test_pages_hold_every_record_once_both_ways(shop: Asked, key: str, reverse: str, search: str) -> None:
    arguments = f"sortKey: {key}, reverse: {reverse}, {search}"
    whole = shop.ids("customers", f"first: 250, {arguments}")
    assert walk(shop, "first", "after", arguments) == whole
    assert walk(shop, "last", "before", arguments) == whole
    assert len(set(whole)) == len(whole) > 8


def test_sort_keys_sort(shop: Asked) -> None:
    query = "{ customers(first: 250, sortKey: %s) { nodes { %s } } }"
    names = [n["lastName"] for n in shop.data(query % ("NAME", "lastName"))["customers"]["nodes"]]
    times = [n["updatedAt"] for n in shop.data(query % ("UPDATED_AT", "updatedAt"))["customers"]["nodes"]]
    assert names == sorted(names)
    assert times == sorted(times)


def test_a_computed_order_notices_changes(shop: Asked) -> None:
    before = shop.ids("customers", "first: 1, sortKey: NAME")
    shop.customer(99, lastName="a")
    assert before != shop.ids("customers", "first: 1, sortKey: NAME") == [99]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "you must provide one of first or last"),
        ("first: 1, last: 1", "providing both first and last is not supported"),
        ('first: 1, after: "nonsense"', "Malformed cursor"),
        ('first: 1, after: "e30="', "Malformed cursor"),
    ],
)
def test_a_bad_window_is_refused_and_nulls_the_answer(shop: Asked, arguments: str, message: str) -> None:
    listed = f"({arguments})" if arguments else ""
    body = shop.body(f"{{ many: customers{listed} {{ nodes {{ id }} }} }}")
    assert body["data"] is None
    assert [(e["message"], e["path"], e["extensions"]) for e in body["errors"]] == [
        (message, ["many"], {"code": "BAD_REQUEST"})
    ]


def test_a_page_of_a_large_shop_reads_a_page(shop: Asked) -> None:
    shop.state.put_many(
        1,
        "Customer",
        (({"id": f"gid://shopify/Customer/{n}", "createdAt": ago(shop.clock), "updatedAt": ago(shop.clock)}, None)
         for n in range(1000, 6000)),
    )  # fmt: skip
    read = 0

    def count(_: str) -> None:
        nonlocal read
        read += 1

    shop.state.db.set_trace_callback(count)
    assert len(shop.ids("customers", "first: 50, sortKey: UPDATED_AT, reverse: true")) == 50
    assert shop.data("{ customersCount { count precision } }")["customersCount"] == {
        "count": 5023,
        "precision": "EXACT",
    }
    assert read < 20
    assert shop.data("{ customersCount(limit: 10) { count precision } }")["customersCount"] == {
        "count": 10,
        "precision": "AT_LEAST",
    }


def test_a_connection_of_plain_strings_pages_too(shop: Asked) -> None:
    shop.put("Product", 1, tags=["b", "a", "C"])
    query = """query ($after: String) { productTags(first: 2, after: $after) {
      nodes edges { cursor node } pageInfo { hasNextPage } } }"""
    first = shop.data(query)["productTags"]
    second = shop.data(query, after=first["edges"][-1]["cursor"])["productTags"]
    assert (first["nodes"], first["pageInfo"]["hasNextPage"]) == (["a", "b"], True)
    assert (second["nodes"], second["pageInfo"]["hasNextPage"]) == (["C"], False)
