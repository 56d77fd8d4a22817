"""What Odoo knows of itself: external ids, parameters, modules, models."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from mooring_sandbox.odoo.errors import AccessError, CheckViolation
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Integer, Selection, Text
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2one
from mooring_sandbox.odoo.orm.remote import method, model_method
from mooring_sandbox.odoo.orm.storage import as_list

_NAMES = "ir_model_data_module_name_uniq_index"


class ModelData(Model):
    """Which external id means which record."""

    _name = "ir.model.data"
    _description = "Model Data"
    _order = "module, model, name"

    name = Char("External Identifier", required=True)
    module = Char("Module", required=True, default="")
    model = Char("Model Name", required=True)
    res_id = Integer("Record ID")
    noupdate = Boolean("Non Updatable", default=False)
    complete_name = Char("Complete ID", sql="CASE WHEN {a}.module <> '' THEN {a}.module || '.' ELSE '' END || {a}.name")
    reference = Char("Reference", sql="{a}.model || ',' || {a}.res_id")

    _uniques = ((_NAMES, ("module", "name"), ""),)

    @model_method
    def check_object_reference(self, module: str, xml_id: str, raise_on_access_error: bool = False) -> list[Any]:
        """Anybody may ask; of a record that the caller may not read, nothing but its model is told."""
        row = self._target(f"{module}.{xml_id}")
        if row is None:
            raise ValueError(f"External ID not found in the system: {module}.{xml_id}")
        if self.env[row[0]].search([("id", "=", row[1])]).ids:
            return [row[0], row[1]]
        if raise_on_access_error:
            raise AccessError(f'Not enough access rights on the external ID "{module}.{xml_id}"')
        return [row[0], False]

    @method
    def unlink(self) -> bool:
        """Rows that are gone are no error."""
        self._browse(())._check("read")
        self._check("unlink")
        left = self._browse(self._existing())
        if left.ids:
            left._remove()
        return True

    # -- for loading --------------------------------------------------------------------------------------------------

    def _lookup(self, xids: list[str], table: str) -> dict[str, tuple[int, str, int, bool]]:
        """(row, model, record, whether the table has that record) of each external id that is known."""
        rows = self.env.cr.rows(
            "SELECT d.module || '.' || d.name, d.id, d.model, d.res_id, r.id IS NOT NULL FROM json_each(?) x "
            "JOIN ir_model_data d ON d.module = substr(x.value, 1, instr(x.value, '.') - 1) "
            f"AND d.name = substr(x.value, instr(x.value, '.') + 1) LEFT JOIN \"{table}\" r ON r.id = d.res_id",
            [as_list(xids)],
        )
        return {xid: (id_, model, record, bool(exists)) for xid, id_, model, record, exists in rows}

    def _target(self, xid: str, table: str | None = None) -> tuple[str, int] | None:
        """(model, id); with a table only if that table has a record of this id, whatever the model."""
        module, _, name = xid.partition(".")
        joined = f'JOIN "{table}" r ON r.id = d.res_id' if table else ""
        row = self.env.cr.one(
            f"SELECT d.model, d.res_id FROM ir_model_data d {joined} WHERE d.module = ? AND d.name = ?", (module, name)
        )
        return (row[0], row[1]) if row else None

    def _bind(self, xids: list[tuple[str, str, int]]) -> None:
        """Each external id means this record of this model from now on."""
        rows = [(*xid.split(".", 1), model, id_) for xid, model, id_ in xids]
        if not rows:
            return
        _refuse_spaces(rows)
        self.env.cr.touch("external id", [(module, name) for module, name, _, _ in rows])
        numbers = self.env.cr.numbers(self._table, len(rows))
        now, uid = self.env.now, self.env.uid
        self.env.cr.many(
            "INSERT INTO ir_model_data (id, module, name, model, res_id, noupdate, create_uid, write_uid, create_date, "
            "write_date) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?) ON CONFLICT (module, name) DO UPDATE SET "
            "model = excluded.model, res_id = excluded.res_id, write_date = excluded.write_date "
            "WHERE model <> excluded.model OR res_id <> excluded.res_id",
            [(number, *row, uid, uid, now, now) for number, row in zip(numbers, rows, strict=True)],
        )

    def _forget(self, model: str, ids: Iterable[int]) -> None:
        """The records are deleted; so are their external ids."""
        where, args = "model = ? AND res_id IN (SELECT value FROM json_each(?))", [model, as_list(ids)]
        gone = self.env.cr.rows(f"SELECT id, module, name FROM ir_model_data WHERE {where}", args)
        if gone:
            self.env.cr.touch(self._table, [row[0] for row in gone])
            self.env.cr.touch("external id", [(row[1], row[2]) for row in gone])
            self.env.cr.execute(f"DELETE FROM ir_model_data WHERE {where}", args)

    def _names_of(self, model: str, ids: Iterable[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        rows = self.env.cr.rows(
            "SELECT res_id, module || '.' || name FROM ir_model_data WHERE model = ? "
            "AND res_id IN (SELECT value FROM json_each(?)) ORDER BY id",
            [model, as_list(ids)],
        )
        for id_, xid in rows:
            found.setdefault(id_, []).append(xid)
        return found

    def _ensure(self, model: str, table: str, id_: int) -> str:
        """A record's external id, made up where it has none."""
        known = self._names_of(model, [id_]).get(id_)
        if known:
            return known[0]
        xid = f"__export__.{table}_{id_}_{secrets.token_hex(4)}"
        self._bind([(xid, model, id_)])
        return xid

    def _before_create(self, rows: list[dict[str, Any]]) -> None:
        listed = [(row.get("module") or "", row.get("name") or "", row.get("model"), row.get("res_id")) for row in rows]
        _refuse_spaces(listed)
        self.env.cr.touch("external id", [(module, name) for module, name, _, _ in listed])

    def _before_unlink(self) -> None:
        self.env.cr.touch("external id", [(row["module"], row["name"]) for row in self._rows("module", "name")])


