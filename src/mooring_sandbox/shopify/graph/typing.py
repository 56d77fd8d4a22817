"""The object type of a document where the schema says interface or union."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLAbstractType, GraphQLSchema

from mooring_sandbox.shopify.state import parse_gid


def type_of(schema: GraphQLSchema, value: Any, abstract: GraphQLAbstractType) -> str:
    """What the document says itself, else its gid, else the possible type whose fields it has most of."""
    possible = {t.name: t for t in schema.get_possible_types(abstract)}
    named = value.get("__typename")
    if named in possible:
        return named
    found = parse_gid(value.get("id") or "")
    if found and found[0] in possible:
        return found[0]
    keys = {k for k in value if not k.startswith("$")}
    return max(possible, key=lambda name: len(keys & possible[name].fields.keys()))
