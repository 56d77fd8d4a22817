"""metafieldDefinitionCreate, -Update, -Delete. Values of a deleted definition go later, by the sandbox's clock."""

from __future__ import annotations

from datetime import timedelta

from mooring_sandbox.clock import iso
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.errors import AccessDenied
from mooring_sandbox.shopify.graph.metafield_types import NAMED, TYPES, is_reference
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import fresh_id
from mooring_sandbox.shopify.graph.mutations.metafields import name_problems
from mooring_sandbox.shopify.graph.reading import number_of
from mooring_sandbox.shopify.graph.resolvers.metafields import (
    find_definition,
    is_foreign,
    resolved_namespace,
    values_of,
)

_ACCESS = "API client to have access to the namespace and the resource type associated with the metafield definition.\n"
_LABELS = {"PRODUCTVARIANT": "Variant", "DRAFTORDER": "Draft order", "API_PERMISSION": "App installation"}
_PURGE = "MetafieldPurge"
LONGEST_NAME = 255


def _identity(context: Context, given: Doc, field: str) -> tuple[str, str, str]:
    """(owner type, namespace, key); another app's namespace is refused at the top level."""
    namespace = resolved_namespace(context, given.get("namespace"))
    if is_foreign(context, namespace):
        raise AccessDenied(field, _ACCESS)
    return given["ownerType"], namespace, given["key"]


@mutation
def metafield_definition_create(context: Context, definition: Doc) -> Doc:
    place = _identity(context, definition, "metafieldDefinitionCreate")
    errors = _check(context, definition, place)
    if errors:
        return {"createdDefinition": None, "userErrors": errors}
    doc = _definition(context, definition, place)
    context.state.put(context.shop_id, "MetafieldDefinition", doc)
    return {"createdDefinition": doc, "userErrors": []}


@mutation
def metafield_definition_update(context: Context, definition: Doc) -> Doc:
    place = _identity(context, definition, "metafieldDefinitionUpdate")
    doc = find_definition(context, *place)
    if doc is None:
        error = user_error(["definition"], "Definition not found.", "NOT_FOUND")
        return {"updatedDefinition": None, "userErrors": [error], "validationJob": None}
    changed = {k: definition[k] for k in ("name", "description", "validations", "access") if k in definition}
    doc = {**doc, **changed, "updatedAt": context.timestamp}
    if "pin" in definition:
        doc["pinnedPosition"] = 1 if definition["pin"] else None
    context.state.put(context.shop_id, "MetafieldDefinition", doc)
    return {"updatedDefinition": doc, "userErrors": [], "validationJob": None}


@mutation
def metafield_definition_delete(
    context: Context,
    id: str | None = None,
    identifier: Doc | None = None,
    delete_all_associated_metafields: bool = False,
) -> Doc:
    doc = _named(context, id, identifier)
    if doc is None:
        return _refused(user_error(["id"] if id else ["identifier"], "Definition not found.", "NOT_FOUND"))
    if not delete_all_associated_metafields and (error := _needs_flag(doc)):
        return _refused(error)
    context.state.remove(context.shop_id, "MetafieldDefinition", number_of(doc["id"]))
    if delete_all_associated_metafields:
        _purge_later(context, doc)
    return {"deletedDefinition": doc, "deletedDefinitionId": doc["id"], "userErrors": []}


def _named(context: Context, id_: str | None, identifier: Doc | None) -> Doc | None:
    if identifier is not None:
        return find_definition(context, *_identity(context, identifier, "metafieldDefinitionDelete"))
    doc = context.load(id_)
    if doc is not None and is_foreign(context, doc.get("namespace") or ""):
        raise AccessDenied("metafieldDefinitionDelete", _ACCESS)
    return doc


def _refused(error: Doc) -> Doc:
    return {"deletedDefinition": None, "deletedDefinitionId": None, "userErrors": [error]}


def _needs_flag(doc: Doc) -> Doc | None:
    """What may not go without its values."""
    type_ = doc["type"]["name"].removeprefix("list.")
    if doc["namespace"].startswith("app--"):
        message = "Deleting a definition in a reserved namespace must have deleteAllAssociatedMetafields set to true."
        return user_error(None, message, "RESERVED_NAMESPACE_ORPHANED_METAFIELDS")
    if type_ == "id":
        message = "Deleting an id type metafield definition requires deletion of its associated metafields."
        return user_error(None, message, "ID_TYPE_DELETION_ERROR")
    if is_reference(type_):
        message = "Deleting a reference type metafield definition requires deletion of its associated metafields."
        return user_error(None, message, "REFERENCE_TYPE_DELETION_ERROR")
    return None


