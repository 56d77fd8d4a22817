"""Admin GraphQL: the official schema, pruned, executed on the sandbox's documents.

    graph = Graph(state, clock)
    graph.execute(caller, "2026-10", {"query": "{ shop { name } }"}).body

`register` gives a root field to someone else: `graph.register("bulkOperationRunQuery", run)` with
`run(context, query=..., groupObjects=...) -> {"bulkOperation": doc | None, "userErrors": [...]}`.
"""

from mooring_sandbox.shopify.graph.api import Answer, Handler
from mooring_sandbox.shopify.graph.context import Context
from mooring_sandbox.shopify.graph.graph import Graph

__all__ = ["Answer", "Context", "Graph", "Handler"]
