"""Reading records: read, search_read, groups, the fields themselves."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.orm.fields import Field
from mooring_sandbox.odoo.orm.relations import Many2one, Relation
from mooring_sandbox.odoo.orm.remote import base, method, model_method
from mooring_sandbox.odoo.orm.searching import Searching

Values = dict[str, Any]
_CLASSIC = "_classic_read"


@base
class Reading(Searching):
    @method
    def read(self, fields: Any = None, load: Any = _CLASSIC) -> list[Values]:
        """Ids that are gone are left out; many2one as [id, name], or as a bare id where `load` is empty."""
        self._browse(self._existing())._check("read")
        return self._read(self._readable(fields), named=load == _CLASSIC)

    @model_method
    def search_read(
        self, domain: Any = None, fields: Any = None, offset: int = 0, limit: Any = None, order: Any = None,
        **read_kwargs: Any,
    ) -> list[Values]:  # fmt: skip
        self._check_model("read")
        wanted = self._readable(fields)
        found = self._browse(self._find(domain, offset, limit, order))
        return found._read(wanted, named=read_kwargs.get("load", _CLASSIC) == _CLASSIC)

    @model_method
    def fields_get(self, allfields: Any = None, attributes: Any = None) -> dict[str, Values]:
        self._check_model("read")
        found: dict[str, Values] = {}
        for name in allfields or ["id", "display_name", *self._fields]:
            field = _PSEUDO.get(name) or self._fields.get(name)
            if field is not None and self.env.allows(field.groups or ("base.group_user",)):
                said = field.described() | {"name": name}
                found[name] = {key: said[key] for key in attributes if key in said} if attributes else said
        return found

    @method
    def get_metadata(self) -> list[Values]:
        rows = self.read(["create_uid", "create_date", "write_uid", "write_date"])
        xids = self.get_external_id()
        return [row | {"xmlid": xids[row["id"]] or False, "noupdate": False} for row in rows]

    @method
    def get_external_id(self) -> dict[int, str]:
        """One external id of each record, the oldest; an empty text where it has none."""
        found = self.env["ir.model.data"]._names_of(self._name, self.ids)
        return {id_: found.get(id_, [""])[0] for id_ in self.ids}

    # -- inside -------------------------------------------------------------------------------------------------------

    def _readable(self, names: Any) -> list[str]:
        """The names asked for (all where none are), each of which the user may read."""
        if not names:
            return [n for n, f in self._fields.items() if self.env.allows(f.groups or ("base.group_user",))] + [
                "display_name"
            ]
        for name in names:
            field = self._fields.get(name)
            if field is None and name not in ("id", "display_name"):
                raise ValueError(f"Invalid field {name!r} on {self._name!r}")
            if field is not None:
                self._check_field(field)
        return list(names)

    def _read(self, names: list[str], *, named: bool = True) -> list[Values]:
        plain = [name for name in names if name in self._fields and _in_row(self._fields[name])]
        rows = self._rows(*plain)
        out: list[Values] = [{"id": row["id"]} for row in rows]
        records = self._browse(row["id"] for row in rows)
        for name in names:
            if name == "id":
                continue
            values = records._values_of(name, rows, named)
            for found in out:
                found[name] = values[found["id"]]
        return out

    def _values_of(self, name: str, rows: list[Values], named: bool) -> dict[int, Any]:
        """The values of one field as they go on the wire, by id."""
        if name == "display_name":
            return self._sudo()._display_names()
        field = self._fields[name]
        if field.many:
            return self._links(name, active=self.env.context.get("active_test", True))
        kept = {row["id"]: row[name] for row in rows} if _in_row(field) else getattr(self, field.compute)()
        if isinstance(field, Many2one):
            return self._named_links(field, kept) if named else {id_: value or False for id_, value in kept.items()}
        return {id_: field.to_wire(value) for id_, value in kept.items()}

    def _named_links(self, field: Relation, values: dict[int, Any]) -> dict[int, Any]:
        names = self._of(field.comodel, {value for value in values.values() if value})._display_names()
        return {id_: [value, names.get(value, False)] if value else False for id_, value in values.items()}


def _in_row(field: Field) -> bool:
    return not field.many and not field.compute


class _Id(Field):
    type = "integer"


class _Name(Field):
    type = "char"


_PSEUDO: dict[str, Field] = {"id": _Id("ID", readonly=True), "display_name": _Name("Display Name", readonly=True)}
