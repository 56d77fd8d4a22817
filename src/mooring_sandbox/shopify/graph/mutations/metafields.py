"""metafieldsSet (all or nothing, at most 25) and metafieldsDelete (a miss is null in its place)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.metafield_references import missing_reference
from mooring_sandbox.shopify.graph.metafield_types import NAMED, TYPES, kept_value, value_problem
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import fresh_id, touch
from mooring_sandbox.shopify.graph.reading import number_of
from mooring_sandbox.shopify.graph.resolvers.metafields import (
    OWNER_TYPES,
    digest,
    find_definition,
    is_foreign,
    metafield_of,
    resolved_namespace,
)
from mooring_sandbox.shopify.state import parse_gid

MAXIMUM = 25
INVALID_NAME = "INVALID_CHARACTER"
_RESERVED = {"shopify_standard", "protected", "shopify-l10n-fields"}
_NAMES = re.compile(r"[A-Za-z0-9_-]*\Z")
_FOREIGN = "Access to this namespace and key on Metafields for this resource type is not allowed."
_UNSET = object()


@dataclass(frozen=True)
class Asked:
    """One metafield to set, with what is known of its place."""

    index: int
    owner: str
    namespace: str
    key: str
    type: str | None
    value: str
    digest: object
    known: Doc | None
    definition: Doc | None


@mutation
def metafields_set(context: Context, metafields: list[Doc]) -> Doc:
    if len(metafields) > MAXIMUM:
        message = f"Exceeded the maximum metafields input limit of {MAXIMUM}."
        error = user_error(["metafields"], message, "LESS_THAN_OR_EQUAL_TO")
        return {"metafields": None, "userErrors": [error]}
    asked = [_asked(context, i, m) for i, m in enumerate(metafields)]
    errors = [e for a in asked for e in _check(context, a)]
    if errors:
        return {"metafields": [], "userErrors": errors}
    written = [_write(context, a) for a in asked]
    for owner in dict.fromkeys(a.owner for a in asked):
        touch(context, owner)
    return {"metafields": written, "userErrors": []}


def set_inputs(context: Context, owner: str, metafields: list[Doc] | None) -> list[Doc]:
    """Metafields given with their owner's own mutation."""
    if not metafields:
        return []
    found = metafields_set(context, [{"ownerId": owner, **m} for m in metafields])
    return found["userErrors"]


@mutation
def metafields_delete(context: Context, metafields: list[Doc]) -> Doc:
    wanted = [{**m, "namespace": resolved_namespace(context, m["namespace"])} for m in metafields]
    if any(is_foreign(context, m["namespace"]) for m in wanted):
        return {"deletedMetafields": [], "userErrors": [user_error(["metafields"], _FOREIGN)]}
    return {"deletedMetafields": [_delete(context, m) for m in wanted], "userErrors": []}


def _delete(context: Context, wanted: Doc) -> Doc | None:
    found = metafield_of(context, wanted["ownerId"], wanted["namespace"], wanted["key"])
    if found is None:
        return None
    context.state.remove(context.shop_id, "Metafield", number_of(found["id"]))
    touch(context, wanted["ownerId"])
    return {k: wanted[k] for k in ("ownerId", "namespace", "key")}


def _asked(context: Context, index: int, given: Doc) -> Asked:
    owner, namespace = given["ownerId"], resolved_namespace(context, given.get("namespace"))
    known = metafield_of(context, owner, namespace, given["key"])
    found = parse_gid(owner)
    owner_type = OWNER_TYPES.get(found[0], "") if found else ""
    definition = find_definition(context, owner_type, namespace, given["key"])
    sure = (definition or {}).get("type", {}).get("name")
    return Asked(
        index, owner, namespace, given["key"], given.get("type") or sure or (known or {}).get("type"),
        given["value"], given.get("compareDigest", _UNSET), known, definition,
    )  # fmt: skip


def _error(asked: Asked, field: str | None, message: str, code: str | None) -> Doc:
    at = ["metafields", str(asked.index), *([field] if field else [])]
    return {**user_error(at, message, code), "elementIndex": None}


