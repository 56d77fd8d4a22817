"""webhookSubscriptionCreate, -Update, -Delete."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, fresh_id
from mooring_sandbox.shopify.graph.reading import number_of
from mooring_sandbox.shopify.graph.resolvers.apps import owned
from mooring_sandbox.shopify.graph.search.grammar import Expression, Group, read_search
from mooring_sandbox.shopify.graph.versions import public_api_versions

_AT_ADDRESS = ["webhookSubscription", "callbackUrl"]
_SHOPIFY = ("myshopify.com", "shopify.com", "shopifycloud.com", "myshopify.io", "shop.dev")
_PUBSUB = re.compile(r"pubsub://[^:/\s]+:[^\s]+\Z")
_ARN = re.compile(r"arn:aws:events:[^:]+::event-source/aws\.partner/shopify\.com/.+\Z")
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
        **{k: webhook_subscription[k] for k in _PLAIN if webhook_subscription.get(k) is not None},
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
    doc.update({k: webhook_subscription[k] for k in _PLAIN if k in webhook_subscription})
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


def _uri(given: Doc) -> str | None:
    uri = given.get("uri")
    return given.get("callbackUrl") if uri is None else uri


def _check(context: Context, topic: str, uri: str, given: Doc, own: Doc | None) -> list[Doc]:
    problem = _address_problem(uri, local=context.graph.local_hooks)
    if problem:
        return [user_error(_AT_ADDRESS, problem)]
    if not is_filter(given.get("filter")):
        message = "The specified filter is invalid, please ensure you specify the field(s) you wish to filter on."
        return [user_error(["webhookSubscription"], message)]
    same = {"topic": topic, "uri": uri, "format": given.get("format") or "JSON", "filter": given.get("filter") or ""}
    if any(_is_same(context, d, same) for d in _others(context, own)):
        return [user_error(_AT_ADDRESS, "Address for this topic has already been taken")]
    return []


def _others(context: Context, own: Doc | None) -> list[Doc]:
    found = context.state.scan(context.shop_id, "WebhookSubscription")
    return [d for d in found if own is None or d["id"] != own["id"]]


def _is_same(context: Context, doc: Doc, same: Doc) -> bool:
    held = {**doc, "filter": doc.get("filter") or ""}
    return owned(context, "WebhookSubscription", doc) and all(held.get(k) == v for k, v in same.items())


def _address_problem(uri: str, *, local: bool) -> str | None:
    """`local` lets a rehearsal on one machine receive its webhooks there, over plain HTTP too."""
    if not uri.strip():
        return "Address can't be blank"
    if _PUBSUB.match(uri) or _ARN.match(uri):
        return None
    parts = urlsplit(uri)
    if local and parts.hostname and is_internal(parts.hostname):
        return None
    if parts.scheme != "https" or not parts.hostname:
        return f"Address protocol {parts.scheme}:// is not supported" if parts.scheme else "Address is invalid"
    if is_internal(parts.hostname) or any(parts.hostname == d or parts.hostname.endswith(f".{d}") for d in _SHOPIFY):
        return "Address cannot be a Shopify or an internal domain"
    return None


def is_internal(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host


def is_filter(text: str | None) -> bool:
    """Every term must name its field."""
    return text is None or not text.strip() or _names_fields(read_search(text))


def _names_fields(expression: Expression | None) -> bool:
    if isinstance(expression, Group):
        return all(_names_fields(m) for m in expression.members)
    return expression is not None and expression.field != "default" and expression.value != ""
