"""Records as rows of texts, as `load()` takes them."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import UserError
from mooring_sandbox.odoo.orm.fields import Field
from mooring_sandbox.odoo.orm.relations import Many2one, Relation
from mooring_sandbox.odoo.orm.remote import base, method
from mooring_sandbox.odoo.orm.writing import Writing

Json = dict[str, Any]


@base
class Exporting(Writing):
    @method
    def export_data(self, fields_to_export: Any) -> Json:
        """Rows of texts as `load()` takes them; records without an external id are given one."""
        if not self.env.allows(("base.group_erp_manager", "base.group_allow_export")):
            raise UserError("You don't have the rights to export data. Please contact an Administrator.")
        self._check("read")
        return {"datas": [self._exported(id_, fields_to_export) for id_ in self.ids]}

    def _exported(self, id_: int, names: list[str]) -> list[Any]:
        return [self._browse([id_])._exported_cell(name.replace(".id", "/.id").split("/")) for name in names]

    def _exported_cell(self, path: list[str]) -> Any:
        if not self.ids:
            return ""
        if path[0] == "id":
            return self.env["ir.model.data"]._sudo()._ensure(self._name, self._table, self.ids[0])
        if path[0] in (".id", ""):
            return str(self.ids[0])
        value = self._read(self._readable([path[0]]))[0][path[0]]
        field = self._fields.get(path[0])
        if isinstance(field, Relation) and len(path) > 1:
            ids = value if field.many else value[:1] if value else []
            cells = [str(self._of(field.comodel, [id_])._exported_cell(path[1:])) for id_ in ids]
            return ",".join(cells)
        if isinstance(field, Relation) and field.many:
            return ",".join(str(name) for name in self._of(field.comodel, value)._display_names().values())
        return (
            (value[1] if value else "")
            if isinstance(field, Many2one)
            else ("" if value is False and _texts(field) else value)
        )


def _texts(field: Field | None) -> bool:
    return field is None or field.type not in ("boolean", "integer", "float", "monetary")
