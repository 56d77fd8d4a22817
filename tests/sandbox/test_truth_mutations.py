"""Refusals of mutations in the server's own words, recorded on 2025-01 and 2026-04 besides the shared scenarios."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.graphing import Asked, Doc, asked

CUSTOMER = "gid://shopify/Customer/1"
ITEM, PLACE = "gid://shopify/InventoryItem/5", "gid://shopify/Location/6"
WEBHOOK = """mutation($topic: WebhookSubscriptionTopic!, $given: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $given) {
    webhookSubscription { uri metafieldNamespaces } userErrors { field message } } }"""
SET = """mutation($given: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $given) {
  metafields { value jsonValue } userErrors { field message code elementIndex } } }"""
CONSENT = """mutation($given: CustomerEmailMarketingConsentUpdateInput!) {
  customerEmailMarketingConsentUpdate(input: $given) {
    customer { defaultEmailAddress { marketingState marketingUpdatedAt } } userErrors { field message code } } }"""
SMS_CONSENT = """mutation($given: CustomerSmsMarketingConsentUpdateInput!) {
  customerSmsMarketingConsentUpdate(input: $given) { customer { id } userErrors { message code } } }"""
ADJUST = """mutation($given: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $given) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { name delta ledgerDocumentUri } } userErrors { field message code } } }"""
STOCK = """mutation($given: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $given) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { name delta } } userErrors { field message code } } }"""
REASONS = (
    "The specified reason is invalid. Valid values are: correction, cycle_count_available, damaged, movement_canceled,"
    " movement_created, movement_received, movement_updated, other, promotion, quality_control, received,"
    " reservation_created, reservation_deleted, reservation_updated, restock, safety_stock, shrinkage."
)


@pytest.fixture
def shop() -> Asked:
    made = asked()
    made.customer(1, defaultEmailAddress={"emailAddress": "ada@example.com", "marketingState": "NOT_SUBSCRIBED"})
    made.put("Product", 3, title="Cup", tags=[])
    made.put("Location", 6, name="Shelf", isActive=True)
    made.put("InventoryItem", 5, tracked=True, inventoryLevels=[])
    return made


def only(data: Doc) -> Any:
    return next(iter(data.values()))


def said(payload: Doc) -> list[str]:
    return [error["message"] for error in payload["userErrors"]]


# -- webhook subscriptions ------------------------------------------------------------------------------------------


def subscribe(shop: Asked, topic: str = "SHOP_UPDATE", **given: Any) -> Doc:
    return only(shop.data(WEBHOOK, topic=topic, given={"uri": "https://app.example.com/hooks", **given}))


@pytest.mark.parametrize(
    ("uri", "problems"),
    [
        ("   ", ["Address can't be blank"]),
        ("https://", ["Address is invalid"]),
        ("https://[", ["Address is invalid"]),
        ("ws://app.example.com/hooks", ["Address protocol ws:// is not supported"]),
        ("kafka://broker/topic", ["Address protocol kafka:// is not supported", "Address is not a valid kafka topic"]),
        ("pubsub://my-project", ["Address protocol pubsub:// is not supported",
          "Address is not a valid GCP pub/sub format. Format should be pubsub://project:topic"]),
        ("pubsub://-bad:topic", ["Address is invalid", "Address is not a valid GCP project id."]),
        ("pubsub://valid-project:goog-prefixed", ["Address is invalid", "Address is not a valid GCP topic id."]),
        ("pubsub://valid-project:1topic", ["Address is invalid", "Address is not a valid GCP topic id."]),
        ("pubsub://123456789012:valid%25topic", []),
        ("arn:aws:events:bogus", ["Address is invalid", "Address is not a valid AWS ARN"]),
        ("arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/source", ["Address is invalid",
          "Address is an AWS ARN and includes api_client_id '1' instead of '7'"]),
        ("arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/7/source", []),
        ("https://example.com/" + "a" * 65_516, ["Address is too big (maximum is 64 KB)"]),
    ],
)  # fmt: skip
def test_an_address_of_a_webhook_is_refused_for_all_its_reasons(shop: Asked, uri: str, problems: list[str]):
    answer = subscribe(shop, uri=uri)
    assert said(answer) == problems
    assert all(error["field"] == ["webhookSubscription", "callbackUrl"] for error in answer["userErrors"])


def test_blanks_around_an_address_are_dropped_and_namespaces_are_kept_resolved(shop: Asked):
    answer = subscribe(shop, uri="  https://example.com/h  ", metafieldNamespaces=["$app:sync", "custom"])
    assert answer["webhookSubscription"] == {
        "uri": "https://example.com/h",
        "metafieldNamespaces": ["app--7--sync", "custom"],
    }


@pytest.mark.parametrize(
    ("topic", "given", "field", "problems"),
    [
        ("RETURNS_APPROVE", {"format": "XML"}, "format",
         ["Format 'xml' is invalid for this webhook topic. Allowed formats: json"]),
        ("SHOP_UPDATE", {"format": "XML", "uri": "pubsub://valid-project:topic"}, "format",
         ["Format can only be used with format: 'json'"]),
        ("SHOP_UPDATE", {"name": ""}, "name", ["Name is too short (minimum is 1 character)",
         "Name name field can only contain alphanumeric characters, underscores, and hyphens"]),
        ("SHOP_UPDATE", {"name": "has spaces"}, "name",
         ["Name name field can only contain alphanumeric characters, underscores, and hyphens"]),
        ("SHOP_UPDATE", {"name": "x" * 51}, "name", ["Name is too long (maximum is 50 characters)"]),
        ("ORDERS_PAID", {"format": "XML", "name": "paid-orders_1"}, "", []),
    ],
)  # fmt: skip
def test_format_and_name_of_a_webhook(shop: Asked, topic: str, given: Doc, field: str, problems: list[str]):
    answer = subscribe(shop, topic, **given)
    assert said(answer) == problems
    assert all(error["field"] == ["webhookSubscription", field] for error in answer["userErrors"])


# -- metafields -----------------------------------------------------------------------------------------------------


def set_one(shop: Asked, type_: str, value: str, namespace: str = "loyalty", key: str = "tier") -> Doc:
    given = {"ownerId": CUSTOMER, "namespace": namespace, "key": key, "type": type_, "value": value}
    return only(shop.data(SET, given=[given]))


@pytest.mark.parametrize(
    ("type_", "value", "problem"),
    [
        ("number_integer", "+5", "Value must be an integer."),
        ("boolean", "yes", "Value must be true or false."),
        ("json", "", "Value can't be blank."),
        ("money", "[]", "Value must be a stringified JSON object with amount (numeric) and currency_code (string matching the shop's currency) fields."),  # noqa: E501
        ("money", '{"amount":"1.00","currency_code":""}', "Value must have a currency code."),
        ("money", '{"amount":"1.00","currency_code":"ZZZ"}', "Value contains an invalid currency, ZZZ."),
        ("money", '{"amount":"abc","currency_code":"USD"}', "Value must have a numeric amount."),
        ("money", '{"amount":"1000000000000000001","currency_code":"CAD"}', "Value must be within +/-1000000000000000000."),  # noqa: E501
        ("url", "example.com", """Value cannot have an empty scheme (protocol), must include one of the following URL schemes: ["http", "https", "mailto", "sms", "tel"].'"""),  # noqa: E501
        ("url", "ftp://x", "Value must be one of the following URL schemes: http, https, mailto, sms, tel."),
        ("product_reference", "gid://shopify/Product/not-a-product", "Value references non-existent resource gid://shopify/Product/not-a-product."),
        ("list.product_reference", '["gid://shopify/Product/3", "gid://shopify/Product/4"]', "Value references non-existent resource gid://shopify/Product/4."),  # noqa: E501
        ("variant_reference", "gid://shopify/Product/3", "Value references non-existent resource gid://shopify/Product/3."),
    ],
)  # fmt: skip
def test_a_metafield_value_that_does_not_fit(shop: Asked, type_: str, value: str, problem: str):
    answer = set_one(shop, type_, value)
    assert answer["userErrors"] == [
        {"field": ["metafields", "0", "value"], "message": problem, "code": "INVALID_VALUE", "elementIndex": None}
    ]