def _check(context: Context, given: Doc, place: tuple[str, str, str]) -> list[Doc]:
    owner_type, namespace, key = place
    errors = []
    for field, message, code in name_problems(namespace, key):
        errors.append(user_error(["definition", field], message, code))
    if not given["name"].strip():
        errors.append(user_error(["definition", "name"], "Name can't be blank", "BLANK"))
    if len(given["name"]) > LONGEST_NAME:
        message = f"Name is too long (maximum is {LONGEST_NAME} characters)"
        errors.append(user_error(["definition", "name"], message, "TOO_LONG"))
    if given["type"] not in TYPES:
        message = f"Type name {given['type']} is not a valid type. Valid types are: {NAMED}."
        errors.append(user_error(["definition", "type"], message, "INCLUSION"))
    return errors or _check_free(context, owner_type, namespace, key)


def _check_free(context: Context, owner_type: str, namespace: str, key: str) -> list[Doc]:
    """In an app's own namespace values without a definition, or still being deleted, stand in the way."""
    if find_definition(context, owner_type, namespace, key):
        label = _LABELS.get(owner_type, owner_type.replace("_", " ").capitalize())
        message = f"Key is in use for {label} metafields on the '{namespace}' namespace."
        return [user_error(["definition", "key"], message, "TAKEN")]
    values = values_of(context, {"ownerType": owner_type, "namespace": namespace, "key": key})
    if namespace.startswith("app--") and values.count(context, {}, 0):
        message = "Namespace and key is already in use for a set of your metafields."
        return [user_error(["definition", "namespace"], message, "UNSTRUCTURED_ALREADY_EXISTS")]
    return []


def _definition(context: Context, given: Doc, place: tuple[str, str, str]) -> Doc:
    owner_type, namespace, key = place
    type_ = given["type"]
    return {
        "id": fresh_id(context, "MetafieldDefinition"),
        "name": given["name"],
        "namespace": namespace,
        "key": key,
        "ownerType": owner_type,
        "type": {"name": type_, "category": TYPES[type_], "supportsDefinitionMigrations": True},
        "description": given.get("description"),
        "validations": given.get("validations") or [],
        "access": {"admin": "MERCHANT_READ_WRITE", "storefront": "NONE", **(given.get("access") or {})},
        "capabilities": _capabilities(given.get("capabilities") or {}),
        "validationStatus": "ALL_VALID",
        "pinnedPosition": 1 if given.get("pin") else None,
        "createdAt": context.timestamp,
        "updatedAt": context.timestamp,
    }


def _capabilities(given: Doc) -> Doc:
    def one(name: str, **more: object) -> Doc:
        return {"enabled": bool((given.get(name) or {}).get("enabled")), "eligible": True, **more}

    filterable = one("adminFilterable")
    return {
        "adminFilterable": {**filterable, "status": "FILTERABLE" if filterable["enabled"] else "NOT_FILTERABLE"},
        "smartCollectionCondition": one("smartCollectionCondition"),
        "uniqueValues": one("uniqueValues"),
    }


# -- the asynchronous part ------------------------------------------------------------------------------------------


def _purge_later(context: Context, definition: Doc) -> None:
    due = context.now + timedelta(seconds=context.graph.definition_delete_seconds)
    purge = {k: definition[k] for k in ("ownerType", "namespace", "key")}
    doc = {"id": fresh_id(context, _PURGE), "dueAt": iso(due), **purge}
    context.state.put(context.shop_id, _PURGE, doc)
    purge_due(context)


def purge_due(context: Context) -> None:
    """Deletes the values whose time has come, those written meanwhile included."""
    for purge in list(context.state.scan(context.shop_id, _PURGE)):
        if purge["dueAt"] <= context.timestamp:
            for _, number, _ in list(values_of(context, purge).rows(context, {}, None, False)):
                context.state.remove(context.shop_id, "Metafield", number)
            context.state.remove(context.shop_id, _PURGE, number_of(purge["id"]))
