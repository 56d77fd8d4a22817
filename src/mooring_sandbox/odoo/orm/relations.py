"""Fields that lead to other records."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import DatabaseError
from mooring_sandbox.odoo.orm.fields import Field


class Relation(Field):
    def __init__(self, comodel: str, string: str = "", **more: Any) -> None:
        super().__init__(string, **more)
        self.comodel = comodel

    def described(self) -> dict[str, Any]:
        return super().described() | {"relation": self.comodel, "domain": [], "context": {}}


class Many2one(Relation):
    """`ondelete`: restrict, cascade, or set null (the default of one that is not required)."""

    type, column_type = "many2one", "INTEGER"

    def __init__(self, comodel: str, string: str = "", *, ondelete: str = "", **more: Any) -> None:
        super().__init__(comodel, string, **more)
        self.ondelete = ondelete or ("restrict" if self.required else "set null")

    def to_column(self, value: Any) -> Any:
        if value is None or value is False:
            return None
        if isinstance(value, list | tuple):
            value = value[0] if value else None
        if isinstance(value, str):
            return _integer(value)
        return value


class One2many(Relation):
    type, many = "one2many", True

    def __init__(self, comodel: str, inverse_name: str, string: str = "", **more: Any) -> None:
        super().__init__(comodel, string, **more)
        self.inverse_name = inverse_name
        self.column = False
        self.readonly = bool(more.get("readonly") or (self.compute and not self.inverse))

    def described(self) -> dict[str, Any]:
        return super().described() | {"relation_field": self.inverse_name, "store": self.stored}


class Many2many(Relation):
    """Kept in a table of pairs; `mirror` reads another field's table the other way round ("model.field")."""

    type, many = "many2many", True

    def __init__(self, comodel: str, string: str = "", *, mirror: str = "", **more: Any) -> None:
        super().__init__(comodel, string, **more)
        self.mirror = mirror
        self.linked = not (self.compute or self.related or self.sql)
        self.column = False
        self.readonly = bool(more.get("readonly") or (self.compute and not self.inverse))

    @property
    def table(self) -> tuple[str, str, str]:
        """The table of pairs, the column of this side, and that of the other."""
        if self.mirror:
            model, _, field = self.mirror.rpartition(".")
            return pairs_table(model, field), "right_id", "left_id"
        return pairs_table(self.model, self.name), "left_id", "right_id"


def pairs_table(model: str, field: str) -> str:
    return f"{model.replace('.', '_')}_{field}_rel"


def _integer(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        sentence = f'invalid input syntax for type integer: "{value}"\nLINE 1: ... VALUES ({value!r})\n'
        raise DatabaseError("InvalidTextRepresentation", sentence) from None