@pytest.mark.parametrize(
    ("type_", "value", "kept", "json_value"),
    [
        ("boolean", " TRUE ", "true", True),
        ("boolean", "1", "true", True),
        ("boolean", "f", "false", "false"),
        ("number_integer", "5.000", "5", 5),
        ("number_decimal", "1.1234567891", "1.123456789", "1.123456789"),
        ("product_reference", "gid://shopify/Product/3", "gid://shopify/Product/3", "gid://shopify/Product/3"),
    ],
)
def test_a_metafield_value_is_kept_in_its_plain_form(shop: Asked, type_: str, value: str, kept: str, json_value: Any):
    assert set_one(shop, type_, value)["metafields"] == [{"value": kept, "jsonValue": json_value}]


@pytest.mark.parametrize("namespace", ["protected", "shopify_standard", "shopify-l10n-fields"])
def test_values_in_reserved_namespaces_are_refused_without_a_code(shop: Asked, namespace: str):
    (error,) = set_one(shop, "json", "1", namespace)["userErrors"]
    assert (error["message"], error["code"]) == (f"Namespace {namespace} is a reserved namespace", None)


def test_odd_characters_matter_for_definitions_only(shop: Asked):
    assert set_one(shop, "json", "1", "bad$namespace", "bad$key")["userErrors"] == []
    create = """mutation($given: MetafieldDefinitionInput!) { metafieldDefinitionCreate(definition: $given) {
      userErrors { field message code } } }"""
    given = {"name": "N" * 256, "namespace": "loyalty", "key": "bad.key!", "ownerType": "PRODUCT", "type": "json"}
    assert only(shop.data(create, given=given))["userErrors"] == [
        {"field": ["definition", "key"], "message": "Key contains one or more invalid characters.",
         "code": "INVALID_CHARACTER"},
        {"field": ["definition", "name"], "message": "Name is too long (maximum is 255 characters)",
         "code": "TOO_LONG"},
    ]  # fmt: skip


