"""tagsAdd and tagsRemove; tags come back sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.errors import not_found
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, save, tell
from mooring_sandbox.shopify.state import parse_gid

_TAGGED = {"Article", "Customer", "DraftOrder", "Order", "Product"}


def clean_tags(tags: Iterable[str]) -> list[str]:
    """Trimmed, commas split, one of each whatever the case, sorted."""
    found: dict[str, str] = {}
    for tag in (part.strip() for text in tags for part in text.split(",")):
        if tag:
            found.setdefault(tag.casefold(), tag)
    return sorted(found.values(), key=str.casefold)


@mutation
def tags_add(context: Context, id: str, tags: list[str]) -> Doc:
    return _change(context, id, lambda held: clean_tags([*held, *tags]))


@mutation
def tags_remove(context: Context, id: str, tags: list[str]) -> Doc:
    gone = {t.casefold() for t in clean_tags(tags)}
    return _change(context, id, lambda held: [t for t in held if t.casefold() not in gone])


def _change(context: Context, id_: str, change: Callable[[list[str]], list[str]]) -> Doc:
    found = parse_gid(id_)
    if found is None or found[0] not in _TAGGED:
        raise not_found()
    type_ = found[0]
    doc = editable(context, id_, type_)
    if doc is None:
        return {"node": None, "userErrors": [user_error(["id"], f"{type_} does not exist")]}
    before = doc.get("tags") or []
    doc["tags"] = change(before)
    if type_ == "Customer":
        save(context, type_, doc, None)
        _tell_customer(context, doc, before)
    else:
        save(context, type_, doc)
    return {"node": {**doc, "__typename": type_}, "userErrors": []}


def _tell_customer(context: Context, doc: Doc, before: list[str]) -> None:
    """Customers' tags have topics of their own, with bodies of their own."""
    changes = (
        ("CUSTOMER_TAGS_ADDED", [t for t in doc["tags"] if t not in before]),
        ("CUSTOMER_TAGS_REMOVED", [t for t in before if t not in doc["tags"]]),
    )
    for topic, tags in changes:
        if tags:
            body = {"customerId": doc["id"], "tags": tags, "occurredAt": context.timestamp}
            tell(context, {**doc, "$payload": body}, topic)
