"""The GraphQL documents Mooring sends, one file each, written for the pinned API version."""

from functools import cache
from importlib.resources import files


@cache
def document(name: str) -> str:
    """The text of `queries/<name>.graphql`. Raises `FileNotFoundError` for a name that is none."""
    return files("mooring.shopify").joinpath("queries", f"{name}.graphql").read_text()
