"""What a webhook says: topics as headers spell them, REST-shaped bodies, protected fields blanked without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mooring_sandbox.shopify import rest_afterwards, rest_customer, rest_order, rest_product
from mooring_sandbox.shopify.rest_shop import rest_shop
from mooring_sandbox.shopify.rest_values import Json, head, lower, number
from mooring_sandbox.shopify.shops import domain_of
from mooring_sandbox.shopify.state import Doc, State

_RESOURCES = """
app bulk_operations carts checkouts collections customers customers_email_marketing_consent
customers_marketing_consent customers_whats_app_marketing_consent draft_orders fulfillments inventory_items
inventory_levels locations metafield_definitions order_transactions orders products refunds returns shop themes variants
"""
_LONGEST_FIRST = sorted(_RESOURCES.split(), key=len, reverse=True)
_DOTTED = {
    "CUSTOMER_TAGS_ADDED": "customer.tags_added",
    "CUSTOMER_TAGS_REMOVED": "customer.tags_removed",
    "CUSTOMER_JOINED_SEGMENT": "customer.joined_segment",
    "CUSTOMER_LEFT_SEGMENT": "customer.left_segment",
}


def topic_header(topic: str) -> str:
    """`ORDERS_PARTIALLY_FULFILLED` -> `orders/partially_fulfilled`; names already with a slash stay as they are."""
    if "/" in topic or topic in _DOTTED:
        return _DOTTED.get(topic, topic)
    plain = topic.lower()
    resource = next((r for r in _LONGEST_FIRST if plain.startswith(f"{r}_")), plain.partition("_")[0])
    return f"{resource}/{plain[len(resource) + 1 :]}"


def topic_enum(topic: str) -> str:
    """`orders/create` or `ORDERS_CREATE` -> `ORDERS_CREATE`."""
    return topic.upper().replace("/", "_").replace(".", "_")


def payload(state: State, shop_id: int, topic: str, id_: str, doc: Doc) -> Json:
    """`$payload` in the document is sent as it is: for topics whose body is no record."""
    if "$payload" in doc:
        return doc["$payload"]
    if topic.endswith("_DELETE"):
        return {"id": number(id_), "admin_graphql_api_id": id_}
    special = _SPECIAL.get(topic)
    if special:
        return special(state, shop_id, doc)
    kind = next((kind for kind in _BY_KIND if topic.startswith(kind)), None)
    return _BY_KIND[kind](state, shop_id, doc) if kind else head({"id": id_})


def bulk_finish(doc: Doc) -> Json:
    """Status, type and error code are lower-case here, unlike in GraphQL."""
    return {
        "admin_graphql_api_id": doc["id"],
        "completed_at": doc.get("completedAt"),
        "created_at": doc.get("createdAt"),
        "error_code": lower(doc.get("errorCode")),
        "status": lower(doc.get("status")),
        "type": lower(doc.get("type")),
    }


_Builder = Callable[[State, int, Doc], Json]


def _shop(state: State, shop_id: int, doc: Doc) -> Json:
    return rest_shop(shop_id, domain_of(state, shop_id), state.shop(shop_id))


def _in_order(build: Callable[[Doc, Doc], Json]) -> _Builder:
    """Refunds, transactions and fulfilments know their order by `orderId`; the rest of it is read from there."""

    def built(state: State, shop_id: int, doc: Doc) -> Json:
        id_ = number(doc.get("orderId"))
        owner = (state.get(shop_id, "Order", id_) if id_ else None) or {"id": doc.get("orderId") or doc["id"]}
        return build(owner, doc)

    return built


_SPECIAL: dict[str, _Builder] = {
    "APP_UNINSTALLED": _shop,
    "SHOP_UPDATE": _shop,
    "BULK_OPERATIONS_FINISH": lambda state, shop_id, doc: bulk_finish(doc),
    "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE": lambda state, shop_id, doc: rest_customer.email_consent(doc),
    "CUSTOMERS_MARKETING_CONSENT_UPDATE": lambda state, shop_id, doc: rest_customer.sms_consent(doc),
    "REFUNDS_CREATE": _in_order(lambda owner, doc: rest_afterwards.refund(owner, doc, rest_order.line_item)),
    "ORDER_TRANSACTIONS_CREATE": _in_order(rest_afterwards.transaction),
    "FULFILLMENTS_CREATE": _in_order(rest_afterwards.fulfillment),
    "FULFILLMENTS_UPDATE": _in_order(rest_afterwards.fulfillment),
}
_BY_KIND: dict[str, _Builder] = {
    "CUSTOMERS_": lambda state, shop_id, doc: rest_customer.customer(doc),
    "ORDERS_": rest_order.order,
    "PRODUCTS_": rest_product.product,
    "COLLECTIONS_": lambda state, shop_id, doc: rest_product.collection(doc),
    "INVENTORY_LEVELS_": lambda state, shop_id, doc: rest_product.inventory_level(doc),
    "INVENTORY_ITEMS_": lambda state, shop_id, doc: rest_product.inventory_item(doc),
    "LOCATIONS_": lambda state, shop_id, doc: rest_product.location(doc),
}

_PROTECTED = {
    "name": frozenset({"first_name", "last_name"}),
    "email": frozenset({"email", "contact_email", "email_address"}),
    "phone": frozenset({"phone"}),
    "address": frozenset({"address1", "address2", "city", "zip", "company", "latitude", "longitude"}),
}
_PERSONS = frozenset({"customer", "billing_address", "shipping_address", "default_address", "addresses"})


def blanked(body: Json, topic: str, approved: frozenset[str]) -> Json:
    """Unapproved protected fields become null; without any approval for customers, whole persons do."""
    hidden = frozenset().union(*(names for kind, names in _PROTECTED.items() if kind not in approved))
    persons = frozenset() if "customer" in approved else _PERSONS
    if (not hidden and not persons) or not topic.startswith(("CUSTOMER", "ORDERS", "FULFILLMENTS", "REFUNDS")):
        return body
    return _blank(body, hidden | persons)


def _blank(value: Any, hidden: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {k: None if k in hidden else _blank(v, hidden) for k, v in value.items()}
    return [_blank(one, hidden) for one in value] if isinstance(value, list) else value


def only(body: Json, fields: list[str]) -> Json:
    """`includeFields`: top-level names, or dotted ones (`variants.id`) that reach into objects and lists."""
    if not fields:
        return body
    wanted: dict[str, list[str]] = {}
    for field in fields:
        name, _, rest = field.partition(".")
        wanted.setdefault(name, []).append(rest)
    return {name: _part(body[name], [r for r in rests if r]) for name, rests in wanted.items() if name in body}


def _part(value: Any, fields: list[str]) -> Any:
    if isinstance(value, list):
        return [_part(one, fields) for one in value]
    return only(value, fields) if isinstance(value, dict) else value
