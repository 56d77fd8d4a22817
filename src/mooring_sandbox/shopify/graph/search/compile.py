"""A search text for one root: what the database can bound, what must be asked of each document, what to warn of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.errors import bad_request
from mooring_sandbox.shopify.graph.schema import SearchFilter, roots
from mooring_sandbox.shopify.graph.search import times
from mooring_sandbox.shopify.graph.search.fields import UNLISTED, getter
from mooring_sandbox.shopify.graph.search.grammar import Expression, Group, Term, parsed, read_search
from mooring_sandbox.shopify.graph.search.match import Predicate, number, predicate
from mooring_sandbox.shopify.state import Bound, Column

_COLUMNS: dict[str, Column] = {
    "id": "id",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "processed_at": "processed_at",
    "customer_date": "created_at",
}

_INCLUSIVE = {">": ">=", "<": "<="}  # a filter that matches whole days leaves out no part of the day named


@dataclass(frozen=True)
class Search:
    """`matches` is None when the bounds say it all."""

    bounds: tuple[Bound, ...] = ()
    matches: Predicate | None = None
    report: Doc | None = None


EVERYTHING = Search()


def compile_search(context: Context, root: str, text: str | None, path: list[Any]) -> Search:
    expression = read_search(text) if text else None
    if expression is None:
        return EVERYTHING
    compiler = _Compiler(context, root)
    members = expression.members if isinstance(expression, Group) and expression.word == "and" else (expression,)
    bounds: list[Bound] = []
    rest: list[Predicate] = []
    for member in members:
        if isinstance(member, Term) and compiler.means_all(member):
            continue
        found = compiler.bound(member)
        if found is not None:
            bounds += found
        elif (applies := compiler.predicate(member)) is not None:
            rest.append(applies)
    report = {"path": path, "query": text, "parsed": parsed(expression), "warnings": compiler.warnings}
    return Search(tuple(bounds), _all(rest) if rest else None, report if compiler.warnings else None)


class _Compiler:
    def __init__(self, context: Context, root: str) -> None:
        self.context = context
        self.root = root
        self.warnings: list[Doc] = []
        listed = roots().get(root)
        self.filters = dict(listed.filters) if listed else {}
        for name, type_ in UNLISTED.get(root, {}).items():
            self.filters.setdefault(name, SearchFilter(name, type_, frozenset()))

    def warn(self, term: Term, message: str, code: str) -> None:
        self.warnings.append({"field": term.field, "message": message, "code": code})

    def bound(self, member: Expression) -> list[Bound] | None:
        """What the database can decide alone; None if it cannot."""
        if not isinstance(member, Term) or member.field not in _COLUMNS or member.field not in self.filters:
            return None
        column = _COLUMNS[member.field]
        if column == "id":
            wanted = number(member.value)
            whole = wanted is not None and wanted == int(wanted) and abs(wanted) < 2**63
            return [(column, member.comparator or "=", int(wanted))] if wanted is not None and whole else None  # type: ignore[list-item]
        span = self.span(member)
        comparator = _INCLUSIVE.get(member.comparator, member.comparator) if self.by_day(member) else member.comparator
        return _span_bounds(column, comparator, span) if span else None

    def by_day(self, term: Term) -> bool:
        return self.root == "customers" and term.field == "updated_at" and self.context.graph.customers_by_day

    def span(self, term: Term) -> tuple[str, str] | None:
        read = times.whole_days if self.by_day(term) else times.span
        return read(term.value, self.context.zone, self.context.now)

    def predicate(self, expression: Expression) -> Predicate | None:
        """None for terms that are ignored (unknown filters)."""
        if isinstance(expression, Term):
            return self.term(expression)
        members = [p for m in expression.members if (p := self.predicate(m)) is not None]
        if not members:
            return None
        if expression.word == "not":
            return lambda context, doc: not members[0](context, doc)
        return _all(members) if expression.word == "and" else _any(members)

    def term(self, term: Term) -> Predicate | None:
        if term.field.startswith("metafields."):
            return _metafield(term)
        known = self.filters.get(term.field)
        if known is None:
            self.warn(term, "Invalid search field for this query.", "invalid_field")
            return None
        if not self.accepts(term, known):
            if self.root == "bulkOperations" and known.type == "time":
                raise bad_request(f"Invalid timestamp for query filter `{term.field}`.")
            self.warn(term, f"Input `{term.value}` is not an accepted value.", "invalid_value")
        if self.means_all(term):
            return lambda _, __: True
        if term.field == "tag_not":
            tagged = predicate(term, getter(self.root, "tag"), "string", None)
            return lambda context, doc: not tagged(context, doc)
        span = self.span(term) if known.type in ("time", "date") else None
        return predicate(term, getter(self.root, term.field), known.type, span)

    def means_all(self, term: Term) -> bool:
        """`status:any` is no documented value of orders, but a common way to ask for all of them."""
        return self.root == "orders" and term.field == "status" and term.value.lower() == "any"

    def accepts(self, term: Term, known: SearchFilter) -> bool:
        value = term.value.lower()
        if value == "*" or self.means_all(term):
            return True
        if known.type == "boolean":
            return value in ("true", "false")
        if known.type in ("time", "date"):
            return self.span(term) is not None
        if known.type in ("integer", "float", "bigdecimal", "id"):
            return number(term.value) is not None
        return not known.accepts or value in known.accepts or set(value.split(",")) <= known.accepts


def _span_bounds(column: Column, comparator: str, span: tuple[str, str]) -> list[Bound]:
    first, last = span
    if comparator in ("", "="):
        return [(column, ">=", first), (column, "<=", last)]
    value = {">": first, ">=": first, "<": first, "<=": last}[comparator]
    return [(column, comparator, value)]  # type: ignore[list-item]


def _metafield(term: Term) -> Predicate:
    """metafields.namespace.key:value"""
    _, _, name = term.field.partition(".")
    namespace, _, key = name.rpartition(".")

    def values(context: Context, doc: Doc) -> list[Any]:
        owned = context.children("Metafield", doc["id"])
        return [m.get("value") for m in owned if m.get("namespace") == namespace and m.get("key") == key]

    return predicate(term, values, "string", None)


def _all(members: list[Predicate]) -> Predicate:
    return members[0] if len(members) == 1 else lambda context, doc: all(m(context, doc) for m in members)


def _any(members: list[Predicate]) -> Predicate:
    return lambda context, doc: any(m(context, doc) for m in members)
