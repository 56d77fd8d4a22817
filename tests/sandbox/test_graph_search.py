"""The search syntax, against what it should find."""

from __future__ import annotations

import pytest

from tests.sandbox.graphing import Asked, ago, asked, money


@pytest.fixture(scope="module")
def shop() -> Asked:
    found = asked()
    people = [
        (1, "Ada", "Lovelace", "ada@example.com", ["VIP", "eu"], "2026-03-01T10:00:00Z"),
        (2, "Alan", "Turing", "alan.turing@example.com", ["eu"], "2026-03-02T00:00:00Z"),
        (3, "Grace", "O'Hopper", "grace@example.org", [], "2026-03-02T23:59:59Z"),
    ]
    for number, first, last, email, tags, at in people:
        address = {"id": f"gid://shopify/MailingAddress/{number}", "country": "Germany", "countryCodeV2": "DE"}
        held = {"emailAddress": email, "marketingState": "SUBSCRIBED" if number == 1 else "NOT_SUBSCRIBED"}
        found.customer(
            number, firstName=first, lastName=last, email=email, tags=tags, createdAt=at, updatedAt=at,
            defaultEmailAddress=held, addressesV2=[address] if number == 2 else [],
        )  # fmt: skip
    for number, status, price in ((11, "PAID", "10.00"), (12, "PENDING", "99.50")):
        line = {"id": f"gid://shopify/LineItem/{number}", "sku": f"sku-{number}", "title": "Oars"}
        found.put(
            "Order", number, name=f"#{1000 + number}", displayFinancialStatus=status, tags=["web"],
            customerId="gid://shopify/Customer/1", currentTotalPriceSet=money(price), lineItems=[line],
        )  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3]),
        ("ada", [1]),
        ("lovelace ada", [1]),
        ("alan.turing@example.com", [2]),
        ("tur*", [2]),
        ("tag:eu", [1, 2]),
        ("tag:EU -tag:vip", [2]),
        ("tag:vip OR last_name:Turing", [1, 2]),
        ("(tag:vip OR tag:eu) AND NOT first_name:ada", [2]),
        ("email:ada@example.com", [1]),
        ("email:*", [1, 2, 3]),
        ("email:a*", [1, 2]),
        ("country:germany", [2]),
        ("country:DE", [2]),
        ("accepts_marketing:true", [1]),
        ("id:2", [2]),
        ("id:>1 id:<3", [2]),
        ("id:>=2", [2, 3]),
        ('id:"gid://shopify/Customer/3"', [3]),
        ('last_name:"O\'Hopper"', [3]),
        ("last_name:'O\\'Hopper'", [3]),
        ("updated_at:2026-03-02", [2, 3]),
        ("updated_at:>='2026-03-02T00:00:00Z'", [2, 3]),
        ("updated_at:>'2026-03-02T00:00:00Z'", [3]),
        ("updated_at:>2026-03-01", [1, 2, 3]),
        ("updated_at:<2026-03-02", [1]),
        ("updated_at:<=2026-03-01", [1]),
        ("updated_at:>'2026-03-01T10:00:00+02:00'", [1, 2, 3]),
        ("customer_date:<2026-03-02", [1]),
        ("orders_count:2", [1]),
        ("orders_count:>0 OR id:3", [1, 3]),
        ("phone:*", []),
        (")) ada", [1]),
    ],
)
def test_customers(shop: Asked, query: str, expected: list[int]) -> None:
    variables = (
        "query ($q: String) { customers(first: 10, query: $q) { nodes { id } } customersCount(query: $q) { count } }"
    )
    body = shop.body(variables, q=query)
    assert "errors" not in body
    assert [int(n["id"].rsplit("/", 1)[1]) for n in body["data"]["customers"]["nodes"]] == expected
    assert body["data"]["customersCount"]["count"] == len(expected)
    assert "search" not in body["extensions"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name:1011", [11]),
        ("name:#1011", [11]),
        ("financial_status:paid", [11]),
        ("financial_status:paid,pending tag:web", [11, 12]),
        ("current_total_price:>50", [12]),
        ("sku:sku-11", [11]),
        ("customer_id:1", [11, 12]),
        ("status:open", [11, 12]),
        ("fulfillment_status:unfulfilled", [11, 12]),
        ("test:true", []),
        ("oars", [11, 12]),
    ],
)
def test_orders(shop: Asked, query: str, expected: list[int]) -> None:
    assert shop.ids("orders", f'first: 10, sortKey: ID, query: "{query}"') == expected


def test_an_unknown_filter_is_ignored_with_a_warning(shop: Asked) -> None:
    body = shop.body('{ who: customers(first: 5, query: "nonsense:1 tag:vip") { nodes { id } } }')
    assert len(body["data"]["who"]["nodes"]) == 1
    assert body["extensions"]["search"] == [
        {
            "path": ["who"],
            "query": "nonsense:1 tag:vip",
            "parsed": {"and": [{"field": "nonsense", "match_all": "1"}, {"field": "tag", "match_all": "vip"}]},
            "warnings": [
                {"field": "nonsense", "message": "Invalid search field for this query.", "code": "invalid_field"}
            ],
        }
    ]


def test_an_unknown_value_finds_nothing_with_a_warning(shop: Asked) -> None:
    body = shop.body('{ orders(first: 5, query: "financial_status:somehow") { nodes { id } } }')
    warning = body["extensions"]["search"][0]["warnings"][0]
    assert body["data"]["orders"]["nodes"] == []
    assert (warning["code"], warning["message"]) == ("invalid_value", "Input `somehow` is not an accepted value.")


def test_whole_days_for_customers_if_so_set(shop: Asked) -> None:
    query = "first: 10, query: \"updated_at:>'2026-03-02T12:00:00Z'\""
    assert shop.ids("customers", query) == [3]
    shop.graph.customers_by_day = True
    try:
        assert shop.ids("customers", query) == [2, 3]
    finally:
        shop.graph.customers_by_day = False


def test_dates_are_read_in_the_shops_time_zone() -> None:
    found = asked()
    found.state.add_shop(1, "harbour", {**found.state.shop(1), "ianaTimezone": "America/New_York"})
    found.customer(1, updatedAt="2026-03-02T02:00:00Z")
    assert found.ids("customers", 'first: 1, query: "updated_at:2026-03-01"') == [1]
    assert found.ids("customers", 'first: 1, query: "updated_at:2026-03-02"') == []


def test_products_are_found_by_their_variants() -> None:
    found = asked()
    product = found.put("Product", 1, title="Oars", status="ACTIVE", vendor="Levi's", tags=["wood"])
    found.put("Product", 2, title="Sails", status="DRAFT", tags=[])
    found.put("ProductVariant", 5, product["id"], productId=product["id"], sku="OAR-1", price="12.00")
    assert found.ids("products", 'first: 5, query: "sku:OAR-1"') == [1]
    assert found.ids("products", 'first: 5, query: "status:active,draft"') == [1, 2]
    assert found.ids("products", "first: 5, query: \"vendor:'Levi\\\\'s'\"") == [1]
    assert found.ids("products", 'first: 5, query: "price:>=12 tag_not:metal"') == [1]
    assert found.ids("productVariants", 'first: 5, query: "tag:wood product_id:1"') == [5]


def test_old_enough_is_relative_to_nothing_but_the_text(shop: Asked) -> None:
    later = ago(shop.clock, days=-1)
    assert shop.ids("customers", f"first: 5, query: \"updated_at:>'{later}'\"") == []
