"""One condition of a domain as SQL: (field, operator, value), also over paths such as `order_id.partner_id.name`."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mooring_sandbox.odoo.orm.fields import Datetime, Field
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one, One2many, Relation
from mooring_sandbox.odoo.orm.storage import as_list

if TYPE_CHECKING:
    from mooring_sandbox.odoo.orm.core import Core

Sql = tuple[str, list[Any]]
_LIKE = {"=like", "=ilike", "like", "ilike", "not =like", "not =ilike", "not like", "not ilike"}
_PLAIN = {"=", "!=", "<>", "==", ">", ">=", "<", "<=", "=?", "in", "not in"}
_TREE = {"child_of", "parent_of"}
_NESTED = {"any", "not any"}
OPERATORS = _LIKE | _PLAIN | _TREE | _NESTED
_NEGATIVE = {"!=", "<>", "not in"}
_aliases = itertools.count(1)


def condition(model: Core, alias: str, path: Any, operator: Any, value: Any) -> Sql:
    said = (path, operator, tuple(value) if isinstance(value, tuple) else value)
    if not isinstance(operator, str) or operator.lower() not in OPERATORS:
        raise ValueError(f"Invalid operator in condition {said!r}")
    operator = {"<>": "!=", "==": "="}.get(operator.lower(), operator.lower())
    if path in (1, 0) and operator in ("=", "!="):
        return ("1" if (path == value) == (operator == "=") else "0"), []
    name, _, rest = str(path).partition(".")
    field = model._fields.get(name)
    if field is None and name != "id":
        raise ValueError(f"Invalid field {model._name}.{name} in condition {said!r}")
    if operator == "=?":
        return ("1", []) if value in (None, False) else condition(model, alias, path, "=", value)
    if rest and field is not None:
        return _through(model, alias, field, rest, operator, value, said)
    if operator in _NESTED and isinstance(field, Relation):
        return _nested(model, alias, field, operator, value)
    if operator in _TREE:
        return _tree(model, alias, field, operator, value)
    if isinstance(field, Many2many | One2many):
        return _many(model, alias, field, operator, value)
    if isinstance(field, Many2one):
        return _one(model, alias, field, operator, value)
    return _value(model, alias, field, operator, value)


def expression(model: Core, alias: str, field: Field) -> str:
    """A field's value as SQL over the row under this alias."""
    if field.column:
        return f'{alias}."{field.name}"'
    if field.sql:
        return "(" + field.sql.replace("{a}", alias) + ")"
    if field.related:
        return _related(model, alias, field.related.split("."))
    raise ValueError(f"Cannot convert {model._name}.{field.name} to SQL because it is not stored")


def _related(model: Core, alias: str, path: list[str]) -> str:
    field = model._fields[path[0]]
    own = expression(model, alias, field)
    if len(path) == 1:
        return own
    assert isinstance(field, Relation)
    other, inner = model.env[field.comodel], _alias()
    return f'(SELECT {_related(other, inner, path[1:])} FROM "{other._table}" {inner} WHERE {inner}.id = {own})'


def _alias() -> str:
    return f"t{next(_aliases) % 1000}"


# -- relations ------------------------------------------------------------------------------------------------------


def _through(model: Core, alias: str, field: Field, rest: str, operator: str, value: Any, said: Any) -> Sql:
    if not isinstance(field, Relation):
        raise ValueError(f"Invalid field {model._name}.{field.name}.{rest} in condition {said!r}")
    empty = operator in ("=", "in") and (value in (None, False) or (isinstance(value, list) and False in value))
    if isinstance(field, Many2one) and (operator in _NEGATIVE or operator.startswith("not ") or empty):
        inside, args = _nested(model, alias, field, "any", [(rest, operator, value)])
        return f"({inside} OR {expression(model, alias, field)} IS NULL)", args
    return _nested(model, alias, field, "any", [(rest, operator, value)])