# -- customers and products -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"marketingState": "PENDING", "marketingOptInLevel": "SINGLE_OPT_IN"}, "marketingOptInLevel",
         "Marketing opt in level must be confirmed opt-in for pending consent state"),
        ({"marketingState": "SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN",
          "consentUpdatedAt": "2999-01-01T00:00:00Z"}, "consentUpdatedAt",
         "Consent updated at must not be in the future"),
    ],
)  # fmt: skip
def test_consent_that_cannot_be(shop: Asked, given: Doc, field: str, message: str):
    answer = only(shop.data(CONSENT, given={"customerId": CUSTOMER, "emailMarketingConsent": given}))
    assert answer["userErrors"] == [
        {"field": ["input", "emailMarketingConsent", field], "message": message, "code": "INVALID"}
    ]
    assert answer["customer"]["defaultEmailAddress"]["marketingState"] == "NOT_SUBSCRIBED"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"marketingState": "PENDING", "marketingOptInLevel": "SINGLE_OPT_IN"},
         "Marketing opt in level must be confirmed opt-in for pending consent state"),
        ({"marketingState": "SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN",
          "consentUpdatedAt": "2999-01-01T00:00:00Z"}, "Consent updated at must not be in the future"),
        ({"marketingState": "SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"},
         "A phone number is required to set the SMS consent state."),
    ],
)  # fmt: skip
def test_consent_by_sms_that_cannot_be_answers_no_customer(shop: Asked, given: Doc, message: str):
    answer = only(shop.data(SMS_CONSENT, given={"customerId": CUSTOMER, "smsMarketingConsent": given}))
    assert answer == {"customer": None, "userErrors": [{"message": message, "code": "INVALID"}]}


def test_times_are_answered_in_utc_however_they_were_sent(shop: Asked):
    given = {"marketingState": "SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"}
    given["consentUpdatedAt"] = "2026-04-25T01:00:00+02:00"
    answer = only(shop.data(CONSENT, given={"customerId": CUSTOMER, "emailMarketingConsent": given}))
    assert answer["customer"]["defaultEmailAddress"]["marketingUpdatedAt"] == "2026-04-24T23:00:00Z"


