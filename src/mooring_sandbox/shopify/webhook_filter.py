"""A subscription's `filter` held against a payload: `vendor:Nike AND (variants.price:>=10 OR NOT status:draft)`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

_TOKEN = re.compile(r'\s*(?:(\()|(\))|((?:[^\s()":]+:)?(?:"[^"]*"|\'[^\']*\'|[^\s()"]+)))')
_COMPARISON = re.compile(r"(>=|<=|>|<)?(.*)", re.S)


def matches(text: str, body: dict[str, Any]) -> bool:
    """Whether the payload passes; an empty filter passes everything, an unreadable one nothing."""
    if not text.strip():
        return True
    tokens = [match.group(match.lastindex or 0) for match in _TOKEN.finditer(text)]
    return _Reader(tokens, body).either()


class _Reader:
    def __init__(self, tokens: list[str], body: dict[str, Any]) -> None:
        self._tokens, self._body = tokens, body

    def either(self) -> bool:
        found = self._both()
        while self._take("OR"):
            found = self._both() or found
        return found

    def _both(self) -> bool:
        found = self._one()
        while self._tokens and self._tokens[0] not in ("OR", ")"):
            self._take("AND")
            found = self._one() and found
        return found

    def _one(self) -> bool:
        if self._take("NOT"):
            return not self._one()
        if self._take("("):
            found = self.either()
            self._take(")")
            return found
        word = self._tokens.pop(0) if self._tokens else ""
        if word.startswith("-") and ":" in word:
            return not _term(word[1:], self._body)
        return _term(word, self._body)

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0] == word:
            self._tokens.pop(0)
            return True
        return False


def _term(word: str, body: dict[str, Any]) -> bool:
    path, colon, wanted = word.partition(":")
    return bool(colon) and any(_fits(value, wanted) for value in _values(body, path.split(".")))


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _values(one, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _values(value[path[0]], path[1:])


def _fits(value: Any, wanted: str) -> bool:
    match = _COMPARISON.fullmatch(wanted)
    sign, text = (match.group(1), match.group(2).strip("\"'")) if match else (None, wanted)
    if text == "*":
        return value not in (None, "")
    said = _said(value)
    if sign:
        return _compares(said, sign, text)
    if text.endswith("*"):
        return said.lower().startswith(text[:-1].lower())
    return said.lower() == text.lower()


def _said(value: Any) -> str:
    """JSON's own words for true, false and null."""
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: ""}[value]
    return str(value)


def _compares(left: str, sign: str, right: str) -> bool:
    """As numbers if both are, otherwise as text: ISO times sort that way."""
    try:
        order = int(Decimal(left).compare(Decimal(right)))
    except InvalidOperation:
        order = (left > right) - (left < right)
    return {">": order > 0, "<": order < 0, ">=": order >= 0, "<=": order <= 0}[sign]
