"""Creating, changing and deleting records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, Self

from mooring_sandbox.odoo.errors import NotNullViolation, StillUsed, UniqueViolation, missing
from mooring_sandbox.odoo.orm.commands import Links, LinksOfNew
from mooring_sandbox.odoo.orm.fields import Field, Many2many, Many2one, One2many, Relation
from mooring_sandbox.odoo.orm.grouping import Grouping
from mooring_sandbox.odoo.orm.registry import REGISTRY, stored, uses_of
from mooring_sandbox.odoo.orm.remote import base, method, model_method
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
_KEPT_BY_ODOO = {"id", "create_uid", "create_date", "write_uid", "write_date", "display_name"}


@base
class Writing(Grouping):
    @model_method
    def create(self, vals_list: Any) -> Self:
        """One record for each dictionary; one for a single dictionary."""
        self._check_model("create")
        wanted = [vals_list] if isinstance(vals_list, dict) else list(vals_list)
        made = self._make([dict(vals) for vals in wanted])
        made._check("create")
        if self.env.context.get("_import_current_module"):
            self._give_xids(made.ids, wanted)
        return made

    @method
    def write(self, vals: Values) -> bool:
        self._check("write")
        self._known(vals)
        if vals and self.ids:
            self._change(dict(vals))
        return True

    @method
    def unlink(self) -> bool:
        self._check("unlink")
        self._must_exist()
        if self.ids:
            self._remove()
        return True

    @method
    def copy(self, default: Any = None) -> Self:
        rows = [self._copied(id_) | (default or {}) for id_ in self.ids]
        return self._make(rows)

    @method
    def action_archive(self) -> None:
        self._check("write")
        self._change({"active": False})

    @method
    def action_unarchive(self) -> None:
        self._check("write")
        self._change({"active": True})

    @model_method
    def default_get(self, fields: Any) -> Values:
        found = {name: value for name, value in self._defaults().items() if name in fields}
        return {name: self._fields[name].to_wire(value) for name, value in found.items()}

    # -- what a model adds --------------------------------------------------------------------------------------------

    def _before_create(self, rows: list[Values]) -> None:
        """Fills in what the model works out itself; the rows are the values as sent, with the defaults."""

    def _after_create(self, rows: list[Values]) -> None:
        """The records are there, in the order of the rows, links included."""

    def _before_write(self, vals: Values) -> None:
        """May refuse, and may add to what is written."""

    def _after_write(self, vals: Values) -> None:
        """Brings up to date what depends on the values."""

    def _before_unlink(self) -> None:
        """May refuse."""

    # -- create -------------------------------------------------------------------------------------------------------

    def _make(self, rows: list[Values]) -> Self:
        for row in rows:
            self._known(row, creating=True)
            for name in _KEPT_BY_ODOO & row.keys():
                del row[name]
        defaults = self._defaults() if rows else {}
        rows = [self._with_context_defaults(defaults) | row for row in rows]
        self._before_create(rows)
        self._make_parents(rows)
        made = self._browse(self.env.cr.numbers(self._table, len(rows)))
        self._insert(made.ids, rows)
        made._link_new(rows)
        made._after_create(rows)
        made._write_through(rows)
        made._verify({name for row in rows for name in row})
        return made

    def _with_context_defaults(self, defaults: Values) -> Values:
        given = {k.removeprefix("default_"): v for k, v in self.env.context.items() if k.startswith("default_")}
        return defaults | {name: value for name, value in given.items() if name in self._fields}

    def _defaults(self) -> Values:
        found = ((name, field.default) for name, field in self._fields.items() if field.default is not None)
        return {name: default(self.env) if callable(default) else default for name, default in found}

    def _known(self, vals: Values, *, creating: bool = False) -> None:
        """Creating, an unknown field is a ValueError; writing, a KeyError that says nothing but its name."""
        for name in vals:
            if name in self._fields or name in _KEPT_BY_ODOO:
                continue
            if creating:
                raise ValueError(f"Invalid field {name!r} in {self._name!r}")
            raise KeyError(name)

    def _make_parents(self, rows: list[Values]) -> None:
        """The records that these ones are a part of (`_inherits`), unless they are named."""
        for parent, link in self._inherits.items():
            lone = [row for row in rows if not row.get(link)]
            mine = [{k: row.pop(k) for k in list(row) if self._inherited_by(k, link)} for row in lone]
            made = self.env[parent]._sudo()._with(**self._parent_context())._make(mine) if lone else None
            for row, id_ in zip(lone, made.ids if made else (), strict=True):
                row[link] = id_

    def _parent_context(self) -> Values:
        return {}

    def _inherited_by(self, name: str, link: str) -> bool:
        return name in self._fields and self._fields[name].inherited == link

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

    def _check_target(self, field: Many2one, ids: set[Any]) -> None:
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

    # -- write --------------------------------------------------------------------------------------------------------

    def _change(self, vals: Values) -> None:
        """Writes, also where nothing differs: `write_date` moves either way."""
        self._must_exist()
        self._before_write(vals)
        kept = {name: self._to_keep(name, value) for name, value in vals.items() if self._has_column(name)}
        self._update(kept)
        self._write_links(vals)
        self._write_through([vals])
        self._after_write(vals)
        self._verify(set(vals))

    def _has_column(self, name: str) -> bool:
        return name in self._fields and self._fields[name].column and name not in _KEPT_BY_ODOO

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

    # -- links, and what belongs to other records ---------------------------------------------------------------------

    def _link_new(self, rows: list[Values]) -> None:
        """The links of new records: what can be made for all of them at once is."""
        for field in self._written_links(rows):
            pairs = [(id_, row[field.name]) for id_, row in zip(self.ids, rows, strict=True) if field.name in row]
            LinksOfNew(self, field).apply(pairs)

    def _write_links(self, vals: Values) -> None:
        for field in self._written_links([vals]):
            Links(self, field).apply(vals[field.name])

    def _written_links(self, rows: list[Values]) -> list[Relation]:
        names = {name for row in rows for name in row}
        fields = (field for name, field in self._fields.items() if name in names)
        return [f for f in fields if isinstance(f, One2many | Many2many) and not (f.compute or f.related)]

    def _write_through(self, rows: list[Values]) -> None:
        """Values of the parent record, and of fields that a method takes."""
        names = {name for row in rows for name in row if name in self._fields}
        if not any(self._fields[name].related or self._fields[name].inverse for name in names):
            return
        for records, row in self._beside(rows):
            records._write_related(row)
            for name in row:
                inverse = self._fields[name].inverse if name in self._fields else ""
                if inverse and not self._fields[name].column:
                    getattr(records, inverse)(row[name])

    def _beside(self, rows: list[Values]) -> Iterable[tuple[Self, Values]]:
        if len(rows) == 1:
            return [(self, rows[0])]
        return [(self._browse([id_]), row) for id_, row in zip(self.ids, rows, strict=True)]

    def _write_related(self, row: Values) -> None:
        passed: dict[str, Values] = {}
        for name, value in row.items():
            field = self._fields.get(name)
            if field is not None and field.related and (field.inherited or not field.readonly):
                link, _, target = field.related.rpartition(".")
                passed.setdefault(link, {})[target] = value
        for link, vals in passed.items():
            owners = {found[link] for found in self._rows(link)} - {None}
            self._of(self._fields[link].comodel, owners)._change(vals)  # type: ignore[attr-defined]

    def _verify(self, names: set[str]) -> None:
        for check, fields in self._checks:
            if not names.isdisjoint(fields):
                check(self)

    # -- unlink and copy ----------------------------------------------------------------------------------------------

    def _remove(self) -> None:
        """With what cascades; refused where another record needs one of them. External ids go too."""
        self._before_unlink()
        listed = as_list(self.ids)
        for model, field in uses_of(self._name):
            self._release(model._name, field, listed)
        for model in REGISTRY.values():
            for field in model._fields.values():
                if isinstance(field, Many2many) and field.linked and not field.mirror:
                    self._unpair(field, listed)
        self.env.cr.touch(self._table, self.ids)
        self.env.cr.execute(f'DELETE FROM "{self._table}" WHERE id IN (SELECT value FROM json_each(?))', [listed])
        self.env["ir.model.data"]._forget(self._name, self.ids)

    def _release(self, model: str, field: Many2one, listed: str) -> None:
        other = self.env[model]._sudo()
        users = other._ids_where(f'"{field.name}" IN (SELECT value FROM json_each(?))', [listed])
        users = [id_ for id_ in users if model != self._name or id_ not in self.ids]
        if not users:
            return
        if field.ondelete == "restrict":
            raise StillUsed(model, other._description, field.name, field.string)
        if field.ondelete == "cascade":
            other._browse(users)._cascade()
        else:
            other._browse(users)._store({id_: {field.name: None} for id_ in users})

    def _cascade(self) -> None:
        """Deleted by the database because their owner was: nobody is asked, and their external ids stay behind."""
        listed = as_list(self.ids)
        for model, field in uses_of(self._name):
            self._release(model._name, field, listed)
        self.env.cr.touch(self._table, self.ids)
        self.env.cr.execute(f'DELETE FROM "{self._table}" WHERE id IN (SELECT value FROM json_each(?))', [listed])

    def _unpair(self, field: Many2many, listed: str) -> None:
        table = field.table[0]
        if field.model == self._name:
            self.env.cr.execute(f'DELETE FROM "{table}" WHERE left_id IN (SELECT value FROM json_each(?))', [listed])
        if field.comodel == self._name:
            self.env.cr.execute(f'DELETE FROM "{table}" WHERE right_id IN (SELECT value FROM json_each(?))', [listed])

    def _copied(self, id_: int) -> Values:
        row = self._browse([id_])._row(*(f.name for f in stored(type(self)) if f.copy and f.name not in _KEPT_BY_ODOO))
        return {name: value for name, value in row.items() if name != "id"}

    def _give_xids(self, ids: Iterable[int], rows: list[Values]) -> None:
        """While loading, an "id" among the values of a line is the external id it is to have."""
        module = self.env.context["_import_current_module"]
        given = [(row.get("id"), id_) for row, id_ in zip(rows, ids, strict=True)]
        xids = [
            (xid if "." in xid else f"{module}.{xid}", self._name, id_)
            for xid, id_ in given
            if isinstance(xid, str) and xid
        ]
        self.env["ir.model.data"]._bind(xids)
