"""Metafields and their definitions: namespaces of apps, digests, references."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from mooring_sandbox.shopify.graph.connections import Listed, Records, Source
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.metafield_types import TYPES
from mooring_sandbox.shopify.graph.reading import number_of
from mooring_sandbox.shopify.graph.registry import derived, source, value
from mooring_sandbox.shopify.state import parse_gid

OWNER_TYPES = {
    "AppInstallation": "API_PERMISSION",
    "Collection": "COLLECTION",
    "Company": "COMPANY",
    "CompanyLocation": "COMPANY_LOCATION",
    "Customer": "CUSTOMER",
    "DraftOrder": "DRAFTORDER",
    "Location": "LOCATION",
    "Market": "MARKET",
    "Order": "ORDER",
    "Product": "PRODUCT",
    "ProductVariant": "PRODUCTVARIANT",
    "Shop": "SHOP",
}
_APP_OWNED = re.compile(r"app--(\d+)(--|\Z)")


def resolved_namespace(context: Context, namespace: str | None) -> str:
    """`$app` and `$app:x` are the calling app's own; so is leaving it out."""
    own = f"app--{context.caller.app_id}"
    if namespace is None or namespace == "$app":
        return own
    return f"{own}--{namespace.removeprefix('$app:')}" if namespace.startswith("$app:") else namespace


def is_foreign(context: Context, namespace: str) -> bool:
    """Reserved by another app."""
    found = _APP_OWNED.match(namespace)
    return found is not None and int(found[1]) != context.caller.app_id


def metafields_of(context: Context, owner: str) -> list[Doc]:
    """Those the app may see: other apps' reserved ones it may not."""
    return [m for m in context.children("Metafield", owner) if not is_foreign(context, m.get("namespace") or "")]


def metafield_of(context: Context, owner: str, namespace: str, key: str) -> Doc | None:
    found = context.children("Metafield", owner)
    return next((m for m in found if m.get("namespace") == namespace and m.get("key") == key), None)


def digest(metafield: Doc) -> str:
    """Of value and type, so that any change shows."""
    text = f"{metafield.get('type')}\n{metafield.get('value')}"
    return hashlib.sha256(text.encode()).hexdigest()


@value("HasMetafields.metafield")
def _metafield(context: Context, doc: Doc, args: Doc) -> Any:
    namespace = resolved_namespace(context, args.get("namespace"))
    found = metafield_of(context, doc.get("id") or "", namespace, args["key"])
    return None if found is None or is_foreign(context, namespace) else found


@source("HasMetafields.metafields")
def _metafields(context: Context, doc: Doc, args: Doc) -> Source:
    found = metafields_of(context, doc.get("id") or "")
    if args.get("namespace") is not None:
        wanted = resolved_namespace(context, args["namespace"])
        found = [m for m in found if m.get("namespace") == wanted]
    if args.get("keys"):
        keys = {_full_key(context, key, args.get("namespace")) for key in args["keys"]}
        found = [m for m in found if (m.get("namespace"), m.get("key")) in keys]
    return Listed(found)


def _full_key(context: Context, key: str, namespace: str | None) -> tuple[str, str]:
    """Keys are written `namespace.key`."""
    before, _, last = key.rpartition(".")
    return resolved_namespace(context, before or namespace), last


@derived("Metafield.compareDigest")
def _digest(_: Context, doc: Doc, __: Doc) -> str:
    return digest(doc)


@derived("Metafield.jsonValue")
def json_value(_: Context, doc: Doc, __: Doc | None = None) -> Any:
    """What the value means: whole numbers, lists and objects as JSON, texts as they are.

    Decimals are texts, and so is `false` though `true` is none: recorded.
    """
    type_, text = doc.get("type") or "", doc.get("value") or ""
    if type_ == "boolean":
        return text == "true" or text
    if type_ in _JSON_TYPES:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


_JSON_TYPES = {"json", "json_string", "link", "money", "number_integer", "rating", "rich_text_field"} | {
    name for name, category in TYPES.items() if category == "MEASUREMENT" or name.startswith("list.")
}


@derived("Metafield.sizeInBytes")
def _size(_: Context, doc: Doc, __: Doc) -> int:
    return len((doc.get("value") or "").encode())


@derived("Metafield.owner")
def _owner(context: Context, doc: Doc, _: Doc) -> Any:
    owner = doc.get("ownerId") or context.state.parent(context.shop_id, "Metafield", number_of(doc.get("id")))
    found = parse_gid(owner or "")
    if found and found[0] == "Shop":
        return {**context.shop, "__typename": "Shop"}
    held = context.load(owner)
    return held and {**held, "__typename": found[0] if found else None}


