"""field:value, quotes, comparators, AND by default, OR, NOT and -, brackets, prefix*.

An unquoted value ends at a blank, a bracket or a colon: `updated_at:<2000-01-01T00:00:00Z` is the filter
`2000-01-01T00`, then the term `00:00Z`, as recorded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<minus>-)(?=[^\s)])|(?P<colon>:)"
    r"|(?P<comparator>>=|<=|>|<|=)|(?P<quoted>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<word>[^\s():]+))"
)
_FIELD = re.compile(r"[A-Za-z0-9_.$-]+\Z")
_COMPARATORS = (">=", "<=", ">", "<", "=")


@dataclass(frozen=True)
class Term:
    field: str
    comparator: str
    value: str
    quoted: bool


@dataclass(frozen=True)
class Group:
    """`word` is "and", "or" or "not" (one member)."""

    word: str
    members: tuple[Expression, ...]


Expression = Term | Group


def read_search(text: str) -> Expression | None:
    """None for a blank text. Anything is read: what makes no sense becomes a word to look for."""
    reader = _Reader(_tokens(text))
    members = [reader.disjunction()]
    while reader.peek()[0] != "end":  # a bracket that closes nothing
        reader.take()
        members.append(reader.disjunction())
    return _join("and", members)


def parsed(expression: Expression) -> dict[str, Any]:
    """As `extensions.search` shows it."""
    if isinstance(expression, Group):
        members = [parsed(m) for m in expression.members]
        return {"not": members[0]} if expression.word == "not" else {expression.word: members}
    return {"field": expression.field, _operator(expression): expression.value}


def _operator(term: Term) -> str:
    if term.comparator in (">", ">=", "<", "<="):
        return "range_gte" if term.comparator.startswith(">") else "range_lte"
    if not term.quoted and term.value == "*":
        return "exists"
    return "match_phrase" if term.quoted else "match_all"


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while match := _TOKEN.match(text, at):
        found.append((match.lastgroup or "word", match[match.lastgroup or "word"]))
        at = match.end()
    rest = text[at:].strip()
    return [*found, ("word", rest)] if rest else found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.at += 1
        return token

    def disjunction(self) -> Expression | None:
        members = [self.conjunction()]
        while self.peek() == ("word", "OR"):
            self.take()
            members.append(self.conjunction())
        return _join("or", members)

    def conjunction(self) -> Expression | None:
        members: list[Expression | None] = []
        while self.peek()[0] not in ("end", "close") and self.peek() != ("word", "OR"):
            if self.peek() == ("word", "AND"):
                self.take()
                continue
            members.append(self.negation())
        return _join("and", members)

    def negation(self) -> Expression | None:
        if self.peek()[0] == "minus" or self.peek() == ("word", "NOT"):
            self.take()
            inner = self.negation()
            return Group("not", (inner,)) if inner else None
        return self.primary()

    def primary(self) -> Expression | None:
        kind, text = self.take()
        if kind == "open":
            inner = self.disjunction()
            if self.peek()[0] == "close":
                self.take()
            return inner
        if kind == "word" and self.peek()[0] == "colon" and _FIELD.match(text):
            self.take()
            return self.filter(text)
        return _bare(kind, text)

    def filter(self, field: str) -> Expression | None:
        comparator = self.take()[1] if self.peek()[0] == "comparator" else ""
        kind, text = self.peek()
        if kind not in ("word", "quoted", "minus"):
            return Term(field, comparator, "", False)
        self.take()
        if kind == "minus":
            text = f"-{self.take()[1]}"
        term = _valued(field, comparator, kind, text)
        if kind == "word" and self.peek()[0] == "colon":  # the rest of an unquoted value is a term of its own
            self.take()
            return _join("and", [term, self.primary()])
        return term


def _bare(kind: str, text: str) -> Expression | None:
    return _valued("default", "", kind, text) if kind in ("word", "quoted") else None


def _valued(field: str, comparator: str, kind: str, text: str) -> Term:
    if kind == "quoted":
        return _unquoted(field, comparator, re.sub(r"\\(.)", r"\1", text[1:-1]))
    if not comparator:
        comparator = next((c for c in _COMPARATORS if text.startswith(c)), "")
        text = text[len(comparator) :]
    return Term(field, comparator, text, False)


def _unquoted(field: str, comparator: str, text: str) -> Term:
    """The comparator may stand inside the quotes too."""
    inner = "" if comparator else next((c for c in _COMPARATORS if field != "default" and text.startswith(c)), "")
    return Term(field, comparator or inner, text[len(inner) :], True)


def _join(word: str, members: list[Expression | None]) -> Expression | None:
    """Nested groups of the same kind are one group."""
    flat: list[Expression] = []
    for member in members:
        if isinstance(member, Group) and member.word == word:
            flat += member.members
        elif member is not None:
            flat.append(member)
    return Group(word, tuple(flat)) if len(flat) > 1 else (flat[0] if flat else None)
