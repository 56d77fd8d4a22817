"""A recordset: some ids of one model, seen by somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mooring_sandbox.odoo.orm.conditions import expression
from mooring_sandbox.odoo.orm.fields import Field
from mooring_sandbox.odoo.orm.registry import register
from mooring_sandbox.odoo.orm.relations import Many2many, One2many
from mooring_sandbox.odoo.orm.storage import as_list

if TYPE_CHECKING:
    from mooring_sandbox.odoo.orm.environment import Env
    from mooring_sandbox.odoo.orm.model import BaseModel

Unique = tuple[str, tuple[str, ...], str]
Values = dict[str, Any]


class Core:
    """What a model declares, and how its rows are fetched inside, without asking for rights."""

    _name: ClassVar[str] = ""
    _description: ClassVar[str] = ""
    _table: ClassVar[str] = ""
    _order: ClassVar[str] = "id"
    _rec_name: ClassVar[str] = "name"
    _rec_names_search: ClassVar[tuple[str, ...]] = ()
    _parent_name: ClassVar[str] = "parent_id"
    _inherits: ClassVar[dict[str, str]] = {}
    _uniques: ClassVar[tuple[Unique, ...]] = ()
    _fields: ClassVar[dict[str, Field]] = {}
    _transient: ClassVar[bool] = False
    # A copy says so in its name.
    _copy_says_so: ClassVar[bool] = False
    # Checks after each change: each method names the fields that make it run.
    _checks: ClassVar[tuple[tuple[Callable[[Any], None], tuple[str, ...]], ...]] = ()

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if cls.__dict__.get("_name"):
            register(cls)  # type: ignore[arg-type]

    def __init__(self, env: Env, ids: tuple[int, ...]) -> None:
        self.env, self.ids = env, ids

    def __len__(self) -> int:
        return len(self.ids)

    def _browse(self, ids: Iterable[int]) -> Self:
        return type(self)(self.env, tuple(ids))

    def _sudo(self) -> Self:
        return type(self)(self.env.changed(su=True), self.ids)

    def _with(self, **context: Any) -> Self:
        return type(self)(self.env.changed(context=self.env.context | context), self.ids)

    def _of(self, model: str, ids: Iterable[int]) -> BaseModel:
        """Records of another model, without asking for rights."""
        return self.env[model]._sudo()._browse(ids)

    # -- rows ---------------------------------------------------------------------------------------------------------

    def _rows(self, *names: str) -> list[Values]:
        """The kept values of these fields, in the order of the ids; records that are gone are left out."""
        found = {row["id"]: row for row in self._unordered(names)}
        return [found[id_] for id_ in self.ids if id_ in found]

    def _unordered(self, names: Iterable[str]) -> list[Values]:
        columns = ["id", *(name for name in names if name != "id")]
        listed = ", ".join(_selected(self, name) for name in columns)
        sql = f'SELECT {listed} FROM "{self._table}" t0 WHERE t0.id IN (SELECT value FROM json_each(?))'
        return [dict(zip(columns, row, strict=True)) for row in self.env.cr.rows(sql, [as_list(self.ids)])]

    def _row(self, *names: str) -> Values:
        return self._rows(*names)[0]

    def _get(self, name: str) -> Any:
        return self._row(name)[name]

    def _existing(self) -> list[int]:
        """Those of the ids that there are, in their order."""
        sql = f'SELECT id FROM "{self._table}" WHERE id IN (SELECT value FROM json_each(?))'
        found = {row[0] for row in self.env.cr.rows(sql, [as_list(self.ids)])}
        return [id_ for id_ in self.ids if id_ in found]

    def _ids_where(self, where: str, args: Iterable[Any] = (), order: str = "id") -> list[int]:
        """Ids by a condition in SQL over the model's own columns."""
        sql = f'SELECT id FROM "{self._table}" WHERE {where} ORDER BY {order}'
        return [row[0] for row in self.env.cr.rows(sql, list(args))]

    # -- links --------------------------------------------------------------------------------------------------------

    def _links(self, name: str, *, active: bool = False) -> dict[int, list[int]]:
        """The linked ids of a one2many or many2many, in the order of the other model, for each record."""
        field = self._fields[name]
        if field.compute:
            return getattr(self, field.compute)()
        if field.related:
            return self._related_links(field)
        found: dict[int, list[int]] = {id_: [] for id_ in self.ids}
        for owner, id_ in self.env.cr.rows(*_link_query(self, field, active)):
            found[owner].append(id_)
        return found

    def _related_links(self, field: Field) -> dict[int, list[int]]:
        link, _, rest = field.related.partition(".")
        owners = {row["id"]: row[link] for row in self._rows(link)}
        comodel: str = self._fields[link].comodel  # type: ignore[attr-defined]
        found = self._of(comodel, {id_ for id_ in owners.values() if id_})._links(rest)
        return {id_: found.get(owner, []) for id_, owner in owners.items()}

    def _lines(self, name: str) -> list[int]:
        """All the linked ids of all the records."""
        return [id_ for ids in self._links(name).values() for id_ in ids]

    # -- names --------------------------------------------------------------------------------------------------------

    def _display_names(self) -> dict[int, Any]:
        return {row["id"]: row[self._rec_name] or False for row in self._rows(self._rec_name)}


def _selected(model: Core, name: str) -> str:
    if name == "id":
        return "t0.id"
    return expression(model, "t0", model._fields[name])  # type: ignore[arg-type]


def _link_query(model: Core, field: Field, active: bool) -> tuple[str, list[Any]]:
    other = model.env[field.comodel]  # type: ignore[attr-defined]
    only = " AND t0.active" if active and "active" in other._fields and other._fields["active"].column else ""
    order = other._ordering(other._order)
    if isinstance(field, One2many):
        inverse = expression(other, "t0", other._fields[field.inverse_name])
        owner, source = inverse, f'"{other._table}" t0'
    else:
        assert isinstance(field, Many2many)
        table, mine, theirs = field.table
        owner, source = f"r.{mine}", f'"{table}" r JOIN "{other._table}" t0 ON t0.id = r.{theirs}'
    sql = (
        f"SELECT {owner}, t0.id FROM {source} WHERE {owner} IN (SELECT value FROM json_each(?)){only} ORDER BY {order}"
    )
    return sql, [as_list(model.ids)]
