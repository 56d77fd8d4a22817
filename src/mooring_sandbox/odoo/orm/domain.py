"""Domains: Polish notation read into a tree, and a tree into SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mooring_sandbox.odoo.orm.conditions import condition

if TYPE_CHECKING:
    from mooring_sandbox.odoo.orm.core import Core

Sql = tuple[str, list[Any]]
TRUE: Sql = ("1", [])
FALSE: Sql = ("0", [])
_ARITY = {"&": 2, "|": 2, "!": 1}


def normal(domain: Any) -> list[Any]:
    """With every `&` written out; raises what Odoo raises for what is no domain."""
    items = list(domain or [])
    for item in items:
        if not _is_item(item):
            raise ValueError(f"Domain() invalid item in domain: {item!r}")
    return ["&"] * _missing(items) + items if items else []


def _is_item(item: Any) -> bool:
    if isinstance(item, str):
        return item in _ARITY
    return isinstance(item, list | tuple) and len(item) == 3


def _missing(items: list[Any]) -> int:
    """How many terms stand beside each other without an operator in front."""
    wanted = 1
    surplus = 0
    for item in items:
        if wanted == 0:
            surplus, wanted = surplus + 1, 1
        wanted += _ARITY[item] - 1 if isinstance(item, str) else -1
    if wanted:
        raise ValueError(f"Domain() unexpected end of domain: {items!r}")
    return surplus


def both(*domains: Any) -> list[Any]:
    """All of them at once."""
    parts = [normal(domain) for domain in domains if domain]
    return ["&"] * (len(parts) - 1) + [item for part in parts for item in part]


def either(*domains: Any) -> list[Any]:
    parts = [normal(domain) for domain in domains if domain]
    return ["|"] * (len(parts) - 1) + [item for part in parts for item in part]


def mentions(domain: Any, field: str) -> bool:
    return any(not isinstance(item, str) and item[0] == field for item in domain or [])


def to_sql(model: Core, alias: str, domain: Any) -> Sql:
    """The condition over the model's table under this alias."""
    stack: list[Sql] = []
    for item in reversed(normal(domain)):
        if item == "!":
            stack.append(_negated(stack.pop()))
        elif isinstance(item, str):
            stack.append(_joined(item, stack.pop(), stack.pop()))
        else:
            stack.append(condition(model, alias, *item))
    return stack[0] if stack else TRUE


def _negated(inner: Sql) -> Sql:
    return f"NOT coalesce({inner[0]}, 0)", inner[1]


def _joined(operator: str, left: Sql, right: Sql) -> Sql:
    word = "AND" if operator == "&" else "OR"
    return f"({left[0]} {word} {right[0]})", left[1] + right[1]
