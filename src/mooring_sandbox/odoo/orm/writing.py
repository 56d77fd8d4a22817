"""Creating and changing records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from mooring_sandbox.odoo.orm.commands import Links, LinksOfNew
from mooring_sandbox.odoo.orm.keeping import KEPT_BY_ODOO
from mooring_sandbox.odoo.orm.registry import stored
from mooring_sandbox.odoo.orm.relations import Many2many, One2many, Relation
from mooring_sandbox.odoo.orm.remote import base, method, model_method
from mooring_sandbox.odoo.orm.unlinking import Unlinking

Values = dict[str, Any]


@base
class Writing(Unlinking):
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
    def copy(self, default: Any = None) -> Self:
        rows = [self._copied(id_) for id_ in self.ids]
        for row in rows if self._copy_says_so else ():
            row["name"] = f"{row['name']} (copy)"
        rows = [row | (default or {}) for row in rows]
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

    # -- create -------------------------------------------------------------------------------------------------------

    def _make(self, rows: list[Values]) -> Self:
        for row in rows:
            self._known(row, creating=True)
            for name in KEPT_BY_ODOO & row.keys():
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

    # -- copies, and external ids of lines ---------------------------------------------------------------------------

    def _copied(self, id_: int) -> Values:
        row = self._browse([id_])._row(*(f.name for f in stored(type(self)) if f.copy and f.name not in KEPT_BY_ODOO))
        return {name: self._fields[name].to_wire(value) for name, value in row.items() if name != "id"}

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