def _nested(model: Core, alias: str, field: Relation, operator: str, value: Any) -> Sql:
    from mooring_sandbox.odoo.orm.domain import to_sql

    other, inner = model.env[field.comodel]._sudo(), _alias()
    where, args = to_sql(other, inner, value)
    found, more = _linked(model, alias, field, f'SELECT {inner}.id FROM "{other._table}" {inner} WHERE {where}', args)
    return (f"NOT {found}" if operator == "not any" else found), more


def _linked(model: Core, alias: str, field: Relation, ids: str, args: list[Any]) -> Sql:
    """The record is linked by the field to one of these ids (a SELECT)."""
    if isinstance(field, Many2one):
        return f"coalesce({expression(model, alias, field)} IN ({ids}), 0)", args
    if isinstance(field, One2many):
        other, inner = model.env[field.comodel], _alias()
        link = expression(other, inner, other._fields[field.inverse_name])
        return (
            f'EXISTS (SELECT 1 FROM "{other._table}" {inner} WHERE {link} = {alias}.id AND {inner}.id IN ({ids}))',
            args,
        )
    if field.related:
        link, _, rest = field.related.partition(".")
        return _nested(model, alias, model._fields[link], "any", [(rest, "in", _Select(ids, args))])  # type: ignore[arg-type]
    assert isinstance(field, Many2many)
    table, mine, theirs = field.table
    return f'EXISTS (SELECT 1 FROM "{table}" r WHERE r.{mine} = {alias}.id AND r.{theirs} IN ({ids}))', args


class _Select:
    """Ids as a SELECT, passed on as the value of a condition."""

    def __init__(self, sql: str, args: list[Any]) -> None:
        self.sql, self.args = sql, args


def _many(model: Core, alias: str, field: Relation, operator: str, value: Any) -> Sql:
    if isinstance(value, _Select):
        return _linked(model, alias, field, value.sql, value.args)
    if operator in _LIKE or isinstance(value, str):
        ids = [id_ for id_, _ in model.env[field.comodel]._sudo().name_search(value, operator="ilike", limit=None)]
        return _many(model, alias, field, "not in" if operator.startswith("not") else "in", ids)
    listed = list(value) if isinstance(value, list | tuple) else [value]
    any_at_all, args = _nested(model, alias, field, "any", [])
    ids = [id_ for id_ in listed if id_ not in (None, False)]
    found, more = _linked(model, alias, field, "SELECT value FROM json_each(?)", [as_list(ids)])
    sql, args = (f"({found} OR NOT {any_at_all})", more + args) if len(ids) < len(listed) else (found, more)
    return (f"NOT {sql}" if operator in _NEGATIVE else sql), args


def _one(model: Core, alias: str, field: Many2one, operator: str, value: Any) -> Sql:
    named = isinstance(value, str) or (isinstance(value, list | tuple) and any(isinstance(v, str) for v in value))
    if operator in _LIKE or (named and operator in _PLAIN):
        return _by_name(model, alias, field, operator, value)
    return _compared(expression(model, alias, field), field, operator, value)


def _by_name(model: Core, alias: str, field: Many2one, operator: str, value: Any) -> Sql:
    other = model.env[field.comodel]._sudo()
    positive = operator.removeprefix("not ") if operator.startswith("not ") else {"!=": "="}.get(operator, operator)
    names = value if isinstance(value, list | tuple) else [value]
    how = "=" if positive == "in" else positive
    ids = [
        id_ for name in names for id_, _ in other._with(active_test=False).name_search(name, operator=how, limit=None)
    ]
    return _compared(expression(model, alias, field), field, "in" if positive == operator else "not in", ids)


def _tree(model: Core, alias: str, field: Field | None, operator: str, value: Any) -> Sql:
    other = model.env[field.comodel]._sudo() if isinstance(field, Relation) else model.env[model._name]
    wanted = value if isinstance(value, list | tuple) else [value]
    if wanted and isinstance(wanted[0], str):
        wanted = [id_ for name in wanted for id_, _ in other.name_search(name, limit=None)]
    up = f'"{other._parent_name}"'
    step = f"c.{up} = tree.id" if operator == "child_of" else "c.id = tree.up"
    sql = (
        f'WITH RECURSIVE tree(id, up) AS (SELECT id, {up} FROM "{other._table}" WHERE id IN '
        f'(SELECT value FROM json_each(?)) UNION SELECT c.id, c.{up} FROM "{other._table}" c JOIN tree ON {step}) '
        "SELECT id FROM tree"
    )
    args = [as_list(wanted)]
    if isinstance(field, Relation):
        return _linked(model, alias, field, sql, args)
    return f"{alias}.id IN ({sql})", args


