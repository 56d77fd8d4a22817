"""The calling app, its installation and its webhook subscriptions; versions; operations of others."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.graph.access import granted
from mooring_sandbox.shopify.graph.connections import Records, Source
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.registry import derived, source, value
from mooring_sandbox.shopify.graph.resolvers.roots import counted, typed
from mooring_sandbox.shopify.graph.versions import public_api_versions
from mooring_sandbox.shopify.state import parse_gid

_OF_APP = {"WebhookSubscription", "BulkOperation"}


def owned(context: Context, type_: str, doc: Doc) -> bool:
    """Subscriptions and operations of another app do not exist for this one."""
    return type_ not in _OF_APP or doc.get("$app") in (None, context.caller.app_id)


def app(context: Context) -> Doc:
    caller = context.caller
    return {
        "id": f"gid://shopify/App/{caller.app_id}",
        "handle": caller.app_handle,
        "title": caller.app_title,
        "developerType": "MERCHANT",
        "webhookApiVersion": context.version,
    }


def installation(context: Context) -> Doc:
    return {"id": f"gid://shopify/AppInstallation/{context.caller.app_id}"}


def access_scope(handle: str) -> Doc:
    verb, _, subject = handle.partition("_")
    return {"handle": handle, "description": f"{verb.capitalize()} {subject.replace('_', ' ')}"}


@value("QueryRoot.app", "AppInstallation.app", "QueryRoot.appByHandle", "QueryRoot.appByKey")
def _app(context: Context, _: Doc, args: Doc) -> Any:
    own = app(context)
    asked = {"id": args.get("id"), "handle": args.get("handle")}
    return own if all(v is None or own[k] == v for k, v in asked.items()) and not args.get("apiKey") else None


@value("QueryRoot.currentAppInstallation", "QueryRoot.appInstallation", "App.installation")
def _installation(context: Context, _: Doc, args: Doc) -> Any:
    own = installation(context)
    return own if args.get("id") in (None, own["id"]) else None


@value("AppInstallation.accessScopes")
def _scopes(context: Context, _: Doc, __: Doc) -> Any:
    return [access_scope(s) for s in sorted(granted(context.caller.scopes))]


@value("App.requestedAccessScopes")
def _requested(context: Context, _: Doc, __: Doc) -> Any:
    return [access_scope(s) for s in sorted(context.caller.scopes - context.caller.optional)]


@value("App.optionalAccessScopes")
def _optional(context: Context, _: Doc, __: Doc) -> Any:
    return [access_scope(s) for s in sorted(context.caller.optional)]


@value("App.availableAccessScopes")
def _available(context: Context, _: Doc, __: Doc) -> Any:
    return [access_scope(s) for s in sorted(granted(context.caller.scopes))]


@value("QueryRoot.publicApiVersions")
def _versions(_: Context, __: Doc, ___: Doc) -> Any:
    return public_api_versions()


def _of_app(context: Context, type_: str, root: str) -> Records:
    return Records(type_, root, only=lambda d: owned(context, type_, d), default_sort="CREATED_AT")


@source("QueryRoot.bulkOperations")
def _operations(context: Context, _: Doc, __: Doc) -> Source:
    return _of_app(context, "BulkOperation", "bulkOperations")


@value("QueryRoot.bulkOperation")
def _operation(context: Context, _: Doc, args: Doc) -> Any:
    found = typed(context, args["id"], "BulkOperation")
    return found if found and owned(context, "BulkOperation", found) else None


@value("QueryRoot.currentBulkOperation")
def _current_operation(context: Context, _: Doc, args: Doc) -> Any:
    """The newest of the asked type."""
    wanted = args.get("type") or "QUERY"
    rows = _of_app(context, "BulkOperation", "bulkOperations").rows(context, {"reverse": True}, None, False)
    return next((doc for _, _, doc in rows if doc.get("type") == wanted), None)


@source("QueryRoot.webhookSubscriptions")
def _subscriptions(context: Context, _: Doc, args: Doc) -> Source:
    topics, uri, format_ = args.get("topics"), args.get("uri") or args.get("callbackUrl"), args.get("format")

    def wanted(doc: Doc) -> bool:
        return (
            owned(context, "WebhookSubscription", doc)
            and (not topics or doc.get("topic") in topics)
            and (not uri or doc.get("uri") == uri)
            and (not format_ or doc.get("format") == format_)
        )

    return Records("WebhookSubscription", "webhookSubscriptions", only=wanted, default_sort="CREATED_AT")


@value("QueryRoot.webhookSubscription")
def _subscription(context: Context, _: Doc, args: Doc) -> Any:
    found = typed(context, args["id"], "WebhookSubscription")
    return found if found and owned(context, "WebhookSubscription", found) else None


@value("QueryRoot.webhookSubscriptionsCount")
def _subscriptions_count(context: Context, _: Doc, args: Doc) -> Any:
    of = _of_app(context, "WebhookSubscription", "webhookSubscriptions")
    return counted(context, of, {"query": args.get("query")}, args.get("limit"))


@derived("WebhookSubscription.endpoint")
def _endpoint(_: Context, doc: Doc, __: Doc) -> Doc:
    uri = doc.get("uri") or ""
    if uri.startswith("pubsub://"):
        project, _colon, topic = uri.removeprefix("pubsub://").partition(":")
        return {"__typename": "WebhookPubSubEndpoint", "pubSubProject": project, "pubSubTopic": topic}
    if uri.startswith("arn:"):
        return {"__typename": "WebhookEventBridgeEndpoint", "arn": uri}
    return {"__typename": "WebhookHttpEndpoint", "callbackUrl": uri}


@derived("WebhookSubscription.callbackUrl")
def _callback_url(_: Context, doc: Doc, __: Doc) -> str:
    return doc.get("uri") or ""


@derived("WebhookSubscription.apiVersion")
def _api_version(context: Context, doc: Doc, __: Doc) -> Doc:
    handle = doc.get("$version") or context.version
    return next((v for v in public_api_versions() if v["handle"] == handle), public_api_versions()[0])


@derived("FulfillmentHold.heldByApp")
def _held_by(context: Context, doc: Doc, __: Doc) -> Any:
    found = parse_gid(doc.get("heldByAppId") or "")
    return app(context) if found and found[1] == context.caller.app_id else None
