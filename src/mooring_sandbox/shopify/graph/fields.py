"""How each field of each type is read: by who registered for it, else from the document by the house's conventions.

Conventions: a plain field stands under its name; an embedded object or list too; a reference to another record as a
gid under "<field>Id"; a connection that lives in its owner as a plain list. Embedded documents whose answers need it
are linked to what they stand in ("$owner"); `unlinked` takes these loops out again where many documents pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
)

from mooring_sandbox.shopify.graph import connections, registry
from mooring_sandbox.shopify.graph.connections import Listed
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.neutral import neutral
from mooring_sandbox.shopify.graph.registry import GiveSource, Resolve
from mooring_sandbox.shopify.graph.schema import Official

Kind = Literal["leaf", "object", "list", "connection"]
Link = Callable[[Any, Doc], Any]
_WRAPPERS = ("Connection", "Edge", "Payload")  # documents of no record: what they hold belongs elsewhere

# Embedded types whose answers look at what they stand in.
_LOOKS_UP = {
    "DiscountAllocation", "Fulfillment", "FulfillmentHold", "FulfillmentLineItem", "FulfillmentOrder",
    "FulfillmentOrderLineItem", "InventoryLevel", "LineItem", "OrderTransaction", "Refund", "RefundLineItem",
    "RefundShippingLine", "ShippingLine",
}  # fmt: skip


@dataclass(frozen=True)
class FieldReader:
    """`source` is set for connections; `stored` means that what the document holds under `name` is the answer.

    `read` is then only asked when the document holds nothing there, and not even then if the field is `nullable`.
    """

    name: str
    kind: Kind
    type: GraphQLNamedType
    read: Resolve
    source: GiveSource | None = None
    stored: bool = False
    nullable: bool = False


class FieldReaders:
    """Readers of one version's schema, made when first needed."""

    def __init__(self, official: Official) -> None:
        self._official = official
        self._made: dict[tuple[str, str], FieldReader] = {}

    def reader(self, type_name: str, field_name: str) -> FieldReader:
        key = (type_name, field_name)
        if key not in self._made:
            self._made[key] = self._make(type_name, field_name)
        return self._made[key]

    def _make(self, type_name: str, field_name: str) -> FieldReader:
        field = self._official.field(type_name, field_name)
        if field is None:
            raise LookupError(f"{type_name}.{field_name}")
        return _build(field_name, field, _Named(self._official, type_name, field_name))


class _Named:
    """Looks a field up in the registry: under its own type first, then under the type's interfaces."""

    def __init__(self, official: Official, type_name: str, field_name: str) -> None:
        self.official, self.type, self.field = official, type_name, field_name
        type_ = official.schema.type_map[type_name]
        owners = [type_name, *(i.name for i in getattr(type_, "interfaces", ()))]
        self._names = [f"{owner}.{field_name}" for owner in owners]

    def find(self, table: dict[str, Any]) -> Any:
        return next((table[n] for n in self._names if n in table), None)


def _build(name: str, field: GraphQLField, named: _Named) -> FieldReader:
    type_ = get_named_type(field.type)
    value, derived, source = (named.find(t) for t in (registry.VALUES, registry.DERIVED, registry.SOURCES))
    if _is_connection(type_):
        give = source or _embedded_source(name)
        read = value or (_window(give, field.type) if source or derived is None else derived)
        return FieldReader(name, "connection", type_, read, give)
    kind: Kind = "leaf" if is_leaf_type(type_) else "list" if _is_list(field.type) else "object"
    if value is not None:
        return FieldReader(name, kind, type_, value)
    missing = derived or _from_bag(named, field.type) or _missing(field.type)
    if kind == "leaf":
        nullable = missing is _null
        return FieldReader(name, kind, type_, _leaf(name, missing), stored=True, nullable=nullable)
    link = linked if type_.name in _LOOKS_UP and not named.type.endswith(_WRAPPERS) else _keep
    if kind == "list":
        return FieldReader(name, kind, type_, _list(name, missing, link))
    return FieldReader(name, kind, type_, _object(name, missing, link), stored=link is _keep)


def _from_bag(named: _Named, type_: GraphQLOutputType) -> Resolve | None:
    """Deprecated amounts (`totalPrice`, `amountV2`) say what their money bag (`totalPriceSet`, `amountSet`) says."""
    wanted = get_named_type(type_).name
    sibling = f"{named.field.removesuffix('V2')}Set"
    if wanted not in ("Money", "MoneyV2") or named.official.field(named.type, sibling) is None:
        return None
    bag = FieldReaders(named.official).reader(named.type, sibling)

    def read(context: Context, doc: Doc, _: Doc) -> Any:
        found = bag.read(context, doc, {})
        inner = found and found.get("shopMoney")
        return inner["amount"] if inner and wanted == "Money" else inner

    return read


def _null(_: Context, __: Doc, ___: Doc) -> None:
    return None


def _missing(type_: GraphQLOutputType) -> Resolve:
    if not isinstance(type_, GraphQLNonNull):
        return _null
    make = neutral(type_)
    return lambda context, doc, _: make(context, doc)


def _leaf(name: str, missing: Resolve) -> Resolve:
    def read(context: Context, doc: Doc, args: Doc) -> Any:
        found = doc.get(name)
        return found if found is not None else missing(context, doc, args)

    return read


def _object(name: str, missing: Resolve, link: Link) -> Resolve:
    reference = f"{name}Id"

    def read(context: Context, doc: Doc, args: Doc) -> Any:
        found = doc.get(name)
        if found is not None:
            return link(found, doc)
        found = context.load(doc.get(reference))
        return missing(context, doc, args) if found is None else found

    return read


def _list(name: str, missing: Resolve, link: Link) -> Resolve:
    def read(context: Context, doc: Doc, args: Doc) -> Any:
        found = doc.get(name)
        if found is None:
            found = missing(context, doc, args)
        if found is None:
            return None
        first = args.get("first")
        return [link(member, doc) for member in (found if first is None else found[:first])]

    return read


def _embedded_source(name: str) -> GiveSource:
    return lambda _, doc, __: Listed([linked(member, doc) for member in doc.get(name) or ()])


def _window(give: GiveSource, type_: GraphQLOutputType) -> Resolve:
    def read(context: Context, doc: Doc, args: Doc) -> Any:
        return connections.window(context, give(context, doc, args), args)

    return read


def _keep(member: Any, _: Doc) -> Any:
    return member


def unlinked(doc: Doc) -> None:
    """Takes "$owner" out of everything listed in a document, so that it is freed at once."""
    for value in doc.values():
        if type(value) is list:
            for member in value:
                if type(member) is dict and member.pop("$owner", None) is not None:
                    unlinked(member)


def linked(member: Any, owner: Doc) -> Any:
    if isinstance(member, dict):
        member["$owner"] = owner
    return member


def _is_connection(type_: GraphQLNamedType) -> bool:
    return isinstance(type_, GraphQLObjectType) and type_.name.endswith("Connection") and "pageInfo" in type_.fields


def _is_list(type_: GraphQLOutputType) -> bool:
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)