def _check(context: Context, asked: Asked) -> list[Doc]:
    if not owner_exists(context, asked.owner):
        return [_error(asked, "ownerId", "Owner does not exist.", "INVALID_VALUE")]
    if is_foreign(context, asked.namespace):
        return [_error(asked, None, _FOREIGN, "APP_NOT_AUTHORIZED")]
    names = [found for found in name_problems(asked.namespace, asked.key) if found[2] != INVALID_NAME]
    if names:  # characters are looked at when a definition is made, not here: recorded
        return [_error(asked, field, message, code) for field, message, code in names]
    if asked.namespace in _RESERVED:
        return [_error(asked, "namespace", f"Namespace {asked.namespace} is a reserved namespace", None)]
    return _check_digest(asked) or _check_value(context, asked)


def owner_exists(context: Context, owner: str) -> bool:
    found = parse_gid(owner)
    if found is None or found[0] not in OWNER_TYPES:
        return False
    if found[0] == "Shop":
        return context.shop["id"] == owner
    return found == ("AppInstallation", context.caller.app_id) or context.load(owner) is not None


def name_problems(namespace: str, key: str) -> list[tuple[str, str, str]]:
    """(field, message, code) for what is wrong with a namespace and a key."""
    out = []
    for field, text, least, most in (("namespace", namespace, 3, 255), ("key", key, 2, 64)):
        label = field.capitalize()
        if len(text) < least:
            out.append((field, f"{label} is too short (minimum is {least} characters)", "TOO_SHORT"))
        elif len(text) > most:
            out.append((field, f"{label} is too long (maximum is {most} characters)", "TOO_LONG"))
        elif not _NAMES.match(text):
            out.append((field, f"{label} contains one or more invalid characters.", INVALID_NAME))
    return out


def _check_digest(asked: Asked) -> list[Doc]:
    """A digest must be the stored one's; null means that there must be none; left out, nothing is compared."""
    if asked.digest is _UNSET:
        return []
    if asked.known is None:
        message = "Invalid `compareDigest` value."
        return [] if asked.digest is None else [_error(asked, None, message, "INVALID_COMPARE_DIGEST")]
    if asked.digest == (asked.known.get("compareDigest") or digest(asked.known)):
        return []
    message = "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value."
    return [_error(asked, None, message, "STALE_OBJECT")]


def _check_value(context: Context, asked: Asked) -> list[Doc]:
    if not asked.type:
        return [_error(asked, "type", "Type can't be blank", "BLANK")]
    if asked.type not in TYPES:
        return [_error(asked, "type", f"Type must be one of the following: {NAMED}.", "INCLUSION")]
    wanted = (asked.definition or {}).get("type", {}).get("name")
    if wanted and wanted != asked.type:
        message = f"Type '{asked.type}' must be consistent with the definition's type: '{wanted}'."
        return [_error(asked, "type", message, "INVALID_TYPE")]
    if not asked.value:
        return [_error(asked, "value", "Value can't be blank.", "INVALID_VALUE")]
    problem = value_problem(asked.type, asked.value) or missing_reference(context, asked.type, asked.value)
    problem = problem or _rule_problem(asked)
    return [_error(asked, "value", problem, "INVALID_VALUE")] if problem else []


def _rule_problem(asked: Asked) -> str | None:
    """What the definition's validations ask beyond the type."""
    rules = {v["name"]: v.get("value") for v in (asked.definition or {}).get("validations") or ()}
    size = len(asked.value)
    if TYPES[asked.type or ""] == "TEXT":
        if str(rules.get("max", "")).isdigit() and size > int(rules["max"]):
            return f"Value has a maximum length of {rules['max']}."
        if str(rules.get("min", "")).isdigit() and size < int(rules["min"]):
            return f"Value has a minimum length of {rules['min']}."
    if rules.get("choices") and f'"{asked.value}"' not in rules["choices"]:
        return "Value does not exist in provided choices."
    return None


def _write(context: Context, asked: Asked) -> Doc:
    """The same value again changes nothing."""
    known, value = asked.known, kept_value(asked.type or "", asked.value)
    if known is not None and (known.get("type"), known.get("value")) == (asked.type, value):
        return known
    found = parse_gid(asked.owner)
    doc: Doc = {
        "id": known["id"] if known else fresh_id(context, "Metafield"),
        "namespace": asked.namespace,
        "key": asked.key,
        "type": asked.type,
        "value": value,
        "ownerId": asked.owner,
        "ownerType": OWNER_TYPES[found[0]] if found else "SHOP",
        "createdAt": known["createdAt"] if known else context.timestamp,
        "updatedAt": context.timestamp,
    }
    context.state.put(context.shop_id, "Metafield", doc, asked.owner)
    return doc
