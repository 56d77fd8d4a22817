"""Kinds of fields: what a value becomes in the database, on the wire, and in a condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from mooring_sandbox.odoo.orm import dates
from mooring_sandbox.odoo.orm.numbers import half_up


class Field:
    """One field of a model.

    `sql` makes it a read-only expression over the row's columns (`{a}` is the table's alias), `related` a path to
    another
    record's field, `compute` a method that gives {id: value} for the records it is called on. Such fields have no
    column;
    `inverse` names the method that takes what is written to them. `default` is a value or a function of the
    environment.
    `groups` are those who may read it. `filled` says that a required value is found by the model, not by its caller.
    """

    type: ClassVar[str] = ""
    column_type: ClassVar[str] = "TEXT"
    many: ClassVar[bool] = False

    def __init__(
        self,
        string: str = "",
        *,
        required: bool = False,
        readonly: bool = False,
        default: Any = None,
        sql: str = "",
        related: str = "",
        compute: str = "",
        inverse: str = "",
        stored: bool = True,
        groups: tuple[str, ...] = (),
        index: bool = False,
        copy: bool = True,
        help: str = "",
    ) -> None:
        self.name, self.model, self.string = "", "", string
        self.required, self.default, self.groups = required, default, groups
        self.sql, self.related, self.compute, self.inverse = sql, related, compute, inverse
        self.column = not (sql or related or compute)
        self.readonly = readonly or not (self.column or inverse)
        self.stored, self.index, self.copy, self.help = stored, index, copy, help
        self.inherited = ""

    def __set_name__(self, owner: Any, name: str) -> None:
        self.name = name
        self.string = self.string or name.removesuffix("_id").removesuffix("_ids").replace("_", " ").title()

    # -- values -------------------------------------------------------------------------------------------------------

    def to_column(self, value: Any) -> Any:
        """What is kept; None for empty."""
        return None if value is None or value is False else value

    def to_wire(self, value: Any) -> Any:
        """What `read` says; False for empty."""
        return False if value is None else value

    def to_condition(self, value: Any) -> Any:
        return self.to_column(value)

    def empty(self) -> Any:
        return None

    def described(self) -> dict[str, Any]:
        """What `fields_get` tells."""
        return {
            "name": self.name, "type": self.type, "string": self.string, "help": self.help or False,
            "required": self.required, "readonly": self.readonly, "store": self.stored and not self.compute,
            "searchable": not self.compute, "sortable": not (self.compute or self.many),
            "groupable": self.column and not self.many, "change_default": False, "company_dependent": False,
        }  # fmt: skip


class Char(Field):
    type = "char"

    def to_column(self, value: Any) -> Any:
        if value is None or value is False:
            return None
        text = value if isinstance(value, str) else str(value)
        if "\x00" in text:
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")
        return text or None

    def to_condition(self, value: Any) -> Any:
        return value if isinstance(value, str) else self.to_column(value)


class Text(Char):
    type = "text"


class Html(Char):
    type = "html"


class Boolean(Field):
    type, column_type = "boolean", "INTEGER"

    def to_column(self, value: Any) -> Any:
        return int(bool(value))

    def to_wire(self, value: Any) -> Any:
        return bool(value)

    def empty(self) -> Any:
        return 0


class Integer(Field):
    type, column_type = "integer", "INTEGER"

    def to_column(self, value: Any) -> Any:
        return int(value or 0)

    def to_wire(self, value: Any) -> Any:
        return value or 0

    def to_condition(self, value: Any) -> Any:
        return value if value is not False else 0

    def empty(self) -> Any:
        return 0


class Float(Field):
    """`digits` are kept, more are rounded away (half up); without, all of them are."""

    type, column_type = "float", "REAL"

    def __init__(self, string: str = "", *, digits: int | None = None, **more: Any) -> None:
        super().__init__(string, **more)
        self.digits = digits

    def to_column(self, value: Any) -> Any:
        number = float(value or 0.0)
        return number if self.digits is None else half_up(number, self.digits)

    def to_wire(self, value: Any) -> Any:
        return float(value or 0.0)

    def to_condition(self, value: Any) -> Any:
        return float(value or 0.0)

    def empty(self) -> Any:
        return 0.0


class Monetary(Float):
    type = "monetary"


class Date(Field):
    type = "date"

    def to_column(self, value: Any) -> Any:
        return dates.parse_date(value) if value else None


class Datetime(Field):
    type = "datetime"

    def to_column(self, value: Any) -> Any:
        return dates.parse_datetime(value).isoformat(sep=" ", timespec="microseconds") if value else None

    def to_wire(self, value: Any) -> Any:
        return dates.shown(value)

    def to_condition(self, value: Any) -> Any:
        return dates.as_bound(value) if value else None


class Selection(Field):
    type = "selection"

    def __init__(self, selection: Sequence[tuple[str, str]], string: str = "", **more: Any) -> None:
        super().__init__(string, **more)
        self.selection = list(selection)

    def to_column(self, value: Any) -> Any:
        if value is None or value is False or value == "":
            return None
        if all(value != key for key, _ in self.selection):
            raise ValueError(f"Wrong value for {self.model}.{self.name}: {value!r}")
        return value

    def to_condition(self, value: Any) -> Any:
        return value or None

    def label(self, value: Any) -> str:
        return dict(self.selection).get(value, "")

    def described(self) -> dict[str, Any]:
        return super().described() | {"selection": [list(item) for item in self.selection]}