def _refuse_spaces(rows: Iterable[tuple[Any, ...]]) -> None:
    for row in rows:
        if " " in str(row[1]):
            failing = ", ".join(str(value) for value in row)
            raise CheckViolation(
                'new row for relation "ir_model_data" violates check constraint "ir_model_data_name_nospaces"\n'
                f"DETAIL:  Failing row contains ({failing}).\n"
            )


class Parameter(Model):
    _name = "ir.config_parameter"
    _description = "System Parameter"
    _order = "key"
    _rec_name = "key"

    key = Char("Key", required=True)
    value = Text("Value", required=True)

    _uniques = (("ir_config_parameter_key_uniq", ("key",), ""),)

    @model_method
    def get_param(self, key: str, default: Any = False) -> Any:
        self._check_model("read")
        found = self._ids_where("key = ?", [key])
        return self._browse(found)._get("value") if found else default

    @model_method
    def set_param(self, key: str, value: Any) -> Any:
        self._check_model("write")
        found = self._browse(self._ids_where("key = ?", [key]))
        old = found._get("value") if found.ids else False
        if found.ids:
            found.write({"value": value})
        else:
            self.create({"key": key, "value": value})
        return old


class Module(Model):
    _name = "ir.module.module"
    _description = "Module"
    _order = "name"

    name = Char("Technical Name", required=True)
    shortdesc = Char("Module Name")
    state = Selection([("uninstalled", "Not Installed"), ("installed", "Installed")], "Status", default="uninstalled")
    latest_version = Char("Installed Version")
    application = Boolean("Application")


class ModelOfModels(Model):
    _name = "ir.model"
    _description = "Models"
    _order = "model"

    name = Char("Model Description", required=True)
    model = Char("Model", required=True, index=True)
    transient = Boolean("Transient Model")


class FieldOfModels(Model):
    _name = "ir.model.fields"
    _description = "Fields"
    _order = "name, id"

    name = Char("Field Name", required=True)
    model = Char("Model Name", required=True, index=True)
    model_id = Many2one("ir.model", "Model", required=True, ondelete="cascade")
    field_description = Char("Field Label")
    ttype = Char("Field Type")
    relation = Char("Related Model")
    required = Boolean("Required")
    readonly = Boolean("Readonly")
    store = Boolean("Stored")