def test_consent_of_a_customer_without_an_address_changes_nothing_and_is_no_error(shop: Asked):
    shop.customer(2)
    given = {"marketingState": "SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"}
    answer = only(shop.data(CONSENT, given={"customerId": "gid://shopify/Customer/2", "emailMarketingConsent": given}))
    assert answer == {"customer": {"defaultEmailAddress": None}, "userErrors": []}


def test_a_new_customer_is_verified_and_blank_names_are_none(shop: Asked):
    create = """mutation($given: CustomerInput!) { customerCreate(input: $given) {
      customer { firstName lastName displayName note verifiedEmail } userErrors { field message } } }"""
    given = {"email": "b@example.com", "firstName": "   ", "lastName": "", "note": "", "phone": ""}
    assert only(shop.data(create, given=given))["customer"] == {
        "firstName": None, "lastName": None, "displayName": "b@example.com", "note": "", "verifiedEmail": True,
    }  # fmt: skip
    refused = only(shop.data(create, given={"id": CUSTOMER, "email": "c@example.com"}))
    assert refused["userErrors"] == [{"field": ["id"], "message": "Cannot specify ID on creation"}]


@pytest.mark.parametrize("arguments", ["", '(input: {title: "a"}, product: {title: "b"})'])
@pytest.mark.parametrize("name", ["productCreate", "productUpdate"])
def test_a_product_is_given_by_exactly_one_argument(shop: Asked, name: str, arguments: str):
    body = shop.body(f"mutation {{ {name}{arguments} {{ product {{ id }} }} }}")
    (error,) = body["errors"]
    assert error["message"] == f"{name} must include exactly one of the following arguments: input, product."
    assert (error["extensions"], error["path"], body["data"]) == (
        {"code": "INVALID_FIELD_ARGUMENTS"}, [name], {name: None},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"note": "N" * 5001}, "note", "Note is too long (maximum is 5000 characters)"),
        ({"tags": [",".join(f"tag-{n}" for n in range(251))]}, "tags", "Tags cannot be more than 250"),
        ({"tags": ["t" * 256]}, "tags", "Tags is too long (maximum is 255 characters)"),
    ],
)
@pytest.mark.parametrize("name", ["customerCreate", "customerUpdate"])
def test_notes_and_tags_of_customers_have_bounds(shop: Asked, name: str, given: Doc, field: str, message: str):
    document = f"mutation($given: CustomerInput!) {{ {name}(input: $given) {{ userErrors {{ field message }} }} }}"
    known = {"id": CUSTOMER} if name == "customerUpdate" else {"email": "d@example.com"}
    assert only(shop.data(document, given=known | given))["userErrors"] == [{"field": [field], "message": message}]


def test_tags_are_parted_at_commas_and_kept_once_whatever_their_case(shop: Asked):
    document = "mutation($given: CustomerInput!) { customerUpdate(input: $given) { customer { tags } } }"
    given = {"id": CUSTOMER, "tags": ["a, b , c", "VIP", "vip"]}
    assert only(shop.data(document, given=given))["customer"]["tags"] == ["a", "b", "c", "VIP"]


def test_a_product_type_that_is_too_long_is_refused_under_both_its_names(shop: Asked):
    document = """mutation($given: ProductCreateInput!) { productCreate(product: $given) {
      userErrors { field message } } }"""
    answer = only(shop.data(document, given={"title": "Valid", "productType": "p" * 256}))
    assert [error["field"] for error in answer["userErrors"]] == [["productType"], ["customProductType"]]
    assert said(answer)[1] == "Custom product type is too long (maximum is 255 characters)"


def test_an_order_is_updated_with_something_that_can_be(shop: Asked):
    shop.put("Order", 4, name="#1001", phone="+49301234567", note="before")
    update = """mutation($given: OrderInput!) { orderUpdate(input: $given) {
      order { phone note } userErrors { field message } } }"""
    nothing = only(shop.data(update, given={"id": "gid://shopify/Order/4"}))
    assert nothing["userErrors"] == [{"field": None, "message": "No valid update parameters have been provided"}]
    refused = only(shop.data(update, given={"id": "gid://shopify/Order/4", "phone": "not a phone", "note": "after"}))
    assert refused["userErrors"] == [{"field": ["phone"], "message": "Phone is invalid"}]
    assert nothing["order"] == refused["order"] == {"phone": "+49301234567", "note": "before"}