@derived("Metafield.ownerType")
def _owner_type(context: Context, doc: Doc, _: Doc) -> str:
    owner = doc.get("ownerId") or context.state.parent(context.shop_id, "Metafield", number_of(doc.get("id")))
    found = parse_gid(owner or "")
    return OWNER_TYPES.get(found[0], "SHOP") if found else "SHOP"


@derived("Metafield.reference")
def _reference(context: Context, doc: Doc, _: Doc) -> Any:
    if not (doc.get("type") or "").endswith("_reference"):
        return None
    return _referred(context, doc.get("value"))


@source("Metafield.references")
def _references(context: Context, doc: Doc, _: Doc) -> Source:
    listed = json_value(context, doc) if (doc.get("type") or "").startswith("list.") else []
    found = (_referred(context, g) for g in listed if isinstance(g, str))
    return Listed([d for d in found if d])


def _referred(context: Context, id_: str | None) -> Doc | None:
    found, type_ = context.load(id_), parse_gid(id_ or "")
    return {**found, "__typename": type_[0]} if found and type_ else None


@derived("Metafield.definition")
def _definition(context: Context, doc: Doc, _: Doc) -> Any:
    owner_type = doc.get("ownerType") or _owner_type(context, doc, {})
    return find_definition(context, owner_type, doc.get("namespace") or "", doc.get("key") or "")


def find_definition(context: Context, owner_type: str, namespace: str, key: str) -> Doc | None:
    """A definition that is being deleted is gone at once; its values go later."""
    wanted = {"ownerType": owner_type, "namespace": namespace, "key": key}
    found = context.state.scan(context.shop_id, "MetafieldDefinition")
    return next((d for d in found if all(d.get(k) == v for k, v in wanted.items())), None)


def definitions(context: Context, args: Doc) -> Source:
    wanted: Doc = {"ownerType": args.get("ownerType"), "key": args.get("key")}
    if args.get("namespace") is not None:
        wanted["namespace"] = resolved_namespace(context, args["namespace"])
    pinned = {"PINNED": True, "UNPINNED": False}.get(args.get("pinnedStatus") or "")

    def matches(doc: Doc) -> bool:
        asked = all(v is None or doc.get(k) == v for k, v in wanted.items())
        seen = not is_foreign(context, doc.get("namespace") or "")
        return asked and seen and (pinned is None or (doc.get("pinnedPosition") is not None) is pinned)

    return Records("MetafieldDefinition", "metafieldDefinitions", only=matches)


@source("HasMetafieldDefinitions.metafieldDefinitions", "Shop.metafieldDefinitions")
def _definitions_of(context: Context, doc: Doc, args: Doc) -> Source:
    found = parse_gid(doc.get("id") or "")
    return definitions(context, {**args, "ownerType": OWNER_TYPES.get(found[0]) if found else None})


@value("QueryRoot.metafieldDefinition")
def _definition_by_id(context: Context, _: Doc, args: Doc) -> Any:
    identifier = args.get("identifier")
    if identifier:
        namespace = resolved_namespace(context, identifier.get("namespace"))
        return find_definition(context, identifier["ownerType"], namespace, identifier["key"])
    return context.load(args.get("id"))


@value("QueryRoot.metafieldDefinitionTypes")
def _definition_types(_: Context, __: Doc, ___: Doc) -> list[Doc]:
    return [{"name": name, "category": category, "supportedValidations": []} for name, category in TYPES.items()]


def values_of(context: Context, definition: Doc) -> Records:
    wanted = {k: definition.get(k) for k in ("namespace", "key", "ownerType")}

    def matches(doc: Doc) -> bool:
        stored = {**doc, "ownerType": doc.get("ownerType") or _owner_type(context, doc, {})}
        return all(stored.get(k) == v for k, v in wanted.items())

    return Records("Metafield", "metafields", only=matches)


@source("MetafieldDefinition.metafields")
def _values(context: Context, doc: Doc, _: Doc) -> Source:
    return values_of(context, doc)


@value("MetafieldDefinition.metafieldsCount")
def _values_count(context: Context, doc: Doc, _: Doc) -> int:
    return values_of(context, doc).count(context, {}, None)


@derived("MetafieldDefinition.validationStatus")
def _validation_status(_: Context, __: Doc, ___: Doc) -> str:
    return "ALL_VALID"
