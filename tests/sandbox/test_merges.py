"""customerMerge: what stays, what goes, who is told, and what is refused."""

from __future__ import annotations

import pytest

from tests.sandbox.graphing import SCOPES, SHOP_ID, Asked, asked, money

MERGE = (
    "mutation ($one: ID!, $two: ID!, $override: CustomerMergeOverrideFields) {"
    " customerMerge(customerOneId: $one, customerTwoId: $two, overrideFields: $override)"
    " { resultingCustomerId job { id done } userErrors { code field message } } }"
)


def gid(number: int) -> str:
    return f"gid://shopify/Customer/{number}"


@pytest.fixture
def shop() -> Asked:
    shop = asked().having(scopes=SCOPES | {"read_customer_merge", "write_customer_merge"})
    for number, email in ((1, "one@example.com"), (2, "two@example.com"), (3, None)):
        held = {"emailAddress": email, "marketingState": "SUBSCRIBED"} if email else None
        shop.customer(
            number, email=email, phone=None, lastName=f"Last {number}", defaultEmailAddress=held, note=None,
            defaultPhoneNumber=None, addressesV2=[], defaultAddressId=None, tags=[f"t{number}"], numberOfOrders="0",
            lastOrderId=None, amountSpent=money("0.00")["shopMoney"],
        )  # fmt: skip
    return shop


def merge(shop: Asked, one: int, two: int, **override: object) -> dict:
    return shop.data(MERGE, one=gid(one), two=gid(two), override=override or None)["customerMerge"]


def test_one_stays_with_what_both_had_and_the_other_is_gone(shop: Asked) -> None:
    told = []
    shop.state.listen(lambda _, topic, __, doc: told.append((topic, doc.get("$payload"))))
    done = merge(shop, 1, 2)
    assert (done["resultingCustomerId"], done["userErrors"]) == (gid(2), [])
    assert shop.state.get(SHOP_ID, "Customer", 1) is None
    kept = shop.state.get(SHOP_ID, "Customer", 2) or {}
    assert (kept["email"], kept["tags"]) == ("two@example.com", ["t1", "t2"])
    payload = dict(told)["CUSTOMERS_MERGE"]
    assert payload["admin_graphql_api_customer_kept_id"] == gid(2)
    assert payload["admin_graphql_api_customer_deleted_id"] == gid(1)
    assert payload["admin_graphql_api_job_id"] == done["job"]["id"]


def test_the_one_with_an_email_address_stays(shop: Asked) -> None:
    assert merge(shop, 1, 3)["resultingCustomerId"] == gid(1)


def test_overrides_say_whose_field_stays(shop: Asked) -> None:
    merge(shop, 1, 2, customerIdOfFirstNameToKeep=gid(1), customerIdOfEmailToKeep=gid(1), note="both", tags=["x"])
    kept = shop.state.get(SHOP_ID, "Customer", 2) or {}
    assert (kept["firstName"], kept["lastName"], kept["email"]) == ("Person 1", "Last 2", "one@example.com")
    assert (kept["note"], kept["tags"]) == ("both", ["x"])


def test_how_it_went_can_be_asked(shop: Asked) -> None:
    job = merge(shop, 1, 2)["job"]["id"]
    asked_for = shop.data(
        "query ($id: ID!) { customerMergeJobStatus(jobId: $id) { status resultingCustomerId } }", id=job
    )
    assert asked_for["customerMergeJobStatus"] == {"status": "COMPLETED", "resultingCustomerId": gid(2)}


@pytest.mark.parametrize(
    ("one", "two", "override", "code"),
    [
        (1, 9, {}, "INVALID_CUSTOMER_ID"),
        (1, 1, {}, "INVALID_CUSTOMER"),
        (1, 2, {"customerIdOfEmailToKeep": gid(3)}, "OVERRIDE_ATTRIBUTE_INVALID"),
    ],
)
def test_what_cannot_be_merged_is_refused_and_nothing_changes(shop: Asked, one, two, override, code) -> None:
    refused = merge(shop, one, two, **override)
    assert (refused["resultingCustomerId"], refused["userErrors"][0]["code"]) == (None, code)
    assert shop.state.count(SHOP_ID, "Customer") == 3


def test_it_needs_its_scope(shop: Asked) -> None:
    body = shop.having(scopes=SCOPES).body(MERGE, one=gid(1), two=gid(2))
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
