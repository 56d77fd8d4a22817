"""webhookSubscriptionCreate, -Update, -Delete."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mooring_sandbox.shopify.graph.access import granted
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, fresh_id
from mooring_sandbox.shopify.graph.mutations.webhook_addresses import address_problems, is_cloud
from mooring_sandbox.shopify.graph.reading import number_of
from mooring_sandbox.shopify.graph.resolvers.apps import owned
from mooring_sandbox.shopify.graph.resolvers.metafields import resolved_namespace
from mooring_sandbox.shopify.graph.search.grammar import Expression, Group, read_search
from mooring_sandbox.shopify.graph.versions import public_api_versions

_AT_ADDRESS = ["webhookSubscription", "callbackUrl"]
_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")
_LONGEST_NAME = 50
_JSON_ONLY = ("RETURNS_",)  # recorded for RETURNS_APPROVE
_SCOPES = {
    start: frozenset(scopes.split())
    for start, scopes in {
        "CUSTOMERS_MERGE": "read_customer_merge",
        "CUSTOMER": "read_customers",
        "ORDERS_": "read_orders",
        "REFUNDS_": "read_orders",
        "ORDER_TRANSACTIONS_": "read_orders",
        "PRODUCTS_": "read_products",
        "COLLECTIONS_": "read_products",
        "INVENTORY_": "read_inventory",
        "LOCATIONS_": "read_locations",
    }.items()
}
_PLAIN = ("filter", "format", "includeFields", "metafieldNamespaces", "metafields", "name")


@mutation
def webhook_subscription_create(context: Context, topic: str, webhook_subscription: Doc) -> Doc:
    uri = _uri(webhook_subscription) or ""
    errors = _check(context, topic, uri, webhook_subscription, None)
    if errors:
        return {"webhookSubscription": None, "userErrors": errors}
    doc: Doc = {
        "id": fresh_id(context, "WebhookSubscription"),
        "topic": topic,
        "uri": uri,
        "format": "JSON",
        "includeFields": [],
        "metafieldNamespaces": [],
        "metafields": [],
        "filter": None,
        "name": None,
        **{k: v for k, v in _given(context, webhook_subscription).items() if v is not None},
        "apiVersion": next(v for v in public_api_versions() if v["handle"] == context.version),
        "createdAt": context.timestamp,
        "updatedAt": context.timestamp,
        "$app": context.caller.app_id,
    }
    context.state.put(context.shop_id, "WebhookSubscription", doc)
    return {"webhookSubscription": doc, "userErrors": []}


@mutation
def webhook_subscription_update(context: Context, id: str, webhook_subscription: Doc) -> Doc:
    doc = _own(context, id)
    if doc is None:
        return {"webhookSubscription": None, "userErrors": [_unknown()]}
    given = _uri(webhook_subscription)
    uri = doc["uri"] if given is None else given
    errors = _check(context, doc["topic"], uri, {**doc, **webhook_subscription}, doc)
    if errors:
        return {"webhookSubscription": None, "userErrors": errors}
    doc |= {"uri": uri, "updatedAt": context.timestamp}
    doc.update(_given(context, webhook_subscription))
    context.state.put(context.shop_id, "WebhookSubscription", doc)
    return {"webhookSubscription": doc, "userErrors": []}


@mutation
def webhook_subscription_delete(context: Context, id: str) -> Doc:
    doc = _own(context, id)
    if doc is None:
        return {"deletedWebhookSubscriptionId": None, "userErrors": [_unknown()]}
    context.state.remove(context.shop_id, "WebhookSubscription", number_of(doc["id"]))
    return {"deletedWebhookSubscriptionId": doc["id"], "userErrors": []}


def _own(context: Context, id_: str) -> Doc | None:
    doc = editable(context, id_, "WebhookSubscription")
    return doc if doc and owned(context, "WebhookSubscription", doc) else None


def _unknown() -> Doc:
    return user_error(["id"], "Webhook subscription does not exist")


def _given(context: Context, given: Doc) -> Doc:
    """What is kept as it is sent, but for `$app`: namespaces are kept resolved."""
    kept = {k: given[k] for k in _PLAIN if k in given}
    if kept.get("metafieldNamespaces"):
        kept["metafieldNamespaces"] = [resolved_namespace(context, n) for n in kept["metafieldNamespaces"]]
    if kept.get("metafields"):
        kept["metafields"] = [
            {**m, "namespace": resolved_namespace(context, m.get("namespace"))} for m in kept["metafields"]
        ]
    return kept


def _uri(given: Doc) -> str | None:
    uri = given.get("callbackUrl") if given.get("uri") is None else given["uri"]
    return None if uri is None else uri.strip()


def _check(context: Context, topic: str, uri: str, given: Doc, own: Doc | None) -> list[Doc]:
    found = address_problems(uri, app_id=context.caller.app_id, local=context.graph.local_hooks)
    errors = [user_error(_AT_ADDRESS, problem) for problem in found]
    if not may_hear(topic, context.caller.scopes):
        errors.append(user_error(["topic"], "You cannot create a webhook subscription with the specified topic"))
    errors += [
        user_error(["webhookSubscription", "format"], p) for p in _format_problems(topic, uri, given.get("format"))
    ]
    same = {"topic": topic, "uri": uri, "format": given.get("format") or "JSON", "filter": given.get("filter") or ""}
    if any(_is_same(context, d, same) for d in _others(context, own)):
        errors.append(user_error(_AT_ADDRESS, "Address for this topic has already been taken"))
    errors += [user_error(["webhookSubscription", "name"], problem) for problem in _name_problems(given.get("name"))]
    if not is_filter(given.get("filter")):
        message = "The specified filter is invalid, please ensure you specify the field(s) you wish to filter on."
        errors.append(user_error(["webhookSubscription"], message))
    return errors


def may_hear(topic: str, scopes: Iterable[str]) -> bool:
    """Whether the scopes let an app hear of this; of topics that are not listed everybody may."""
    needed = next((scopes for start, scopes in _SCOPES.items() if topic.startswith(start)), frozenset[str]())
    return not needed or bool(needed & granted(scopes))


def _format_problems(topic: str, uri: str, format_: str | None) -> list[str]:
    """XML is for HTTP alone, and not for the topics that came after it."""
    if format_ != "XML":
        return []
    if is_cloud(uri):
        return ["Format can only be used with format: 'json'"]
    if topic.startswith(_JSON_ONLY):
        return ["Format 'xml' is invalid for this webhook topic. Allowed formats: json"]
    return []


def _name_problems(name: str | None) -> list[str]:
    if name is None:
        return []
    problems = [] if name else ["Name is too short (minimum is 1 character)"]
    if not _NAME.match(name):
        problems.append("Name name field can only contain alphanumeric characters, underscores, and hyphens")
    if len(name) > _LONGEST_NAME:
        problems.append(f"Name is too long (maximum is {_LONGEST_NAME} characters)")
    return problems


def _others(context: Context, own: Doc | None) -> list[Doc]:
    found = context.state.scan(context.shop_id, "WebhookSubscription")
    return [d for d in found if own is None or d["id"] != own["id"]]


def _is_same(context: Context, doc: Doc, same: Doc) -> bool:
    held = {**doc, "filter": doc.get("filter") or ""}
    return owned(context, "WebhookSubscription", doc) and all(held.get(k) == v for k, v in same.items())


def is_filter(text: str | None) -> bool:
    """Every term must name its field."""
    return text is None or not text.strip() or _names_fields(read_search(text))


def _names_fields(expression: Expression | None) -> bool:
    if isinstance(expression, Group):
        return all(_names_fields(m) for m in expression.members)
    return expression is not None and expression.field != "default" and expression.value != ""
