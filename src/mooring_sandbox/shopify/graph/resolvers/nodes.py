"""node and nodes, and facts every record of a kind has."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.graph.access import Access
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.errors import not_found
from mooring_sandbox.shopify.graph.reading import number_of
from mooring_sandbox.shopify.graph.registry import derived, value
from mooring_sandbox.shopify.graph.resolvers.apps import app, installation, owned
from mooring_sandbox.shopify.graph.resolvers.fulfillments import fulfillment_order
from mooring_sandbox.shopify.graph.resolvers.inventory import level_of
from mooring_sandbox.shopify.state import parse_gid


@value("QueryRoot.node")
def _node(context: Context, _: Doc, args: Doc) -> Any:
    return find_node(context, args["id"], "node")


@value("QueryRoot.nodes")
def _nodes(context: Context, _: Doc, args: Doc) -> Any:
    return [_or_error(context, gid) for gid in args["ids"]]


def _or_error(context: Context, gid: str) -> Any:
    """An error as a list member becomes null there, with the error beside it."""
    try:
        return find_node(context, gid, "nodes")
    except Exception as error:
        return error


def find_node(context: Context, gid: str, field: str) -> Doc | None:
    """Any record or embedded node the caller may see; a gid of no type that is a Node is an error."""
    type_ = gid.removeprefix("gid://shopify/").partition("/")[0]
    if not gid.startswith("gid://shopify/") or not context.official.implements(type_, "Node"):
        raise not_found()
    refusal = Access(context.official, context.caller).type_refusal(type_)
    if refusal is not None:
        raise refusal.error(field)
    found = _special(context, type_, gid)
    return {**found, "__typename": type_} if found else None


def _special(context: Context, type_: str, gid: str) -> Doc | None:
    if type_ == "Shop":
        return context.shop if context.shop["id"] == gid else None
    if type_ in ("App", "AppInstallation"):
        mine = app(context) if type_ == "App" else installation(context)
        return mine if mine["id"] == gid else None
    if type_ == "InventoryLevel":
        return level_of(context, gid)
    if type_ == "FulfillmentOrder":
        return fulfillment_order(context, gid)
    found = context.load(gid)
    return found if found is None or owned(context, type_, found) else None


@value("LegacyInteroperability.legacyResourceId")
def _legacy_id(_: Context, doc: Doc, __: Doc) -> str:
    return str(number_of(doc.get("id")))


@derived("Product.storefrontId", "ProductVariant.storefrontId", "Collection.storefrontId")
def _storefront_id(_: Context, doc: Doc, __: Doc) -> str:
    return doc["id"]


@derived("Product.defaultCursor", "ProductVariant.defaultCursor")
def _default_cursor(_: Context, doc: Doc, __: Doc) -> str:
    from mooring_sandbox.shopify.graph.cursors import encode

    found = parse_gid(doc["id"])
    return encode(found[1], found[1]) if found else ""