# -- stock ----------------------------------------------------------------------------------------------------------


def adjust(shop: Asked, name: str, *ledgers: str | None, **more: Any) -> Doc:
    change = {"inventoryItemId": ITEM, "locationId": PLACE, "delta": 5, "changeFromQuantity": None}
    changes = [{**change, **({"ledgerDocumentUri": ledger} if ledger else {})} for ledger in ledgers]
    given = {"name": name, "reason": "correction", "changes": changes, **more}
    return only(shop.data(ADJUST, given=given, key=repr(given)))


@pytest.mark.parametrize(
    ("name", "ledgers", "field", "message", "code"),
    [
        ("on_hand", [None], ["name"], "The specified quantity name is invalid. Valid values are: available, damaged, incoming, quality_control, reserved, safety_stock.", "INVALID_QUANTITY_NAME"),  # noqa: E501
        ("damaged", [None], ["changes", "0", "ledgerDocumentUri"],
         "A ledger document URI is required except when adjusting available.", "INVALID_QUANTITY_DOCUMENT"),
        ("available", ["https://example.com/1"], ["changes", "0", "ledgerDocumentUri"],
         "A ledger document URI is not allowed when adjusting available.", "INVALID_AVAILABLE_DOCUMENT"),
        ("reserved", ["gid://shopify/Order/1"], ["changes", "0", "ledgerDocumentUri"],
         "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API.",
         "INTERNAL_LEDGER_DOCUMENT"),
        ("damaged", ["https://example.com/1", "https://example.com/2"], ["changes"], "All changes must have the same ledger document URI or, in the case of adjusting available, no ledger document URI.", "MAX_ONE_LEDGER_DOCUMENT"),  # noqa: E501
    ],
)  # fmt: skip
def test_an_adjustment_that_is_refused(shop: Asked, name: str, ledgers: list, field: list, message: str, code: str):
    answer = adjust(shop, name, *ledgers)
    assert answer["userErrors"] == [{"field": ["input", *field], "message": message, "code": code}]


def test_an_adjustment_names_its_document_on_its_own_quantity_only(shop: Asked):
    answer = adjust(shop, "damaged", "https://example.com/1")
    assert answer["inventoryAdjustmentGroup"]["changes"] == [
        {"name": "damaged", "delta": 5, "ledgerDocumentUri": "https://example.com/1"},
        {"name": "on_hand", "delta": 5, "ledgerDocumentUri": None},
    ]


def test_a_reason_outside_the_list_is_refused_with_the_list(shop: Asked):
    (error,) = adjust(shop, "available", None, reason="made_up")["userErrors"]
    assert error == {"field": ["input", "reason"], "message": REASONS, "code": "INVALID_REASON"}


@pytest.mark.parametrize(
    ("name", "quantity", "expected"),
    [
        ("on_hand", -5, ["The quantity can't be negative."]),
        ("available", -5, []),
        ("available", -2_000_000_000, ["The quantity can't be lower than -1,000,000,000."]),
    ],
)
def test_how_low_stock_can_be_set(shop: Asked, name: str, quantity: int, expected: list[str]):
    member = {"inventoryItemId": ITEM, "locationId": PLACE, "quantity": quantity, "changeFromQuantity": None}
    given = {"name": name, "reason": "correction", "quantities": [member]}
    assert said(only(shop.data(STOCK, given=given, key="k"))) == expected


def test_available_is_told_before_on_hand_whichever_was_set(shop: Asked):
    member = {"inventoryItemId": ITEM, "locationId": PLACE, "quantity": 3, "changeFromQuantity": None}
    given = {"name": "on_hand", "reason": "correction", "quantities": [member]}
    group = only(shop.data(STOCK, given=given, key="k"))["inventoryAdjustmentGroup"]
    assert [change["name"] for change in group["changes"]] == ["available", "on_hand"]
