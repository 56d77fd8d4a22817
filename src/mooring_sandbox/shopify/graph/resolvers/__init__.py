"""Answers that are more than a key of a document; each module registers its own."""

from mooring_sandbox.shopify.graph.resolvers import (
    apps,
    catalog,
    customers,
    fulfillments,
    inventory,
    lines,
    metafields,
    nodes,
    orders,
    roots,
    shop,
    variants,
)

__all__ = [
    "apps",
    "catalog",
    "customers",
    "fulfillments",
    "inventory",
    "lines",
    "metafields",
    "nodes",
    "orders",
    "roots",
    "shop",
    "variants",
]
