"""The search syntax of `query:` arguments: read, checked against a root's filters, applied to documents."""

from mooring_sandbox.shopify.graph.search.compile import Search, compile_search

__all__ = ["Search", "compile_search"]
