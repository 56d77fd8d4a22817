"""Every model there is, by name, and the tables they need."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from mooring_sandbox.odoo.orm.fields import Field
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one, One2many

if TYPE_CHECKING:
    from mooring_sandbox.odoo.orm.model import BaseModel

REGISTRY: dict[str, type[BaseModel]] = {}
_LOG = {"create_uid", "write_uid", "create_date", "write_date"}


def register(model: type[BaseModel]) -> None:
    """A class is a model once it has a name; fields come in the order of the classes it is made of."""
    fields: dict[str, Field] = {}
    for base in reversed(model.__mro__):
        own = {name: value for name, value in vars(base).items() if isinstance(value, Field)}
        fields |= {name: copy.copy(value) for name, value in own.items()}
    model._fields = {name: _owned(field, model._name) for name, field in fields.items()}
    model._table = model._name.replace(".", "_")
    REGISTRY[model._name] = model


def _owned(field: Field, model: str) -> Field:
    field.model = model
    return field


def complete() -> None:
    """After all models are known: what a model has of its parent record (`_inherits`) becomes its own."""
    for model in REGISTRY.values():
        for parent, link in model._inherits.items():
            for name, field in REGISTRY[parent]._fields.items():
                if name not in model._fields and name not in _LOG:
                    model._fields[name] = _of_parent(field, model._name, link)
    for model in REGISTRY.values():
        _uses.update({model._name: list(_references(model._name))})


def _of_parent(field: Field, model: str, link: str) -> Field:
    mine = copy.copy(field)
    mine.model, mine.related, mine.inherited = model, f"{link}.{field.name}", link
    mine.column, mine.sql, mine.compute, mine.inverse = False, "", "", ""
    mine.default, mine.required = None, False
    return mine


_uses: dict[str, list[tuple[type[BaseModel], Many2one]]] = {}


def uses_of(model: str) -> list[tuple[type[BaseModel], Many2one]]:
    """Every many2one that points at the model, in the order in which PostgreSQL would notice them."""
    return _uses[model]


def _references(name: str) -> Any:
    for model in REGISTRY.values():
        for field in model._fields.values():
            if isinstance(field, Many2one) and field.column and field.comodel == name:
                yield model, field


def schema() -> list[str]:
    """The statements that make an empty database."""
    statements: list[str] = ["CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"]
    for model in REGISTRY.values():
        columns = ["id INTEGER PRIMARY KEY AUTOINCREMENT"]
        columns += [f'"{f.name}" {f.column_type}' for f in stored(model)]
        statements.append(f'CREATE TABLE "{model._table}" ({", ".join(columns)})')
        statements += [_index(model._table, field.name) for field in stored(model) if _indexed(field)]
        statements += [_unique(model._table, *unique) for unique in model._uniques]
        statements += [s for f in model._fields.values() if _has_table(f) for s in _pairs(f)]  # type: ignore[arg-type]
    return statements


def stored(model: type[BaseModel]) -> list[Field]:
    return [field for field in model._fields.values() if field.column]


def _indexed(field: Field) -> bool:
    inverse = isinstance(field, Many2one) and any(
        isinstance(other, One2many) and other.comodel == field.model and other.inverse_name == field.name
        for model in REGISTRY.values()
        for other in model._fields.values()
    )
    return field.index or inverse


def _index(table: str, column: str) -> str:
    return f'CREATE INDEX "{table}_{column}_index" ON "{table}" ("{column}")'


def _unique(table: str, name: str, columns: tuple[str, ...], where: str) -> str:
    return f'CREATE UNIQUE INDEX "{name}" ON "{table}" ({", ".join(columns)})' + (f" WHERE {where}" if where else "")


def _has_table(field: Field) -> bool:
    return isinstance(field, Many2many) and field.linked and not field.mirror


def _pairs(field: Many2many) -> list[str]:
    table = field.table[0]
    return [
        f'CREATE TABLE "{table}" (left_id INTEGER NOT NULL, right_id INTEGER NOT NULL, '
        "PRIMARY KEY (left_id, right_id)) WITHOUT ROWID",
        f'CREATE INDEX "{table}_right" ON "{table}" (right_id, left_id)',
    ]
