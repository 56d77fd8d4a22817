"""Counts as people say them: `1 order`, `2,400 addresses`, `0 people`."""

from __future__ import annotations

_ODD = {"people": "person", "addresses": "address", "matches": "match", "taxes": "tax"}


def counted(count: int, many: str) -> str:
    """`many` is the noun in the plural, the way kinds and tables are called; words before it stay as they are."""
    return f"{count:,} {singular(many) if count == 1 else many}"


def singular(many: str) -> str:
    before, space, noun = many.rpartition(" ")
    if noun.endswith("ies"):
        return f"{before}{space}{noun[:-3]}y"
    return before + space + _ODD.get(noun, noun.removesuffix("s"))
