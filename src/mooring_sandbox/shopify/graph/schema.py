"""The pruned official schema of one version, with what its types do not say: access, protected fields, filters."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_ast_schema,
    parse,
)

from mooring_sandbox.shopify.graph.scalars import INPUTS

_DATA = "mooring_sandbox.shopify.schema"


@dataclass(frozen=True)
class Requirement:
    """Access that a type or field needs: any of `scopes`, worded `text`; no scopes, no restriction for apps."""

    text: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class Official:
    version: str
    schema: GraphQLSchema
    types: dict[str, Requirement]
    fields: dict[str, Requirement]
    protected: dict[str, str]

    def field(self, type_name: str, field_name: str) -> GraphQLField | None:
        type_ = self.schema.type_map.get(type_name)
        return type_.fields.get(field_name) if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else None

    def is_object(self, type_name: str) -> bool:
        return isinstance(self.schema.type_map.get(type_name), GraphQLObjectType)

    def implements(self, type_name: str, interface: str) -> bool:
        type_ = self.schema.type_map.get(type_name)
        return isinstance(type_, GraphQLObjectType) and any(i.name == interface for i in type_.interfaces)


@dataclass(frozen=True)
class SearchFilter:
    name: str
    type: str
    accepts: frozenset[str]


@dataclass(frozen=True)
class Root:
    """What one searchable root takes: its filters and the sort key when none is given."""

    filters: dict[str, SearchFilter]
    default_sort_key: str


@cache
def official(version: str) -> Official:
    """Loaded once per process; the official SDL is taken as valid (fields are deprecated that interfaces are not).

    What is loaded then stays, so the collector is told not to walk its 100,000 objects again and again.
    """
    document = parse(_read(f"{version}.graphql").decode(), no_location=True)
    access = msgspec.json.decode(_read(f"{version}.access.json"))
    loaded = Official(
        version,
        _with_inputs(build_ast_schema(document, assume_valid=True)),
        _requirements(access["types"]),
        _requirements(access["fields"]),
        access["protected_customer_fields"],
    )
    gc.collect()
    gc.freeze()
    return loaded


def _with_inputs(schema: GraphQLSchema) -> GraphQLSchema:
    for name, read in INPUTS.items():
        scalar = schema.type_map.get(name)
        if isinstance(scalar, GraphQLScalarType):
            scalar.parse_value = scalar.coerce_input_value = read  # type: ignore[method-assign]
    return schema


@cache
def roots() -> dict[str, Root]:
    """Filters and sort keys per root connection, as the official argument descriptions word them."""
    found: dict[str, Any] = msgspec.json.decode(_read("filters.json"))
    return {name: Root(_filters(root["filters"]), root["default_sort_key"] or "ID") for name, root in found.items()}


def _read(name: str) -> bytes:
    return files(_DATA).joinpath(name).read_bytes()


def _requirements(found: dict[str, Any]) -> dict[str, Requirement]:
    return {name: Requirement(v["text"], frozenset(v["scopes"])) for name, v in found.items()}


def _filters(found: list[dict[str, Any]]) -> dict[str, SearchFilter]:
    return {f["name"]: SearchFilter(f["name"], f["type"], _accepts(f)) for f in found if f["name"]}


def _accepts(found: dict[str, Any]) -> frozenset[str]:
    """A member with a blank in it is a pattern or a sentence of the description: then any value is accepted."""
    members = [a.lower() for a in found.get("accepts", ())]
    return frozenset() if any(" " in a for a in members) else frozenset(members)
