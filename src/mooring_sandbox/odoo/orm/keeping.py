"""Rows in the tables: put there and changed, with what the database would refuse."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from mooring_sandbox.odoo.errors import NotNullViolation, UniqueViolation, missing
from mooring_sandbox.odoo.orm.fields import Field
from mooring_sandbox.odoo.orm.grouping import Grouping
from mooring_sandbox.odoo.orm.registry import stored
from mooring_sandbox.odoo.orm.relations import Many2one, Relation
from mooring_sandbox.odoo.orm.storage import as_list

Values = dict[str, Any]
_PLACES = {
    "many2one": 1,
    "integer": 1,
    "char": 2,
    "selection": 2,
    "date": 3,
    "text": 5,
    "html": 5,
    "float": 6,
    "monetary": 6,
}
KEPT_BY_ODOO = {"id", "create_uid", "create_date", "write_uid", "write_date", "display_name"}


class Keeping(Grouping):
    def _known(self, vals: Values, *, creating: bool = False) -> None:
        """Creating, an unknown field is a ValueError; writing, a KeyError that says nothing but its name."""
        for name in vals:
            if name in self._fields or name in KEPT_BY_ODOO:
                continue
            if creating:
                raise ValueError(f"Invalid field {name!r} in {self._name!r}")
            raise KeyError(name)

    def _insert(self, ids: Iterable[int], rows: list[Values]) -> None:
        """The kept values, with who and when; refuses what is required and empty."""
        columns = stored(type(self))
        log = {
            "create_uid": self.env.uid,
            "write_uid": self.env.uid,
            "create_date": self.env.now,
            "write_date": self.env.now,
        }
        kept = [[log[f.name] if f.name in log else self._kept(f, row) for f in columns] for row in rows]
        self._check_required(columns, kept)
        self._check_links_exist(columns, kept)
        listed, marks = ", ".join(f'"{f.name}"' for f in columns), ", ?" * len(columns)
        sql = f'INSERT INTO "{self._table}" (id, {listed}) VALUES (?{marks})'
        pairs = [(id_, *values) for id_, values in zip(ids, kept, strict=True)]
        self.env.cr.touch(self._table, [pair[0] for pair in pairs])
        self._keeping_unique(rows, lambda: self.env.cr.many(sql, pairs))

    def _kept(self, field: Field, row: Values) -> Any:
        return field.to_column(row.get(field.name))

    def _check_required(self, columns: list[Field], kept: list[list[Any]]) -> None:
        """PostgreSQL names the first empty column of a row; Odoo puts numbers and links before texts."""
        wanted = sorted((_PLACES.get(field.type, 9), place) for place, field in enumerate(columns) if field.required)
        for values in kept:
            for _, place in wanted:
                if values[place] is None:
                    raise NotNullViolation(self._name, columns[place].name)

    def _check_links_exist(self, columns: list[Field], kept: list[list[Any]]) -> None:
        """A many2one to a record that is not there is refused as if that record had been asked for."""
        for position, field in enumerate(columns):
            if isinstance(field, Many2one) and field.name not in ("create_uid", "write_uid"):
                self._check_target(field, {values[position] for values in kept})

    def _check_target(self, field: Relation, ids: set[Any]) -> None:
        wanted = [id_ for id_ in ids if id_ is not None]
        if not wanted:
            return
        found = self._of(field.comodel, wanted)._existing()
        if len(found) < len(wanted):
            raise missing(field.comodel, sorted(set(wanted) - set(found)), self.env.uid)

    def _keeping_unique(self, rows: list[Values], work: Any) -> None:
        if not self._uniques:
            work()
            return
        try:
            with self.env.cr.savepoint():
                work()
        except sqlite3.IntegrityError as error:
            raise self._violated(str(error), rows) from None

    def _violated(self, text: str, rows: list[Values]) -> Exception:
        """Which unique constraint it was, and the values of the first row that breaks it."""
        for name, columns, where in self._uniques:
            if f"{self._table}.{columns[0]}" in text or name in text:
                seen: set[Any] = set()
                values: tuple[Any, ...] = ()
                for row in rows:
                    values = tuple(self._fields[c].to_column(row.get(c)) for c in columns)
                    if values in seen or self._taken(columns, values, where):
                        return UniqueViolation(name, columns, values)
                    seen.add(values)
                return UniqueViolation(name, columns, values)
        return sqlite3.IntegrityError(text)

    def _taken(self, columns: tuple[str, ...], values: tuple[Any, ...], where: str) -> bool:
        condition = " AND ".join([*(f'"{column}" IS ?' for column in columns), *([where] if where else [])])
        return bool(self.env.cr.one(f'SELECT 1 FROM "{self._table}" WHERE {condition}', values))

    def _has_column(self, name: str) -> bool:
        return name in self._fields and self._fields[name].column and name not in KEPT_BY_ODOO

    def _to_keep(self, name: str, value: Any) -> Any:
        field = self._fields[name]
        kept = field.to_column(value)
        if kept is None and field.required:
            raise NotNullViolation(self._name, name)
        if isinstance(field, Many2one):
            self._check_target(field, {kept})
        return kept

    def _update(self, kept: Values) -> None:
        """The columns of all the records, as given, and who and when."""
        values = kept | {"write_uid": self.env.uid, "write_date": self.env.now}
        self.env.cr.touch(self._table, self.ids)
        assignments = ", ".join(f'"{name}" = ?' for name in values)
        sql = f'UPDATE "{self._table}" SET {assignments} WHERE id IN (SELECT value FROM json_each(?))'
        self._keeping_unique([kept], lambda: self.env.cr.execute(sql, [*values.values(), as_list(self.ids)]))

    def _store(self, values: dict[int, Values]) -> None:
        """What a model worked out itself, per record; not a write that anybody made."""
        if not values:
            return
        names = list(next(iter(values.values())))
        assignments = ", ".join(f'"{name}" = ?' for name in names)
        self.env.cr.touch(self._table, values)
        sql = f'UPDATE "{self._table}" SET {assignments} WHERE id = ?'
        self.env.cr.many(sql, [(*(row[name] for name in names), id_) for id_, row in values.items()])

    def _must_exist(self) -> None:
        gone = set(self.ids) - set(self._existing())
        if gone:
            raise missing(self._name, [id_ for id_ in self.ids if id_ in gone], self.env.uid)
