"""One term of a search against one document."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.search.fields import WORDS, Get
from mooring_sandbox.shopify.graph.search.grammar import Term
from mooring_sandbox.shopify.state import parse_gid

Predicate = Callable[[Context, Doc], bool]
Test = Callable[[Any], bool]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq, "": operator.eq,
}  # fmt: skip
_WORD = re.compile(r"\w+")


def nothing(_: Context, __: Doc) -> bool:
    return False


def predicate(term: Term, get: Get | None, type_: str, span: tuple[str, str] | None) -> Predicate:
    """`span` are the first and last second of a moment, for filters of type time."""
    if get is None:
        return nothing
    test = _test(term, type_, span)
    if test is None:
        return nothing

    def applies(context: Context, doc: Doc) -> bool:
        value = get(context, doc)
        if isinstance(value, list):
            return any(v is not None and test(v) for v in value)
        return value is not None and test(value)

    return applies


def _test(term: Term, type_: str, span: tuple[str, str] | None) -> Test | None:
    if term.value == "*" and not term.comparator and not term.quoted:
        return lambda v: v not in ("", False)
    if type_ in ("time", "date"):
        return _within(term.comparator, span) if span else None
    if type_ == "boolean":
        return {"true": bool, "false": lambda v: not v}.get(term.value.lower())
    if type_ in ("integer", "float", "bigdecimal", "id"):
        return _numeric(term)
    return _textual(term)


def _within(comparator: str, span: tuple[str, str]) -> Test:
    """A date alone counts from its first second (as recorded for <); only <= and equality take in the whole of it."""
    first, last = span
    tests: dict[str, Test] = {
        ">": lambda v: v > first,
        ">=": lambda v: v >= first,
        "<": lambda v: v < first,
        "<=": lambda v: v <= last,
    }
    return tests.get(comparator, lambda v: first <= v <= last)


def number(text: str) -> Decimal | None:
    gid = parse_gid(text)
    try:
        found = Decimal(gid[1]) if gid else Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _numeric(term: Term) -> Test | None:
    wanted = number(term.value)
    if wanted is None:
        return None
    compare = _COMPARE[term.comparator]
    return lambda v: (n := number(str(v))) is not None and compare(n, wanted)


def _textual(term: Term) -> Test:
    wanted = term.value.casefold()
    if term.comparator in (">", ">=", "<", "<="):
        compare = _COMPARE[term.comparator]
        return lambda v: compare(str(v).casefold(), wanted)
    starts = wanted.endswith("*") and not term.quoted
    wanted = wanted.rstrip("*") if starts else wanted
    if term.field in WORDS:
        return _worded(wanted, starts)
    if starts:
        return lambda v: str(v).casefold().startswith(wanted)
    alternatives = {w.strip() for w in wanted.split(",")} | {wanted}
    return lambda v: str(v).casefold() in alternatives


def _worded(wanted: str, starts: bool) -> Test:
    """Every word must occur; the last one may go on, with *."""
    words = _WORD.findall(wanted)

    def test(value: Any) -> bool:
        have = _WORD.findall(str(value).casefold())
        whole = words[:-1] if starts else words
        begun = not starts or not words or any(h.startswith(words[-1]) for h in have)
        return bool(words) and all(w in have for w in whole) and begun

    return test