# -- plain values ---------------------------------------------------------------------------------------------------


def _value(model: Core, alias: str, field: Field | None, operator: str, value: Any) -> Sql:
    column = f"{alias}.id" if field is None else expression(model, alias, field)
    if isinstance(value, _Select):
        return f"{column} IN ({value.sql})", value.args
    if operator in _LIKE:
        return _like(column, operator, value)
    if isinstance(field, Datetime) and operator in (">", "<=", "=", "!=") and value:
        return _second(column, operator, field.to_condition(value))
    return _compared(column, field, operator, value)


def _like(column: str, operator: str, value: Any) -> Sql:
    negative = operator.startswith("not ")
    plain = operator.removeprefix("not ")
    text = "" if value in (None, False) else str(value)
    pattern = text if plain.startswith("=") else f"%{text}%"
    if plain.endswith("ilike"):
        sql, args = f"fold({column}) LIKE ? ESCAPE '\\'", [pattern.lower()]
    else:
        sql, args = f"{column} LIKE ? ESCAPE '\\'", [pattern]
    return (
        f"(NOT {sql} OR {column} IS NULL)" if negative else f"coalesce({sql}, 0)" if column[-1] != '"' else sql
    ), args


def _second(column: str, operator: str, value: str) -> Sql:
    """By whole seconds where the bound has none smaller: `>` leaves out all of the cursor's second."""
    moment = datetime.fromisoformat(value)
    after = (moment + timedelta(seconds=0 if moment.microsecond else 1)).isoformat(sep=" ", timespec="microseconds")
    if operator == ">":
        return (f"{column} > ?" if moment.microsecond else f"{column} >= ?"), [after]
    if operator == "<=":
        return (f"{column} <= ?" if moment.microsecond else f"{column} < ?"), [after]
    sql = f"({column} >= ? AND {column} < ?)"
    return (f"(NOT {sql} OR {column} IS NULL)" if operator == "!=" else sql), [value, after]


def _compared(column: str, field: Field | None, operator: str, value: Any) -> Sql:
    convert = field.to_condition if field is not None else _as_id
    if operator in ("in", "not in"):
        return _among(column, field, operator, value, convert)
    if isinstance(value, list | tuple):
        return _among(column, field, "in" if operator == "=" else "not in", value, convert)
    found = convert(value)
    if field is not None and found == field.empty() and operator in ("=", "!="):
        both = f"coalesce({column}, ?) {operator} ?"
        return (both, [found, found]) if found is not None else (f"{column} IS {'NOT ' * (operator == '!=')}NULL", [])
    if operator == "!=":
        return f"({column} != ? OR {column} IS NULL)", [found]
    return f"{column} {operator} ?", [found]


def _among(column: str, field: Field | None, operator: str, value: Any, convert: Any) -> Sql:
    listed = list(value) if isinstance(value, list | tuple | set) else [value]
    empty = field.empty() if field is not None else None
    wanted = [convert(item) for item in listed]
    with_empty = any(item == empty for item in wanted) if field is not None else None in wanted
    known = [item for item in wanted if item is not None]
    sql, args = f"{column} IN (SELECT value FROM json_each(?))", [as_list(known)]
    if with_empty:
        sql = f"({sql} OR {column} IS NULL)"
    if operator == "not in":
        return (
            f"NOT {sql}" if with_empty else f"({column} NOT IN (SELECT value FROM json_each(?)) OR {column} IS NULL)"
        ), args
    return sql, args


def _as_id(value: Any) -> Any:
    return None if value is None or value is False else value
