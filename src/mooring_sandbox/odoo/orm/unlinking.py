"""Deleting records, with what hangs on them."""

from __future__ import annotations

from mooring_sandbox.odoo.errors import StillUsed
from mooring_sandbox.odoo.orm.keeping import Keeping
from mooring_sandbox.odoo.orm.registry import REGISTRY, uses_of
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one
from mooring_sandbox.odoo.orm.remote import base, method
from mooring_sandbox.odoo.orm.storage import as_list


@base
class Unlinking(Keeping):
    @method
    def unlink(self) -> bool:
        self._check("unlink")
        self._must_exist()
        if self.ids:
            self._remove()
        return True

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

    def _before_unlink(self) -> None:
        """May refuse."""
