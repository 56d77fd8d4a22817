"""What a webhook is about: the bodies Shopify documents, shrunk ones, and whatever else may come."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.topics import COMPLIANCE, TOPICS, PrivacyRequest, Signal, is_topic, number, read, read_request
from mooring.errors import Permanent

GID = "gid://shopify/Customer/7"
BODIES: list[tuple[str, Any, Signal]] = [
    ("customers/update", {"id": 7, "email": "x"}, Signal("customers", 7)),
    ("customers/create", {"admin_graphql_api_id": GID}, Signal("customers", 7)),
    ("customers/delete", {"id": 7}, Signal("customers", 7)),
    ("customers_email_marketing_consent/update", {"customer_id": 7, "email_address": "x"}, Signal("customers", 7)),
    ("customers_marketing_consent/update", {"id": 7, "phone": None}, Signal("customers", 7)),
    ("customer.tags_added", {"customerId": GID, "tags": ["a"]}, Signal("customers", 7)),
    ("customer.tags_removed", {"customerId": GID}, Signal("customers", 7)),
    ("orders/updated", {"id": 8}, Signal("orders", 8)),
    ("orders/edited", {"order_edit": {"id": 1, "order_id": 8}}, Signal("orders", 8)),
    ("orders/edited", {"id": 8}, Signal("orders", 8)),
    ("refunds/create", {"id": 1, "order_id": 8}, Signal("orders", 8)),
    ("order_transactions/create", {"id": 1, "order_id": 8}, Signal("orders", 8)),
    ("fulfillments/update", {"id": 1, "order_id": 8}, Signal("orders", 8)),
    ("products/delete", {"id": 9}, Signal("products", 9)),
    ("collections/update", {"id": 10}, Signal("collections", 10)),
    ("bulk_operations/finish", {"admin_graphql_api_id": "gid://shopify/BulkOperation/3"}, Signal("bulk", 3)),
    ("app/uninstalled", {"id": 5, "domain": None}, Signal("app", 5)),
    ("app/uninstalled", {}, Signal("app", None)),
    ("app/scopes_update", {"id": 1, "shop_id": "gid://shopify/Shop/5"}, Signal("app", 5)),
    ("shop/update", {"id": 5}, Signal("shop", 5)),
]


@pytest.mark.parametrize(("topic", "body", "signal"), BODIES, ids=[f"{t}-{n}" for n, (t, _, _) in enumerate(BODIES)])
def test_a_body_says_what_changed(topic: str, body: Any, signal: Signal) -> None:
    assert read(TOPICS[topic], json.dumps(body).encode()) == signal


def test_a_merge_names_the_one_that_stays() -> None:
    body = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
        "status": "completed",
        "errors": [],
    }
    assert read(TOPICS["customers/merge"], json.dumps(body).encode()) == Signal("customers", 2, 1)


@pytest.mark.parametrize("status", ["failed", "in_progress", "requested"])
def test_a_merge_that_did_not_happen_is_none(status: str) -> None:
    ids = {f"admin_graphql_api_customer_{which}_id": GID for which in ("kept", "deleted")}
    body = json.dumps(ids | {"status": status}).encode()
    assert read(TOPICS["customers/merge"], body) == Signal("customers", 7, None)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b"null", b'{"id": 0}', b'{"id": -1}', b'{"id": "x"}', b'{"id": 9223372036854775808}',
     b'{"id": 1.5}', b'{"id": true}', b'{"ids": 7}', b"\xff\xfe", b'{"id":' + b"[" * 100_000, b"{}"],
)  # fmt: skip
def test_what_cannot_be_read_is_said(body: bytes) -> None:
    with pytest.raises(Permanent) as refused:
        read(TOPICS["orders/updated"], body)
    assert "body" in refused.value.sentence


def test_one_odd_field_spoils_nothing() -> None:
    assert read(TOPICS["orders/updated"], b'{"id": 8, "customer_id": {"a": []}, "status": 5}') == Signal("orders", 8)


def test_the_names_of_topics_are_known_from_their_looks() -> None:
    assert all(is_topic(name) for name in [*TOPICS, *COMPLIANCE, "mooring/test"])
    assert not any(is_topic(text) for text in ["", "orders", "orders/", "a/b/c", "Orders/x", "a/b\n", "x" * 99 + "/y"])


def test_enums_are_spelt_as_graphql_spells_them() -> None:
    assert TOPICS["customer.tags_added"].enum == "CUSTOMER_TAGS_ADDED"
    assert TOPICS["customers_email_marketing_consent/update"].enum == "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE"


@pytest.mark.parametrize("topic", [one for one in TOPICS.values() if one.fields and not one.optional])
def test_what_a_subscription_asks_for_holds_the_id_and_tells_changes_apart(topic: Any) -> None:
    assert set(topic.fields) & set(topic.ids)
    assert len(topic.fields) > 1, "an id alone would make all deliveries of a record look alike"


# -- compliance ----------------------------------------------------------------------------------------------------


def test_a_privacy_request_is_read_from_its_body() -> None:
    body = {
        "shop_id": 954889,
        "shop_domain": "Harbour.myshopify.com",
        "customer": {"id": 7, "email": "Ada@example.com", "phone": "555-625-1199"},
        "orders_to_redact": [1, "2", None, -3],
    }
    expected = PrivacyRequest(954889, "harbour.myshopify.com", 7, "Ada@example.com", "555-625-1199", (1, 2), None)
    assert read_request("customers/redact", json.dumps(body).encode()) == expected


def test_a_data_request_has_a_number_and_a_shop_none_of_it() -> None:
    shop = {"shop_id": 5, "shop_domain": "harbour.myshopify.com"}
    asked = shop | {"customer": {"id": 7}, "orders_requested": [3], "data_request": {"id": 9999}}
    found = read_request("customers/data_request", json.dumps(asked).encode())
    assert (found.order_ids, found.request_id, found.email) == ((3,), 9999, None)
    assert read_request("shop/redact", json.dumps(shop).encode()).customer_id is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"shop_id": 5},
        {"shop_id": 5, "shop_domain": "x.example.com", "customer": {"id": 7}},
        {"shop_id": 5, "shop_domain": "harbour.myshopify.com"},
        {"shop_id": 5, "shop_domain": "harbour.myshopify.com", "customer": {"id": None}},
        {"shop_id": 5, "shop_domain": "harbour.myshopify.com", "customer": []},
    ],
)
def test_a_privacy_request_without_its_subject_is_said(body: Any) -> None:
    with pytest.raises(Permanent):
        read_request("customers/redact", json.dumps(body).encode())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["id", "admin_graphql_api_id", "order_id", "order_edit", "customer_id", "customerId", "status", "shop_id",
     "shop_domain", "customer", "orders_to_redact", "data_request", "admin_graphql_api_customer_kept_id"]
)  # fmt: skip


@given(
    topic=st.sampled_from([*TOPICS]),
    body=st.binary() | st.dictionaries(names, json_values).map(lambda value: json.dumps(value).encode()),
)
def test_whatever_comes_is_a_signal_or_a_sentence(topic: str, body: bytes) -> None:
    try:
        signal = read(TOPICS[topic], body)
    except Permanent as error:
        assert error.sentence
    else:
        assert signal.record_id is None or 0 < signal.record_id < 2**63
    for name in COMPLIANCE:
        try:
            read_request(name, body)
        except Permanent as error:
            assert error.sentence


@given(value=json_values)
def test_an_id_is_a_positive_number_of_64_bits(value: Any) -> None:
    found = number(value)
    assert found is None or 0 < found < 2**63
