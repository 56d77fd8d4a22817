"""Bulk rows: the same values as single requests, children apart from their parents unless grouped."""

# ruff: noqa: E501 - GraphQL documents are kept on few lines
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify.catalogue import Sizes, fill, shop_doc
from mooring_sandbox.shopify.graph import Graph
from mooring_sandbox.shopify.state import State
from tests.recordings.seeding import caller_for
from tests.sandbox.graphing import Asked, asked

ORDER = """id name tags test customer { id displayName } totalPriceSet { shopMoney { amount } presentmentMoney { amount } }
  refunds { id totalRefundedSet { shopMoney { amount } } } transactions { id kind parentTransaction { id } }"""
LINE = """id title quantity currentQuantity product { id } discountedTotalSet { shopMoney { amount } }
  discountAllocations { discountApplication { __typename index ... on DiscountCodeApplication { code } } }"""
PRODUCT = "id title totalInventory status seo { title } featuredMedia { id }"
VARIANT = "id sku price inventoryItem { id tracked }"
Row = tuple[dict[str, Any], str | None]


@pytest.fixture(scope="module")
def shop() -> Iterator[Asked]:
    state, clock = State(), Clock()
    state.add_shop(1, "harbour", shop_doc("harbour", seed=3, shop_id=1, as_of=iso(clock.now())))
    fill(state, 1, seed=3, sizes=Sizes(customers=80, orders=300, products=30), clock=clock)
    yield Asked(Graph(state, clock, maximum=1e9, restore_rate=1e9), state, clock, caller_for({}, 1))
    state.close()


def rows(shop: Asked, query: str, grouped: bool = False) -> list[Row]:
    return list(shop.graph.rows(shop.caller, "2026-10", query, grouped=grouped))


def paged(shop: Asked, root: str, selection: str) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    query = f"""query ($after: String) {{ {root}(first: 20, after: $after, sortKey: ID) {{ nodes {{ {selection} }}
      pageInfo {{ hasNextPage endCursor }} }} }}"""
    after = None
    while True:
        page = shop.data(query, after=after)[root]
        out += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return out
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize(
    ("root", "parent", "children", "child"),
    [("orders", ORDER, "lineItems", LINE), ("products", PRODUCT, "variants", VARIANT)],
)
def test_rows_say_what_pages_say(shop: Asked, grouped: bool, root: str, parent: str, children: str, child: str) -> None:
    bulk = f"{{ {root}(sortKey: ID) {{ edges {{ node {{ {parent} {children} {{ edges {{ node {{ {child} }} }} }} }} }} }} }}"
    found = rows(shop, bulk, grouped)
    single = paged(shop, root, f"{parent} {children}(first: 100) {{ nodes {{ {child} }} }}")
    by_parent: dict[str, list[dict[str, Any]]] = {}
    for row, owner in found:
        if owner is not None:
            by_parent.setdefault(owner, []).append(row)
    assert [row for row, owner in found if owner is None] == [
        {k: v for k, v in node.items() if k != children} for node in single
    ]
    assert all(by_parent.get(n["id"], []) == n[children]["nodes"] for n in single if len(n[children]["nodes"]) < 100)


def is_adjacent(found: list[Row]) -> bool:
    """Whether every child follows its parent with nothing but siblings between."""
    current = None
    for row, owner in found:
        if owner is None:
            current = row["id"]
        elif owner != current:
            return False
    return True


def test_children_do_not_follow_their_parent_unless_grouped(shop: Asked) -> None:
    query = "{ orders { edges { node { id lineItems { edges { node { id } } } } } } }"
    together, apart = rows(shop, query, grouped=True), rows(shop, query)
    assert is_adjacent(together)
    assert not is_adjacent(apart)
    assert sorted(map(str, together)) == sorted(map(str, apart))
    seen: set[str] = set()
    for row, owner in apart:
        assert owner is None or owner in seen
        seen.add(row["id"])


def test_two_levels_of_connections() -> None:
    found = asked()
    product = found.put("Product", 1, title="Oars")
    variant = found.put("ProductVariant", 2, product["id"], productId=product["id"], title="Long")
    found.put("Metafield", 3, variant["id"], namespace="custom", key="k", value="v", type="json", ownerId=variant["id"])
    query = """{ products { edges { node { id variants { edges { node { id title
      metafields { edges { node { id key } } } } } } } } } }"""
    assert rows(found, query) == [
        ({"id": product["id"]}, None),
        ({"id": variant["id"], "title": "Long"}, product["id"]),
        ({"id": "gid://shopify/Metafield/3", "key": "k"}, variant["id"]),
    ]


def test_a_connection_inside_an_object_belongs_to_the_row() -> None:
    found = asked()
    product = found.put("Product", 1, title="Oars")
    level = {
        "id": "gid://shopify/InventoryLevel/9?inventory_item_id=4",
        "quantities": [{"name": "available", "quantity": 7}],
    }
    item = found.put("InventoryItem", 4, "gid://shopify/ProductVariant/2", inventoryLevels=[level])
    found.put("ProductVariant", 2, product["id"], productId=product["id"], inventoryItemId=item["id"])
    query = """{ productVariants { edges { node { id inventoryItem { id
      inventoryLevels { edges { node { id quantities(names: ["available"]) { quantity } } } } } } } } }"""
    assert rows(found, query) == [
        ({"id": "gid://shopify/ProductVariant/2", "inventoryItem": {"id": item["id"]}}, None),
        ({"id": level["id"], "quantities": [{"quantity": 7}]}, "gid://shopify/ProductVariant/2"),
    ]


def test_search_sort_aliases_fragments_and_skips_apply() -> None:
    found = asked()
    for number in (1, 2, 3):
        found.customer(number, tags=["a"] if number != 2 else [])
    query = """query Q { customers(query: "tag:a", sortKey: ID, reverse: true) { edges { node { ...F gone: email @skip(if: true) } } } }
      fragment F on Customer { id kind: __typename ... on Customer { name: firstName } }"""
    kind = "Customer"
    assert rows(found, query) == [
        ({"id": f"gid://shopify/Customer/{n}", "kind": kind, "name": f"Person {n}"}, None) for n in (3, 1)
    ]


def test_rows_leave_no_loops_behind(shop: Asked) -> None:
    held = shop.state.get(1, "Order", int(rows(shop, "{orders{edges{node{id}}}}")[0][0]["id"].rsplit("/", 1)[1]))
    assert held is not None
    assert not [k for k in held if k.startswith("$owner")]
