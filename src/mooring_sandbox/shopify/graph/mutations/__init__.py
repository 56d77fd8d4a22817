"""Mutations; each module registers its own."""

from mooring_sandbox.shopify.graph.mutations import (
    addresses,
    apps,
    consent,
    customers,
    definitions,
    inventory,
    locations,
    merges,
    metafields,
    orders,
    products,
    refunds,
    tags,
    variants,
    webhooks,
)

__all__ = [
    "addresses",
    "apps",
    "consent",
    "customers",
    "definitions",
    "inventory",
    "locations",
    "merges",
    "metafields",
    "orders",
    "products",
    "refunds",
    "tags",
    "variants",
    "webhooks",
]
